//! The six rules of doubt, freshness, wishes and order.

use protocol::{Banner, Evidence, JobKind, JobState};

use super::checks::papers_of;
use super::printer::Printer;
use super::rig::Rig;
use crate::press::commands;
use crate::press::machine::Input;

/// A kitchen whose printer is known and has printed ticket 0.
pub(super) fn kitchen() -> Rig {
    let mut rig = Rig::new(Printer::epson());
    rig.order("0");
    rig.wait("the first ticket prints", |rig| {
        rig.state("0") == JobState::Printed
    });
    rig
}

pub(super) fn marked(rig: &Rig, id: &str) -> Vec<bool> {
    papers_of(&rig.printer, id)
        .iter()
        .map(|(_, marked)| *marked)
        .collect()
}

#[test]
fn fault_p2_paper_end_in_the_middle_prints_one_paper_and_sends_nothing_again() {
    for printer in [Printer::epson(), Printer::barrier_only(), Printer::nameless()] {
        let mut rig = Rig::new(printer);
        rig.order("0");
        rig.wait("the first ticket prints", |rig| {
            rig.state("0") == JobState::Printed
        });
        rig.printer.speed = 30;
        rig.order("1");
        rig.wait("it is printing", |rig| rig.state("1") == JobState::Printing);
        rig.seconds(1);
        let taken = rig.taken;
        rig.printer.set_paper(false);
        rig.seconds(300);
        assert_eq!(rig.state("1"), JobState::Printing, "{:?}", rig.history);
        assert!(rig.job("1").detail.as_ref().unwrap().contains("out of paper"));
        rig.printer.set_paper(true);
        rig.wait("it is printed", |rig| rig.state("1") == JobState::Printed);
        assert_eq!((rig.job("1").attempt, marked(&rig, "1")), (1, vec![false]));
        assert!(rig.taken < taken + 5000, "the ticket was not sent again");
        rig.check_papers(true);
    }
}

#[test]
fn fault_p3_an_open_cover_is_waited_for() {
    let mut rig = kitchen();
    rig.printer.speed = 100;
    rig.order("1");
    rig.order("2");
    rig.wait("it is printing", |rig| rig.state("1") == JobState::Printing);
    rig.printer.set_cover(true);
    rig.seconds(30);
    assert_eq!(rig.job("2").detail.as_deref(), Some("the cover is open"));
    rig.seconds(300);
    rig.printer.set_cover(false);
    rig.wait("both are printed", |rig| rig.state("2") == JobState::Printed);
    assert_eq!((marked(&rig, "1"), marked(&rig, "2")), (vec![false], vec![false]));
}

#[test]
fn fault_n8_a_reset_before_the_proof_asks_people_and_then_prints_a_marked_copy() {
    let mut rig = kitchen();
    rig.printer.mute_proofs = true;
    rig.order("1");
    rig.wait("it is on paper", |rig| rig.printer.papers.len() == 2);
    rig.cut(false);
    assert_eq!(rig.state("1"), JobState::Unconfirmed);
    assert!(rig.alarms.last().unwrap().contains("did #2 of kitchen print?"));
    rig.printer.mute_proofs = false;
    rig.order("2");
    rig.wait("the doubt does not hold up the queue", |rig| {
        rig.state("2") == JobState::Printed
    });
    rig.seconds(50);
    assert_eq!(marked(&rig, "1"), [false]);
    rig.wait("the copy prints", |rig| rig.state("1") == JobState::Printed);
    assert_eq!(marked(&rig, "1"), [false, true]);
    assert!(
        matches!(rig.job("1").banners[..], [Banner::PossibleDuplicate { first_try }] if Some(first_try) == rig.job("1").first_try)
    );
    rig.seconds(600);
    rig.check_papers(true);
}

#[test]
fn at_a_station_that_holds_only_a_person_decides() {
    let mut rig = kitchen();
    rig.break_after = Some((40, false));
    rig.offer("1", "cashier", JobKind::Receipt, |_| {});
    rig.wait("it is in doubt", |rig| rig.state("1") == JobState::Unconfirmed);
    rig.seconds(600);
    assert_eq!(rig.state("1"), JobState::Unconfirmed);
    rig.wish("1", |job| job.answer = Some(true));
    assert_eq!(
        (rig.state("1"), rig.job("1").evidence),
        (JobState::Printed, Some(Evidence::Person))
    );
}

#[test]
fn a_bill_is_never_printed_again_by_itself_not_even_in_the_kitchen() {
    let mut rig = kitchen();
    rig.break_after = Some((40, false));
    rig.offer("1", "kitchen", JobKind::Receipt, |_| {});
    rig.wait("it is in doubt", |rig| rig.state("1") == JobState::Unconfirmed);
    rig.seconds(600);
    assert_eq!(rig.state("1"), JobState::Unconfirmed);
}

