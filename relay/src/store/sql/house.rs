//! Rows of `tables`, `menu` and `visits`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Columns, millis};
use crate::store::{StoreError, Visit};

/// One of the two lists whose entries are documents.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum List {
    /// Tables.
    Tables,
    /// The menu.
    Menu,
}

impl List {
    fn name(self) -> &'static str {
        match self {
            Self::Tables => "tables",
            Self::Menu => "menu",
        }
    }
}

/// An entry by its id.
pub(in crate::store) fn get<T: DeserializeOwned>(
    conn: &Connection,
    list: List,
    outlet: &str,
    id: &str,
) -> rusqlite::Result<Option<T>> {
    let sql = format!("SELECT doc FROM {} WHERE outlet = ?1 AND id = ?2", list.name());
    conn.prepare_cached(&sql)?
        .query_row((outlet, id), |row| Columns::of(row).json())
        .optional()
}

/// Every entry, by id.
pub(in crate::store) fn all<T: DeserializeOwned>(
    conn: &Connection,
    list: List,
    outlet: &str,
) -> rusqlite::Result<Vec<T>> {
    let sql = format!("SELECT doc FROM {} WHERE outlet = ?1 ORDER BY id", list.name());
    conn.prepare_cached(&sql)?
        .query_map([outlet], |row| Columns::of(row).json())?
        .collect()
}

/// How many entries there are.
pub(in crate::store) fn count(conn: &Connection, list: List, outlet: &str) -> rusqlite::Result<i64> {
    let sql = format!("SELECT count(*) FROM {} WHERE outlet = ?1", list.name());
    conn.prepare_cached(&sql)?.query_row([outlet], |row| row.get(0))
}

/// Creates or replaces an entry.
pub(in crate::store) fn put<T: Serialize>(
    conn: &Connection,
    list: List,
    outlet: &str,
    id: &str,
    entry: &T,
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT OR REPLACE INTO {}(outlet, id, doc) VALUES(?1, ?2, ?3)",
        list.name()
    );
    conn.prepare_cached(&sql)?
        .execute((outlet, id, serde_json::to_string(entry)?))?;
    Ok(())
}

/// Takes an entry away.
pub(in crate::store) fn delete(
    conn: &Connection,
    list: List,
    outlet: &str,
    id: &str,
) -> rusqlite::Result<()> {
    let sql = format!("DELETE FROM {} WHERE outlet = ?1 AND id = ?2", list.name());
    conn.prepare_cached(&sql)?.execute((outlet, id))?;
    Ok(())
}

const VISIT: &str = "SELECT outlet, token, name, table_number, opened_at, last_at, closed_at FROM visits";

fn visit(row: &Row<'_>) -> rusqlite::Result<Visit> {
    let mut columns = Columns::of(row);
    Ok(Visit {
        outlet: columns.take()?,
        token: columns.take()?,
        name: columns.take()?,
        table_number: columns.take()?,
        opened_at: columns.instant()?,
        last_at: columns.instant()?,
        closed_at: columns.instant_or_none()?,
    })
}

/// The visit of this token, whichever outlet's.
pub(in crate::store) fn visit_of(conn: &Connection, token: &str) -> rusqlite::Result<Option<Visit>> {
    conn.prepare_cached(&format!("{VISIT} WHERE token = ?1"))?
        .query_row([token], visit)
        .optional()
}

/// The visit of this name.
pub(in crate::store) fn visit_named(
    conn: &Connection,
    outlet: &str,
    name: &str,
) -> rusqlite::Result<Option<Visit>> {
    conn.prepare_cached(&format!("{VISIT} WHERE outlet = ?1 AND name = ?2"))?
        .query_row((outlet, name), visit)
        .optional()
}

/// Adds a visit.
pub(in crate::store) fn insert_visit(conn: &Connection, visit: &Visit) -> rusqlite::Result<()> {
    let sql = "INSERT INTO visits(outlet, token, name, table_number, opened_at, last_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
    let (opened, last) = (millis(visit.opened_at), millis(visit.last_at));
    let Visit {
        outlet,
        token,
        name,
        table_number,
        ..
    } = visit;
    conn.execute(sql, (outlet, token, name, table_number, opened, last))?;
    Ok(())
}

/// The visit has an order now.
pub(in crate::store) fn touch_visit(
    conn: &Connection,
    outlet: &str,
    token: &str,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE visits SET last_at = ?3 WHERE outlet = ?1 AND token = ?2";
    conn.prepare_cached(sql)?.execute((outlet, token, millis(at)))?;
    Ok(())
}

/// Ends a visit and sets its name free; `false` where there is none that is open.
pub(in crate::store) fn close_visit(
    conn: &Connection,
    outlet: &str,
    token: &str,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE visits SET closed_at = ?3, name = NULL WHERE outlet = ?1 AND token = ?2 AND closed_at IS NULL";
    Ok(conn.execute(sql, (outlet, token, millis(at)))? == 1)
}

/// Forgets an outlet's visits whose last order is older than `before`.
pub(in crate::store) fn trim_visits(
    conn: &Connection,
    outlet: &str,
    before: Timestamp,
) -> rusqlite::Result<usize> {
    conn.execute(
        "DELETE FROM visits WHERE outlet = ?1 AND last_at < ?2",
        (outlet, millis(before)),
    )
}

/// The secret of a table's link.
pub(in crate::store) fn link(
    conn: &Connection,
    outlet: &str,
    table: &str,
) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT secret FROM table_links WHERE outlet = ?1 AND table_id = ?2")?
        .query_row((outlet, table), |row| row.get(0))
        .optional()
}

/// Sets the secret of a table's link.
pub(in crate::store) fn put_link(
    conn: &Connection,
    outlet: &str,
    table: &str,
    secret: &str,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO table_links(outlet, table_id, secret) VALUES(?1, ?2, ?3)
        ON CONFLICT(outlet, table_id) DO UPDATE SET secret = excluded.secret";
    conn.prepare_cached(sql)?.execute((outlet, table, secret))?;
    Ok(())
}

/// The outlet and the id of the table of this secret.
pub(in crate::store) fn linked(
    conn: &Connection,
    secret: &str,
) -> rusqlite::Result<Option<(String, String)>> {
    conn.prepare_cached("SELECT outlet, table_id FROM table_links WHERE secret = ?1")?
        .query_row([secret], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}
