//! The agent's memory: every job it acknowledged, on disk before anyone hears of it.
//!
//! `SQLite` in WAL mode with `synchronous=FULL`, owned by one thread; [`Spool`] is a handle to it.
//! Calls block until the commit is fsynced.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use protocol::{Banner, Evidence, JobHeader, JobId, JobState, JobUpdate, Offer};

/// A handle to the thread that owns the spool.
#[derive(Debug, Clone)]
pub struct Spool {}

/// What the spool held when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// The spool's id, new with every new file; goes into every registration.
    pub spool_id: String,
    /// Jobs that wait, no byte sent.
    pub waiting: usize,
    /// Jobs whose last attempt may have reached the paper: they were `printing` when the agent died.
    pub in_doubt: usize,
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
    /// The disk failed: the agent must exit and recover.
    #[error("the spool cannot be written")]
    Broken(#[source] rusqlite::Error),
    /// The owner thread is gone.
    #[error("the spool is closed")]
    Closed,
}

impl Spool {
    /// Opens or creates the spool. A damaged file is set aside, never deleted.
    ///
    /// # Errors
    /// [`SpoolError::AlreadyRunning`], [`SpoolError::DiskFull`] or [`SpoolError::Broken`].
    pub fn open(path: &Path) -> Result<(Self, Recovery), SpoolError> {
        let _ = path;
        todo!()
    }

    /// Keeps an offered job; durable when this returns. The same id is never kept twice.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn accept(&self, offer: &Offer, printer: &str, at: Timestamp) -> Result<Accepted, SpoolError> {
        let _ = (offer, printer, at);
        todo!()
    }

    /// The jobs of a printer that are not final, first in first out.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn queue(&self, printer: &str) -> Result<Vec<SpoolJob>, SpoolError> {
        let _ = printer;
        todo!()
    }

    /// One job.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn get(&self, id: &JobId) -> Result<Option<SpoolJob>, SpoolError> {
        let _ = id;
        todo!()
    }

    /// Makes a step durable and returns what the link shall report.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn record(&self, step: Step) -> Result<JobUpdate, SpoolError> {
        let _ = step;
        todo!()
    }

    /// Makes a person's wish durable; the press acts on it.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn wish(&self, id: &JobId, wish: Wish) -> Result<(), SpoolError> {
        let _ = (id, wish);
        todo!()
    }

    /// The latest report of every job that the relay has not settled, in order.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn unsettled(&self) -> Result<Vec<JobUpdate>, SpoolError> {
        todo!()
    }

    /// The relay stored the final state of this job.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn settle(&self, id: &JobId) -> Result<(), SpoolError> {
        let _ = id;
        todo!()
    }

    /// Keeps a small fact across restarts, such as a station's name or a printer's proof level.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn remember(&self, key: &str, value: &str) -> Result<(), SpoolError> {
        let _ = (key, value);
        todo!()
    }

    /// A small fact kept before.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn recall(&self, key: &str) -> Result<Option<String>, SpoolError> {
        let _ = key;
        todo!()
    }
}
