//! Damaged files, full and failing disks, and kill -9.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use protocol::{JobId, JobState};
use serde_json::value::RawValue;
use tempfile::TempDir;

use super::super::*;
use super::{folder, now, offer, step};

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
                "spool::tests::faults::child_that_commits_in_a_loop",
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
