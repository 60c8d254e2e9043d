//! The spool's promises, each seen from outside.

mod faults;

use jiff::{Timestamp, ToSpan};
use protocol::{Banner, Evidence, JobHeader, JobId, JobKind, JobState, Offer};
use serde_json::value::RawValue;
use tempfile::TempDir;

use super::*;

fn offer(id: &str) -> Offer {
    let header = JobHeader {
        id: JobId::new(id),
        seq: 1,
        station: "kitchen".to_owned(),
        number: 41,
        kind: JobKind::Order,
        copies: 1,
        due: now(),
        expires: now(),
        attempt: 0,
        age_ms: 0,
        banners: Vec::new(),
        via: None,
        hops: 0,
    };
    let data = RawValue::from_string(r#"{ "order_id":"1",  "x":1.50 }"#.to_owned()).unwrap();
    Offer {
        event: "kitchen_immediate_print".to_owned(),
        data,
        job: header,
        seq: None,
    }
}

fn step(id: &str, state: JobState, attempt: u32) -> Step {
    Step {
        job_id: JobId::new(id),
        state,
        attempt,
        evidence: None,
        detail: None,
        printer: "grill".to_owned(),
        at: now(),
        banners: Vec::new(),
    }
}

fn now() -> Timestamp {
    "2026-11-20T19:42:01.123456789Z".parse().unwrap()
}

fn folder() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/spool.db");
    (folder, path)
}

fn print(spool: &Spool, id: &str) -> JobUpdate {
    spool.record(step(id, JobState::Printing, 1)).unwrap();
    spool
        .record(Step {
            evidence: Some(Evidence::A),
            ..step(id, JobState::Printed, 1)
        })
        .unwrap()
}

#[test]
fn a_job_is_kept_word_for_word_and_once() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    let offered = offer("a");
    assert_eq!(spool.accept(&offered, "grill", now()).unwrap(), Accepted::New);
    assert_eq!(spool.accept(&offered, "other", now()).unwrap(), Accepted::Known);
    let kept = spool.get(&JobId::new("a")).unwrap().unwrap();
    assert_eq!(kept.job, offered.job);
    assert_eq!(kept.data, offered.data.get());
    assert_eq!(
        (kept.printer.as_str(), kept.state, kept.at),
        ("grill", JobState::Spooled, now())
    );
}

#[test]
fn the_queue_is_first_in_first_out_per_printer_without_final_jobs() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    for (id, printer) in [("c", "grill"), ("b", "bar"), ("a", "grill"), ("d", "grill")] {
        spool.accept(&offer(id), printer, now()).unwrap();
    }
    print(&spool, "a");
    let queue = spool.queue("grill").unwrap();
    let ids: Vec<_> = queue.iter().map(|job| job.job.id.as_str()).collect();
    assert_eq!(ids, ["c", "d"]);
}

#[test]
fn steps_survive_a_restart_and_the_recovery_counts_them() {
    let (_folder, path) = folder();
    let (spool, first) = Spool::open(&path).unwrap();
    for id in ["waits", "held", "printing", "doubt", "done"] {
        spool.accept(&offer(id), "grill", now()).unwrap();
    }
    spool
        .record(Step {
            detail: Some("out of paper".into()),
            ..step("held", JobState::Held, 0)
        })
        .unwrap();
    let banners = vec![Banner::PossibleDuplicate { first_try: now() }];
    spool
        .record(Step {
            banners: banners.clone(),
            ..step("printing", JobState::Printing, 2)
        })
        .unwrap();
    spool.record(step("doubt", JobState::Printing, 1)).unwrap();
    spool.record(step("doubt", JobState::Unconfirmed, 1)).unwrap();
    let told = print(&spool, "done");
    drop(spool);

    let (spool, recovery) = Spool::open(&path).unwrap();
    assert_eq!(recovery.spool_id, first.spool_id);
    assert_eq!(
        (recovery.waiting, recovery.in_doubt, recovery.unconfirmed),
        (2, 1, 1)
    );
    let printing = spool.get(&JobId::new("printing")).unwrap().unwrap();
    assert_eq!(
        (printing.attempt, printing.first_try, printing.banners),
        (2, Some(now()), banners)
    );
    let done = spool.get(&JobId::new("done")).unwrap().unwrap();
    assert_eq!(done.update(), told);
    assert_eq!(done.evidence, Some(Evidence::A));
}

