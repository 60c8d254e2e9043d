//! Every SQL statement. One writer thread with group commit, readers beside it.
//!
//! [`Store`] is a cheap handle. Writes go to the clerk, who owns the writing connection, drains its
//! queue into one transaction (at most 256 calls), fsyncs once and only then answers everybody.
//! After each commit the events go to [`Committed`]'s receiver in the order of their numbers.

mod answers;
mod books;
mod clerk;
pub mod copy;
mod deeds;
mod desk;
mod divert;
mod fate;
mod handle;
mod lock;
mod paper;
mod readers;
mod schema;
mod sql;
mod still;
mod told;
mod transact;
mod work;

use std::sync::Arc;

use jiff::Timestamp;
use protocol::{Evidence, JobHeader, JobId, JobKind, JobState, JobUpdate};
use serde::{Deserialize, Serialize};

use crate::order::{Actor, Command, Event, Refusal};
use crate::routing::Settings;

pub use divert::{Agent, Standing};
pub use handle::enrol::{RedeemError, Redeemed, is_strong};
pub use handle::inspect::{AuditFilter, OpenCode};
pub use handle::link::Acked;
pub use handle::sockets::SocketSession;
pub use handle::tokens::Issued;
pub use handle::{Store, StoreOptions};
pub use sql::events::Audited;
pub use still::StillStore;

/// An outlet's id (restaurant, tenant): every table's key begins with it.
pub type OutletId = Arc<str>;

/// A request to change one order.
#[derive(Debug, Clone)]
pub struct OrderRequest {
    /// The caller's outlet.
    pub outlet: OutletId,
    /// The caller.
    pub actor: Actor,
    /// Which order (`Id::key`); none for `Command::Create`.
    pub order: Option<String>,
    /// What is asked.
    pub command: Command,
    /// The `Idempotency-Key`, where the caller gave one. The caller's order id is a key by itself.
    pub key: Option<String>,
    /// SHA-256 of the request's meaning (canonical JSON of the parsed body), to tell a repeat from
    /// another request under the same key.
    pub fingerprint: [u8; 32],
}

/// What became of an [`OrderRequest`]; durable when it is returned.
#[derive(Debug, Clone)]
pub enum OrderReply {
    /// Done now.
    Done {
        /// All jobs of this request.
        jobs: Vec<JobBrief>,
        /// The event; none where nothing changed.
        event: Option<Arc<Event>>,
        /// The answer's JSON body, kept for repeats.
        body: Arc<str>,
    },
    /// Done before under the same key: the body that the first call got.
    Replayed {
        /// The answer's JSON body.
        body: Arc<str>,
    },
    /// Not done; nothing changed.
    Refused(Refusal),
}

/// A job in an answer: `{id, station, state}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobBrief {
    /// The job's id.
    pub id: JobId,
    /// Its station.
    pub station: String,
    /// Where it stands.
    pub state: JobState,
}

/// A job as the relay keeps it.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its outlet.
    pub outlet: OutletId,
    /// What the agent gets (`attempt`, `age_ms` and `banners` as of now).
    pub header: JobHeader,
    /// The order.
    pub order_id: Option<String>,
    /// The order's number.
    pub order_number: Option<String>,
    /// The print event's name.
    pub event: String,
    /// The print event's `data` without `job`, as JSON text.
    pub data: Arc<str>,
    /// Where it stands.
    pub state: JobState,
    /// The printer, once the agent named one.
    pub printer: Option<String>,
    /// How it is known.
    pub evidence: Option<Evidence>,
    /// Why it stands there.
    pub detail: Option<String>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When the agent acknowledged it.
    pub spooled_at: Option<Timestamp>,
    /// When the first attempt began.
    pub started_at: Option<Timestamp>,
    /// When it became final.
    pub finished_at: Option<Timestamp>,
    /// Every step: state, when, why.
    pub history: Vec<Step>,
    /// The device that acknowledged it, and the id of the spool it is in.
    pub holder: Option<(String, String)>,
    /// A cancellation waits for the agent's answer.
    pub cancel_requested: bool,
}

/// One step of a job's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The state.
    pub state: JobState,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub detail: Option<String>,
}

/// What a person asks of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobWish {
    /// `resolve {printed: true}`.
    Printed,
    /// `resolve {printed: false}`.
    Again,
    /// Withdraw it.
    Cancel,
    /// Print a stale job.
    Release,
    /// A new job with the same ticket, headed REPRINT.
    Reprint,
}

/// Which jobs to list.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// In this state.
    pub state: Option<JobState>,
    /// At this station.
    pub station: Option<String>,
    /// Of this order.
    pub order: Option<String>,
    /// After this position of an earlier page (`next`).
    pub cursor: Option<String>,
    /// At most so many, 1 to 200.
    pub limit: usize,
}

