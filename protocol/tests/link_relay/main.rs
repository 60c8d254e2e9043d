//! The relay's half of the link, rule by rule.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod bench;

use std::time::Duration;

use bench::{Bench, ack, id, jobs, registered, stored, update};
use protocol::frames::{AgentInfo, ErrorData, Registration};
use protocol::link::{RelayInput, WINDOW};
use protocol::{AgentFrame, Evidence, JobState, Tick};

#[test]
fn jobs_are_offered_in_order_up_to_the_window_and_the_rest_as_it_empties() {
    let mut bench = Bench::live();
    assert_eq!(bench.nudge(), ["fetch kitchen 0 32"]);
    let offered = bench.feed(jobs((1..=40).rev(), false));
    assert_eq!(offered.len(), WINDOW);
    assert_eq!(
        (offered[0].as_str(), offered[31].as_str()),
        ("offer 1", "offer 32")
    );
    assert!(bench.nudge().is_empty(), "the window is full");
    for seq in 1..=15 {
        assert_eq!(bench.feed(ack(seq)), [format!("store ack j{seq}")]);
        let asked = bench.feed(RelayInput::AckStored(id(seq)));
        assert_eq!(
            asked.len(),
            usize::from(seq == 1),
            "the nudge is still good for one look"
        );
        if seq == 1 {
            bench.feed(jobs([33], true));
        }
    }
    bench.feed(RelayInput::AckStored(id(16)));
    assert_eq!(bench.feed(RelayInput::AckStored(id(17))), ["fetch kitchen 33 16"]);
    assert_eq!(bench.feed(jobs([34, 35], false)), ["offer 34", "offer 35"]);
}

#[test]
fn a_lost_nudge_costs_a_second() {
    let mut bench = Bench::live();
    assert_eq!(bench.link.poll_timeout(), Some(Tick(1000)));
    assert!(bench.at(999, RelayInput::Timeout).is_empty());
    assert_eq!(bench.at(1000, RelayInput::Timeout), ["fetch kitchen 0 32"]);
    assert!(
        bench.at(5000, RelayInput::Timeout).is_empty(),
        "one question at a time"
    );
    assert!(bench.nudge().is_empty());
    assert_eq!(
        bench.feed(jobs([1], false)),
        ["offer 1", "fetch kitchen 1 31"],
        "the nudge is not lost"
    );
}

#[test]
fn an_offer_without_an_answer_goes_again_with_all_behind_it() {
    let mut bench = Bench::live();
    bench.nudge();
    bench.feed(jobs([3, 4], false));
    bench.feed(RelayInput::AckStored(id(4)));
    bench.at(29_000, RelayInput::Frame(AgentFrame::Pong));
    assert!(bench.feed(jobs([], false)).is_empty());
    assert_eq!(bench.at(30_000, RelayInput::Timeout), ["fetch kitchen 0 32"]);
    assert_eq!(bench.feed(jobs([3, 5], false)), ["offer 3", "offer 5"]);
}

#[test]
fn an_answer_to_a_question_from_before_a_new_start_is_not_used() {
    let mut bench = Bench::live();
    bench.nudge();
    bench.feed(jobs([3], false));
    bench.at(29_500, RelayInput::Frame(AgentFrame::Pong));
    bench.at(30_000, RelayInput::Timeout);
    let asked = bench.feed(jobs([4], false));
    assert_eq!(asked, ["fetch kitchen 0 32"], "job 4 must not overtake job 3");
    assert_eq!(bench.feed(jobs([3, 4], false)), ["offer 3", "offer 4"]);
}

#[test]
fn a_job_is_settled_only_when_its_final_state_is_stored() {
    let mut bench = Bench::live();
    assert_eq!(
        bench.feed(update(JobState::Printed, Some(Evidence::A))),
        ["store j1 printed"]
    );
    assert_eq!(bench.feed(stored(JobState::Printed, true)), ["settled j1"]);
    assert!(bench.feed(stored(JobState::Printing, false)).is_empty());
    assert_eq!(
        bench.feed(stored(JobState::Cancelled, false)),
        ["cancel j1"],
        "closed here, open there"
    );
}

