//! Rows of `orders` and `idempotency`.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Columns, limit, signed};
use crate::order::Order;
use crate::order::model::{Internal, Status};
use crate::store::{OrderFilter, StoreError};

/// An order with what the relay keeps beside it.
#[derive(Debug, Clone)]
pub(in crate::store) struct Kept {
    pub(in crate::store) order: Order,
    pub(in crate::store) internal: Internal,
}

/// Neither completed nor cancelled.
pub(in crate::store) fn is_open(status: Status) -> bool {
    !matches!(status, Status::Completed | Status::Cancelled)
}

/// What is written of a new order beside the order itself.
pub(in crate::store) struct Creation<'a> {
    /// The number of its event.
    pub(in crate::store) seq: u64,
    /// The order's JSON.
    pub(in crate::store) doc: &'a str,
    /// What the request meant.
    pub(in crate::store) fingerprint: &'a [u8],
    /// What it was answered.
    pub(in crate::store) answer: &'a str,
}

/// Adds a new order; `false` where its id is taken.
pub(in crate::store) fn insert(
    conn: &Connection,
    outlet: &str,
    kept: &Kept,
    new: &Creation<'_>,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO orders(outlet, id, created, open, status, table_number, table_id, session,
        doc, internal, fingerprint, answer)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT(outlet, id) DO NOTHING";
    let Kept { order, internal } = kept;
    let added = conn.prepare_cached(sql)?.execute(params![
        outlet,
        order.id.key(),
        signed(new.seq),
        is_open(order.status),
        order.status.as_str(),
        order.table_number,
        order.table_id,
        internal.session,
        new.doc,
        serde_json::to_string(internal)?,
        new.fingerprint,
        new.answer,
    ])?;
    Ok(added == 1)
}

/// The request that made the order of this id.
pub(in crate::store) fn creation(
    conn: &Connection,
    outlet: &str,
    id: &str,
) -> rusqlite::Result<Option<Earlier>> {
    conn.prepare_cached("SELECT fingerprint, answer FROM orders WHERE outlet = ?1 AND id = ?2")?
        .query_row((outlet, id), |row| {
            let mut columns = Columns::of(row);
            Ok(Earlier {
                target: None,
                fingerprint: columns.take()?,
                body: columns.take()?,
            })
        })
        .optional()
}

/// Writes an order as it is now.
pub(in crate::store) fn update(
    conn: &Connection,
    outlet: &str,
    kept: &Kept,
    doc: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE orders SET open = ?3, status = ?4, table_number = ?5, table_id = ?6, session = ?7,
        doc = ?8, internal = ?9 WHERE outlet = ?1 AND id = ?2";
    let Kept { order, internal } = kept;
    conn.prepare_cached(sql)?.execute(params![
        outlet,
        order.id.key(),
        is_open(order.status),
        order.status.as_str(),
        order.table_number,
        order.table_id,
        internal.session,
        doc,
        serde_json::to_string(internal)?,
    ])?;
    Ok(())
}

/// One order with its internals.
pub(in crate::store) fn kept(conn: &Connection, outlet: &str, id: &str) -> rusqlite::Result<Option<Kept>> {
    conn.prepare_cached("SELECT doc, internal FROM orders WHERE outlet = ?1 AND id = ?2")?
        .query_row((outlet, id), |row| {
            let mut columns = Columns::of(row);
            Ok(Kept {
                order: columns.json()?,
                internal: columns.json()?,
            })
        })
        .optional()
}

/// One order.
pub(in crate::store) fn get(conn: &Connection, outlet: &str, id: &str) -> rusqlite::Result<Option<Order>> {
    conn.prepare_cached("SELECT doc FROM orders WHERE outlet = ?1 AND id = ?2")?
        .query_row((outlet, id), |row| Columns::of(row).json())
        .optional()
}

/// Orders with their positions, newest first, one more than the page has room for.
pub(in crate::store) fn list(
    conn: &Connection,
    outlet: &str,
    filter: &OrderFilter,
    before: Option<i64>,
    most: usize,
) -> rusqlite::Result<Vec<(i64, Order)>> {
    let listed = |open: u8| {
        format!(
            "SELECT created, doc FROM (SELECT created, doc FROM orders
                WHERE outlet = ?1 AND open = {open} AND created < ?2
                AND (?3 IS NULL OR status = ?3) AND (?4 IS NULL OR table_number = ?4 OR table_id = ?4)
                ORDER BY created DESC LIMIT ?5)"
        )
    };
    // Each half comes sorted from the index.
    let sql = match filter.open {
        true => listed(1),
        false => format!(
            "{} UNION ALL {} ORDER BY created DESC LIMIT ?5",
            listed(1),
            listed(0)
        ),
    };
    let status = filter.status.map(Status::as_str);
    let before = before.unwrap_or(i64::MAX);
    conn.prepare_cached(&sql)?
        .query_map(
            params![outlet, before, status, filter.table, limit(most)],
            |row| {
                let mut columns = Columns::of(row);
                Ok((columns.take()?, columns.json()?))
            },
        )?
        .collect()
}

/// The orders of a table session, oldest first.
pub(in crate::store) fn of_session(
    conn: &Connection,
    outlet: &str,
    session: &str,
    most: usize,
) -> rusqlite::Result<Vec<Order>> {
    let sql = "SELECT doc FROM orders WHERE outlet = ?1 AND session = ?2 ORDER BY created LIMIT ?3";
    conn.prepare_cached(sql)?
        .query_map((outlet, session, limit(most)), |row| Columns::of(row).json())?
        .collect()
}

/// What an earlier request under a key was, and the answer it got.
pub(in crate::store) struct Earlier {
    pub(in crate::store) target: Option<String>,
    pub(in crate::store) fingerprint: Vec<u8>,
    pub(in crate::store) body: String,
}

/// The earlier request under this key.
pub(in crate::store) fn earlier(
    conn: &Connection,
    outlet: &str,
    key: &str,
) -> rusqlite::Result<Option<Earlier>> {
    conn.prepare_cached("SELECT target, fingerprint, body FROM idempotency WHERE outlet = ?1 AND key = ?2")?
        .query_row((outlet, key), |row| {
            Ok(Earlier {
                target: row.get(0)?,
                fingerprint: row.get(1)?,
                body: row.get(2)?,
            })
        })
        .optional()
}

/// Remembers a request and its answer for good.
pub(in crate::store) fn remember(
    conn: &Connection,
    outlet: &str,
    key: &str,
    target: Option<&str>,
    fingerprint: &[u8],
    body: &str,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO idempotency(outlet, key, target, fingerprint, body) VALUES(?1, ?2, ?3, ?4, ?5)";
    conn.prepare_cached(sql)?
        .execute((outlet, key, target, fingerprint, body))?;
    Ok(())
}
