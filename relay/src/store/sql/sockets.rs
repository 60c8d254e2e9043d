//! Rows of `socket_sessions`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::{Columns, limit, millis};
use crate::store::{SocketSession, StoreError};

/// Adds a session or replaces what was kept of it.
pub(in crate::store) fn put(
    conn: &Connection,
    session: &SocketSession,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO socket_sessions(outlet, pid, sid, who, visit, rooms, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT(outlet, pid) DO UPDATE SET rooms = excluded.rooms, at = excluded.at";
    let rooms = serde_json::to_string(&session.rooms)?;
    conn.prepare_cached(sql)?.execute((
        &session.outlet,
        &session.pid,
        &session.sid,
        &session.who,
        &session.visit,
        rooms,
        millis(at),
    ))?;
    Ok(())
}

/// The session of this secret id.
pub(in crate::store) fn get(conn: &Connection, pid: &str) -> rusqlite::Result<Option<SocketSession>> {
    conn.prepare_cached("SELECT outlet, pid, sid, who, visit, rooms FROM socket_sessions WHERE pid = ?1")?
        .query_row([pid], |row| {
            let mut columns = Columns::of(row);
            Ok(SocketSession {
                outlet: columns.take()?,
                pid: columns.take()?,
                sid: columns.take()?,
                who: columns.take()?,
                visit: columns.take()?,
                rooms: columns.json()?,
            })
        })
        .optional()
}

/// Forgets a session.
pub(in crate::store) fn delete(conn: &Connection, outlet: &str, pid: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM socket_sessions WHERE outlet = ?1 AND pid = ?2")?
        .execute((outlet, pid))?;
    Ok(())
}

/// Forgets sessions that nobody touched since `before`; returns how many.
pub(in crate::store) fn trim(
    conn: &Connection,
    outlet: &str,
    before: Timestamp,
    most: usize,
) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM socket_sessions WHERE outlet = ?1 AND pid IN
        (SELECT pid FROM socket_sessions WHERE outlet = ?1 AND at < ?2 LIMIT ?3)";
    conn.prepare_cached(sql)?
        .execute((outlet, millis(before), limit(most)))
}
