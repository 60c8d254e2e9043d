//! The spool's promises, each seen from outside.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

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
    };
    let data = RawValue::from_string(r#"{ "order_id":"1",  "x":1.50 }"#.to_owned()).unwrap();
    Offer {
        event: "kitchen_immediate_print".to_owned(),
        data,
        job: header,
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

/// Opens a spool with one job, spoils the file, and gives what the next start makes of it.
fn spoil(how: impl Fn(&Path)) -> (TempDir, Spool, Recovery) {
    let (folder, path) = folder();
    let (spool, before) = Spool::open(&path).unwrap();
    spool.accept(&offer("a"), "grill", now()).unwrap();
    drop(spool);
    how(&path);
    let (spool, after) = Spool::open(&path).unwrap();
    assert_ne!(after.spool_id, before.spool_id);
    assert_eq!(after.waiting, 0);
    (folder, spool, after)
}

#[test]
fn a_file_that_is_no_database_is_set_aside_whole() {
    let (_folder, _spool, recovery) = spoil(|path| fs::write(path, "no database at all").unwrap());
    let aside = recovery.set_aside.unwrap();
    assert!(
        aside
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("spool.db.damaged-2")
    );
    assert_eq!(fs::read_to_string(aside).unwrap(), "no database at all");
}

#[test]
fn fault_d4_a_flipped_bit_anywhere_is_seen_or_harmless() {
    let (folder, path) = folder();
    let (spool, before) = Spool::open(&path).unwrap();
    spool.accept(&offer("a"), "grill", now()).unwrap();
    let job = spool.get(&JobId::new("a")).unwrap().unwrap();
    drop(spool);
    let whole = fs::read(&path).unwrap();
    // A prime step walks over every kind of place in all pages within a second or two.
    for at in (0..whole.len()).step_by(211) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&path, &flipped).unwrap();
        let (spool, after) = Spool::open(&path).unwrap();
        if after.set_aside.is_none() && after.spool_id == before.spool_id {
            let kept = spool.get(&JobId::new("a")).unwrap().unwrap();
            assert_eq!(format!("{kept:?}"), format!("{job:?}"), "byte {at}");
        }
        drop(spool);
        let _ = fs::remove_file(path.with_file_name("spool.db-wal"));
    }
    drop(folder);
}

#[test]
fn a_value_that_was_changed_behind_our_back_is_seen() {
    let change = |path: &Path| {
        let db = rusqlite::Connection::open(path).unwrap();
        db.execute("UPDATE jobs SET attempt = 7", []).unwrap();
    };
    let (_folder, _spool, recovery) = spoil(change);
    assert!(recovery.set_aside.is_some());
}

#[test]
fn a_spool_of_a_later_version_is_left_alone() {
    let (_folder, path) = folder();
    drop(Spool::open(&path).unwrap());
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    assert!(matches!(
        Spool::open(&path),
        Err(SpoolError::Newer { found: 99, known: 1 })
    ));
    assert!(path.exists());
}

#[test]
fn fault_d2_a_full_disk_refuses_the_job_and_keeps_the_others() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    spool.accept(&offer("a"), "grill", now()).unwrap();
    spool
        .owner
        .call(|db| {
            let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            Ok(())
        })
        .unwrap();
    let mut large = offer("b");
    large.data = RawValue::from_string(format!("\"{}\"", "x".repeat(100_000))).unwrap();
    assert!(matches!(
        spool.accept(&large, "grill", now()),
        Err(SpoolError::DiskFull)
    ));
    assert_eq!(spool.queue("grill").unwrap().len(), 1);
    spool.record(step("a", JobState::Printing, 1)).unwrap();
}

#[test]
fn fault_d3_after_a_failed_write_the_spool_answers_no_more() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    let failed = spool.owner.call(|_| -> Result<(), SpoolError> {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC);
        Err(SpoolError::Broken(rusqlite::Error::SqliteFailure(code, None)))
    });
    assert!(matches!(failed, Err(SpoolError::Broken(_))));
    assert!(matches!(
        spool.accept(&offer("a"), "grill", now()),
        Err(SpoolError::Closed)
    ));
}

#[test]
fn calls_that_wait_together_share_a_commit_and_all_are_kept() {
    let (_folder, path) = folder();
    let (spool, _) = Spool::open(&path).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let spool = spool.clone();
            scope.spawn(move || {
                for n in 0..8 {
                    spool
                        .accept(&offer(&format!("{writer}-{n}")), "grill", now())
                        .unwrap();
                }
            });
        }
    });
    drop(spool);
    let (_, recovery) = Spool::open(&path).unwrap();
    assert_eq!(recovery.waiting, 128);
}

/// The other process of the test below: accepts jobs and says each id once it is acknowledged.
#[test]
#[ignore = "runs as the child of fault_d1"]
fn child_that_commits_in_a_loop() {
    let Ok(path) = std::env::var("SPOOL_CHILD") else {
        return;
    };
    let (spool, _) = Spool::open(Path::new(&path)).unwrap();
    for n in 0.. {
        let id = format!("{}-{n}", std::process::id());
        spool.accept(&offer(&id), "grill", now()).unwrap();
        println!("kept {id}");
    }
}

#[test]
fn fault_d1_every_acknowledged_job_survives_kill_9() {
    let (_folder, path) = folder();
    let mut acknowledged = Vec::new();
    for round in 1..=5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "spool::tests::child_that_commits_in_a_loop",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env("SPOOL_CHILD", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.map_while(Result::ok) {
            if let Some(id) = line.strip_prefix("kept ") {
                acknowledged.push(id.to_owned());
            }
            if acknowledged.len() == round * 20 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
    }
    let (spool, recovery) = Spool::open(&path).unwrap();
    assert_eq!(recovery.set_aside, None);
    assert!(acknowledged.len() >= 100);
    for id in acknowledged {
        assert!(
            spool.get(&JobId::new(&id)).unwrap().is_some(),
            "{id} was acknowledged and is gone"
        );
    }
}
