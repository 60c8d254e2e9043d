//! The agent's spool: jobs accepted, on their way and done, people's wishes, and restarts between them.

use std::path::Path;

use agent::spool::{HandOver, Spool, Step, Wish};
use faultfs::power::{Memory, Notes, Story};
use faultfs::{Disk, Fault, Seed};
use jiff::Timestamp;
use protocol::{Banner, Evidence, JobHeader, JobId, JobKind, JobState, Offer};
use serde_json::value::RawValue;

/// Calls of one story.
const CALLS: usize = 70;
/// Jobs of one story.
const JOBS: usize = 12;
/// A restart once in so many calls.
const RESTART: usize = 25;

pub(crate) fn now() -> Timestamp {
    "2026-11-20T19:42:01.123Z".parse().unwrap()
}

pub(crate) fn offer(id: &str, seed: &mut Seed) -> Offer {
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
    // Some rows lie on several pages.
    let note = "x".repeat(seed.below(6) * 900);
    Offer {
        event: "kitchen_immediate_print".to_owned(),
        data: RawValue::from_string(format!(r#"{{"order_id":"{id}","note":"{note}"}}"#)).unwrap(),
        job: header,
        seq: None,
    }
}

pub(crate) fn open(folder: &Path) -> Result<Spool, String> {
    let (spool, recovery) = Spool::open(&folder.join("spool.db")).map_err(|error| format!("{error:?}"))?;
    match recovery.set_aside {
        Some(aside) => Err(format!("set aside as damaged: {}", aside.display())),
        None => Ok(spool),
    }
}

pub(crate) fn memory(spool: &Spool) -> Memory {
    let jobs = spool.recent(1_000).unwrap();
    let mut lines: Vec<_> = jobs.iter().map(|job| format!("{job:?}")).collect();
    lines.push(format!("{:?}", spool.recall("proof:grill").unwrap()));
    lines
}

/// What the spool remembers after a cut. It goes on working, too: opening it has written already.
pub(crate) fn remember(folder: &Path) -> Result<Memory, String> {
    Ok(memory(&open(folder)?))
}

/// One call; whether it was granted does not matter, the memory says what it did.
pub(crate) fn call(spool: &Spool, n: usize, seed: &mut Seed) {
    let id = format!("job-{}", seed.below(JOBS));
    let (job_id, at) = (JobId::new(&id), now());
    let kept = spool.get(&job_id).unwrap();
    let Some(kept) = kept else {
        spool.accept(&offer(&id, seed), "grill", at).unwrap();
        return;
    };
    let step = |state, attempt, evidence| Step {
        job_id: job_id.clone(),
        state,
        attempt,
        evidence,
        detail: Some(format!("call {n}")),
        printer: kept.printer.clone(),
        at,
        banners: vec![Banner::PossibleDuplicate { first_try: at }],
    };
    let _ = match (kept.state, seed.below(6)) {
        (_, 0) => spool.remember("proof:grill", &n.to_string()),
        (_, 1) => spool.wish(
            &job_id,
            if n.is_multiple_of(2) {
                Wish::Again
            } else {
                Wish::Printed
            },
        ),
        (JobState::Spooled, 2) => spool
            .hand_over(HandOver {
                job_id: job_id.clone(),
                from: "grill".to_owned(),
                to: "bar".to_owned(),
                banners: Vec::new(),
                detail: "grill is down".to_owned(),
                at,
            })
            .map(drop),
        (JobState::Spooled | JobState::Held | JobState::Unconfirmed, _) => spool
            .record(step(JobState::Printing, kept.attempt + 1, None))
            .map(drop),
        (JobState::Printing, 2) => spool
            .record(step(JobState::Unconfirmed, kept.attempt, None))
            .map(drop),
        (JobState::Printing, _) => spool
            .record(step(JobState::Printed, kept.attempt, Some(Evidence::A)))
            .map(drop),
        (_, _) => spool.settle(&job_id),
    };
}

/// A story of the spool, from a seed.
fn tell(seed: u64, calls: usize, fault: Option<Fault>) -> Story {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::under(folder.path()).unwrap();
    if let Some(fault) = fault {
        disk.plant(fault);
    }
    let mut spool = open(folder.path()).unwrap();
    let mut notes = Notes::begin(disk, memory(&spool));
    let mut luck = Seed::new(seed);
    for n in 0..calls {
        if luck.once_in(RESTART) {
            drop(spool);
            spool = open(folder.path()).unwrap();
        }
        call(&spool, n, &mut luck);
        notes.answered(memory(&spool));
    }
    drop(spool);
    notes.end()
}

#[test]
fn fault_d1_a_power_cut_at_every_write_of_the_spool_loses_nothing_acknowledged() {
    super::cut(|seed| tell(seed, CALLS, None), remember);
}

#[test]
fn fault_d1_a_power_cut_while_the_log_moves_into_the_file_loses_nothing() {
    // Enough commits for a checkpoint of a log of 1,000 pages; cut around the writes to the file itself.
    let story = tell(1, 500, None);
    let to_file = |op: &faultfs::Op| matches!(op, faultfs::Op::Write { file, .. } if &**file == "spool.db");
    let ops = &story.log().ops;
    let points: Vec<_> = (0..ops.len())
        .filter(|point| *point > 100 && to_file(&ops[*point]))
        .collect();
    assert!(points.len() > 20, "no checkpoint: {}", points.len());
    let step = points.len().div_ceil(60);
    story
        .cut_at(points.into_iter().step_by(step), 1, remember)
        .unwrap();
}

#[test]
fn a_spool_without_syncs_is_caught() {
    let story = tell(1, CALLS, Some(Fault::LyingSync));
    let lost = story.cut_at(0..story.points(), 1, remember);
    assert!(lost.is_err(), "this test cannot fail");
}

#[test]
fn an_answer_before_its_commit_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::under(folder.path()).unwrap();
    let spool = open(folder.path()).unwrap();
    let mut notes = Notes::begin(disk.clone(), memory(&spool));
    let mut luck = Seed::new(1);
    for n in 0..20 {
        let early = disk.point();
        call(&spool, n, &mut luck);
        notes.answered_at(early, memory(&spool));
    }
    drop(spool);
    let story = notes.end();
    let lost = story.cut_at(0..story.points(), 1, remember);
    assert!(lost.is_err(), "this test cannot fail");
}
