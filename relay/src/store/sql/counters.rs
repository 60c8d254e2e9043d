//! Rows of `counters` and `meta`.

use rusqlite::{Connection, OptionalExtension};

/// The counter of an outlet's events.
pub(in crate::store) const EVENT: &str = "event";

/// An outlet's counters as JSON, by name; none where it never counted.
pub(in crate::store) fn read(conn: &Connection, outlet: &str) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT numbers FROM counters WHERE outlet = ?1")?
        .query_row([outlet], |row| row.get(0))
        .optional()
}

/// The number of an outlet's newest event; 0 before the first.
pub(in crate::store) fn event(conn: &Connection, outlet: &str) -> rusqlite::Result<i64> {
    let sql = "SELECT json_extract(numbers, '$.event') FROM counters WHERE outlet = ?1";
    let value: Option<Option<i64>> = conn
        .prepare_cached(sql)?
        .query_row([outlet], |row| row.get(0))
        .optional()?;
    Ok(value.flatten().unwrap_or(0))
}

/// Writes an outlet's counters.
pub(in crate::store) fn write(conn: &Connection, outlet: &str, numbers: &str) -> rusqlite::Result<()> {
    let sql = "INSERT INTO counters(outlet, numbers) VALUES(?1, ?2)
        ON CONFLICT(outlet) DO UPDATE SET numbers = excluded.numbers";
    conn.prepare_cached(sql)?.execute((outlet, numbers))?;
    Ok(())
}

/// The store's epoch: another one means that history was lost.
pub(in crate::store) fn epoch(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT value FROM meta WHERE name = 'epoch'")?
        .query_row([], |row| row.get(0))
}

/// Sets the store's epoch.
pub(in crate::store) fn set_epoch(conn: &Connection, epoch: i64) -> rusqlite::Result<()> {
    conn.execute("UPDATE meta SET value = ?1 WHERE name = 'epoch'", [epoch])?;
    Ok(())
}

/// Writes something that was not there before: the same value again would write nothing.
pub(in crate::store) fn probe(conn: &Connection) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO meta(name, value) VALUES('probe', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1";
    conn.execute(sql, []).map(drop)
}
