//! Rows of `events` and `audit`.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{Columns, limit, millis, signed};
use crate::order::Event;

/// Adds an event under its number.
pub(in crate::store) fn insert(
    conn: &Connection,
    outlet: &str,
    event: &Event,
    order: Option<&str>,
    body: &str,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO events(outlet, seq, at, order_id, body) VALUES(?1, ?2, ?3, ?4, ?5)";
    conn.prepare_cached(sql)?
        .execute((outlet, signed(event.seq), millis(event.at), order, body))?;
    Ok(())
}

/// The outlet's events after `after`, in order.
pub(in crate::store) fn after(
    conn: &Connection,
    outlet: &str,
    after: u64,
    most: usize,
) -> rusqlite::Result<Vec<Event>> {
    conn.prepare_cached("SELECT body FROM events WHERE outlet = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3")?
        .query_map((outlet, signed(after), limit(most)), |row| {
            Columns::of(row).json()
        })?
        .collect()
}

/// Who did what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// When.
    pub at: Timestamp,
    /// Who: `role:subject`.
    pub who: String,
    /// What, in words for a person; never a token.
    pub what: String,
}

/// Writes down who did what.
pub(in crate::store) fn audit(
    conn: &Connection,
    outlet: &str,
    id: &str,
    line: &Audited,
) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO audit(outlet, id, at, who, what) VALUES(?1, ?2, ?3, ?4, ?5)")?
        .execute((outlet, id, millis(line.at), &line.who, &line.what))?;
    Ok(())
}

/// The newest lines of the audit, newest first.
pub(in crate::store) fn audited(
    conn: &Connection,
    outlet: &str,
    most: usize,
) -> rusqlite::Result<Vec<Audited>> {
    conn.prepare_cached("SELECT at, who, what FROM audit WHERE outlet = ?1 ORDER BY id DESC LIMIT ?2")?
        .query_map((outlet, limit(most)), |row| {
            let mut columns = Columns::of(row);
            Ok(Audited {
                at: columns.instant()?,
                who: columns.take()?,
                what: columns.take()?,
            })
        })?
        .collect()
}
