//! Rows of `devices` and `enrolments`. Codes and tokens come hashed.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Columns, millis};
use crate::store::{Device, OpenCode, StoreError};

/// Adds a device with its token's hash.
pub(in crate::store) fn insert_device(
    conn: &Connection,
    device: &Device,
    token: &[u8],
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO devices(outlet, id, name, stations, token, revoked, created_at)
        VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6)";
    let stations = serde_json::to_string(&device.stations)?;
    conn.execute(
        sql,
        (
            &device.outlet,
            &device.id,
            &device.name,
            stations,
            token,
            millis(at),
        ),
    )?;
    Ok(())
}

const DEVICE: &str = "SELECT outlet, id, name, stations, revoked FROM devices";

fn device(row: &Row<'_>) -> rusqlite::Result<Device> {
    let mut columns = Columns::of(row);
    Ok(Device {
        outlet: columns.take()?,
        id: columns.take()?,
        name: columns.take()?,
        stations: columns.json()?,
        revoked: columns.take()?,
    })
}

/// The device whose token has this hash.
pub(in crate::store) fn by_token(conn: &Connection, token: &[u8]) -> rusqlite::Result<Option<Device>> {
    conn.prepare_cached(&format!("{DEVICE} WHERE token = ?1"))?
        .query_row([token], device)
        .optional()
}

/// An outlet's devices, oldest first.
pub(in crate::store) fn devices(conn: &Connection, outlet: &str) -> rusqlite::Result<Vec<Device>> {
    conn.prepare_cached(&format!("{DEVICE} WHERE outlet = ?1 ORDER BY id"))?
        .query_map([outlet], device)?
        .collect()
}

/// Takes a device's token back; `false` where there is no such device.
pub(in crate::store) fn revoke(conn: &Connection, outlet: &str, id: &str) -> rusqlite::Result<bool> {
    let changed = conn.execute(
        "UPDATE devices SET revoked = 1 WHERE outlet = ?1 AND id = ?2",
        (outlet, id),
    )?;
    Ok(changed == 1)
}

/// Gives a device another name; `false` where there is no such device.
pub(in crate::store) fn rename(
    conn: &Connection,
    outlet: &str,
    id: &str,
    name: &str,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE devices SET name = ?3 WHERE outlet = ?1 AND id = ?2";
    Ok(conn.execute(sql, (outlet, id, name))? == 1)
}

/// A pairing code as it is kept.
pub(in crate::store) struct Enrolment {
    pub(in crate::store) outlet: String,
    /// The code's first part, which finds it.
    pub(in crate::store) selector: String,
    /// The hash of its second part, which proves it.
    pub(in crate::store) secret: Vec<u8>,
    pub(in crate::store) stations: Vec<(String, Option<String>)>,
    pub(in crate::store) expires: Timestamp,
    /// The device whose place the new one takes.
    pub(in crate::store) replaces: Option<String>,
    pub(in crate::store) tries: u32,
    pub(in crate::store) used: bool,
}

/// Adds a pairing code; `false` where its selector is taken.
pub(in crate::store) fn insert_enrolment(conn: &Connection, new: &Enrolment) -> Result<bool, StoreError> {
    let sql = "INSERT INTO enrolments(outlet, selector, secret, stations, expires, tries, used, replaces)
        VALUES(?1, ?2, ?3, ?4, ?5, 0, 0, ?6) ON CONFLICT DO NOTHING";
    let stations = serde_json::to_string(&new.stations)?;
    let row = (
        &new.outlet,
        &new.selector,
        &new.secret,
        stations,
        millis(new.expires),
        &new.replaces,
    );
    Ok(conn.execute(sql, row)? == 1)
}

/// The pairing code of this selector.
pub(in crate::store) fn enrolment(conn: &Connection, selector: &str) -> rusqlite::Result<Option<Enrolment>> {
    let sql = "SELECT outlet, selector, secret, stations, expires, replaces, tries, used FROM enrolments
        WHERE selector = ?1";
    conn.prepare_cached(sql)?
        .query_row([selector], |row| {
            let mut columns = Columns::of(row);
            Ok(Enrolment {
                outlet: columns.take()?,
                selector: columns.take()?,
                secret: columns.take()?,
                stations: columns.json()?,
                expires: columns.instant()?,
                replaces: columns.take()?,
                tries: columns.take()?,
                used: columns.take()?,
            })
        })
        .optional()
}

/// Counts a try, or says that the code was used.
pub(in crate::store) fn update_enrolment(conn: &Connection, now: &Enrolment) -> rusqlite::Result<()> {
    let sql = "UPDATE enrolments SET tries = ?3, used = ?4 WHERE outlet = ?1 AND selector = ?2";
    conn.execute(sql, (&now.outlet, &now.selector, now.tries, now.used))?;
    Ok(())
}

/// An outlet's pairing codes, newest last to run out first.
pub(in crate::store) fn enrolments(conn: &Connection, outlet: &str) -> rusqlite::Result<Vec<OpenCode>> {
    let sql = "SELECT selector, stations, replaces, expires, tries, used FROM enrolments
        WHERE outlet = ?1 ORDER BY expires DESC, selector LIMIT 200";
    conn.prepare_cached(sql)?
        .query_map([outlet], |row| {
            let mut columns = Columns::of(row);
            Ok(OpenCode {
                id: columns.take()?,
                stations: columns.json()?,
                replaces: columns.take()?,
                expires: columns.instant()?,
                tries: columns.take()?,
                used: columns.take()?,
            })
        })?
        .collect()
}

/// Forgets a pairing code; `false` where there is none.
pub(in crate::store) fn delete_enrolment(
    conn: &Connection,
    outlet: &str,
    id: &str,
) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM enrolments WHERE outlet = ?1 AND selector = ?2";
    Ok(conn.execute(sql, (outlet, id))? == 1)
}
