//! The agent's half of the link, rule by rule.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod bench;

use std::time::Duration;

use bench::{Bench, at, offer, registered, settled, spooled, update};
use protocol::frames::{ErrorData, PrinterInfo, PrinterStatus};
use protocol::link::{AgentInput, WINDOW};
use protocol::{Evidence, JobId, JobState, RelayFrame, Tick};

#[test]
fn a_job_goes_to_the_spool_is_acknowledged_and_reported_until_it_is_settled() {
    let mut bench = Bench::live();
    assert_eq!(bench.feed(offer(1)), ["spool j1"]);
    assert_eq!(bench.feed(spooled(1)), ["ack j1"]);
    assert_eq!(bench.feed(update(1, JobState::Printing)), ["j1 printing"]);
    assert_eq!(bench.feed(update(1, JobState::Printed)), ["j1 printed"]);
    assert_eq!(bench.feed(settled(1)), ["settled j1"]);
    assert_eq!(bench.link.unsettled(), 0);
}

#[test]
fn one_offer_is_spooled_at_a_time_and_a_duplicate_never_twice() {
    let mut bench = Bench::live();
    assert_eq!(bench.feed(offer(1)), ["spool j1"]);
    for again in [1, 2, 2, 1] {
        assert!(bench.feed(offer(again)).is_empty());
    }
    assert_eq!(bench.feed(spooled(1)), ["spool j2", "ack j1"]);
    assert_eq!(bench.feed(offer(1)), ["ack j1"]);
    assert_eq!(bench.feed(update(1, JobState::Held)), ["j1 held"]);
    assert_eq!(bench.feed(offer(1)), ["ack j1", "j1 held"]);
    assert_eq!(bench.feed(spooled(2)), ["ack j2"]);
}

#[test]
fn nothing_overtakes_a_refused_offer_until_the_relay_begins_again() {
    let mut bench = Bench::live();
    bench.feed(offer(1));
    bench.feed(offer(2));
    assert!(
        bench
            .feed(AgentInput::SpoolRefused(JobId::new("j1"), "disk full".into()))
            .is_empty()
    );
    assert!(bench.feed(offer(3)).is_empty());
    assert_eq!(bench.feed(offer(1)), ["spool j1"]);
    bench.feed(offer(2));
    assert_eq!(bench.feed(spooled(1)), ["spool j2", "ack j1"]);
}

#[test]
fn a_refused_job_that_is_never_offered_again_blocks_nothing_for_good() {
    let mut bench = Bench::live();
    bench.feed(offer(5));
    bench.feed(AgentInput::SpoolRefused(JobId::new("j5"), "disk full".into()));
    assert!(bench.feed(offer(6)).is_empty());
    assert_eq!(bench.feed(offer(6)), ["spool j6"]);
}

#[test]
fn a_report_that_comes_before_the_spools_answer_counts_as_one() {
    let mut bench = Bench::live();
    bench.feed(offer(1));
    assert_eq!(bench.feed(update(1, JobState::Printed)), ["ack j1", "j1 printed"]);
    bench.feed(settled(1));
    assert!(bench.feed(spooled(1)).is_empty());
    assert_eq!(bench.link.unsettled(), 0);
}

#[test]
fn after_a_reconnection_the_latest_of_each_job_is_said_again_in_order() {
    let mut bench = Bench::live();
    for seq in 1..=3 {
        bench.feed(offer(seq));
        bench.feed(spooled(seq));
    }
    bench.feed(update(2, JobState::Printing));
    bench.feed(update(2, JobState::Printed));
    assert!(
        bench
            .feed(AgentInput::Disconnected { retry_after: None })
            .is_empty()
    );
    assert!(bench.feed(update(1, JobState::Printing)).is_empty());
    assert_eq!(bench.wake(), ["connect"]);
    assert_eq!(bench.feed(AgentInput::Connected), ["register kitchen"]);
    let said = bench.feed(registered("pc-1", "kitchen"));
    assert_eq!(said, ["station 0 kitchen", "ack j3", "j2 printed", "j1 printing"]);
}

#[test]
fn reports_go_out_in_bursts_and_final_ones_wait_for_the_relay() {
    let mut bench = Bench::new(&["kitchen"]);
    for seq in 0..200 {
        bench.feed(update(
            seq,
            if seq < 100 {
                JobState::Held
            } else {
                JobState::Printed
            },
        ));
    }
    bench.feed(AgentInput::Connected);
    assert_eq!(bench.feed(registered("pc-1", "kitchen")).len(), 1 + 64);
    assert_eq!(bench.later(49).len(), 0);
    assert_eq!(bench.later(1).len(), 64);
    // 28 final ones are under way; 64 may be.
    assert_eq!(bench.later(50).len(), 36);
    assert_eq!(bench.later(50).len(), 0);
    assert_eq!(bench.feed(settled(100)), ["settled j100", "j164 printed"]);
    // What was not settled within 30 s goes again.
    bench.now += 29_899;
    assert_eq!(
        bench
            .feed(AgentInput::Received(RelayFrame::Ping { now: at() }))
            .len(),
        2
    );
    assert_eq!(
        bench.later(1).len(),
        27,
        "their places go to those that still wait"
    );
    assert_eq!(bench.later(100).len(), 37);
    assert_eq!(bench.link.unsettled(), 199);
}

