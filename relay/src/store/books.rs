//! What the clerk keeps in memory: counters and outlets, exactly as the store has them.
//!
//! Safe because nobody else writes: a counter is read once and then lives here. Every change is put in
//! an undo list, so a call that fails takes its numbers back; whatever changed is written in the same
//! transaction as the rows that carry the numbers; and when a transaction fails as a whole, everything
//! here is forgotten and read again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::Connection;
use serde::de::Error as _;

use super::sql::{counters, outlets, unsigned};
use super::{OutletId, StoreError};
use crate::order::Status;
use crate::order::input::parse_status;
use crate::routing::Settings;

/// Outlets kept at most, and as many settings; beyond it the memory is emptied between two transactions. About
/// 10 MB.
const MOST_KEPT: usize = 8_192;
/// Business days of which the orders' numbers are kept: a clock that is set back by up to a week repeats none.
const DAYS: usize = 8;

/// Something that is counted in an outlet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Its name in the store.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Event => counters::EVENT.into(),
            Self::Order(day) => format!("order:{day}"),
            Self::Queue(station) => format!("queue:{station}"),
            Self::Number(station) => format!("number:{station}"),
            Self::Fence(device) => format!("fence:{device}"),
            Self::At(status) => format!("at:{}", status.as_str()),
        }
    }

    fn parse(name: &str) -> Option<Self> {
        if name == counters::EVENT {
            return Some(Self::Event);
        }
        let (kind, of) = name.split_once(':')?;
        match kind {
            "order" => of.parse().ok().map(Self::Order),
            "queue" => Some(Self::Queue(of.into())),
            "number" => Some(Self::Number(of.into())),
            "fence" => Some(Self::Fence(of.into())),
            "at" => parse_status(of).map(Self::At),
            _ => None,
        }
    }
}

/// An outlet's counters, all in one row of the store: one write for an order, whatever it counts.
#[derive(Debug, Default)]
struct Numbers {
    of: BTreeMap<Counter, i64>,
    changed: bool,
}

impl Numbers {
    fn read(text: &str) -> Result<Self, StoreError> {
        let names: BTreeMap<String, i64> = serde_json::from_str(text)?;
        let mut of = BTreeMap::new();
        for (name, value) in names {
            let unknown = || serde_json::Error::custom(format!("{name} is no counter"));
            of.insert(Counter::parse(&name).ok_or_else(unknown)?, value);
        }
        Ok(Self { of, changed: false })
    }

    /// As it is kept: of the business days the newest alone, so that the row does not grow for ever.
    fn text(&self) -> serde_json::Result<String> {
        let is_day = |counter: &Counter| matches!(counter, Counter::Order(_));
        let mut old = self
            .of
            .keys()
            .filter(|counter| is_day(counter))
            .count()
            .saturating_sub(DAYS);
        let mut names = BTreeMap::new();
        for (counter, value) in &self.of {
            if is_day(counter) && old > 0 {
                old -= 1;
                continue;
            }
            names.insert(counter.name(), *value);
        }
        serde_json::to_string(&names)
    }
}

/// The clerk's memory.
#[derive(Debug, Default)]
pub(super) struct Books {
    outlets: HashMap<OutletId, Numbers>,
    /// Those whose numbers have changed since they were written.
    changed: Vec<OutletId>,
    undo: Vec<(OutletId, Counter, i64)>,
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
        let numbers = numbers(&mut self.outlets, conn, outlet)?;
        let before = numbers.of.get(&counter).copied().unwrap_or_default();
        let now = before.saturating_add(step);
        numbers.of.insert(counter.clone(), now);
        if !std::mem::replace(&mut numbers.changed, true) {
            self.changed.push(Arc::clone(outlet));
        }
        self.undo.push((Arc::clone(outlet), counter, before));
        Ok(now)
    }

    /// Where a counter stands.
    pub(super) fn read(
        &mut self,
        conn: &Connection,
        outlet: &OutletId,
        counter: &Counter,
    ) -> Result<i64, StoreError> {
        let numbers = numbers(&mut self.outlets, conn, outlet)?;
        Ok(numbers.of.get(counter).copied().unwrap_or_default())
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
        while let Some((outlet, counter, before)) = self.undo.pop() {
            if let Some(numbers) = self.outlets.get_mut(&outlet) {
                numbers.of.insert(counter, before);
            }
        }
        self.settings.clear();
    }

    /// Writes what changed; part of the transaction.
    pub(super) fn write(&mut self, conn: &Connection) -> Result<(), StoreError> {
        for outlet in self.changed.drain(..) {
            if let Some(numbers) = self.outlets.get_mut(&outlet) {
                numbers.changed = false;
                counters::write(conn, &outlet, &numbers.text()?)?;
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
        if self.outlets.len() + self.settings.len() > MOST_KEPT {
            self.forget();
        }
    }
}

fn numbers<'a>(
    outlets: &'a mut HashMap<OutletId, Numbers>,
    conn: &Connection,
    outlet: &OutletId,
) -> Result<&'a mut Numbers, StoreError> {
    if !outlets.contains_key(outlet) {
        let kept = counters::read(conn, outlet)?;
        let numbers = kept.map_or_else(|| Ok(Numbers::default()), |text| Numbers::read(&text))?;
        outlets.insert(Arc::clone(outlet), numbers);
    }
    Ok(outlets.entry(Arc::clone(outlet)).or_default())
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
        assert_eq!(counters::event(&conn, "demo").unwrap(), 2);
    }

    #[test]
    fn numbers_are_read_as_they_were_written_and_old_days_are_let_go() {
        let (conn, outlet) = (store(), OutletId::from("demo"));
        let mut books = Books::default();
        let others = [
            Counter::Event,
            Counter::Queue("kitchen".into()),
            Counter::Number("bar: front".into()),
            Counter::Fence("d-1".into()),
            Counter::At(Status::Preparing),
        ];
        let days = (20_261_101..20_261_111).map(Counter::Order);
        for counter in others.iter().cloned().chain(days) {
            books.next(&conn, &outlet, counter).unwrap();
        }
        books.keep();
        books.write(&conn).unwrap();
        books.forget();
        for counter in &others {
            assert_eq!(books.read(&conn, &outlet, counter).unwrap(), 1, "{counter:?}");
        }
        let stands = |books: &mut Books, day| books.read(&conn, &outlet, &Counter::Order(day)).unwrap();
        assert_eq!(stands(&mut books, 20_261_102), 0);
        assert_eq!(stands(&mut books, 20_261_103), 1);
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
