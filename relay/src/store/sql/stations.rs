//! Rows of `holders` and `printers`.

use jiff::Timestamp;
use protocol::frames::{PrinterInfo, PrinterStatus};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Columns, millis};
use crate::store::{Holder, Printer};

/// Who prints at a station.
pub(in crate::store) fn holder(
    conn: &Connection,
    outlet: &str,
    station: &str,
) -> rusqlite::Result<Option<Holder>> {
    let sql = "SELECT station, device, spool, before, since FROM holders WHERE outlet = ?1 AND station = ?2";
    conn.prepare_cached(sql)?
        .query_row((outlet, station), read_holder)
        .optional()
}

/// Every station that somebody prints at.
pub(in crate::store) fn holders(conn: &Connection, outlet: &str) -> rusqlite::Result<Vec<Holder>> {
    let sql = "SELECT station, device, spool, before, since FROM holders WHERE outlet = ?1 ORDER BY station";
    conn.prepare_cached(sql)?
        .query_map([outlet], read_holder)?
        .collect()
}

fn read_holder(row: &Row<'_>) -> rusqlite::Result<Holder> {
    let mut columns = Columns::of(row);
    Ok(Holder {
        station: columns.take()?,
        device: columns.take()?,
        spool: columns.take()?,
        before: columns.take()?,
        since: columns.instant()?,
    })
}

/// Says who prints at a station.
pub(in crate::store) fn put_holder(conn: &Connection, outlet: &str, holder: &Holder) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO holders(outlet, station, device, spool, before, since) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT(outlet, station) DO UPDATE SET device = excluded.device, spool = excluded.spool,
        before = excluded.before, since = excluded.since";
    let Holder {
        station,
        device,
        spool,
        before,
        since,
    } = holder;
    conn.prepare_cached(sql)?
        .execute(params![outlet, station, device, spool, before, millis(*since)])?;
    Ok(())
}

/// Leaves the station to whoever asks next.
pub(in crate::store) fn drop_holder(conn: &Connection, outlet: &str, station: &str) -> rusqlite::Result<()> {
    conn.execute(
        "DELETE FROM holders WHERE outlet = ?1 AND station = ?2",
        (outlet, station),
    )?;
    Ok(())
}

/// What a device said of a printer when it registered.
pub(in crate::store) fn put_printer_info(
    conn: &Connection,
    outlet: &str,
    device: &str,
    info: &PrinterInfo,
    at: Timestamp,
) -> Result<(), crate::store::StoreError> {
    let sql = "INSERT INTO printers(outlet, device, name, info, at) VALUES(?1, ?2, ?3, ?4, ?5)
        ON CONFLICT(outlet, device, name) DO UPDATE SET info = excluded.info, at = excluded.at";
    let json = serde_json::to_string(info)?;
    conn.prepare_cached(sql)?
        .execute((outlet, device, &info.name, json, millis(at)))?;
    Ok(())
}

/// What a printer says of itself.
pub(in crate::store) fn put_printer_status(
    conn: &Connection,
    outlet: &str,
    device: &str,
    status: &PrinterStatus,
    at: Timestamp,
) -> Result<(), crate::store::StoreError> {
    let sql = "INSERT INTO printers(outlet, device, name, status, at) VALUES(?1, ?2, ?3, ?4, ?5)
        ON CONFLICT(outlet, device, name) DO UPDATE SET status = excluded.status, at = excluded.at";
    let json = serde_json::to_string(status)?;
    conn.prepare_cached(sql)?
        .execute((outlet, device, &status.printer, json, millis(at)))?;
    Ok(())
}

/// Every printer that an agent told of.
pub(in crate::store) fn printers(conn: &Connection, outlet: &str) -> rusqlite::Result<Vec<Printer>> {
    let sql = "SELECT device, name, COALESCE(info, 'null'), COALESCE(status, 'null'), at FROM printers
        WHERE outlet = ?1 ORDER BY device, name";
    conn.prepare_cached(sql)?
        .query_map([outlet], |row| {
            let mut columns = Columns::of(row);
            Ok(Printer {
                device: columns.take()?,
                name: columns.take()?,
                info: columns.json()?,
                status: columns.json()?,
                at: columns.instant()?,
            })
        })?
        .collect()
}
