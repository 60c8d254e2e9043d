//! Every statement on the spool's tables. Each call changes one row at most.

use jiff::{Timestamp, ToSpan};
use protocol::{Banner, Evidence, JobId, JobState, JobUpdate, Offer};
use rusqlite::types::{Type, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Params, Row, params_from_iter};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{Accepted, HandOver, SpoolError, SpoolJob, Step, Wish};

/// How long settled jobs are remembered, so that a late redelivery is recognised. The relay keeps
/// its own as long (DELIVERY.md).
const REMEMBER_HOURS: i64 = 30 * 24;

/// Jobs among which a correction looks for its original: more than an evening's, few enough to read.
const LOOK_BACK: i64 = 5000;

/// The columns that the checksum covers, the first of [`COLUMNS`].
const CHECKED: usize = 18;

const COLUMNS: &str = "id, header, event, data, printer, state, done, attempt, first_try, evidence, detail, at, \
     spooled_at, banners, settled, released, cancel_requested, answer, checksum, arrival";

/// A job as it begins here.
pub(super) fn from_offer(offer: &Offer, printer: &str, at: Timestamp) -> SpoolJob {
    SpoolJob {
        job: offer.job.clone(),
        event: offer.event.clone(),
        data: offer.data.get().to_owned(),
        printer: printer.to_owned(),
        arrival: 0,
        state: JobState::Spooled,
        attempt: 0,
        first_try: None,
        evidence: None,
        detail: None,
        at,
        spooled_at: at,
        banners: Vec::new(),
        settled: false,
        released: false,
        cancel_requested: false,
        answer: None,
    }
}

pub(super) fn insert(db: &Connection, job: &SpoolJob) -> Result<Accepted, SpoolError> {
    match get(db, &job.job.id)? {
        None => {}
        // It was given back before its first byte, and the relay wants it here again.
        Some(known) if is_given_back(&known) && known.job.hops < job.job.hops => {
            db.prepare_cached("DELETE FROM jobs WHERE id = ?1")?
                .execute([job.job.id.as_str()])?;
        }
        Some(_) => return Ok(Accepted::Known),
    }
    let sql = "INSERT INTO jobs (id, header, event, data, printer, state, done, attempt, first_try, evidence, \
         detail, at, spooled_at, banners, settled, released, cancel_requested, answer, checksum) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";
    write(db, sql, job)?;
    Ok(Accepted::New)
}

pub(super) fn get(db: &Connection, id: &JobId) -> Result<Option<SpoolJob>, SpoolError> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_row([id.as_str()], read).optional()?)
}

pub(super) fn queue(db: &Connection, printer: &str) -> Result<Vec<SpoolJob>, SpoolError> {
    select(db, "WHERE done = 0 AND printer = ?1 ORDER BY arrival", [printer])
}

pub(super) fn open_jobs(db: &Connection) -> Result<Vec<SpoolJob>, SpoolError> {
    select(db, "WHERE done = 0 ORDER BY arrival", [])
}

pub(super) fn recent(db: &Connection, limit: u32) -> Result<Vec<SpoolJob>, SpoolError> {
    select(db, "ORDER BY arrival DESC LIMIT ?1", [limit])
}

pub(super) fn record(db: &Connection, step: Step) -> Result<JobUpdate, SpoolError> {
    let mut job = get(db, &step.job_id)?.ok_or_else(|| SpoolError::NoSuchJob(step.job_id.clone()))?;
    if job.printer != step.printer {
        let (job, printer) = (step.job_id, job.printer);
        return Err(SpoolError::Elsewhere { job, printer });
    }
    // Only the press knows whether a byte has left; it goes back to the queue only if none has.
    if !job.state.may_become_untouched(step.state) {
        return Err(SpoolError::Refused {
            job: step.job_id,
            from: job.state,
            to: step.state,
        });
    }
    if step.state == JobState::Printing {
        job.first_try = job.first_try.or(Some(step.at));
        // An answer was about the attempt before; it says nothing of this one.
        job.answer = None;
    }
    if step.attempt == 0 {
        job.first_try = None;
    }
    job.settled = step.state.is_final() && job.is_local();
    job.state = step.state;
    job.attempt = step.attempt;
    job.evidence = step.evidence;
    job.detail = step.detail;
    job.at = step.at;
    job.banners = step.banners;
    update(db, &job)?;
    Ok(job.update())
}

/// A waiting job goes to another printer; none where it does not wait there any more.
pub(super) fn hand_over(db: &Connection, over: HandOver) -> Result<Option<JobUpdate>, SpoolError> {
    let job = get(db, &over.job_id)?;
    let Some(mut job) = job.filter(|job| job.is_waiting() && job.printer == over.from) else {
        return Ok(None);
    };
    job.printer = over.to;
    job.banners = over.banners;
    job.detail = Some(over.detail);
    job.at = over.at;
    update(db, &job)?;
    Ok(Some(job.update()))
}

