//! What one call of the clerk works with, inside its transaction.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::books::Books;
use super::{Committed, StoreError};

/// A call's view of the store: everything done here is undone where the call fails.
pub(super) struct Desk<'a> {
    /// The writing connection, in a transaction.
    pub(super) conn: &'a Connection,
    /// Counters and outlets.
    pub(super) books: &'a mut Books,
    /// What the publisher hears after the commit.
    pub(super) out: &'a mut Committed,
    /// The time of this transaction.
    pub(super) now: Timestamp,
    /// The call's answer is a refusal: nothing of it stays.
    pub(super) refused: bool,
    /// Where new ids come from.
    pub(super) ids: &'a dyn Fn() -> String,
}

impl Desk<'_> {
    /// A new id; newer ones sort behind older ones.
    pub(super) fn new_id(&self) -> String {
        (self.ids)()
    }
}

/// A new id: a `UUIDv7`, so that newer ones sort behind older ones.
pub(super) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// What a closure gives back to its caller.
pub(super) type Outcome<T> = Result<T, StoreError>;

/// How far [`Committed`] had grown before a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    events: usize,
    nudges: usize,
    wishes: usize,
    jobs: usize,
}

impl Committed {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            events: self.events.len(),
            nudges: self.nudges.len(),
            wishes: self.wishes.len(),
            jobs: self.jobs.len(),
        }
    }

    pub(super) fn back_to(&mut self, mark: Mark) {
        self.events.truncate(mark.events);
        self.nudges.truncate(mark.nudges);
        self.wishes.truncate(mark.wishes);
        self.jobs.truncate(mark.jobs);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.nudges.is_empty() && self.wishes.is_empty() && self.jobs.is_empty()
    }

    /// Says that a station has something to offer, once.
    pub(super) fn nudge(&mut self, outlet: &Arc<str>, station: &str) {
        let known = self.nudges.iter().any(|(o, s)| o == outlet && s == station);
        if !known {
            self.nudges.push((Arc::clone(outlet), station.to_owned()));
        }
    }
}