#[test]
fn again_prints_a_copy_headed_reprint_each_time_it_is_asked() {
    let mut rig = kitchen();
    rig.break_after = Some((40, true));
    rig.offer("1", "cashier", JobKind::Receipt, |_| {});
    rig.wait("the power is cut", |rig| !rig.printer.powered);
    rig.printer.powered = true;
    rig.break_after = Some((230, true));
    rig.wish("1", |job| job.answer = Some(false));
    rig.wait("the power is cut again", |rig| !rig.printer.powered);
    rig.printer.powered = true;
    rig.seconds(300);
    assert!(!rig.state("1").is_final() || !marked(&rig, "1").is_empty());
    if rig.state("1") == JobState::Unconfirmed {
        rig.wish("1", |job| job.answer = Some(false));
    }
    rig.wait("it is printed", |rig| rig.state("1") == JobState::Printed);
    assert_eq!(marked(&rig, "1"), [true]);
    assert!(rig.job("1").banners.contains(&Banner::Reprint));
}

#[test]
fn late_evidence_withdraws_a_copy_that_has_not_printed() {
    let mut rig = kitchen();
    rig.printer.mute_proofs = true;
    rig.order("1");
    rig.wait("it is on paper", |rig| rig.printer.papers.len() == 2);
    rig.cut(false);
    rig.printer.mute_proofs = false;
    rig.seconds(5);
    let mark = commands::mark(&protocol::JobId::new("1"), 1);
    rig.give(Input::Received([b"\x37\x22", mark.as_slice(), b"\x00"].concat()));
    assert_eq!(
        (rig.state("1"), rig.job("1").evidence),
        (JobState::Printed, Some(Evidence::A))
    );
    rig.seconds(300);
    assert_eq!(marked(&rig, "1"), [false]);
}

#[test]
fn what_was_printing_when_the_agent_died_is_in_doubt_at_once() {
    let mut rig = kitchen();
    rig.printer.mute_proofs = true;
    rig.order("1");
    rig.wait("it is printing", |rig| rig.state("1") == JobState::Printing);
    rig.seconds(1);
    rig.restart();
    rig.give(Input::Timeout);
    rig.printer.mute_proofs = false;
    assert_eq!(rig.state("1"), JobState::Unconfirmed);
    rig.order("2");
    rig.wait("the next prints", |rig| rig.state("2") == JobState::Printed);
    rig.wait("the copy prints", |rig| rig.state("1") == JobState::Printed);
    rig.check_papers(true);
    assert!(marked(&rig, "1").contains(&true));
}

#[test]
fn the_question_is_not_asked_anew_by_a_restart() {
    let mut rig = kitchen();
    rig.printer.mute_proofs = true;
    rig.order("1");
    rig.wait("it is on paper", |rig| rig.printer.papers.len() == 2);
    rig.cut(true);
    rig.printer.mute_proofs = false;
    rig.seconds(50);
    rig.restart();
    rig.give(Input::Timeout);
    rig.printer.powered = true;
    rig.seconds(25);
    assert_eq!(rig.state("1"), JobState::Printed);
}

#[test]
fn what_is_late_says_so_and_what_is_stale_waits_for_a_person() {
    let mut rig = kitchen();
    rig.offer("1", "kitchen", JobKind::Order, |job| job.job.age_ms = 7 * 60_000);
    rig.offer("2", "kitchen", JobKind::Order, |job| job.job.age_ms = 31 * 60_000);
    rig.order("3");
    rig.wait("the fresh ones print", |rig| rig.state("3") == JobState::Printed);
    assert_eq!(rig.job("1").banners, [Banner::Late { minutes: 7 }]);
    assert_eq!(rig.job("3").banners, []);
    assert_eq!(rig.state("2"), JobState::Held);
    assert!(rig.job("2").detail.as_ref().unwrap().contains("stale"));
    rig.wish("2", |job| job.released = true);
    rig.wait("released, it prints", |rig| rig.state("2") == JobState::Printed);
    assert_eq!(rig.job("2").banners, [Banner::Late { minutes: 31 }]);
}

#[test]
fn what_waits_for_a_printer_grows_stale_and_expires() {
    let mut rig = kitchen();
    rig.printer.powered = false;
    rig.cut(true);
    rig.order("1");
    rig.seconds(29 * 60);
    assert!(!rig.job("1").detail.as_ref().unwrap().contains("stale"));
    rig.seconds(2 * 60);
    assert!(rig.job("1").detail.as_ref().unwrap().contains("stale"));
    rig.seconds(12 * 3600);
    assert_eq!(rig.state("1"), JobState::Expired);
}

