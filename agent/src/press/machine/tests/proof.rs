//! Readiness, probing, and the three levels of proof.

use protocol::{Evidence, JobState};

use super::checks::papers_of;
use super::printer::Printer;
use super::rig::Rig;
use crate::press::commands::{self, Fact};
use crate::press::machine::Input;

fn printed(printer: Printer) -> Rig {
    let mut rig = Rig::new(printer);
    rig.order("1");
    rig.wait("it is settled", |rig| rig.state("1").is_final());
    rig.check_papers(true);
    rig
}

#[test]
fn an_epson_proves_by_a_mark() {
    let rig = printed(Printer::epson());
    assert_eq!(
        (rig.state("1"), rig.job("1").evidence),
        (JobState::Printed, Some(Evidence::A))
    );
    assert_eq!(rig.known.unwrap().serial.as_deref(), Some("J1"));
    assert!(rig.now < 2000, "{} ms", rig.now);
}

#[test]
fn a_printer_with_a_name_proves_by_a_barrier() {
    let rig = printed(Printer::barrier_only());
    assert_eq!(
        (rig.state("1"), rig.job("1").evidence),
        (JobState::Printed, Some(Evidence::B))
    );
    assert!(
        !rig.printer.papers.iter().any(|paper| paper.contains("H00")),
        "a mark is asked of those alone that know it"
    );
}

#[test]
fn a_nameless_printer_proves_by_its_paper_status() {
    let rig = printed(Printer::nameless());
    assert_eq!(
        (rig.state("1"), rig.job("1").evidence),
        (JobState::Printed, Some(Evidence::B))
    );
}

#[test]
fn fault_p7_a_silent_clone_is_sent_and_not_verified() {
    let rig = printed(Printer::clone_without_a_word());
    assert_eq!(
        (rig.state("1"), rig.job("1").evidence),
        (JobState::Sent, Some(Evidence::C))
    );
    assert_eq!(rig.known, None, "silence is no knowledge");
}

#[test]
fn one_ticket_after_another_keeps_the_order_and_the_connection() {
    let mut rig = Rig::new(Printer::epson());
    for id in ["1", "2", "3", "4"] {
        rig.order(id);
    }
    rig.wait("all are printed", |rig| rig.state("4") == JobState::Printed);
    rig.check_papers(true);
    assert!(rig.connected);
    rig.seconds(15);
    assert!(!rig.connected, "an idle connection is given back");
}

#[test]
fn a_printer_that_answered_before_and_is_silent_now_is_busy_and_not_dead() {
    let mut rig = printed(Printer::epson());
    rig.seconds(20);
    rig.printer.busy = true;
    rig.order("2");
    rig.wait("it is held", |rig| rig.state("2") == JobState::Held);
    assert!(rig.job("2").detail.as_ref().unwrap().contains("busy"));
    assert_eq!(rig.printer.papers.len(), 1);
    rig.printer.busy = false;
    rig.wait("it prints", |rig| rig.state("2") == JobState::Printed);
    assert_eq!(rig.job("2").attempt, 1);
}

#[test]
fn a_probe_that_fell_into_a_fault_decides_nothing() {
    let mut rig = Rig::new(Printer::epson());
    rig.printer.mute_proofs = true;
    rig.nudge();
    rig.seconds(1);
    rig.printer.set_paper(false);
    rig.printer.mute_proofs = false;
    rig.seconds(3);
    assert_eq!(rig.known, None);
    rig.printer.set_paper(true);
    rig.order("1");
    rig.wait("it prints", |rig| rig.state("1") == JobState::Printed);
    assert_eq!(rig.job("1").evidence, Some(Evidence::A));
}

#[test]
fn out_of_paper_before_the_first_byte_holds_and_retries() {
    let mut rig = Rig::new(Printer::epson());
    rig.printer.set_paper(false);
    rig.order("1");
    rig.wait("it is held", |rig| rig.state("1") == JobState::Held);
    assert_eq!(rig.job("1").detail.as_deref(), Some("out of paper"));
    assert!(rig.alarms.iter().any(|alarm| alarm.contains("out of paper")));
    assert_eq!(rig.statuses.last().unwrap().paper, "out");
    rig.seconds(300);
    rig.printer.set_paper(true);
    rig.wait("it prints", |rig| rig.state("1") == JobState::Printed);
    assert_eq!(rig.job("1").attempt, 1);
    assert!(rig.statuses.last().unwrap().online);
    rig.check_papers(true);
}

