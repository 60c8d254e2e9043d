//! P11: slow is not dead, from the very first question on.

use protocol::{Evidence, JobState};
use virtual_printer::{Config as Model, Fault};

use crate::bench::Bench;

/// An hour is enough for a ticket of 500 bytes and all the questions around it.
fn prints(bench: &mut Bench, id: &str, evidence: Evidence) {
    bench.order(id);
    bench.wait("it prints", |bench| bench.state(id) == JobState::Printed);
    let job = bench.job(id);
    assert_eq!(
        (job.evidence, job.attempt),
        (Some(evidence), 1),
        "{:?}",
        bench.alarms
    );
    assert_eq!(bench.count(&format!("Margherita {id}")), 1);
}

#[test]
fn fault_p11_a_printer_that_is_slow_when_first_asked_is_probed_and_printed_to() {
    let mut bench = Bench::open(&Model::default());
    bench.fault(Fault::OneBytePerSecond(true));
    prints(&mut bench, "A-1", Evidence::A);
    prints(&mut bench, "A-2", Evidence::A);
}

#[test]
fn fault_p11_a_printer_that_grew_slow_between_two_tickets_is_printed_to() {
    for mut bench in [
        Bench::open(&Model::default()),
        Bench::open_network(&Model::default()),
    ] {
        prints(&mut bench, "A-1", Evidence::A);
        bench.seconds(60);
        bench.fault(Fault::OneBytePerSecond(true));
        prints(&mut bench, "A-2", Evidence::A);
        prints(&mut bench, "A-3", Evidence::A);
        assert!(bench.alarms.len() < 20, "{:?}", bench.alarms);
    }
}

#[test]
fn fault_p11_over_a_network_that_hides_its_slowness_nothing_is_held_for_ever_or_printed_twice() {
    let mut bench = Bench::open_network(&Model::default());
    bench.fault(Fault::OneBytePerSecond(true));
    // It answers after the 500 ms that a first question is given: silent, as far as anybody knows.
    bench.order("A-1");
    bench.wait("it is sent", |bench| bench.state("A-1") == JobState::Sent);
    prints(&mut bench, "A-2", Evidence::A);
    assert_eq!(bench.count("Margherita A-1"), 1);
    assert!(
        bench.alarms.iter().any(|alarm| alarm.contains("very slowly")),
        "{:?}",
        bench.alarms
    );
}
