//! Rows of `events` and `audit`.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{Columns, limit, millis, signed};
use crate::order::Event;
use crate::store::AuditFilter;

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

/// Lines of the audit with their ids, newest first, from before the line of an earlier page.
pub(in crate::store) fn audited(
    conn: &Connection,
    outlet: &str,
    filter: &AuditFilter,
    most: usize,
) -> rusqlite::Result<Vec<(String, Audited)>> {
    let sql = "SELECT id, at, who, what FROM audit WHERE outlet = ?1 AND (?2 IS NULL OR id < ?2)
        AND (?3 IS NULL OR instr(who, ?3) > 0) AND (?4 IS NULL OR instr(what, ?4) > 0)
        ORDER BY id DESC LIMIT ?5";
    let AuditFilter {
        who, what, cursor, ..
    } = filter;
    conn.prepare_cached(sql)?
        .query_map((outlet, cursor, who, what, limit(most)), |row| {
            let mut columns = Columns::of(row);
            let id = columns.take()?;
            let line = Audited {
                at: columns.instant()?,
                who: columns.take()?,
                what: columns.take()?,
            };
            Ok((id, line))
        })?
        .collect()
}
