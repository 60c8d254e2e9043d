//! Rows of `jobs`.

use std::sync::Arc;

use jiff::Timestamp;
use protocol::{Evidence, JobHeader, JobId, JobKind, JobState};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Columns, limit, millis, signed};
use crate::routing::{LedgerJob, Line};
use crate::store::{Job, JobFilter, JobWish, OutletId, StoreError};

/// A job with what the relay keeps beside it.
#[derive(Debug, Clone)]
pub(in crate::store) struct JobRow {
    pub(in crate::store) job: Job,
    /// What is on it.
    pub(in crate::store) lines: Vec<Line>,
    /// Routing took it back: paper that exists after all needs its VOID.
    pub(in crate::store) withdrawn: bool,
    /// A device that lost the station may have it, since then.
    pub(in crate::store) doubt: Option<Timestamp>,
    /// What a person asked and the holder has not answered.
    pub(in crate::store) wish: Option<JobWish>,
    /// The station that prints it while its own is down.
    pub(in crate::store) diverted: Option<String>,
    /// The last station that it was lent to: its agent may still speak of it.
    pub(in crate::store) lent: Option<String>,
    /// The station that gets it once its agent has confirmed that not one byte has left.
    pub(in crate::store) hand_back: Option<String>,
}

const COLUMNS: &str = "id, station, seq, number, kind, copies, due, expires, attempt, banners, order_id,
    order_number, event, data, state, printer, evidence, detail, created_at, spooled_at, started_at,
    finished_at, history, device, spool, cancel_requested, lines, withdrawn, doubt, wish, diverted, lent, hand_back, hops";

fn read(outlet: &OutletId, row: &Row<'_>) -> rusqlite::Result<JobRow> {
    let mut columns = Columns::of(row);
    let header = header(&mut columns)?;
    let job = Job {
        outlet: Arc::clone(outlet),
        header,
        order_id: columns.take()?,
        order_number: columns.take()?,
        event: columns.take()?,
        data: columns.take::<String>()?.into(),
        state: columns.named(JobState::parse)?,
        printer: columns.take()?,
        evidence: columns.named_or_none(Evidence::parse)?,
        detail: columns.take()?,
        created_at: columns.instant()?,
        spooled_at: columns.instant_or_none()?,
        started_at: columns.instant_or_none()?,
        finished_at: columns.instant_or_none()?,
        history: columns.json()?,
        holder: holder(columns.take()?, columns.take()?),
        cancel_requested: columns.take()?,
    };
    let mut row = JobRow {
        job,
        lines: columns.json()?,
        withdrawn: columns.take()?,
        doubt: columns.instant_or_none()?,
        wish: columns.named_or_none(parse_wish)?,
        diverted: columns.take()?,
        lent: columns.take()?,
        hand_back: columns.take()?,
    };
    row.job.header.hops = columns.take()?;
    Ok(row)
}

fn header(columns: &mut Columns<'_, '_>) -> rusqlite::Result<JobHeader> {
    Ok(JobHeader {
        id: JobId::new(columns.take::<String>()?),
        station: columns.take()?,
        seq: columns.number()?,
        number: columns.number()?,
        kind: columns.named(JobKind::parse)?,
        copies: columns.take()?,
        due: columns.instant()?,
        expires: columns.instant()?,
        attempt: columns.take()?,
        age_ms: 0,
        banners: columns.json()?,
        via: None,
        hops: 0,
    })
}

/// An agent that names no spool has the spool named "".
fn holder(device: Option<String>, spool: Option<String>) -> Option<(String, String)> {
    Some((device?, spool.unwrap_or_default()))
}

/// A wish's name in its column.
pub(in crate::store) fn wish_name(wish: JobWish) -> &'static str {
    match wish {
        JobWish::Printed => "printed",
        JobWish::Again => "again",
        JobWish::Cancel => "cancel",
        JobWish::Release => "release",
        JobWish::Reprint => "reprint",
    }
}

fn parse_wish(name: &str) -> Option<JobWish> {
    [
        JobWish::Printed,
        JobWish::Again,
        JobWish::Cancel,
        JobWish::Release,
        JobWish::Reprint,
    ]
    .into_iter()
    .find(|wish| wish_name(*wish) == name)
}