#[test]
fn fault_p9_the_proof_of_an_earlier_job_is_ignored() {
    let mut rig = printed(Printer::epson());
    rig.printer.mute_proofs = true;
    rig.order("2");
    rig.wait("it is printing", |rig| rig.printer.papers.len() == 2);
    let proof = |job: &str| {
        let mark = commands::mark(&protocol::JobId::new(job), 1);
        Input::Received([b"\x37\x22", mark.as_slice(), b"\x00"].concat())
    };
    rig.give(proof("1"));
    rig.seconds(1);
    assert_eq!(rig.state("2"), JobState::Printing);
    rig.give(proof("2"));
    assert_eq!(rig.state("2"), JobState::Printed);
}

#[test]
fn fault_p9_an_earlier_barrier_answered_twice_proves_nothing() {
    let mut rig = printed(Printer::barrier_only());
    rig.printer.mute_proofs = true;
    rig.order("2");
    rig.wait("it is on paper", |rig| rig.printer.papers.len() == 2);
    let facts = [Fact::Maker, Fact::Model];
    let answers = |job: &str| Input::Received(code_of(job).concat());
    assert_ne!(
        commands::code(&protocol::JobId::new("1"), 1, &facts),
        commands::code(&protocol::JobId::new("2"), 1, &facts)
    );
    rig.give(answers("1"));
    rig.seconds(5);
    assert_eq!(rig.state("2"), JobState::Printing);
    let mut broken = code_of("2");
    broken.insert(5, b"\x5FJ1\x00".to_vec());
    rig.give(Input::Received(broken.concat()));
    rig.seconds(1);
    assert_eq!(rig.state("2"), JobState::Printing, "the row was interrupted");
    rig.give(answers("2"));
    rig.seconds(1);
    assert_eq!(
        (rig.state("2"), rig.job("2").evidence),
        (JobState::Printed, Some(Evidence::B))
    );
}

/// The answers to the barrier of a job's first attempt, as [`Printer::barrier_only`] says them.
fn code_of(job: &str) -> Vec<Vec<u8>> {
    let code = commands::code(&protocol::JobId::new(job), 1, &[Fact::Maker, Fact::Model]);
    let say = |fact| match fact {
        Fact::Maker => b"\x5FBIXOLON\x00".to_vec(),
        Fact::Model | Fact::Firmware | Fact::Serial => b"\x5FTM-T88V\x00".to_vec(),
    };
    code.into_iter().map(say).collect()
}

#[test]
fn a_barrier_answered_before_the_last_byte_is_out_proves_nothing() {
    let mut rig = printed(Printer::barrier_only());
    rig.printer.speed = 20;
    rig.printer.capacity = 90;
    rig.order("2");
    rig.wait("it is printing", |rig| rig.state("2") == JobState::Printing);
    rig.give(Input::Received(code_of("2").concat()));
    // The rig itself sees to it that there is paper by then.
    rig.wait("it is printed", |rig| rig.state("2") == JobState::Printed);
}

#[test]
fn a_look_that_began_before_the_barrier_is_not_the_clean_one_after_it() {
    let mut rig = printed(Printer::barrier_only());
    rig.printer.mute_proofs = true;
    rig.order("2");
    rig.wait("it is on paper", |rig| rig.printer.papers.len() == 2);
    rig.printer.busy = true;
    rig.seconds(2);
    rig.give(Input::Received(code_of("2").concat()));
    rig.give(Input::Received(vec![0x12]));
    rig.give(Input::Received(vec![0x12]));
    rig.give(Input::Received(vec![0x12]));
    rig.give(Input::Received(vec![0x12]));
    assert_eq!(rig.state("2"), JobState::Printing);
    rig.printer.busy = false;
    rig.wait("a look after it is clean", |rig| {
        rig.state("2") == JobState::Printed
    });
}

#[test]
fn answers_to_somebody_elses_questions_do_not_become_the_printers_name() {
    let mut rig = Rig::new(Printer::epson());
    rig.printer.lag = Some(b"\x5FJ1\x00".to_vec());
    rig.order("1");
    rig.wait("it prints", |rig| rig.state("1").is_final());
    let known = rig.known.unwrap();
    assert_eq!(
        (known.maker.as_deref(), known.serial.as_deref()),
        (Some("EPSON"), Some("J1"))
    );
}

