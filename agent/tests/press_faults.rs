//! The printer and network faults of DELIVERY.md against the virtual printer, named after their ids.

mod press_kit;

use std::time::Duration;

use press_kit::Kitchen;
use protocol::{Evidence, JobState};
use virtual_printer::{Config, Fault, Profile};

#[test]
fn fault_p1_power_cut_at_every_byte_offset() {
    let mut kitchen = Kitchen::open();
    kitchen.order("order-00");
    kitchen.becomes("order-00", JobState::Printed);
    let ticket = kitchen.printer.papers()[0].bytes.len() as u64;
    // Each lane has a printer of its own and every eighth offset; the status questions come on top.
    const LANES: u16 = 16;
    let cuts = std::thread::scope(|scope| {
        let lanes: Vec<_> = (1..=LANES)
            .map(|lane| {
                scope.spawn(move || {
                    (u64::from(lane)..ticket + 40)
                        .step_by(LANES.into())
                        .map(cut_at)
                        .sum::<usize>()
                })
            })
            .collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).sum::<usize>()
    });
    assert!(
        cuts as u64 >= ticket,
        "{cuts} cuts were in the ticket of {ticket} bytes"
    );
}

/// Cuts the power after so many bytes; returns how many tickets were in doubt.
fn cut_at(offset: u64) -> usize {
    let mut kitchen = Kitchen::open();
    kitchen.limits.question = Duration::from_millis(200);
    kitchen.start();
    kitchen.order("order-00");
    kitchen.becomes("order-00", JobState::Printed);
    kitchen.fault(Fault::PowerCutAtByte(offset));
    for order in ["order-01", "order-02"] {
        kitchen.order(order);
    }
    let stopped =
        |kitchen: &Kitchen, order: &str| kitchen.doubts(order) > 0 || kitchen.job(order).detail.is_some();
    kitchen.wait("the power is cut", |kitchen| {
        stopped(kitchen, "order-01") || stopped(kitchen, "order-02") || kitchen.state("order-02").is_final()
    });
    kitchen.printer.power_on();
    for order in ["order-01", "order-02"] {
        kitchen.becomes(order, JobState::Printed);
        let papers = kitchen.papers(order);
        let copies = papers.iter().filter(|marked| **marked).count();
        assert_eq!(
            copies,
            kitchen.doubts(order),
            "cut at {offset}: {:?}",
            kitchen.history()
        );
        assert!(
            copies <= 1 && papers.len() - copies <= 1 && !papers.is_empty(),
            "cut at {offset}: {papers:?}"
        );
    }
    kitchen.doubts("order-01")
}

#[test]
fn fault_p2_paper_end_mid_ticket_then_refill() {
    for profile in ["epson-tm-t88", "generic-80"] {
        let mut kitchen = Kitchen::with(Config::new(Profile::named(profile).unwrap()));
        kitchen.order("order-00");
        kitchen.becomes("order-00", JobState::Printed);
        kitchen.fault(Fault::PaperOutAfterLines(3));
        kitchen.order("order-01");
        kitchen.wait("an alarm", |kitchen| kitchen.alarmed("out of paper"));
        kitchen.wait("it is said of the job", |kitchen| {
            kitchen
                .job("order-01")
                .detail
                .is_some_and(|detail| detail.contains("out of paper"))
        });
        std::thread::sleep(Duration::from_millis(1500));
        assert_eq!(kitchen.state("order-01"), JobState::Printing);
        kitchen.fault(Fault::Refill);
        let job = kitchen.becomes("order-01", JobState::Printed);
        assert_eq!(
            (job.attempt, kitchen.papers("order-01")),
            (1, vec![false]),
            "{profile}"
        );
    }
}

#[test]
fn fault_p3_cover_open() {
    let mut kitchen = Kitchen::open();
    kitchen.fault(Fault::CoverOpen);
    kitchen.order("order-01");
    kitchen.wait("it is held", |kitchen| {
        kitchen.state("order-01") == JobState::Held
    });
    assert_eq!(
        kitchen.job("order-01").detail.as_deref(),
        Some("the cover is open")
    );
    kitchen.fault(Fault::CoverClosed);
    let job = kitchen.becomes("order-01", JobState::Printed);
    assert_eq!((job.attempt, kitchen.papers("order-01")), (1, vec![false]));
}

