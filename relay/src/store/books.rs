//! What the clerk keeps in memory: counters and outlets, exactly as the store has them.
//!
//! Safe because nobody else writes: a counter is read once and then lives here. Every change is put in
//! an undo list, so a call that fails takes its numbers back; whatever changed is written in the same
//! transaction as the rows that carry the numbers; and when a transaction fails as a whole, everything
//! here is forgotten and read again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::Connection;

use super::sql::{counters, outlets, unsigned};
use super::{OutletId, StoreError};
use crate::order::Status;
use crate::routing::Settings;

/// Counters and outlets kept at most; beyond it the memory is emptied between two transactions. About 10 MB.
const MOST_KEPT: usize = 65_536;

/// Something that is counted in an outlet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Counter {
    /// Events.
    Event,
    /// Orders of a business day, such as `20261120`.
    Order(u32),
    /// A station's jobs, as its queue counts them.
    Queue(Arc<str>),
    /// A station's tickets, as printed on them.
    Number(Arc<str>),
    /// A device's connections.
    Fence(Arc<str>),
    /// Orders that stand at a status, for the kitchen's statistics.
    At(Status),
}

impl Counter {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Event => "event".into(),
            Self::Order(day) => format!("order:{day}"),
            Self::Queue(station) => format!("queue:{station}"),
            Self::Number(station) => format!("number:{station}"),
            Self::Fence(device) => format!("fence:{device}"),
            Self::At(status) => format!("at:{}", status.as_str()),
        }
    }
}

type Key = (OutletId, Counter);

/// The clerk's memory.
#[derive(Debug, Default)]
pub(super) struct Books {
    counters: HashMap<Key, i64>,
    changed: HashSet<Key>,
    undo: Vec<(Key, i64)>,
    settings: HashMap<OutletId, Arc<Settings>>,
}

impl Books {
    /// The counter's next number.
    pub(super) fn next(
        &mut self,
        conn: &Connection,
        outlet: &OutletId,
        counter: Counter,
    ) -> Result<u64, StoreError> {
        self.add(conn, outlet, counter, 1).map(unsigned)
    }

    /// Moves a counter by `step`; returns where it stands then.
    pub(super) fn add(
        &mut self,
        conn: &Connection,
        outlet: &OutletId,
        counter: Counter,
        step: i64,
    ) -> Result<i64, StoreError> {
        let before = self.read(conn, outlet, &counter)?;
        let key = (Arc::clone(outlet), counter);
        let now = before.saturating_add(step);
        self.undo.push((key.clone(), before));
        self.counters.insert(key.clone(), now);
        self.changed.insert(key);
        Ok(now)
    }

    /// Where a counter stands.
    pub(super) fn read(
        &mut self,
        conn: &Connection,
        outlet: &OutletId,
        counter: &Counter,
    ) -> Result<i64, StoreError> {
        let key = (Arc::clone(outlet), counter.clone());
        if let Some(value) = self.counters.get(&key) {
            return Ok(*value);
        }
        let value = counters::read(conn, outlet, &counter.name())?;
        self.counters.insert(key, value);
        Ok(value)
    }

    /// A device's newest connection; 0 for a device that never attached.
    pub(super) fn fence(
        &mut self,
        conn: &Connection,
        outlet: &OutletId,
        device: &str,
    ) -> Result<u64, StoreError> {
        self.read(conn, outlet, &Counter::Fence(device.into()))
            .map(unsigned)
    }

    /// The outlet's settings.
    pub(super) fn settings(
        &mut self,
        conn: &Connection,
        outlet: &OutletId,
    ) -> Result<Arc<Settings>, StoreError> {
        if let Some(settings) = self.settings.get(outlet) {
            return Ok(Arc::clone(settings));
        }
        let (_, json) = outlets::get(conn, outlet)?.ok_or_else(|| StoreError::NotFound {
            what: "outlet",
            id: outlet.to_string(),
        })?;
        let settings = Arc::new(serde_json::from_str::<Settings>(&json)?);
        self.settings.insert(Arc::clone(outlet), Arc::clone(&settings));
        Ok(settings)
    }

    /// The outlet's settings have changed.
    pub(super) fn forget_settings(&mut self, outlet: &str) {
        self.settings.remove(outlet);
    }

    /// A call succeeded: its numbers stand.
    pub(super) fn keep(&mut self) {
        self.undo.clear();
    }

    /// A call failed: its numbers go back, newest first.
    pub(super) fn undo(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            self.counters.insert(key, before);
        }
        self.settings.clear();
    }

    /// Writes what changed; part of the transaction.
    pub(super) fn write(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        for key in self.changed.drain() {
            if let Some(value) = self.counters.get(&key) {
                counters::write(conn, &key.0, &key.1.name(), *value)?;
            }
        }
        Ok(())
    }

    /// The transaction failed: nothing here is sure any more.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Between two transactions: keeps the memory bounded.
    pub(super) fn tidy(&mut self) {
        if self.counters.len() + self.settings.len() > MOST_KEPT {
            self.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        super::super::schema::migrate(&mut conn).unwrap();
        conn
    }

    #[test]
    fn a_failed_call_takes_its_numbers_back_and_leaves_its_neighbours_theirs() {
        let (conn, outlet) = (store(), OutletId::from("demo"));
        let mut books = Books::default();
        assert_eq!(books.next(&conn, &outlet, Counter::Event).unwrap(), 1);
        books.keep();
        assert_eq!(books.next(&conn, &outlet, Counter::Event).unwrap(), 2);
        assert_eq!(books.next(&conn, &outlet, Counter::Event).unwrap(), 3);
        books.undo();
        assert_eq!(books.next(&conn, &outlet, Counter::Event).unwrap(), 2);
        books.keep();
        books.write(&conn).unwrap();
        assert_eq!(counters::read(&conn, "demo", "event").unwrap(), 2);
    }

    #[test]
    fn after_a_failed_transaction_the_numbers_are_read_again() {
        let (conn, outlet) = (store(), OutletId::from("demo"));
        let mut books = Books::default();
        books.next(&conn, &outlet, Counter::Event).unwrap();
        books.forget();
        assert_eq!(books.next(&conn, &outlet, Counter::Event).unwrap(), 1);
    }
}
