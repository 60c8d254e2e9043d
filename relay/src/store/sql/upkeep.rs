//! What is counted, what is overdue, and what is old enough to go; in small steps, so that nobody waits.

use jiff::Timestamp;
use protocol::JobState;
use rusqlite::{Connection, params};

use super::{Columns, limit, millis, unsigned};

/// Outlet and id of accepted jobs past their time.
pub(in crate::store) fn overdue(
    conn: &Connection,
    now: Timestamp,
    most: usize,
) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT outlet, id FROM jobs WHERE open = 1 AND state = 'accepted' AND expires < ?1 LIMIT ?2";
    conn.prepare_cached(sql)?
        .query_map((millis(now), limit(most)), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Jobs that are not final, by state.
pub(in crate::store) fn open_jobs(conn: &Connection) -> rusqlite::Result<Vec<(JobState, u64)>> {
    conn.prepare_cached(
        "SELECT state, count(*) FROM jobs WHERE open = 1 AND finished_at IS NULL GROUP BY state",
    )?
    .query_map([], |row| {
        let mut columns = Columns::of(row);
        Ok((columns.named(JobState::parse)?, columns.number()?))
    })?
    .collect()
}

/// Deletes an outlet's events from before `before`, oldest first, at most `most`; returns how many.
pub(in crate::store) fn trim_events(
    conn: &Connection,
    outlet: &str,
    before: Timestamp,
    most: usize,
) -> rusqlite::Result<usize> {
    // The newest event stays, so that the log never looks as if it had not begun.
    let sql = "DELETE FROM events WHERE outlet = ?1 AND seq IN (
        SELECT seq FROM (SELECT seq, at FROM events WHERE outlet = ?1
            AND seq < (SELECT max(seq) FROM events WHERE outlet = ?1) ORDER BY seq LIMIT ?3) WHERE at < ?2)";
    conn.prepare_cached(sql)?
        .execute((outlet, millis(before), limit(most)))
}

/// Deletes an outlet's jobs that became final before `before`, at most `most`; returns how many.
pub(in crate::store) fn trim_jobs(
    conn: &Connection,
    outlet: &str,
    before: Timestamp,
    most: usize,
) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM jobs WHERE outlet = ?1 AND id IN (SELECT id FROM jobs
        WHERE outlet = ?1 AND id < ?2 AND finished_at < ?3 ORDER BY id LIMIT ?4)";
    conn.prepare_cached(sql)?
        .execute(params![outlet, first_id(before), millis(before), limit(most)])
}

/// Deletes an outlet's audit lines from before `before`, at most `most`; returns how many.
pub(in crate::store) fn trim_audit(
    conn: &Connection,
    outlet: &str,
    before: Timestamp,
    most: usize,
) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM audit WHERE outlet = ?1 AND id IN (
        SELECT id FROM audit WHERE outlet = ?1 AND id < ?2 ORDER BY id LIMIT ?3)";
    conn.prepare_cached(sql)?
        .execute(params![outlet, first_id(before), limit(most)])
}

/// Deletes pairing codes that ran out before `before`.
pub(in crate::store) fn trim_enrolments(
    conn: &Connection,
    outlet: &str,
    before: Timestamp,
) -> rusqlite::Result<usize> {
    conn.execute(
        "DELETE FROM enrolments WHERE outlet = ?1 AND expires < ?2",
        (outlet, millis(before)),
    )
}

/// How large the store's file is, in bytes.
pub(in crate::store) fn size(conn: &Connection) -> rusqlite::Result<u64> {
    let pages: i64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    let page: i64 = conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    Ok(unsigned(pages).saturating_mul(unsigned(page)))
}

/// The smallest `UUIDv7` of an instant: ids made before it sort before it.
fn first_id(at: Timestamp) -> String {
    let millis = unsigned(at.as_millisecond());
    format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_instant_in_which_they_were_made() {
        let early = uuid::Uuid::now_v7().to_string();
        let after = Timestamp::now() + jiff::SignedDuration::from_secs(1);
        let before = Timestamp::now() - jiff::SignedDuration::from_secs(1);
        assert!(early < first_id(after));
        assert!(early > first_id(before));
    }
}