#[test]
fn a_step_that_does_not_follow_is_refused_and_changes_nothing() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    spool.accept(&offer("a"), "grill", now()).unwrap();
    print(&spool, "a");
    let refused = spool.record(step("a", JobState::Printing, 2)).unwrap_err();
    assert!(matches!(
        refused,
        SpoolError::Refused {
            from: JobState::Printed,
            to: JobState::Printing,
            ..
        }
    ));
    assert_eq!(spool.get(&JobId::new("a")).unwrap().unwrap().attempt, 1);
    let unknown = spool.record(step("b", JobState::Printing, 1)).unwrap_err();
    assert!(matches!(unknown, SpoolError::NoSuchJob(_)));
}

#[test]
fn an_attempt_that_sent_no_byte_goes_back_and_was_no_first_try() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    spool.accept(&offer("a"), "grill", now()).unwrap();
    spool.record(step("a", JobState::Printing, 1)).unwrap();
    spool.record(step("a", JobState::Held, 0)).unwrap();
    assert_eq!(spool.get(&JobId::new("a")).unwrap().unwrap().first_try, None);
}

#[test]
fn wishes_are_kept_until_the_next_attempt_and_refused_for_final_jobs() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    let id = JobId::new("a");
    spool.accept(&offer("a"), "grill", now()).unwrap();
    spool.wish(&id, Wish::Release).unwrap();
    spool.record(step("a", JobState::Printing, 1)).unwrap();
    spool.record(step("a", JobState::Unconfirmed, 1)).unwrap();
    spool.wish(&id, Wish::Again).unwrap();
    let job = spool.get(&id).unwrap().unwrap();
    assert_eq!(
        (job.released, job.answer, job.cancel_requested),
        (true, Some(false), false)
    );
    spool.record(step("a", JobState::Printing, 2)).unwrap();
    assert_eq!(spool.get(&id).unwrap().unwrap().answer, None);
    spool.record(step("a", JobState::Printed, 2)).unwrap();
    assert!(matches!(
        spool.wish(&id, Wish::Cancel),
        Err(SpoolError::Refused { .. })
    ));
}

#[test]
fn a_report_is_repeated_until_it_is_settled_and_a_late_redelivery_is_known() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    for id in ["a", "b", "local-test"] {
        spool.accept(&offer(id), "grill", now()).unwrap();
    }
    let told = print(&spool, "a");
    print(&spool, "local-test");
    spool.settle(&JobId::new("b")).unwrap();
    let reports = spool.unsettled().unwrap();
    assert_eq!(
        reports.len(),
        2,
        "a local job is not reported, a job that is not final not settled"
    );
    assert_eq!(reports[0], told);
    spool.settle(&JobId::new("a")).unwrap();
    assert_eq!(spool.unsettled().unwrap().len(), 1);
    assert_eq!(
        spool.accept(&offer("a"), "grill", now()).unwrap(),
        Accepted::Known
    );
}

#[test]
fn settled_jobs_are_forgotten_after_thirty_days_and_others_never() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    for id in ["settled", "told"] {
        spool.accept(&offer(id), "grill", now()).unwrap();
        print(&spool, id);
    }
    spool.settle(&JobId::new("settled")).unwrap();
    let count = |spool: &Spool| spool.recent(9).unwrap().len();
    spool
        .owner
        .call(|db| jobs::forget(db, now() + (29 * 24).hours()))
        .unwrap();
    assert_eq!(count(&spool), 2);
    spool
        .owner
        .call(|db| jobs::forget(db, now() + (31 * 24).hours()))
        .unwrap();
    assert_eq!(count(&spool), 1);
}

#[test]
fn a_second_agent_on_one_spool_hears_that_one_is_running() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    assert!(matches!(Spool::open(&path), Err(SpoolError::AlreadyRunning)));
    let other = spool.clone();
    drop(spool);
    assert!(matches!(Spool::open(&path), Err(SpoolError::AlreadyRunning)));
    drop(other);
    Spool::open(&path).unwrap();
}

#[test]
fn facts_are_kept_across_restarts() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    spool.remember("proof:grill", "B").unwrap();
    spool.remember("proof:grill", "A").unwrap();
    drop(spool);
    let (spool, _) = Spool::open(&path).unwrap();
    assert_eq!(spool.recall("proof:grill").unwrap().as_deref(), Some("A"));
    assert_eq!(spool.recall("proof:bar").unwrap(), None);
}
