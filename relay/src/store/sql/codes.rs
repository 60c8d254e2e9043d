//! Rows of `screen_codes`: what a code that a cook types once stands for.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::millis;

/// Keeps a code's hash with what it stands for.
pub(in crate::store) fn insert(
    conn: &Connection,
    outlet: &str,
    hash: &[u8; 32],
    what: &str,
    until: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO screen_codes(outlet, hash, what, until) VALUES(?1, ?2, ?3, ?4)";
    conn.prepare_cached(sql)?
        .execute(params![outlet, hash, what, millis(until)])?;
    Ok(())
}

/// Takes a code away, and says what it stood for where it still held at `now`.
pub(in crate::store) fn take(
    conn: &Connection,
    hash: &[u8; 32],
    now: Timestamp,
) -> rusqlite::Result<Option<String>> {
    let sql = "DELETE FROM screen_codes WHERE hash = ?1 RETURNING what, until";
    let found: Option<(String, i64)> = conn
        .prepare_cached(sql)?
        .query_row([hash], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found
        .filter(|(_, until)| *until > millis(now))
        .map(|(what, _)| what))
}

/// How many codes of the outlet are open.
pub(in crate::store) fn count(conn: &Connection, outlet: &str) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT count(*) FROM screen_codes WHERE outlet = ?1")?
        .query_row([outlet], |row| row.get(0))
}

/// Forgets codes that ran out before `now`.
pub(in crate::store) fn trim(conn: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    conn.prepare_cached("DELETE FROM screen_codes WHERE until <= ?1")?
        .execute([millis(now)])
}