#[test]
fn fault_p5_overheated_head_waits_and_resumes() {
    let mut kitchen = Kitchen::open();
    kitchen.fault(Fault::Overheated(true));
    kitchen.order("order-01");
    kitchen.wait("it is held", |kitchen| {
        kitchen.state("order-01") == JobState::Held
    });
    kitchen.fault(Fault::Overheated(false));
    kitchen.becomes("order-01", JobState::Printed);
}

#[test]
fn fault_p6_paper_near_end_is_a_warning() {
    let mut kitchen = Kitchen::open();
    kitchen.fault(Fault::PaperNearEnd(true));
    kitchen.order("order-01");
    kitchen.becomes("order-01", JobState::Printed);
    kitchen.wait("it is told", |kitchen| {
        kitchen
            .reports
            .lock()
            .unwrap()
            .printers
            .iter()
            .any(|status| status.paper == "low" && status.online)
    });
}

#[test]
fn fault_p7_no_status_at_all() {
    let mut kitchen = Kitchen::with(Config {
        silent: true,
        ..Config::default()
    });
    kitchen.order("order-01");
    let job = kitchen.becomes("order-01", JobState::Sent);
    assert_eq!(
        (job.evidence, kitchen.papers("order-01")),
        (Some(Evidence::C), vec![false])
    );
}

#[test]
fn fault_p8_garbage_and_automatic_status_in_a_proof() {
    for (profile, evidence) in [("epson-tm-t88", Evidence::A), ("generic-80", Evidence::B)] {
        for garbage in [
            b"\xFF\xFE\x80".as_slice(),
            b"\x10\x00\x00\x00",
            b"\x37\x22",
            b"\x5F",
            b"\x12\x16",
        ] {
            let mut kitchen = Kitchen::with(Config::new(Profile::named(profile).unwrap()));
            kitchen.order("order-00");
            kitchen.becomes("order-00", JobState::Printed);
            kitchen.fault(Fault::GarbageInProof(garbage.to_vec()));
            kitchen.fault(Fault::PaperOutAfterLines(2));
            kitchen.order("order-01");
            kitchen.wait("out of paper", |kitchen| kitchen.alarmed("out of paper"));
            kitchen.fault(Fault::Garbage(garbage.to_vec()));
            assert_ne!(kitchen.state("order-01"), JobState::Printed);
            kitchen.fault(Fault::Refill);
            let job = kitchen.becomes("order-01", JobState::Printed);
            // What eats a proof leaves a doubt, which the marked copy's proof ends.
            assert_eq!(job.evidence, Some(evidence));
            assert_eq!(
                kitchen
                    .papers("order-01")
                    .iter()
                    .filter(|marked| !**marked)
                    .count(),
                1
            );
        }
    }
}

#[test]
fn fault_p9_the_proof_of_an_earlier_job() {
    for profile in ["epson-tm-t88", "generic-80"] {
        let mut kitchen = Kitchen::with(Config::new(Profile::named(profile).unwrap()));
        kitchen.fault(Fault::RepeatProofs(true));
        for order in ["order-01", "order-02", "order-03"] {
            kitchen.fault(Fault::PaperOutAfterLines(3));
            kitchen.order(order);
            kitchen.wait("out of paper", |kitchen| kitchen.alarmed("out of paper"));
            std::thread::sleep(Duration::from_millis(100));
            assert_ne!(kitchen.state(order), JobState::Printed, "{profile}");
            kitchen.fault(Fault::Refill);
            kitchen.becomes(order, JobState::Printed);
            kitchen.reports.lock().unwrap().alarms.clear();
        }
    }
}

#[test]
fn fault_p10_a_proof_that_comes_late() {
    let mut kitchen = Kitchen::open();
    kitchen.order("order-00");
    kitchen.becomes("order-00", JobState::Printed);
    kitchen.fault(Fault::DelayProof(Duration::from_millis(1600)));
    kitchen.order("order-01");
    kitchen.becomes("order-01", JobState::Unconfirmed);
    let job = kitchen.becomes("order-01", JobState::Printed);
    assert_eq!((job.evidence, job.attempt), (Some(Evidence::A), 1));
    assert_eq!(kitchen.papers("order-01"), [false]);
}