/// Adds a new job. A correction goes where the ticket before it went.
pub(in crate::store) fn insert(conn: &Connection, row: &JobRow) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO jobs(outlet, id, station, seq, open, state, number, kind, copies, due, expires, attempt,
        order_id, order_number, event, created_at, cancel_requested, withdrawn, banners, lines, history, data,
        diverted, lent)
        VALUES(?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 0, 0, ?16, ?17, ?18, ?19,
        ?20, ?20)";
    let (job, header) = (&row.job, &row.job.header);
    let via = match header.kind {
        JobKind::Void | JobKind::Change => lent_before(
            conn,
            &job.outlet,
            job.order_id.as_deref(),
            &header.station,
            header.seq,
        )?,
        _ => None,
    };
    conn.prepare_cached(sql)?.execute(params![
        &*job.outlet,
        header.id.as_str(),
        header.station,
        signed(header.seq),
        job.state.as_str(),
        signed(header.number),
        header.kind.as_str(),
        header.copies,
        millis(header.due),
        millis(header.expires),
        header.attempt,
        job.order_id,
        job.order_number,
        job.event,
        millis(job.created_at),
        serde_json::to_string(&header.banners)?,
        serde_json::to_string(&row.lines)?,
        serde_json::to_string(&job.history)?,
        &*job.data,
        via,
    ])?;
    Ok(())
}

/// Where the newest ticket of this order and station before `seq` was lent to.
pub(in crate::store) fn lent_before(
    conn: &Connection,
    outlet: &str,
    order: Option<&str>,
    station: &str,
    seq: u64,
) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT diverted FROM jobs WHERE outlet = ?1 AND order_id = ?2 AND station = ?3 AND seq < ?4
        AND state NOT IN ('cancelled', 'expired', 'failed') ORDER BY seq DESC LIMIT 1";
    let found = conn
        .prepare_cached(sql)?
        .query_row((outlet, order, station, signed(seq)), |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// A station's open jobs, by their place in its queue.
pub(in crate::store) fn open_at(
    conn: &Connection,
    outlet: &OutletId,
    station: &str,
    most: usize,
) -> rusqlite::Result<Vec<JobRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE outlet = ?1 AND station = ?2 AND open = 1 ORDER BY seq LIMIT ?3"
    );
    conn.prepare_cached(&sql)?
        .query_map(params![&**outlet, station, limit(most)], |row| read(outlet, row))?
        .collect()
}

/// Writes what may change about a job.
pub(in crate::store) fn update(conn: &Connection, row: &JobRow) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET open = ?3, state = ?4, device = ?5, spool = ?6, attempt = ?7, printer = ?8,
        evidence = ?9, detail = ?10, spooled_at = ?11, started_at = ?12, finished_at = ?13,
        cancel_requested = ?14, withdrawn = ?15, doubt = ?16, wish = ?17, history = ?18, diverted = ?19,
        lent = ?20, hand_back = ?21, hops = ?22
        WHERE outlet = ?1 AND id = ?2";
    let job = &row.job;
    let (device, spool) = job.holder.clone().unzip();
    conn.prepare_cached(sql)?.execute(params![
        &*job.outlet,
        job.header.id.as_str(),
        !job.state.is_final() || row.wish.is_some(),
        job.state.as_str(),
        device,
        spool,
        job.header.attempt,
        job.printer,
        job.evidence.map(Evidence::as_str),
        job.detail,
        job.spooled_at.map(millis),
        job.started_at.map(millis),
        job.finished_at.map(millis),
        job.cancel_requested,
        row.withdrawn,
        row.doubt.map(millis),
        row.wish.map(wish_name),
        serde_json::to_string(&job.history)?,
        row.diverted,
        row.lent,
        row.hand_back,
        job.header.hops,
    ])?;
    Ok(())
}

/// One job.
pub(in crate::store) fn get(
    conn: &Connection,
    outlet: &OutletId,
    id: &str,
) -> rusqlite::Result<Option<JobRow>> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM jobs WHERE outlet = ?1 AND id = ?2"
    ))?
    .query_row((&**outlet, id), |row| read(outlet, row))
    .optional()
}