#[test]
fn the_clock_of_the_wall_counts_only_after_a_restart() {
    let mut rig = kitchen();
    rig.offer("1", "kitchen", JobKind::Order, |job| {
        job.spooled_at = super::rig::wall(0) - std::time::Duration::from_secs(86_400)
    });
    rig.wait("a clock that jumped makes nothing stale", |rig| {
        rig.state("1") == JobState::Printed
    });
    rig.printer.powered = false;
    rig.cut(true);
    rig.offer("2", "kitchen", JobKind::Order, |job| {
        job.spooled_at = super::rig::wall(0) - std::time::Duration::from_secs(3600)
    });
    rig.restart();
    rig.give(Input::Timeout);
    assert!(rig.job("2").detail.as_ref().unwrap().contains("stale"));
}

#[test]
fn a_cancel_before_the_first_byte_withdraws_the_ticket() {
    let mut rig = kitchen();
    rig.printer.set_paper(false);
    rig.seconds(1);
    rig.order("1");
    rig.seconds(10);
    rig.wish("1", |job| job.cancel_requested = true);
    assert_eq!(rig.state("1"), JobState::Cancelled);
    rig.printer.set_paper(true);
    rig.seconds(60);
    assert!(marked(&rig, "1").is_empty());
}

#[test]
fn a_void_does_not_overtake_its_order_nor_the_orders_copy() {
    let mut rig = kitchen();
    rig.offer("7", "kitchen", JobKind::Order, |job| job.job.age_ms = 31 * 60_000);
    rig.offer("7v", "kitchen", JobKind::Void, |_| {});
    rig.order("8");
    rig.wait("others pass", |rig| rig.state("8") == JobState::Printed);
    assert_eq!(rig.state("7v"), JobState::Spooled);
    rig.break_after = Some((300, true));
    rig.wish("7", |job| job.released = true);
    rig.wait("the power is cut", |rig| !rig.printer.powered);
    rig.printer.powered = true;
    rig.wait("the void prints", |rig| rig.state("7v") == JobState::Printed);
    assert_eq!(rig.state("7"), JobState::Printed);
}

#[test]
fn copies_come_out_together_and_a_job_tried_elsewhere_is_marked() {
    let mut rig = kitchen();
    rig.offer("1", "kitchen", JobKind::Order, |job| job.job.copies = 3);
    rig.wait("it is printed", |rig| rig.state("1") == JobState::Printed);
    assert_eq!(papers_of(&rig.printer, "1").len(), 3);
    rig.offer("2", "kitchen", JobKind::Order, |job| job.job.attempt = 1);
    rig.wait("it is printed", |rig| rig.state("2") == JobState::Printed);
    assert_eq!((rig.job("2").attempt, marked(&rig, "2")), (2, vec![true]));
}

#[test]
fn fault_r7_a_ticket_that_cannot_be_rendered_is_set_aside_and_the_queue_moves() {
    let mut rig = kitchen();
    rig.offer("bad", "kitchen", JobKind::Order, |_| {});
    rig.order("2");
    rig.wait("the next prints", |rig| rig.state("2") == JobState::Printed);
    assert_eq!(rig.state("bad"), JobState::Failed);
    assert!(rig.alarms.iter().any(|alarm| alarm.contains("set aside")));
}

#[test]
fn with_a_full_disk_not_a_byte_leaves_and_an_outcome_is_kept_until_there_is_room() {
    let mut rig = kitchen();
    rig.disk_full = true;
    rig.order("1");
    rig.seconds(60);
    assert_eq!((rig.state("1"), marked(&rig, "1").len()), (JobState::Spooled, 0));
    rig.disk_full = false;
    rig.printer.speed = 100;
    rig.wait("it is printing", |rig| rig.state("1") == JobState::Printing);
    rig.disk_full = true;
    rig.seconds(60);
    assert_eq!((rig.state("1"), marked(&rig, "1").len()), (JobState::Printing, 1));
    rig.nudge();
    rig.disk_full = false;
    rig.wait("it is known at last", |rig| rig.state("1") == JobState::Printed);
    assert_eq!(rig.job("1").attempt, 1);
}

#[test]
fn where_the_line_ends_with_a_ticket_in_doubt_a_scrap_is_cut_off_before_the_next() {
    let mut rig = kitchen();
    rig.printer.mute_proofs = true;
    rig.order("1");
    rig.wait("it is in doubt", |rig| rig.state("1") == JobState::Unconfirmed);
    assert!(rig.machine.resync.is_none());
    rig.cut(true);
    assert!(rig.machine.resync.is_some());
}
