//! What becomes of a job when its agent or a person says something. Pure: rows in, rows out.
//!
//! A job belongs to the device that acknowledged it first. What another device says of it counts only
//! where paper came out. Paper that exists is the truth: it is taken over whatever the relay believed
//! ([`protocol::JobState::is_late_truth`]), and a withdrawn job that printed needs its VOID.

mod lend;

use jiff::Timestamp;
use protocol::{Banner, Evidence, JobState};

use self::lend::take_back;
pub(super) use self::lend::{ask_back, bring_back, gave_back, lend, tell_unreachable};
use super::sql::jobs::JobRow;
use super::{Acked, AgentUpdate, Job, JobWish, Step};

/// Steps of a job kept at most: a printer that fails all night must not fill the store.
const MAX_STEPS: usize = 64;

/// What an update did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Updated {
    /// The row must be written.
    pub(super) changed: bool,
    /// Routing had withdrawn it and there is paper: print its VOID.
    pub(super) needs_void: bool,
    /// Its holder has a copy that is no longer wanted.
    pub(super) withdraw_copy: bool,
    /// Said by a device that does not hold it.
    pub(super) by_stranger: bool,
    /// Not one byte has left, and another station prints it.
    pub(super) given_back: bool,
}

/// What a wish comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wished {
    /// Done; nobody need be told.
    Done,
    /// The holder must be told.
    Tell,
    /// A new job is made.
    Copy,
}

/// The job as it is offered or shown at `now`; `to` is the device and spool that it is offered to.
pub(super) fn present(row: JobRow, to: Option<(&str, Option<&str>)>, now: Timestamp) -> Job {
    let first_try = row
        .doubt
        .or_else(|| to.and_then(|to| begun_in_another_spool(&row.job, to)));
    let mut job = row.job;
    if let Some(via) = row.diverted {
        let station = job.header.station.clone();
        job.header.banners.push(Banner::Backup { station });
        job.header.via = Some(via);
    }
    let age = now.duration_since(job.header.due).as_millis();
    job.header.age_ms = u64::try_from(age).unwrap_or(0);
    if let Some(first_try) = first_try {
        job.header.banners.push(Banner::PossibleDuplicate { first_try });
    }
    job
}

fn begun_in_another_spool(job: &Job, to: (&str, Option<&str>)) -> Option<Timestamp> {
    let (device, spool) = job.holder.as_ref()?;
    let other = device == to.0 && spool != to.1.unwrap_or_default();
    job.started_at.filter(|_| other)
}

/// `job_ack`: the device has the job in its spool. Returns whether the row changed.
pub(super) fn ack(row: &mut JobRow, device: &str, spool: Option<&str>, now: Timestamp) -> (Acked, bool) {
    let spool = spool.unwrap_or_default();
    let mine = row
        .job
        .holder
        .as_ref()
        .is_some_and(|(holder, _)| holder == device);
    let same = mine && row.job.holder.as_ref().is_some_and(|(_, kept)| kept == spool);
    match row.job.state {
        JobState::Accepted => {
            take(row, device, spool, None, now);
            (Acked::Stored, true)
        }
        JobState::Spooled | JobState::Held | JobState::Printing | JobState::Unconfirmed => {
            if mine && !same {
                take(row, device, spool, Some("the agent has a new spool"), now);
                return (Acked::Stored, true);
            }
            (if mine { Acked::Stored } else { Acked::CancelInstead }, false)
        }
        JobState::Printed | JobState::Sent if mine => (Acked::Settled, false),
        JobState::Printed | JobState::Sent => (Acked::CancelInstead, false),
        JobState::Cancelled | JobState::Expired | JobState::Failed => {
            let unheld = row.job.holder.is_none();
            if unheld {
                row.job.holder = Some((device.to_owned(), spool.to_owned()));
            }
            (Acked::CancelInstead, unheld)
        }
    }
}

