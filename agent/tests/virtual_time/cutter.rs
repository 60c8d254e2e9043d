//! P4: a stuck cutter is an operator's business.

use agent::press::Recovery;
use agent::press::machine::Input;
use protocol::JobState;
use virtual_printer::{Config as Model, Fault};

use crate::bench::Bench;

#[test]
fn fault_p4_a_stuck_cutter_waits_for_an_operator_and_then_goes_on() {
    let mut bench = Bench::printed_once(&Model::default());
    bench.fault(Fault::CutterErrorAtCut);
    bench.order("A-1");
    bench.wait("an alarm", |bench| {
        bench.alarms.iter().any(|alarm| alarm.contains("cutter"))
    });
    bench.order("A-2");
    bench.seconds(60);
    assert_eq!(
        bench.state("A-1"),
        JobState::Printing,
        "its data is in the printer"
    );
    assert!(bench.job("A-1").detail.as_ref().unwrap().contains("cutter"));
    assert_eq!(bench.state("A-2"), JobState::Held);
    bench.give(Input::Recover(Recovery::Resume));
    bench.seconds(30);
    assert_eq!(bench.state("A-1"), JobState::Printing, "it is still stuck");
    bench.fault(Fault::CutterFreed);
    bench.seconds(300);
    assert_eq!(bench.recoveries(), 1, "the operator's alone");
    assert_eq!(bench.state("A-1"), JobState::Printing);
    bench.give(Input::Recover(Recovery::Resume));
    bench.wait("both print", |bench| bench.state("A-2") == JobState::Printed);
    let job = bench.job("A-1");
    assert_eq!((job.state, job.attempt), (JobState::Printed, 1));
    assert_eq!(
        (bench.count("Margherita A-1"), bench.count("Margherita A-2")),
        (1, 1)
    );
    assert_eq!(bench.recoveries(), 2);
}

#[test]
fn fault_p4_an_operator_who_clears_the_printer_leaves_a_doubt_and_no_silent_copy() {
    let mut bench = Bench::printed_once(&Model::default());
    bench.fault(Fault::CutterErrorAtCut);
    bench.order("A-1");
    bench.wait("an alarm", |bench| {
        bench.alarms.iter().any(|alarm| alarm.contains("cutter"))
    });
    bench.seconds(5);
    bench.fault(Fault::CutterFreed);
    bench.give(Input::Recover(Recovery::Clear));
    assert_eq!(bench.state("A-1"), JobState::Unconfirmed);
    assert!(bench.sent.windows(3).any(|sent| sent == [0x10, 5, 2]));
    bench.order("A-2");
    bench.wait("the next one prints", |bench| {
        bench.state("A-2") == JobState::Printed
    });
    assert_eq!(
        bench.state("A-1"),
        JobState::Unconfirmed,
        "people are asked first"
    );
    bench.wait("the marked copy", |bench| bench.state("A-1") == JobState::Printed);
    assert_eq!(bench.job("A-1").attempt, 2);
    // Without an error there is another command for it.
    bench.give(Input::Recover(Recovery::Clear));
    bench.seconds(1);
    let clear = [0x10, 0x14, 8, 1, 3, 0x14, 1, 6, 2, 8];
    assert!(bench.sent.windows(clear.len()).any(|sent| sent == clear));
}