/// Which orders to list.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// In this status.
    pub status: Option<crate::order::Status>,
    /// Not completed and not cancelled.
    pub open: bool,
    /// Of this table (number or id).
    pub table: Option<String>,
    /// After this position of an earlier page (`next`).
    pub cursor: Option<String>,
    /// At most so many, 1 to 200.
    pub limit: usize,
}

/// A page of a list: `{items, next}`.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// An outlet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlet {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its IANA time zone, such as `Asia/Jakarta`.
    pub timezone: String,
}

/// A device that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// Its outlet.
    pub outlet: String,
    /// What a person calls it.
    pub name: String,
    /// The stations that it was enrolled for: name and location.
    pub stations: Vec<(String, Option<String>)>,
    /// Whether its token was revoked.
    pub revoked: bool,
}

/// Who prints at a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The station.
    pub station: String,
    /// The device that gets its jobs.
    pub device: String,
    /// The spool it had when it was last offered jobs, where it names one.
    pub spool: Option<String>,
    /// The device that had the station before: its late words still count.
    pub before: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// A printer as its agent told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printer {
    /// The agent's device.
    pub device: String,
    /// The printer's name in agent.toml.
    pub name: String,
    /// What the agent said when it registered.
    pub info: Option<protocol::frames::PrinterInfo>,
    /// What the printer said last.
    pub status: Option<protocol::frames::PrinterStatus>,
    /// When either was last heard.
    pub at: Timestamp,
}

/// A table's visit: its guests hold the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its outlet.
    pub outlet: String,
    /// The guests' secret.
    pub token: String,
    /// What the command line calls it.
    pub name: Option<String>,
    /// The table.
    pub table_number: Option<String>,
    /// Since when.
    pub opened_at: Timestamp,
    /// When it ordered last; its opening before that.
    pub last_at: Timestamp,
    /// When it was ended.
    pub closed_at: Option<Timestamp>,
}

impl Visit {
    /// When it ends by itself: so long after its last order as the outlet's settings say.
    #[must_use]
    pub fn ends_at(&self, settings: &Settings) -> Timestamp {
        let ttl = i64::try_from(settings.session_ttl_s).unwrap_or(i64::MAX);
        let ttl = jiff::SignedDuration::from_secs(ttl);
        self.last_at.checked_add(ttl).unwrap_or(Timestamp::MAX)
    }

    /// Whether its token still opens it.
    #[must_use]
    pub fn is_open(&self, now: Timestamp, settings: &Settings) -> bool {
        self.closed_at.is_none() && now < self.ends_at(settings)
    }
}

/// What became durable in one commit, in order.
#[derive(Debug, Clone, Default)]
pub struct Committed {
    /// Events by outlet, in the order of their numbers.
    pub events: Vec<(OutletId, Arc<Event>)>,
    /// Stations that have new jobs to offer.
    pub nudges: Vec<(OutletId, String)>,
    /// Jobs whose holder must hear of a wish or a cancellation.
    pub wishes: Vec<(OutletId, JobId, String, JobWish)>,
    /// Jobs that changed state: outlet, id, station, new state.
    pub jobs: Vec<(OutletId, JobId, String, JobState)>,
}

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room; callers get 503 and retry.
    #[error("the store's disk is full")]
    Full,
    /// No such thing.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// It cannot be done to a job that stands there.
    #[error("{0}")]
    Conflict(String),
    /// It can never be done: the message says why and what to do.
    #[error("{0}")]
    Invalid(String),
    /// A newer connection of this device took over; close this one.
    #[error("a newer connection of this device took over")]
    Fenced,
    /// Too many calls wait; callers get 503 and retry.
    #[error("the store is busy")]
    Busy,
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
    /// A newer program wrote it.
    #[error("the store has schema {found}, this program knows {known}; use the newer program")]
    Newer {
        /// The file's.
        found: i64,
        /// This program's.
        known: i64,
    },
    /// Its file is damaged: a disk that flips bits, or a copy made in the wrong way.
    #[error("the store is damaged ({0}); put a backup in its place, or see docs/troubleshooting.md")]
    Damaged(String),
    /// Another process writes to it.
    #[error("another relay is already running on this store")]
    AlreadyRunning,
    /// A fault in the relay itself; nothing was changed.
    #[error("a fault in the relay stopped this; nothing was changed")]
    Fault,
    /// The store's folder or its lock file cannot be used.
    #[error("the store's folder cannot be used")]
    Folder(#[source] std::io::Error),
    /// The database failed.
    #[error("the store failed")]
    Database(#[from] rusqlite::Error),
    /// A row holds what this program cannot read.
    #[error("a row cannot be read")]
    Row(#[from] serde_json::Error),
}

/// Kinds of tickets, named here so that callers need not depend on the protocol crate for it.
pub type Kind = JobKind;

/// The outcome of a [`JobUpdate`] from an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateStored {
    /// The state as it is stored now.
    pub state: JobState,
    /// It is final: the agent may forget it.
    pub settled: bool,
}

/// An update as the link hands it on.
pub type AgentUpdate = JobUpdate;
