//! What the spool keeps, what it is asked, and why it may refuse.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use protocol::{Banner, Evidence, JobHeader, JobId, JobKind, JobState, JobUpdate};
use serde::Deserialize;

/// What the spool held when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// The spool's id, new with every new file; goes into every registration.
    pub spool_id: String,
    /// Jobs that wait, no byte sent.
    pub waiting: usize,
    /// Jobs whose last attempt may have reached the paper: they were `printing` when the agent died.
    pub in_doubt: usize,
    /// Jobs that were unconfirmed already and wait for evidence or a person.
    pub unconfirmed: usize,
    /// Where a damaged file was put.
    pub set_aside: Option<PathBuf>,
}

/// A job as the spool keeps it.
#[derive(Debug, Clone)]
pub struct SpoolJob {
    /// The job's header as the relay offered it.
    pub job: JobHeader,
    /// The print event's name.
    pub event: String,
    /// The print event's `data`, verbatim JSON.
    pub data: String,
    /// The printer that it goes to.
    pub printer: String,
    /// Arrival order in this spool; the queue's order per printer.
    pub arrival: i64,
    /// Where it stands.
    pub state: JobState,
    /// Attempts begun, 0 before the first byte.
    pub attempt: u32,
    /// When the first attempt began.
    pub first_try: Option<Timestamp>,
    /// The evidence of a final state.
    pub evidence: Option<Evidence>,
    /// Why it stands there, in words for a person.
    pub detail: Option<String>,
    /// When the last step happened.
    pub at: Timestamp,
    /// When it was spooled (wall clock, corrected by the relay's last `now`).
    pub spooled_at: Timestamp,
    /// Banners that the agent itself adds to the relay's.
    pub banners: Vec<Banner>,
    /// The relay stored the final state.
    pub settled: bool,
    /// A person released it although it is stale.
    pub released: bool,
    /// A person asked to withdraw it.
    pub cancel_requested: bool,
    /// A person's answer to "did it print?".
    pub answer: Option<bool>,
}

/// One step of a job, to be made durable.
#[derive(Debug, Clone)]
pub struct Step {
    /// Which job.
    pub job_id: JobId,
    /// Its new state.
    pub state: JobState,
    /// Attempts begun, with this step.
    pub attempt: u32,
    /// How it is known.
    pub evidence: Option<Evidence>,
    /// Why, in words for a person.
    pub detail: Option<String>,
    /// The printer.
    pub printer: String,
    /// When.
    pub at: Timestamp,
    /// Banners that the agent adds from now on.
    pub banners: Vec<Banner>,
}

/// What a person asked of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Withdraw it if no byte has left.
    Cancel,
    /// It printed.
    Printed,
    /// It did not print: once more, headed REPRINT.
    Again,
    /// Print it although it is stale.
    Release,
}

/// A waiting job goes to another printer of the same agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// Which job.
    pub job_id: JobId,
    /// Where it waits; elsewhere, or begun, it stays as it is.
    pub from: String,
    /// Where it goes.
    pub to: String,
    /// The agent's banners from now on.
    pub banners: Vec<Banner>,
    /// Why, in words for a person.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// Whether an offered job was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Fsynced just now.
    New,
    /// Known already; nothing was changed.
    Known,
}

/// Why the spool could not do it.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Another agent owns this spool.
    #[error("another agent is already running on this spool")]
    AlreadyRunning,
    /// No room: the job is refused and stays at the relay.
    #[error("the disk is full")]
    DiskFull,
    /// No such job.
    #[error("there is no job {0} in the spool")]
    NoSuchJob(JobId),
    /// The step does not follow from where the job stands.
    #[error("job {job} is {from} and cannot become {to}")]
    Refused {
        /// Which job.
        job: JobId,
        /// Where it stands.
        from: JobState,
        /// What was asked.
        to: JobState,
    },
    /// Another printer has the job now: a step at this one says nothing of it.
    #[error("job {job} is at {printer} now")]
    Elsewhere {
        /// Which job.
        job: JobId,
        /// Where it is.
        printer: String,
    },
    /// A later version of the agent wrote this spool.
    #[error(
        "the spool was written by a later version (schema {found}, this program knows {known}): install that version again"
    )]
    Newer {
        /// The file's schema version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The data folder or a file in it cannot be made, locked or renamed.
    #[error("the data folder cannot be used")]
    Folder(#[source] io::Error),
    /// The disk failed: the agent must exit and recover.
    #[error("the spool cannot be written")]
    Broken(#[source] rusqlite::Error),
    /// The owner thread is gone.
    #[error("the spool is closed")]
    Closed,
}

impl SpoolJob {
    /// What the link reports of this job.
    #[must_use]
    pub fn update(&self) -> JobUpdate {
        JobUpdate {
            job_id: self.job.id.clone(),
            state: self.state,
            attempt: self.attempt,
            printer: Some(self.printer.clone()),
            evidence: self.evidence,
            detail: self.detail.clone(),
            at: self.at,
        }
    }

    /// Whether it waits and not one byte of it has left.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        matches!(
            self.state,
            JobState::Accepted | JobState::Spooled | JobState::Held
        )
    }

    /// Whether it corrects a ticket that came before it.
    #[must_use]
    pub fn is_correction(&self) -> bool {
        matches!(self.job.kind, JobKind::Void | JobKind::Change)
    }

    /// The order that it is about.
    #[must_use]
    pub fn order_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct About {
            order_id: Option<String>,
        }
        serde_json::from_str::<About>(&self.data).ok()?.order_id
    }

    /// Whether this agent made the job itself, so that the relay knows nothing of it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.job.id.as_str().starts_with(super::LOCAL_PREFIX)
    }
}

impl From<rusqlite::Error> for SpoolError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::Broken(error),
        }
    }
}
