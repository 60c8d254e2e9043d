//! Rows of `outlets`.

use rusqlite::{Connection, OptionalExtension};

use super::Columns;
use crate::store::Outlet;

/// Adds an outlet; `false` where there is one of that id.
pub(in crate::store) fn insert(conn: &Connection, outlet: &Outlet, settings: &str) -> rusqlite::Result<bool> {
    let sql =
        "INSERT INTO outlets(outlet, name, timezone, settings) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let added = conn.execute(sql, (&outlet.id, &outlet.name, &outlet.timezone, settings))?;
    Ok(added == 1)
}

/// Replaces an outlet's settings; `false` where there is no such outlet.
pub(in crate::store) fn put_settings(
    conn: &Connection,
    outlet: &str,
    settings: &str,
) -> rusqlite::Result<bool> {
    let changed = conn.execute(
        "UPDATE outlets SET settings = ?2 WHERE outlet = ?1",
        (outlet, settings),
    )?;
    Ok(changed == 1)
}

/// An outlet with its settings' JSON.
pub(in crate::store) fn get(conn: &Connection, outlet: &str) -> rusqlite::Result<Option<(Outlet, String)>> {
    conn.prepare_cached("SELECT outlet, name, timezone, settings FROM outlets WHERE outlet = ?1")?
        .query_row([outlet], |row| Ok((named(row)?, row.get(3)?)))
        .optional()
}

/// Every outlet, by id.
pub(in crate::store) fn all(conn: &Connection) -> rusqlite::Result<Vec<Outlet>> {
    conn.prepare_cached("SELECT outlet, name, timezone FROM outlets ORDER BY outlet")?
        .query_map([], named)?
        .collect()
}

fn named(row: &rusqlite::Row<'_>) -> rusqlite::Result<Outlet> {
    let mut columns = Columns::of(row);
    Ok(Outlet {
        id: columns.take()?,
        name: columns.take()?,
        timezone: columns.take()?,
    })
}