#[test]
fn n2_a_silent_link_is_dropped_after_40_s_and_pings_keep_it() {
    let mut bench = Bench::live();
    bench.now = 39_999;
    let said = bench.feed(AgentInput::Received(RelayFrame::Ping { now: at() }));
    assert_eq!(said, ["clock 2026-11-20T10:00:00Z at 39999", "pong"]);
    assert!(bench.later(39_999).is_empty());
    assert_eq!(bench.later(1), ["Silent"]);
    assert_eq!(bench.wake(), ["connect"]);
}

#[test]
fn an_attempt_without_an_answer_is_given_up_and_made_again() {
    let mut bench = Bench::new(&["kitchen"]);
    assert_eq!(bench.later(20_000), ["ConnectTimeout"]);
    assert_eq!(bench.wake(), ["connect"]);
    assert!(
        bench
            .feed(AgentInput::ConnectFailed {
                why: "refused".into()
            })
            .is_empty()
    );
    assert_eq!(bench.wake(), ["connect"]);
}

#[test]
fn the_backoff_starts_over_only_after_a_registration() {
    let longest = |succeed: bool| {
        let mut bench = Bench::new(&["kitchen"]);
        let mut longest = 0;
        for _ in 0..50 {
            bench.feed(AgentInput::Connected);
            if succeed {
                bench.feed(registered("pc-1", "kitchen"));
            }
            bench.feed(AgentInput::Disconnected { retry_after: None });
            let before = bench.now;
            assert_eq!(bench.wake(), ["connect"]);
            longest = longest.max(bench.now - before);
        }
        longest
    };
    assert!(longest(true) <= 1000);
    assert!((15_000..=30_000).contains(&longest(false)));
}

#[test]
fn goodbye_is_answered_by_leaving_for_as_long_as_asked() {
    let mut bench = Bench::live();
    let said = bench.feed(AgentInput::Received(RelayFrame::Goodbye { retry_after_ms: 5000 }));
    assert_eq!(said, ["Goodbye"]);
    let wait = Duration::from_millis(bench.link.poll_timeout().unwrap().0);
    assert!((5000..=10_000).contains(&wait.as_millis()));
}

#[test]
fn only_the_own_registrations_count() {
    let mut bench = Bench::new(&["kitchen", "bar"]);
    assert_eq!(
        bench.feed(AgentInput::Connected),
        ["register kitchen", "register bar"]
    );
    assert!(bench.feed(registered("pc-2", "kitchen")).is_empty());
    assert!(bench.feed(registered("pc-1", "cashier")).is_empty());
    assert_eq!(bench.feed(registered("pc-1", "bar")), ["station 1 bar"]);
    assert!(!bench.link.is_live());
    let error = ErrorData {
        code: "FORBIDDEN".into(),
        message: "no".into(),
        field: None,
    };
    assert_eq!(
        bench.feed(AgentInput::Received(RelayFrame::Error(error))),
        ["refused FORBIDDEN"]
    );
    assert!(bench.link.is_live(), "one of two stations is served");
}

#[test]
fn an_agent_whose_every_station_is_refused_or_unanswered_leaves_and_tries_later() {
    let mut bench = Bench::new(&["kitchen"]);
    bench.feed(AgentInput::Connected);
    let error = ErrorData {
        code: "FORBIDDEN".into(),
        message: "no".into(),
        field: None,
    };
    let said = bench.feed(AgentInput::Received(RelayFrame::Error(error)));
    assert_eq!(said, ["refused FORBIDDEN", "NotRegistered"]);
    assert_eq!(bench.wake(), ["connect"]);
    bench.feed(AgentInput::Connected);
    assert_eq!(bench.later(10_000), ["NotRegistered"]);
}

#[test]
fn a_relay_that_offers_without_measure_is_left() {
    let mut bench = Bench::live();
    let most = 2 * WINDOW as u64 + 1;
    for seq in 1..=most {
        assert_eq!(bench.feed(offer(seq)).len(), usize::from(seq == 1));
    }
    assert_eq!(bench.feed(offer(most + 1)), ["Flooded"]);
}

#[test]
fn an_offer_that_cannot_be_read_is_reported_as_failed() {
    let mut bench = Bench::live();
    let (job_id, why) = (Some(JobId::new("j9")), "`kind` is not known".into());
    assert_eq!(
        bench.feed(AgentInput::Unreadable {
            job_id,
            why,
            at: at()
        }),
        ["j9 failed"]
    );
}

