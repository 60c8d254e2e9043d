//! The spool's tables, and how an older file becomes a newer one.

use rusqlite::Connection;

use super::SpoolError;

/// One script for each schema version, the first for version 1. A released script never changes.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE facts (
        key   TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;
    CREATE TABLE jobs (
        arrival          INTEGER PRIMARY KEY AUTOINCREMENT,
        id               TEXT NOT NULL UNIQUE,
        header           TEXT NOT NULL,
        event            TEXT NOT NULL,
        data             TEXT NOT NULL,
        printer          TEXT NOT NULL,
        state            TEXT NOT NULL,
        done             INTEGER NOT NULL,
        attempt          INTEGER NOT NULL,
        first_try        TEXT,
        evidence         TEXT,
        detail           TEXT,
        at               TEXT NOT NULL,
        spooled_at       TEXT NOT NULL,
        banners          TEXT NOT NULL,
        settled          INTEGER NOT NULL,
        released         INTEGER NOT NULL,
        cancel_requested INTEGER NOT NULL,
        answer           INTEGER,
        checksum         INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX jobs_queue ON jobs (printer, arrival) WHERE done = 0;
    CREATE INDEX jobs_unsettled ON jobs (arrival) WHERE settled = 0;
    CREATE INDEX jobs_settled ON jobs (at) WHERE settled = 1;
"];

/// Pages kept in memory, in KiB: a queue is short, and an idle agent has to stay small.
const CACHE_KIB: i64 = 512;

/// Sets the connection up for durable commits: whoever gets an answer finds it after a power cut.
pub(super) fn configure(db: &Connection) -> Result<(), SpoolError> {
    // Exclusive before WAL: the index of the log then lies in memory and needs no room on the disk.
    db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    // macOS: a plain fsync leaves the data in the drive's cache.
    db.pragma_update(None, "fullfsync", true)?;
    db.pragma_update(None, "checkpoint_fullfsync", true)?;
    db.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(())
}

/// Brings the file to the newest schema, each version in a transaction of its own.
pub(super) fn migrate(db: &mut Connection) -> Result<(), SpoolError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found = version(db)?;
    if found > known {
        return Err(SpoolError::Newer { found, known });
    }
    for (script, version) in MIGRATIONS
        .iter()
        .zip(1_i64..)
        .filter(|(_, version)| *version > found)
    {
        let tx = db.transaction()?;
        tx.execute_batch(script)?;
        tx.pragma_update(None, "user_version", version)?;
        tx.commit()?;
    }
    Ok(())
}

/// The file's schema version; 0 for a new file.
pub(super) fn version(db: &Connection) -> Result<i64, SpoolError> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