#[test]
fn what_an_agent_cannot_know_is_refused_and_the_link_stays() {
    let mut bench = Bench::new();
    assert_eq!(bench.feed(ack(1)), ["error FORBIDDEN -"]);
    bench.feed(registered("kitchen"));
    assert_eq!(
        bench.feed(update(JobState::Accepted, None)),
        ["error VALIDATION_ERROR state"]
    );
    for weak in [None, Some(Evidence::C)] {
        assert_eq!(
            bench.feed(update(JobState::Printed, weak)),
            ["error VALIDATION_ERROR evidence"]
        );
    }
    let bad = AgentFrame::decode(r#"{"type":"job_ack"}"#).unwrap_err();
    assert_eq!(
        bench.feed(RelayInput::BadFrame(bad)),
        ["error VALIDATION_ERROR job_id"]
    );
    let error = ErrorData {
        code: "FORBIDDEN".into(),
        message: "not yours".into(),
        field: None,
    };
    assert_eq!(
        bench.feed(RelayInput::StoreRefused(error.clone())),
        ["error FORBIDDEN -"]
    );
    assert_eq!(
        bench.feed(RelayInput::RegisterRefused(error)),
        ["error FORBIDDEN -"]
    );
    assert_eq!(bench.feed(ack(1)), ["store ack j1"]);
}

#[test]
fn a_registration_goes_to_the_shell() {
    let mut bench = Bench::new();
    let data = Registration {
        device_id: "pc-1".into(),
        role: "kitchen".into(),
        location: None,
        outlet_id: "demo".into(),
        agent: AgentInfo {
            version: "0".into(),
            protocol: 1,
            spool: None,
        },
        printers: Vec::new(),
    };
    let frame = RelayInput::Frame(AgentFrame::Register(data));
    assert!(bench.feed(frame)[0].starts_with("Register(Registration"));
    bench.feed(registered("kitchen"));
    assert_eq!(
        bench.feed(registered("kitchen")),
        ["registered kitchen"],
        "once more changes nothing"
    );
    assert_eq!(bench.link.stations().collect::<Vec<_>>(), ["kitchen"]);
}

#[test]
fn people_are_heard_through_the_link() {
    let mut bench = Bench::live();
    assert_eq!(bench.feed(RelayInput::Cancel(id(1))), ["cancel j1"]);
    assert_eq!(bench.feed(RelayInput::Release(id(1))), ["release j1"]);
    assert_eq!(
        bench.feed(RelayInput::Resolve {
            job_id: id(1),
            printed: false
        }),
        ["resolve j1 false"]
    );
}

#[test]
fn n2_a_ping_goes_every_15_s_and_40_s_of_silence_end_the_link() {
    let mut bench = Bench::new();
    assert_eq!(bench.at(15_000, RelayInput::Timeout), ["ping"]);
    assert_eq!(bench.at(30_000, RelayInput::Frame(AgentFrame::Pong)), ["ping"]);
    assert_eq!(bench.at(45_000, RelayInput::Timeout), ["ping"]);
    assert_eq!(bench.at(60_000, RelayInput::Timeout), ["ping"]);
    assert!(bench.at(69_999, RelayInput::Timeout).is_empty());
    assert_eq!(bench.at(70_000, RelayInput::Timeout), ["close Silent"]);
    assert_eq!(bench.link.poll_timeout(), None);
}

#[test]
fn r3_a_fenced_link_takes_nothing_any_more() {
    let mut bench = Bench::live();
    assert_eq!(bench.feed(RelayInput::Fenced), ["goodbye 30000", "close Fenced"]);
    assert!(bench.feed(ack(1)).is_empty());
    assert!(
        bench
            .feed(update(JobState::Printed, Some(Evidence::A)))
            .is_empty()
    );
    assert!(bench.feed(stored(JobState::Printed, true)).is_empty());
    assert!(bench.at(100_000, RelayInput::Timeout).is_empty());
}

#[test]
fn a_relay_that_stops_or_cannot_store_says_when_to_come_back() {
    let retry_after = Duration::from_millis(1500);
    assert_eq!(
        Bench::live().feed(RelayInput::Stopping { retry_after }),
        ["goodbye 1500", "close Stopping"]
    );
    assert_eq!(
        Bench::live().feed(RelayInput::StoreFailed),
        ["goodbye 2000", "close StoreFailed"]
    );
}

#[test]
fn an_agent_that_says_more_than_the_store_can_take_is_closed() {
    let mut bench = Bench::live();
    for seq in 0..1024 {
        assert_eq!(bench.feed(ack(seq)).len(), 1);
    }
    bench.feed(RelayInput::AckStored(id(0)));
    assert_eq!(bench.feed(ack(1)).len(), 1);
    assert_eq!(bench.feed(ack(2)), ["close Flooded"]);
}

#[test]
fn a_connection_carries_at_most_64_stations() {
    let mut bench = Bench::new();
    for station in 0..64 {
        bench.feed(registered(&format!("s{station}")));
    }
    assert_eq!(
        bench.feed(registered("one-more")),
        ["error VALIDATION_ERROR role"]
    );
    assert_eq!(bench.feed(registered("s7")), ["registered s7"]);
}

#[test]
fn with_nothing_under_way_the_look_begins_at_the_front() {
    let mut bench = Bench::live();
    bench.nudge();
    bench.feed(jobs([7], false));
    bench.feed(RelayInput::AckStored(id(7)));
    assert_eq!(
        bench.nudge(),
        ["fetch kitchen 0 32"],
        "a job taken back from a backup has an old number"
    );
}

#[test]
fn a_job_of_which_more_is_known_than_an_acknowledgement_leaves_the_window() {
    let mut bench = Bench::live();
    bench.nudge();
    bench.feed(jobs(1..=32, false));
    assert!(bench.nudge().is_empty());
    assert_eq!(
        bench.feed(stored(JobState::Printing, false)),
        ["fetch kitchen 32 1"]
    );
}
