//! The agent's memory: every job it acknowledged, on disk before anyone hears of it.
//!
//! `SQLite` in WAL mode with `synchronous=FULL`, owned by one thread; [`Spool`] is a handle to it.
//! Calls block until the commit is fsynced, so asynchronous callers go through `spawn_blocking`.

pub mod disk;
mod jobs;
mod owner;
mod recovery;
mod schema;
mod types;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use protocol::{JobId, JobUpdate, Offer};

use owner::Owner;
pub use recovery::peek;
pub use types::{Accepted, HandOver, Recovery, SpoolError, SpoolJob, Step, Wish};

/// Ids of jobs that this agent made itself (tests, local reprints) begin so. The relay never hears
/// of them, and a final one counts as settled.
pub const LOCAL_PREFIX: &str = "local-";

/// A handle to the thread that owns the spool. The last one to go closes the file and frees the lock.
#[derive(Debug, Clone)]
pub struct Spool {
    owner: Arc<Owner>,
}

impl Spool {
    /// Opens or creates the spool. A damaged file is set aside, never deleted. The folder is
    /// created where it is missing.
    ///
    /// # Errors
    /// [`SpoolError::AlreadyRunning`], [`SpoolError::DiskFull`], [`SpoolError::Newer`],
    /// [`SpoolError::Folder`] or [`SpoolError::Broken`].
    pub fn open(path: &Path) -> Result<(Self, Recovery), SpoolError> {
        let opened = recovery::open(path)?;
        let owner = Owner::start(opened.connection, opened.lock)?;
        let owner = Arc::new(owner);
        Ok((Self { owner }, opened.recovery))
    }

    /// An empty spool in memory that its callers work on their own threads: for evenings played from a seed,
    /// where what a call has returned is what survives. `id` is the spool's id.
    ///
    /// # Errors
    /// What the database says.
    pub fn in_memory(id: &str) -> Result<Self, SpoolError> {
        let owner = Arc::new(Owner::still(recovery::in_memory(id)?));
        Ok(Self { owner })
    }

    /// Keeps an offered job; durable when this returns. The same id is never kept twice. `at` is
    /// the wall clock, corrected by the relay's last `now`.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn accept(&self, offer: &Offer, printer: &str, at: Timestamp) -> Result<Accepted, SpoolError> {
        let job = jobs::from_offer(offer, printer, at);
        self.owner.call(move |db| jobs::insert(db, &job))
    }

    /// As [`Self::accept`], but a VOID or CHANGE goes to the printer that its original is at, if that is one
    /// of these.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn accept_among(
        &self,
        offer: &Offer,
        printer: &str,
        printers: Vec<String>,
        at: Timestamp,
    ) -> Result<Accepted, SpoolError> {
        let mut job = jobs::from_offer(offer, printer, at);
        self.owner.call(move |db| {
            jobs::place(db, &mut job, &printers)?;
            jobs::insert(db, &job)
        })
    }

    /// The jobs of a printer that are not final, first in first out.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn queue(&self, printer: &str) -> Result<Vec<SpoolJob>, SpoolError> {
        let printer = printer.to_owned();
        self.owner.call(move |db| jobs::queue(db, &printer))
    }

    /// One job.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn get(&self, id: &JobId) -> Result<Option<SpoolJob>, SpoolError> {
        let id = id.clone();
        self.owner.call(move |db| jobs::get(db, &id))
    }

    /// The newest `limit` jobs, final ones too, newest first.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn recent(&self, limit: u32) -> Result<Vec<SpoolJob>, SpoolError> {
        self.owner.call(move |db| jobs::recent(db, limit))
    }

    /// Every job that is not final, of all printers, in arrival order.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn open_jobs(&self) -> Result<Vec<SpoolJob>, SpoolError> {
        self.owner.call(jobs::open_jobs)
    }

    /// Makes a step durable and returns what the link shall report. A step to `printing` sets the
    /// time of the first try where there is none, and forgets a person's earlier answer. Back from
    /// `printing` to `held` or `spooled` is for an attempt of which not one byte has left.
    ///
    /// # Errors
    /// [`SpoolError::Refused`] where the step does not follow; see [`SpoolError`].
    pub fn record(&self, step: Step) -> Result<JobUpdate, SpoolError> {
        self.owner.call(move |db| jobs::record(db, step))
    }

    /// Gives a waiting job to another printer and returns what the link shall report; none where it has begun
    /// or is elsewhere already.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn hand_over(&self, over: HandOver) -> Result<Option<JobUpdate>, SpoolError> {
        self.owner.call(move |db| jobs::hand_over(db, over))
    }

    /// The printer that the newest other ticket of a job's order and station is at, open or on paper.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn printer_before(&self, job: &SpoolJob) -> Result<Option<String>, SpoolError> {
        let job = job.clone();
        self.owner.call(move |db| jobs::printer_before(db, &job))
    }

    /// Makes a person's wish durable; the press acts on it.
    ///
    /// # Errors
    /// [`SpoolError::Refused`] where the job is final already; see [`SpoolError`].
    pub fn wish(&self, id: &JobId, wish: Wish) -> Result<(), SpoolError> {
        let id = id.clone();
        self.owner.call(move |db| jobs::wish(db, &id, wish))
    }

    /// The latest report of every job that the relay has not settled, in order of arrival.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn unsettled(&self) -> Result<Vec<JobUpdate>, SpoolError> {
        self.owner.call(jobs::unsettled)
    }

    /// The relay stored the final state of this job. A job that is unknown or not final here is
    /// left as it is.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn settle(&self, id: &JobId) -> Result<(), SpoolError> {
        let id = id.clone();
        self.owner.call(move |db| jobs::settle(db, &id))
    }

    /// As [`Self::settle`], for several jobs in one commit.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn settle_all(&self, ids: Vec<JobId>) -> Result<(), SpoolError> {
        self.owner
            .call(move |db| ids.iter().try_for_each(|id| jobs::settle(db, id)))
    }

    /// Keeps a small fact across restarts, such as a station's name or a printer's proof level.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn remember(&self, key: &str, value: &str) -> Result<(), SpoolError> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.owner.call(move |db| jobs::remember(db, &key, &value))
    }

    /// A small fact kept before.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn recall(&self, key: &str) -> Result<Option<String>, SpoolError> {
        let key = key.to_owned();
        self.owner.call(move |db| jobs::recall(db, &key))
    }
}

#[cfg(test)]
mod tests;