fn take(row: &mut JobRow, device: &str, spool: &str, detail: Option<&str>, now: Timestamp) {
    row.job.holder = Some((device.to_owned(), spool.to_owned()));
    row.job.spooled_at.get_or_insert(now);
    step(&mut row.job, JobState::Spooled, now, detail.map(str::to_owned));
}

/// `job_update`: one step of a job at an agent whose spool is `spool`.
pub(super) fn update(
    row: &mut JobRow,
    device: &str,
    spool: Option<&str>,
    said: &AgentUpdate,
    now: Timestamp,
) -> Updated {
    let holder = row.job.holder.as_ref().map(|(holder, _)| holder.clone());
    if holder.is_none() && gave_back(row, said) {
        return Updated {
            by_stranger: true,
            ..Updated::default()
        };
    }
    if holder.as_deref().is_some_and(|holder| holder != device) {
        return stranger(row, device, said, now);
    }
    let closed = row.job.state.is_final() && !row.job.state.is_late_truth(said.state);
    if closed && said.state.is_final() {
        // Its last word, whatever it is, leaves nothing to ask of it.
        let answered = row.wish.take().is_some();
        row.job.cancel_requested &= !answered;
        return Updated {
            changed: answered,
            ..Updated::default()
        };
    }
    if said.state == JobState::Cancelled && take_back(row, now) {
        return Updated {
            changed: true,
            given_back: true,
            ..Updated::default()
        };
    }
    if is_repeat(&row.job, said) {
        return Updated::default();
    }
    if !row.job.state.may_become(said.state) && !row.job.state.is_late_truth(said.state) {
        return Updated::default();
    }
    row.job
        .holder
        .get_or_insert_with(|| (device.to_owned(), spool.unwrap_or_default().to_owned()));
    row.job.spooled_at.get_or_insert(now);
    let began = begins(said.state);
    let needs_void = row.withdrawn && began;
    row.withdrawn &= !needs_void;
    answer(row, said.state);
    hear(&mut row.job, said, now);
    Updated {
        changed: true,
        needs_void,
        ..Updated::default()
    }
}

/// What a device says that does not hold the job: paper counts, and ends the holder's copy.
fn stranger(row: &mut JobRow, device: &str, said: &AgentUpdate, now: Timestamp) -> Updated {
    let ignored = Updated {
        by_stranger: true,
        ..Updated::default()
    };
    let paper = matches!(said.state, JobState::Printed | JobState::Sent);
    if !paper || row.job.state.is_final() {
        return ignored;
    }
    hear(&mut row.job, said, now);
    row.job.detail = Some(format!("printed by device {device}"));
    row.job.cancel_requested = true;
    row.wish = Some(JobWish::Cancel);
    let needs_void = std::mem::take(&mut row.withdrawn);
    Updated {
        changed: true,
        needs_void,
        withdraw_copy: true,
        ..ignored
    }
}

/// A job that is closed here, of which its agent, which had no room to note that, still goes on: what it shall hear.
pub(super) fn unheard(row: &JobRow, said: JobState) -> Option<JobWish> {
    row.wish.filter(|_| row.job.state.is_final() && !said.is_final())
}

fn is_repeat(job: &Job, said: &AgentUpdate) -> bool {
    let known = job.header.attempt >= said.attempt;
    known && job.state == said.state && job.detail == said.detail && job.printer == said.printer
}

fn begins(state: JobState) -> bool {
    matches!(
        state,
        JobState::Printing | JobState::Printed | JobState::Sent | JobState::Unconfirmed
    )
}

/// Which questions the agent's words answer.
fn answer(row: &mut JobRow, next: JobState) {
    let answered = match row.wish {
        None => false,
        Some(JobWish::Release) => next != JobState::Held,
        Some(JobWish::Printed | JobWish::Again) => next != JobState::Unconfirmed,
        Some(JobWish::Cancel | JobWish::Reprint) => next.is_final() || begins(next),
    };
    if answered {
        row.wish = None;
    }
    if next.is_final() || begins(next) {
        row.job.cancel_requested = false;
        row.hand_back = None;
    }
}