#[test]
fn a_printers_status_is_sent_when_it_changes_and_on_every_connection() {
    let status = |online| {
        let (paper, cover) = ("ok".into(), "closed".into());
        AgentInput::Printer(PrinterStatus {
            printer: "grill".into(),
            online,
            paper,
            cover,
            error: None,
        })
    };
    let mut bench = Bench::live();
    assert_eq!(bench.feed(status(true)), ["grill true"]);
    assert!(bench.feed(status(true)).is_empty());
    bench.feed(AgentInput::Disconnected { retry_after: None });
    assert!(bench.feed(status(false)).is_empty());
    bench.wake();
    bench.feed(AgentInput::Connected);
    assert_eq!(
        bench.feed(registered("pc-1", "kitchen")),
        ["station 0 kitchen", "grill false"]
    );
}

#[test]
fn i7_ten_thousand_unsettled_jobs_are_enough() {
    let mut bench = Bench::live();
    for seq in 1..=10_000 {
        bench.link.handle(update(seq, JobState::Held), Tick(0));
    }
    bench.outputs();
    bench.now = 60_000;
    bench
        .link
        .handle(AgentInput::Disconnected { retry_after: None }, Tick(bench.now));
    bench.wake();
    bench.feed(AgentInput::Connected);
    bench.feed(registered("pc-1", "kitchen"));
    assert!(bench.feed(offer(20_000)).is_empty());
    bench.feed(update(1, JobState::Cancelled));
    while bench.link.unsettled() == 10_000 {
        bench.later(50);
        bench.feed(settled(1));
    }
    assert!(bench.feed(offer(20_000)).contains(&"spool j20000".to_owned()));
}

#[test]
fn with_the_connection_goes_what_the_spool_has_not_begun() {
    let mut bench = Bench::live();
    bench.feed(offer(1));
    bench.feed(offer(2));
    bench.feed(AgentInput::Disconnected { retry_after: None });
    assert!(bench.feed(offer(3)).is_empty(), "a frame of a dead connection");
    assert!(
        bench.feed(spooled(1)).is_empty(),
        "the relay may have given job 2 to somebody else"
    );
    bench.wake();
    bench.feed(AgentInput::Connected);
    assert_eq!(
        bench.feed(registered("pc-1", "kitchen")),
        ["station 0 kitchen", "ack j1"]
    );
    assert_eq!(bench.feed(offer(2)), ["spool j2"]);
}

#[test]
fn every_connection_begins_without_what_the_last_one_had() {
    let mut bench = Bench::new(&["kitchen", "bar"]);
    for _ in 0..2 {
        bench.feed(AgentInput::Connected);
        bench.feed(registered("pc-1", "kitchen"));
        assert!(!bench.link.is_live(), "the bar is not confirmed");
        bench.feed(registered("pc-1", "bar"));
        assert!(bench.link.is_live());
        assert_eq!(
            bench.feed(offer(5)),
            ["spool j5"],
            "a refusal of the last connection blocks nothing"
        );
        bench.feed(AgentInput::SpoolRefused(JobId::new("j5"), "disk full".into()));
        bench.feed(AgentInput::Disconnected { retry_after: None });
        assert_eq!(bench.wake(), ["connect"]);
    }
    bench.feed(AgentInput::Connected);
    bench.feed(registered("pc-1", "kitchen"));
    bench.feed(registered("pc-1", "bar"));
    assert_eq!(bench.feed(offer(6)), ["spool j6"]);
}

#[test]
fn final_reports_under_way_on_a_dead_connection_go_again_at_once() {
    let mut bench = Bench::live();
    for seq in 0..64 {
        assert_eq!(bench.feed(update(seq, JobState::Printed)).len(), 1);
    }
    bench.feed(AgentInput::Disconnected { retry_after: None });
    bench.wake();
    bench.feed(AgentInput::Connected);
    assert_eq!(bench.feed(registered("pc-1", "kitchen")).len(), 1 + 64);
}

#[test]
fn a_job_that_is_not_final_here_is_not_settled() {
    let mut bench = Bench::live();
    bench.feed(update(1, JobState::Printing));
    assert!(bench.feed(settled(1)).is_empty());
    assert_eq!(bench.link.unsettled(), 1);
}

#[test]
fn what_is_found_out_about_the_printers_is_said_without_a_new_connection() {
    let mut bench = Bench::live();
    let printer = PrinterInfo {
        name: "grill".into(),
        profile: "generic-80".into(),
        proof: Some(Evidence::A),
        state: "ready".into(),
    };
    let said = bench.feed(AgentInput::Printers(vec![printer]));
    assert!(
        !said.is_empty() && said.iter().all(|word| word.starts_with("register")),
        "{said:?}"
    );
    assert!(bench.link.is_live());
}
