//! Rows of `tokens`: signed tokens that were listed or taken back.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Columns, limit, millis};
use crate::store::{Issued, StoreError};

/// Adds a token.
pub(in crate::store) fn insert(conn: &Connection, outlet: &str, token: &Issued) -> Result<(), StoreError> {
    let sql = "INSERT INTO tokens(outlet, id, name, role, made_by, created_at, expires, revoked)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    conn.prepare_cached(sql)?.execute(params![
        outlet,
        token.id,
        token.name,
        token.role,
        token.made_by,
        millis(token.created_at),
        token.expires.map(millis),
        token.revoked,
    ])?;
    Ok(())
}

/// Marks a token as taken back; `false` where it is not listed.
pub(in crate::store) fn revoke(conn: &Connection, outlet: &str, id: &str) -> rusqlite::Result<bool> {
    let sql = "UPDATE tokens SET revoked = 1 WHERE outlet = ?1 AND id = ?2";
    Ok(conn.prepare_cached(sql)?.execute((outlet, id))? == 1)
}

/// Whether a token was taken back.
pub(in crate::store) fn is_revoked(conn: &Connection, outlet: &str, id: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT revoked FROM tokens WHERE outlet = ?1 AND id = ?2";
    let revoked: Option<bool> = conn
        .prepare_cached(sql)?
        .query_row((outlet, id), |row| row.get(0))
        .optional()?;
    Ok(revoked.unwrap_or(false))
}

/// How many tokens are listed.
pub(in crate::store) fn count(conn: &Connection, outlet: &str) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT count(*) FROM tokens WHERE outlet = ?1")?
        .query_row([outlet], |row| row.get(0))
}

/// The outlet's tokens, newest first.
pub(in crate::store) fn list(conn: &Connection, outlet: &str, most: usize) -> rusqlite::Result<Vec<Issued>> {
    let sql = "SELECT id, name, role, made_by, created_at, expires, revoked FROM tokens
        WHERE outlet = ?1 ORDER BY created_at DESC, id DESC LIMIT ?2";
    conn.prepare_cached(sql)?
        .query_map((outlet, limit(most)), |row| {
            let mut columns = Columns::of(row);
            Ok(Issued {
                id: columns.take()?,
                name: columns.take()?,
                role: columns.take()?,
                made_by: columns.take()?,
                created_at: columns.instant()?,
                expires: columns.instant_or_none()?,
                revoked: columns.take()?,
            })
        })?
        .collect()
}

/// Forgets tokens that expired before `before`: nobody takes them any more.
pub(in crate::store) fn trim(conn: &Connection, outlet: &str, before: Timestamp) -> rusqlite::Result<usize> {
    conn.prepare_cached("DELETE FROM tokens WHERE outlet = ?1 AND expires < ?2")?
        .execute((outlet, millis(before)))
}