/// Jobs, newest first.
pub(in crate::store) fn list(
    conn: &Connection,
    outlet: &OutletId,
    filter: &JobFilter,
    most: usize,
) -> rusqlite::Result<Vec<JobRow>> {
    // The conditions are in the text, so that the planner may use the partial indexes.
    let few = match filter.state {
        Some(state) if !state.is_final() => "AND open = 1",
        Some(JobState::Cancelled | JobState::Expired | JobState::Failed) => {
            "AND state IN ('cancelled', 'expired', 'failed')"
        }
        _ => "",
    };
    let of_order = if filter.order.is_some() {
        "AND order_id = ?4"
    } else {
        "AND ?4 IS NULL"
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE outlet = ?1 {few} {of_order} AND (?2 IS NULL OR state = ?2)
            AND (?3 IS NULL OR station = ?3) AND (?5 IS NULL OR id < ?5) ORDER BY id DESC LIMIT ?6"
    );
    let state = filter.state.map(JobState::as_str);
    conn.prepare_cached(&sql)?
        .query_map(
            params![
                &**outlet,
                state,
                filter.station,
                filter.order,
                filter.cursor,
                limit(most)
            ],
            |row| read(outlet, row),
        )?
        .collect()
}

/// A station's jobs after `after` that `device` with this spool has not got: the accepted ones, and its own
/// ones of another spool. With the second station: those that are lent to it; else those that are not lent.
pub(in crate::store) fn to_offer(
    conn: &Connection,
    outlet: &OutletId,
    (station, via): (&str, Option<&str>),
    device: &str,
    spool: Option<&str>,
    after: u64,
    most: usize,
) -> rusqlite::Result<Vec<JobRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE outlet = ?1 AND station = ?2 AND seq > ?3 AND open = 1
            AND (state = 'accepted' OR (device = ?4 AND spool <> ?5 AND finished_at IS NULL))
            AND diverted IS ?7 ORDER BY seq LIMIT ?6"
    );
    conn.prepare_cached(&sql)?
        .query_map(
            params![&**outlet, station, signed(after), device, spool, limit(most), via],
            |row| read(outlet, row),
        )?
        .collect()
}

/// Jobs whose holder must hear of a wish or a withdrawal.
pub(in crate::store) fn wished(
    conn: &Connection,
    outlet: &OutletId,
    station: &str,
    device: &str,
) -> rusqlite::Result<Vec<JobRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE outlet = ?1 AND (station = ?2 OR lent = ?2) AND open = 1 AND device = ?3
            AND (cancel_requested = 1 OR wish IS NOT NULL) ORDER BY seq"
    );
    conn.prepare_cached(&sql)?
        .query_map((&**outlet, station, device), |row| read(outlet, row))?
        .collect()
}

/// What an order's jobs say of its stations' paper, oldest first.
pub(in crate::store) fn ledger(
    conn: &Connection,
    outlet: &str,
    order: &str,
) -> rusqlite::Result<Vec<LedgerJob>> {
    let sql = "SELECT id, station, kind, state, lines, cancel_requested FROM jobs
        WHERE outlet = ?1 AND order_id = ?2 ORDER BY id";
    conn.prepare_cached(sql)?
        .query_map((outlet, order), |row| {
            let mut columns = Columns::of(row);
            Ok(LedgerJob {
                id: JobId::new(columns.take::<String>()?),
                station: columns.take()?,
                kind: columns.named(JobKind::parse)?,
                state: columns.named(JobState::parse)?,
                lines: columns.json()?,
                cancel_requested: columns.take()?,
            })
        })?
        .collect()
}

/// The newest row: whatever is not newer was there when this was asked.
pub(in crate::store) fn newest_row(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("SELECT COALESCE(max(rowid), 0) FROM jobs", [], |row| row.get(0))
}

/// Marks a station's accepted jobs as possibly in the hands of a device that lost it: those up to the queue's
/// number `upto`, and those whose row is not newer than `row`.
pub(in crate::store) fn doubt(
    conn: &Connection,
    outlet: &str,
    station: &str,
    upto: u64,
    row: i64,
) -> rusqlite::Result<usize> {
    let sql = "UPDATE jobs SET doubt = created_at WHERE outlet = ?1 AND station = ?2 AND open = 1
        AND state = 'accepted' AND diverted IS NULL AND doubt IS NULL AND (seq <= ?3 OR rowid <= ?4)";
    conn.prepare_cached(sql)?
        .execute((outlet, station, signed(upto), row))
}

/// Marks accepted jobs that were lent to a station whose agent lost it.
pub(in crate::store) fn doubt_lent(conn: &Connection, outlet: &str, via: &str) -> rusqlite::Result<usize> {
    let sql = "UPDATE jobs SET doubt = created_at WHERE outlet = ?1 AND diverted = ?2 AND open = 1
        AND state = 'accepted' AND doubt IS NULL";
    conn.prepare_cached(sql)?.execute((outlet, via))
}
