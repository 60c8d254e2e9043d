//! What becomes of a ticket when the line breaks before, at and after each of its bytes.

use protocol::JobState;

use super::rules::{kitchen, marked};

#[test]
fn fault_p1_a_power_cut_at_every_byte_gives_one_unconfirmed_and_one_marked_copy() {
    let mut rig = kitchen();
    rig.order("1");
    let before = rig.taken;
    rig.wait("it is printed", |rig| rig.state("1") == JobState::Printed);
    let whole = rig.taken - before;
    for offset in 1..whole {
        let mut rig = kitchen();
        rig.break_after = Some((offset, true));
        rig.order("1");
        rig.order("2");
        rig.wait("the power is cut", |rig| !rig.printer.powered);
        rig.seconds(20);
        rig.printer.powered = true;
        rig.wait("all is settled", |rig| {
            rig.state("1").is_final() && rig.state("2").is_final()
        });
        rig.seconds(600);
        let doubts = rig
            .history
            .iter()
            .filter(|(id, state, _)| id == "1" && *state == JobState::Unconfirmed)
            .count();
        let copies = marked(&rig, "1").iter().filter(|marked| **marked).count();
        assert_eq!(copies, doubts, "cut at {offset}: {:?}", rig.history);
        assert!(
            doubts <= 1 && marked(&rig, "2") == [false],
            "cut at {offset}: {:?}",
            rig.history
        );
        rig.check_papers(true);
    }
}

#[test]
fn a_line_that_breaks_before_the_first_byte_is_no_attempt() {
    let mut rig = kitchen();
    rig.printer.capacity = 0;
    rig.order("1");
    rig.seconds(60);
    rig.printer.capacity = 4096;
    rig.wait("it is printed", |rig| rig.state("1") == JobState::Printed);
    assert_eq!((rig.job("1").attempt, marked(&rig, "1")), (1, vec![false]));
}

#[test]
fn what_happens_while_the_intent_is_made_durable_is_no_attempt() {
    let mut rig = kitchen();
    rig.at_intent = Some(|rig| rig.break_line(false));
    rig.order("1");
    assert_eq!((rig.state("1"), rig.job("1").attempt), (JobState::Held, 0));
    rig.wait("it is printed", |rig| rig.state("1") == JobState::Printed);
    assert_eq!((rig.job("1").attempt, marked(&rig, "1")), (1, vec![false]));
    rig.at_intent = Some(|rig| {
        rig.jobs[2].cancel_requested = true;
        let queue = rig.queue();
        rig.inputs.push_back(queue);
    });
    rig.order("2");
    rig.wait("it is withdrawn", |rig| rig.state("2") == JobState::Cancelled);
    rig.seconds(60);
    assert!(marked(&rig, "2").is_empty());
}

#[test]
fn a_reset_at_every_byte_leaves_no_scrap_on_the_next_ticket() {
    for offset in 1..107 {
        let mut rig = kitchen();
        rig.break_after = Some((offset, false));
        rig.order("1");
        rig.order("2");
        rig.wait("all is settled", |rig| {
            rig.state("1").is_final() && rig.state("2").is_final()
        });
        assert_eq!(
            marked(&rig, "2"),
            [false],
            "reset at {offset}: {:?}",
            rig.printer.papers
        );
        rig.check_papers(true);
    }
}

#[test]
fn a_write_of_which_nobody_knows_how_much_was_taken_is_a_doubt() {
    let mut rig = kitchen();
    rig.unsure = true;
    rig.break_after = Some((40, false));
    rig.order("1");
    rig.wait("it is in doubt", |rig| rig.state("1") == JobState::Unconfirmed);
}