/// Withdrawn with not one byte sent.
fn is_given_back(job: &SpoolJob) -> bool {
    job.state == JobState::Cancelled && job.attempt == 0
}

/// The printer that the newest other ticket of a job's order and station is at: where it waits, is on its way,
/// or came out. None where there is none.
pub(super) fn printer_before(db: &Connection, job: &SpoolJob) -> Result<Option<String>, SpoolError> {
    let Some(order) = job.order_id() else {
        return Ok(None);
    };
    let sql = "SELECT printer FROM jobs WHERE json_extract(data, '$.order_id') = ?1
        AND json_extract(header, '$.station') = ?2 AND state NOT IN ('cancelled', 'expired', 'failed')
        AND id <> ?3 AND arrival > (SELECT coalesce(max(arrival), 0) FROM jobs) - ?4
        ORDER BY arrival DESC LIMIT 1";
    let mut statement = db.prepare_cached(sql)?;
    let (id, station) = (job.job.id.as_str(), &job.job.station);
    let found = statement.query_row((&order, station, id, LOOK_BACK), |row| row.get(0));
    Ok(found.optional()?)
}

/// A correction goes where its original is, if that is another one of these printers.
pub(super) fn place(db: &Connection, job: &mut SpoolJob, printers: &[String]) -> Result<(), SpoolError> {
    if !job.is_correction() {
        return Ok(());
    }
    let before = printer_before(db, job)?;
    if let Some(printer) = before.filter(|printer| *printer != job.printer && printers.contains(printer)) {
        job.printer = printer;
        job.banners.push(Banner::Backup {
            station: job.job.station.clone(),
        });
    }
    Ok(())
}

pub(super) fn wish(db: &Connection, id: &JobId, wish: Wish) -> Result<(), SpoolError> {
    let mut job = get(db, id)?.ok_or_else(|| SpoolError::NoSuchJob(id.clone()))?;
    if job.state.is_final() {
        return Err(SpoolError::Refused {
            job: id.clone(),
            from: job.state,
            to: aim(wish),
        });
    }
    match wish {
        Wish::Cancel => job.cancel_requested = true,
        Wish::Printed => job.answer = Some(true),
        Wish::Again => job.answer = Some(false),
        Wish::Release => job.released = true,
    }
    update(db, &job)
}

pub(super) fn unsettled(db: &Connection) -> Result<Vec<JobUpdate>, SpoolError> {
    let jobs = select(db, "WHERE settled = 0 ORDER BY arrival", [])?;
    Ok(jobs
        .iter()
        .filter(|job| !job.is_local())
        .map(SpoolJob::update)
        .collect())
}

pub(super) fn settle(db: &Connection, id: &JobId) -> Result<(), SpoolError> {
    match get(db, id)? {
        Some(mut job) if job.state.is_final() && !job.settled => {
            job.settled = true;
            update(db, &job)
        }
        _ => Ok(()),
    }
}

/// Forgets jobs that were settled more than [`REMEMBER_HOURS`] ago.
pub(super) fn forget(db: &Connection, now: Timestamp) -> Result<(), SpoolError> {
    let Ok(before) = now.checked_sub(REMEMBER_HOURS.hours()) else {
        return Ok(());
    };
    // RFC 3339 in UTC sorts as text to within a second, and days are meant.
    db.execute(
        "DELETE FROM jobs WHERE settled = 1 AND at < ?1",
        [before.to_string()],
    )?;
    Ok(())
}

pub(super) fn remember(db: &Connection, key: &str, value: &str) -> Result<(), SpoolError> {
    let sql = "INSERT INTO facts (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2";
    db.prepare_cached(sql)?.execute([key, value])?;
    Ok(())
}

