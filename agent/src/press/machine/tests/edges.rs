//! Mistakes that one rule alone prevents: each of these fails when its rule is taken out, and hardly anything else.

use protocol::{Evidence, JobId, JobKind, JobState};

use super::printer::Printer;
use super::rig::Rig;
use super::rules::{kitchen, marked};
use crate::press::commands::{self, Fact};
use crate::press::machine::Input;
use crate::press::machine::attempt::Doing;

fn mark_of(job: &str, attempt: u32) -> Input {
    let mark = commands::mark(&JobId::new(job), attempt);
    Input::Received([b"\x37\x22", mark.as_slice(), b"\x00"].concat())
}

#[test]
fn a_printer_that_speaks_only_when_asked_is_asked_before_each_ticket() {
    let mut printer = Printer::nameless();
    printer.mute_proofs = true;
    let mut rig = Rig::new(printer);
    rig.order("1");
    rig.wait("it is sent", |rig| rig.state("1") == JobState::Sent);
    rig.seconds(3);
    assert!(
        rig.connected,
        "the line is still open, and what was heard on it is old"
    );
    rig.printer.set_cover(true);
    rig.order("2");
    rig.seconds(30);
    assert_eq!((rig.state("2"), rig.job("2").attempt), (JobState::Held, 0));
    rig.printer.set_cover(false);
    rig.wait("it is sent", |rig| rig.state("2") == JobState::Sent);
    assert_eq!((rig.job("2").attempt, marked(&rig, "2")), (1, vec![false]));
}

#[test]
fn a_mark_before_the_last_byte_is_out_proves_nothing() {
    let mut rig = kitchen();
    rig.printer.speed = 20;
    rig.printer.capacity = 90;
    rig.order("1");
    rig.wait("it is printing", |rig| rig.state("1") == JobState::Printing);
    rig.give(mark_of("1", 1));
    assert_eq!(rig.state("1"), JobState::Printing);
    rig.wait("it is printed", |rig| rig.state("1") == JobState::Printed);
}

#[test]
fn a_fault_between_barrier_and_clean_status_spoils_the_barrier() {
    let mut rig = Rig::new(Printer::barrier_only());
    rig.order("0");
    rig.wait("it is known", |rig| rig.state("0") == JobState::Printed);
    rig.printer.mute_proofs = true;
    rig.order("1");
    rig.wait("it is on paper", |rig| rig.printer.papers.len() == 2);
    // Without a word: the look after the barrier finds it.
    rig.printer.paper = false;
    let facts = [Fact::Maker, Fact::Model];
    let say = |fact| match fact {
        Fact::Maker => b"\x5FBIXOLON\x00".to_vec(),
        Fact::Model | Fact::Firmware | Fact::Serial => b"\x5FTM-T88V\x00".to_vec(),
    };
    let code = commands::code(&JobId::new("1"), 1, &facts).into_iter().map(say);
    rig.give(Input::Received(code.collect::<Vec<_>>().concat()));
    rig.seconds(5);
    assert_eq!(rig.state("1"), JobState::Printing);
    rig.printer.paper = true;
    rig.seconds(120);
    assert_ne!(
        rig.state("1"),
        JobState::Printed,
        "the barrier was from before the fault"
    );
}

#[test]
fn a_ticket_without_any_proof_is_given_the_time_that_it_takes_to_print() {
    let mut rig = Rig::new(Printer::clone_without_a_word());
    rig.order("1");
    rig.wait("it is printing", |rig| rig.state("1") == JobState::Printing);
    let begun = rig.now;
    rig.wait("it is sent", |rig| rig.state("1") == JobState::Sent);
    let least = crate::press::Limits::default().print_base.as_millis();
    assert!(u128::from(rig.now - begun) >= least, "{} ms", rig.now - begun);
}

#[test]
fn however_often_a_probe_falls_into_a_fault_it_decides_nothing() {
    let mut rig = Rig::new(Printer::epson());
    // Two rounds of one connection that find the same would be believed.
    rig.machine.config.limits.idle = std::time::Duration::from_secs(600);
    rig.printer.mute_proofs = true;
    rig.nudge();
    for _ in 0..3 {
        rig.wait("it asks", |rig| matches!(rig.machine.doing, Doing::Probing(_)));
        rig.printer.paper = false;
        rig.seconds(10);
        assert_eq!(rig.known, None);
        rig.printer.paper = true;
    }
    rig.printer.mute_proofs = false;
    rig.order("1");
    rig.wait("it prints", |rig| rig.state("1") == JobState::Printed);
    assert_eq!(rig.job("1").evidence, Some(Evidence::A));
}

#[test]
fn a_copy_that_is_in_doubt_too_is_not_copied_again() {
    let mut rig = kitchen();
    rig.break_after = Some((40, true));
    rig.order("1");
    rig.wait("the power is cut", |rig| !rig.printer.powered);
    rig.printer.powered = true;
    rig.printer.speed = 100;
    rig.wait("the copy is printing", |rig| {
        (rig.state("1"), rig.job("1").attempt) == (JobState::Printing, 2)
    });
    rig.seconds(1);
    rig.cut(true);
    rig.printer.powered = true;
    rig.seconds(1200);
    assert_eq!((rig.state("1"), rig.job("1").attempt), (JobState::Unconfirmed, 2));
}

#[test]
fn where_a_station_holds_an_order_too_waits_for_a_person() {
    let mut rig = kitchen();
    rig.break_after = Some((40, false));
    rig.offer("1", "cashier", JobKind::Order, |_| {});
    rig.wait("it is in doubt", |rig| rig.state("1") == JobState::Unconfirmed);
    rig.seconds(600);
    assert_eq!((rig.state("1"), rig.job("1").attempt), (JobState::Unconfirmed, 1));
}

#[test]
fn a_proof_that_comes_while_the_copys_intent_is_made_durable_withdraws_the_copy() {
    let mut rig = kitchen();
    rig.printer.mute_proofs = true;
    rig.order("1");
    rig.wait("it is on paper", |rig| rig.printer.papers.len() == 2);
    rig.cut(false);
    rig.printer.mute_proofs = false;
    rig.at_intent = Some(|rig| rig.inputs.push_back(mark_of("1", 1)));
    rig.wait("it is printed", |rig| rig.state("1") == JobState::Printed);
    rig.seconds(60);
    assert_eq!(
        (rig.job("1").evidence, marked(&rig, "1")),
        (Some(Evidence::A), vec![false])
    );
}

#[test]
fn a_printer_with_new_firmware_is_asked_anew_what_it_can_prove() {
    let mut rig = kitchen();
    rig.seconds(20);
    assert!(!rig.connected);
    rig.printer.firmware = "2.0";
    rig.printer.marks = false;
    rig.order("1");
    rig.wait("it prints", |rig| rig.state("1") == JobState::Printed);
    assert_eq!(
        rig.job("1").evidence,
        Some(Evidence::B),
        "it knows no marks any more"
    );
    let known = rig.known.as_ref().unwrap();
    assert_eq!(
        (known.firmware.as_deref(), known.level),
        (Some("2.0"), Evidence::B)
    );
}
