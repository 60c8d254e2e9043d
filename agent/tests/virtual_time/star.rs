//! Star's proof: its counter of `ETB`, against a printer that speaks StarPRNT.

use std::time::Duration;

use protocol::{Evidence, JobState};
use virtual_printer::{Config as Model, Fault, Profile};

use crate::bench::Bench;

fn star() -> Model {
    Model::new(Profile::named("star").unwrap())
}

fn printed(bench: &mut Bench, id: &str) {
    bench.wait("it prints", |bench| bench.state(id) == JobState::Printed);
    let job = bench.job(id);
    assert_eq!(
        (job.evidence, job.attempt),
        (Some(Evidence::A), 1),
        "{:?}",
        bench.alarms
    );
    assert_eq!(bench.count(&format!("Margherita {id}")), 1);
}

#[test]
fn fault_p7_a_star_printer_proves_by_its_counter_for_longer_than_it_counts() {
    let mut bench = Bench::open(&star());
    for number in 0..70 {
        let id = format!("A{number}x");
        bench.order(&id);
        printed(&mut bench, &id);
    }
    assert_eq!(bench.alarms, [""; 0]);
    assert!(
        bench.papers.iter().all(|paper| paper.notes.is_empty()),
        "{:?}",
        bench.papers[0].notes
    );
}

#[test]
fn fault_p2_a_star_printer_without_paper_waits_and_prints_once() {
    let mut bench = Bench::open(&star());
    bench.order("A-1");
    printed(&mut bench, "A-1");
    bench.fault(Fault::PaperOutAfterLines(2));
    bench.order("A-2");
    bench.wait("an alarm", |bench| {
        bench.alarms.iter().any(|alarm| alarm.contains("out of paper"))
    });
    bench.seconds(300);
    assert_eq!(
        bench.state("A-2"),
        JobState::Printing,
        "its data is in the printer"
    );
    bench.fault(Fault::Refill);
    printed(&mut bench, "A-2");
}

#[test]
fn fault_p9_a_star_printers_late_count_is_the_first_tickets_and_not_the_next_ones() {
    let mut bench = Bench::open(&star());
    bench.order("A-1");
    printed(&mut bench, "A-1");
    bench.fault(Fault::DelayProof(Duration::from_secs(40)));
    bench.fault(Fault::Silence(true));
    bench.order("A-2");
    bench.seconds(5);
    assert_ne!(bench.state("A-2"), JobState::Printed);
    bench.fault(Fault::Silence(false));
    printed(&mut bench, "A-2");
}

#[test]
fn fault_p1_a_star_printer_that_lost_its_power_leaves_a_doubt_and_one_marked_copy() {
    let mut bench = Bench::open(&star());
    bench.order("A-1");
    printed(&mut bench, "A-1");
    bench.fault(Fault::PowerCutAtByte(60));
    bench.order("A-2");
    bench.wait("the doubt", |bench| bench.state("A-2") == JobState::Unconfirmed);
    bench.fault(Fault::PowerOn);
    bench.wait("the marked copy", |bench| bench.state("A-2") == JobState::Printed);
    let job = bench.job("A-2");
    assert_eq!((job.evidence, job.attempt), (Some(Evidence::A), 2));
}