pub(super) fn recall(db: &Connection, key: &str) -> Result<Option<String>, SpoolError> {
    let mut statement = db.prepare_cached("SELECT value FROM facts WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

/// How many jobs that are not final stand where.
pub(super) fn open_by_state(db: &Connection) -> Result<Vec<(JobState, usize)>, SpoolError> {
    let mut statement = db.prepare("SELECT state, count(*) FROM jobs WHERE done = 0 GROUP BY state")?;
    let rows = statement.query_map([], |row| {
        let state = parse(row, 0, JobState::parse)?;
        let count: i64 = row.get(1)?;
        Ok((state, usize::try_from(count).unwrap_or(0)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads every row, so that a flipped bit inside a value is seen too: `SQLite` checks its pages,
/// not what they say.
pub(super) fn check_rows(db: &Connection) -> Result<(), SpoolError> {
    let mut statement = db.prepare(&format!("SELECT {COLUMNS} FROM jobs"))?;
    for job in statement.query_map([], read)? {
        job?;
    }
    Ok(())
}

fn select(db: &Connection, which: &str, params: impl Params) -> Result<Vec<SpoolJob>, SpoolError> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM jobs {which}"))?;
    let jobs = statement.query_map(params, read)?.collect::<Result<_, _>>()?;
    Ok(jobs)
}

fn update(db: &Connection, job: &SpoolJob) -> Result<(), SpoolError> {
    let sql = "UPDATE jobs SET header = ?2, event = ?3, data = ?4, printer = ?5, state = ?6, done = ?7, \
         attempt = ?8, first_try = ?9, evidence = ?10, detail = ?11, at = ?12, spooled_at = ?13, \
         banners = ?14, settled = ?15, released = ?16, cancel_requested = ?17, answer = ?18, \
         checksum = ?19 WHERE id = ?1";
    write(db, sql, job)
}

/// Binds a job to the statement's `?1` to `?19`, in the order of [`COLUMNS`].
fn write(db: &Connection, sql: &str, job: &SpoolJob) -> Result<(), SpoolError> {
    let mut values = Vec::from(values(job)?);
    let checksum = checksum(values.iter().map(ValueRef::from));
    values.push(Value::Integer(checksum));
    db.prepare_cached(sql)?.execute(params_from_iter(values))?;
    Ok(())
}

fn values(job: &SpoolJob) -> rusqlite::Result<[Value; CHECKED]> {
    Ok([
        job.job.id.as_str().to_owned().into(),
        json(&job.job)?.into(),
        job.event.clone().into(),
        job.data.clone().into(),
        job.printer.clone().into(),
        job.state.as_str().to_owned().into(),
        job.state.is_final().into(),
        i64::from(job.attempt).into(),
        job.first_try.map(|at| at.to_string()).into(),
        job.evidence.map(|evidence| evidence.as_str().to_owned()).into(),
        job.detail.clone().into(),
        job.at.to_string().into(),
        job.spooled_at.to_string().into(),
        json(&job.banners)?.into(),
        job.settled.into(),
        job.released.into(),
        job.cancel_requested.into(),
        job.answer.into(),
    ])
}

fn read(row: &Row<'_>) -> rusqlite::Result<SpoolJob> {
    let checked = (0..CHECKED)
        .map(|column| row.get_ref(column))
        .collect::<Result<Vec<_>, _>>()?;
    let kept: i64 = row.get(CHECKED)?;
    if checksum(checked.into_iter()) != kept {
        return Err(rusqlite::Error::InvalidColumnType(
            CHECKED,
            "checksum".to_owned(),
            Type::Integer,
        ));
    }
    Ok(SpoolJob {
        job: from_json(row, 1)?,
        event: row.get(2)?,
        data: row.get(3)?,
        printer: row.get(4)?,
        state: parse(row, 5, JobState::parse)?,
        attempt: row.get(7)?,
        first_try: parse_maybe(row, 8, time)?,
        evidence: parse_maybe(row, 9, Evidence::parse)?,
        detail: row.get(10)?,
        at: parse(row, 11, time)?,
        spooled_at: parse(row, 12, time)?,
        banners: from_json(row, 13)?,
        settled: row.get(14)?,
        released: row.get(15)?,
        cancel_requested: row.get(16)?,
        answer: row.get(17)?,
        arrival: row.get(19)?,
    })
}

/// The first eight bytes of a hash over a row as it is stored, so that a later program that reads
/// more or less out of it still finds it whole.
fn checksum<'a>(values: impl Iterator<Item = ValueRef<'a>>) -> i64 {
    let mut hash = Sha256::new();
    for value in values {
        let (tag, bytes) = match value {
            ValueRef::Null => (0_u8, Vec::new()),
            ValueRef::Integer(number) => (1, number.to_le_bytes().to_vec()),
            ValueRef::Real(number) => (2, number.to_le_bytes().to_vec()),
            ValueRef::Text(bytes) => (3, bytes.to_vec()),
            ValueRef::Blob(bytes) => (4, bytes.to_vec()),
        };
        hash.update([tag]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(&bytes);
    }
    let first = hash
        .finalize()
        .iter()
        .take(8)
        .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    first.cast_signed()
}

fn json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into()))
}

fn parse<T>(row: &Row<'_>, column: usize, of: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    of(&text).ok_or_else(|| rusqlite::Error::InvalidColumnType(column, text, Type::Text))
}

fn parse_maybe<T>(
    row: &Row<'_>,
    column: usize,
    of: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => parse(row, column, of).map(Some),
    }
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// What a wish would make of a job, for the message that refuses it.
fn aim(wish: Wish) -> JobState {
    match wish {
        Wish::Cancel => JobState::Cancelled,
        Wish::Printed => JobState::Printed,
        Wish::Again | Wish::Release => JobState::Printing,
    }
}