fn hear(job: &mut Job, said: &AgentUpdate, now: Timestamp) {
    // By the agent's clock, which may run ahead of ours.
    let at = said.at.min(now);
    job.header.attempt = job.header.attempt.max(said.attempt);
    job.evidence = said.evidence;
    if said.printer.is_some() {
        job.printer.clone_from(&said.printer);
    }
    if begins(said.state) {
        job.started_at.get_or_insert(at);
    }
    step(job, said.state, at, said.detail.clone());
}

fn step(job: &mut Job, state: JobState, at: Timestamp, detail: Option<String>) {
    job.state = state;
    job.finished_at = state.is_final().then_some(at);
    job.detail.clone_from(&detail);
    if job.history.len() >= MAX_STEPS {
        // The first step tells when it came; of the rest the newest matter.
        job.history.remove(1);
    }
    job.history.push(Step { state, at, detail });
}

/// Routing takes a job back that has not begun. Returns whether its holder must be told.
pub(super) fn withdraw(row: &mut JobRow, now: Timestamp) -> bool {
    match row.job.state {
        JobState::Accepted => {
            row.withdrawn = true;
            step(
                &mut row.job,
                JobState::Cancelled,
                now,
                Some("the order changed before it printed".into()),
            );
            false
        }
        JobState::Spooled | JobState::Held => {
            row.withdrawn = true;
            row.job.cancel_requested = true;
            true
        }
        _ => false,
    }
}

/// Nobody took it in its time. Returns whether the row changed.
pub(super) fn expire(row: &mut JobRow, now: Timestamp) -> bool {
    let due = row.job.state == JobState::Accepted && row.job.header.expires < now;
    if due {
        let why = format!("no agent took it until {}", row.job.header.expires);
        step(&mut row.job, JobState::Expired, now, Some(why));
    }
    due
}

/// What a person asks, by whom.
///
/// # Errors
/// Why it cannot be done to a job that stands there, and what can.
pub(super) fn wish(row: &mut JobRow, wish: JobWish, by: &str, now: Timestamp) -> Result<Wished, String> {
    let state = row.job.state;
    match (wish, state) {
        (JobWish::Printed, JobState::Unconfirmed) => {
            row.wish = Some(JobWish::Printed);
            row.job.evidence = Some(Evidence::Person);
            row.job.cancel_requested = false;
            step(
                &mut row.job,
                JobState::Printed,
                now,
                Some(format!("{by} saw it on paper")),
            );
            Ok(Wished::Tell)
        }
        (JobWish::Again, JobState::Unconfirmed) => {
            row.wish = Some(JobWish::Again);
            Ok(Wished::Tell)
        }
        (JobWish::Cancel, JobState::Accepted) => {
            step(
                &mut row.job,
                JobState::Cancelled,
                now,
                Some(format!("cancelled by {by}")),
            );
            Ok(Wished::Done)
        }
        (JobWish::Cancel, JobState::Spooled | JobState::Held | JobState::Unconfirmed) => {
            row.wish = Some(JobWish::Cancel);
            row.job.cancel_requested = true;
            Ok(Wished::Tell)
        }
        (JobWish::Release, JobState::Held) => {
            row.wish = Some(JobWish::Release);
            Ok(Wished::Tell)
        }
        (JobWish::Reprint, _) if state.is_final() || state == JobState::Unconfirmed => Ok(Wished::Copy),
        (wish, state) => Err(refusal(wish, state)),
    }
}

fn refusal(wish: JobWish, state: JobState) -> String {
    match wish {
        JobWish::Printed | JobWish::Again => {
            format!("this job is {state}; only an unconfirmed one waits for a person's answer")
        }
        JobWish::Cancel => format!("this job is {state}; it can no longer be cancelled"),
        JobWish::Release => format!("this job is {state}; only a held one can be released"),
        JobWish::Reprint => format!("this job is {state} and will print; cancel it or wait"),
    }
}