#[test]
fn fault_p12_another_printer_at_the_same_address() {
    let mut kitchen = Kitchen::open();
    kitchen.order("order-01");
    kitchen.becomes("order-01", JobState::Printed);
    kitchen.fault(Fault::PowerOff);
    kitchen.fault(Fault::Serial("OTHER".to_owned()));
    kitchen.fault(Fault::PowerOn);
    kitchen.order("order-02");
    kitchen.wait("it is held", |kitchen| {
        kitchen
            .job("order-02")
            .detail
            .is_some_and(|detail| detail.contains("new printer?"))
    });
    assert_eq!(kitchen.printer.papers().len(), 1);
    kitchen.probe();
    kitchen.becomes("order-02", JobState::Printed);
}

#[test]
fn fault_n6_port_9100_taken_by_another_program() {
    let mut kitchen = Kitchen::open();
    kitchen.order("order-01");
    kitchen.becomes("order-01", JobState::Printed);
    kitchen.stop();
    kitchen.fault(Fault::Busy(true));
    kitchen.start();
    kitchen.order("order-02");
    kitchen.wait("it is held", |kitchen| {
        kitchen
            .job("order-02")
            .detail
            .is_some_and(|detail| detail.contains("busy"))
    });
    kitchen.fault(Fault::Busy(false));
    let job = kitchen.becomes("order-02", JobState::Printed);
    assert_eq!((job.attempt, kitchen.papers("order-02")), (1, vec![false]));
}

#[test]
fn fault_n8_reset_after_the_last_byte_and_before_the_proof() {
    let mut kitchen = Kitchen::open();
    kitchen.order("order-00");
    kitchen.becomes("order-00", JobState::Printed);
    kitchen.fault(Fault::DropAfterLastByte);
    kitchen.order("order-01");
    kitchen.becomes("order-01", JobState::Unconfirmed);
    assert!(kitchen.alarmed("did #2 of kitchen print?"));
    kitchen.order("order-02");
    kitchen.becomes("order-02", JobState::Printed);
    assert_eq!(
        kitchen.state("order-01"),
        JobState::Unconfirmed,
        "the doubt does not hold up the queue"
    );
    kitchen.becomes("order-01", JobState::Printed);
    assert_eq!(kitchen.papers("order-01"), [false, true]);
}

#[test]
fn fault_a4_a_press_that_hangs_is_noticed_by_its_pulse_and_its_neighbour_prints_on() {
    let (mut grill, mut bar) = (Kitchen::open(), Kitchen::open());
    let gate = std::sync::Arc::clone(&grill.gate);
    let hangs = gate.lock().unwrap();
    grill.order("order-01");
    grill.wait("the press is silent", |grill| {
        grill.silent_for() > Duration::from_secs(1)
    });
    bar.order("order-01");
    bar.becomes("order-01", JobState::Printed);
    assert!(bar.silent_for() < grill.silent_for());
    drop(hangs);
    grill.becomes("order-01", JobState::Printed);
    grill.wait("it lives", |grill| grill.silent_for() < Duration::from_secs(1));
    assert_eq!(grill.papers("order-01"), [false]);
}

#[test]
fn fault_a3_a_panic_in_a_press_restarts_it_and_the_ticket_is_in_doubt() {
    let mut kitchen = Kitchen::open();
    kitchen.order("order-00");
    kitchen.becomes("order-00", JobState::Printed);
    kitchen.panics.store(true, std::sync::atomic::Ordering::Relaxed);
    kitchen.order("order-01");
    kitchen.order("order-02");
    kitchen.wait("it says so", |kitchen| kitchen.alarmed("panicked"));
    kitchen.becomes("order-02", JobState::Printed);
    kitchen.becomes("order-01", JobState::Printed);
    assert!(
        kitchen
            .papers("order-01")
            .iter()
            .filter(|marked| !**marked)
            .count()
            <= 1
    );
}
