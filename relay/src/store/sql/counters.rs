//! Rows of `counters` and `meta`.

use rusqlite::{Connection, OptionalExtension};

/// Where a counter stands; 0 for one that never counted.
pub(in crate::store) fn read(conn: &Connection, outlet: &str, name: &str) -> rusqlite::Result<i64> {
    let value = conn
        .prepare_cached("SELECT value FROM counters WHERE outlet = ?1 AND name = ?2")?
        .query_row((outlet, name), |row| row.get(0))
        .optional()?;
    Ok(value.unwrap_or(0))
}

/// Sets a counter.
pub(in crate::store) fn write(
    conn: &Connection,
    outlet: &str,
    name: &str,
    value: i64,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO counters(outlet, name, value) VALUES(?1, ?2, ?3)
        ON CONFLICT(outlet, name) DO UPDATE SET value = excluded.value";
    conn.prepare_cached(sql)?.execute((outlet, name, value))?;
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