#[test]
fn a_status_that_was_only_noise_does_not_stop_a_printer_that_cannot_take_it_back() {
    let mut printer = Printer::epson();
    printer.unknown_status = Some(3);
    let mut rig = printed(printer);
    rig.give(Input::Received(vec![0x18, 0x08, 0, 0]));
    rig.order("2");
    rig.wait("it prints", |rig| rig.state("2") == JobState::Printed);
}

#[test]
fn fault_p8_garbage_and_automatic_status_are_no_proof_and_hide_none() {
    let mut rig = printed(Printer::epson());
    rig.printer.mute_proofs = true;
    rig.order("2");
    rig.wait("it is on paper", |rig| rig.printer.papers.len() == 2);
    for noise in [
        b"\x10\x00\x00\x00".as_slice(),
        b"\x37\x22\x00",
        b"\xFF\x80\x37",
        b"\x22ab\x00",
        b"\x11\x13",
    ] {
        rig.give(Input::Received(noise.to_vec()));
        assert_eq!(rig.state("2"), JobState::Printing, "{noise:?}");
    }
    let mark = commands::mark(&protocol::JobId::new("2"), 1);
    rig.give(Input::Received(
        [
            b"\x14\x00\x00\x00\x37\x22",
            mark.as_slice(),
            b"\x00\x14\x00\x00\x00",
        ]
        .concat(),
    ));
    assert_eq!(rig.state("2"), JobState::Printed);
}

#[test]
fn fault_p10_a_proof_ten_minutes_late_is_taken() {
    let mut rig = printed(Printer::epson());
    rig.printer.mute_proofs = true;
    rig.order("2");
    rig.wait("it is in doubt", |rig| rig.state("2") == JobState::Unconfirmed);
    rig.order("3");
    rig.wait("the doubt does not hold up the queue", |rig| {
        rig.printer.papers.len() == 3
    });
    rig.seconds(60);
    let mark = commands::mark(&protocol::JobId::new("2"), 1);
    rig.give(Input::Received([b"\x37\x22", mark.as_slice(), b"\x00"].concat()));
    assert_eq!(
        (rig.state("2"), rig.job("2").evidence),
        (JobState::Printed, Some(Evidence::A))
    );
    assert_eq!(
        papers_of(&rig.printer, "2").len(),
        1,
        "no copy of what is alive and only slow"
    );
}

#[test]
fn a_later_proof_on_the_same_connection_covers_what_went_before() {
    let mut rig = printed(Printer::epson());
    rig.printer.mute_proofs = true;
    rig.order("2");
    rig.wait("it is in doubt", |rig| rig.state("2") == JobState::Unconfirmed);
    rig.printer.mute_proofs = false;
    rig.order("3");
    rig.wait("both are printed", |rig| rig.state("3") == JobState::Printed);
    assert_eq!(
        (rig.state("2"), rig.job("2").evidence),
        (JobState::Printed, Some(Evidence::B))
    );
}

#[test]
fn fault_p11_a_tiny_buffer_at_one_byte_a_second_aborts_nothing() {
    let mut rig = printed(Printer::epson());
    rig.printer.capacity = 80;
    rig.printer.speed = 1;
    rig.order("2");
    rig.wait("the first bytes are out", |rig| {
        rig.state("2") == JobState::Printing
    });
    rig.wait("it prints", |rig| rig.state("2") == JobState::Printed);
    assert_eq!(rig.job("2").attempt, 1);
    rig.check_papers(true);
}

#[test]
fn fault_p12_nothing_is_printed_to_a_stranger() {
    let mut rig = printed(Printer::epson());
    rig.seconds(20);
    rig.printer.serial = Some("J2".to_owned());
    rig.order("2");
    rig.wait("it is held", |rig| rig.state("2") == JobState::Held);
    assert!(rig.job("2").detail.as_ref().unwrap().contains("new printer?"));
    rig.seconds(200);
    assert_eq!(rig.printer.papers.len(), 1);
    rig.give(Input::Known(None));
    rig.wait("accepted, it prints", |rig| rig.state("2") == JobState::Printed);
}
