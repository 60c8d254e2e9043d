//! The tables, and the steps that lead from an older schema to this one.
//!
//! Each step runs in a transaction that also moves `user_version`, so a step that is cut off has
//! not happened (R6). Steps are never edited once released, only added to. Every table's key begins
//! with the outlet, so that a larger store can be sharded by it; `meta` alone is the store's own.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// `PRAGMA application_id`: "PrRl", so that `file` and a person can tell what this is.
const APPLICATION: i32 = 0x5072_526c;

/// Every step so far; the schema's number is how many were taken.
const STEPS: &[&str] = &[
    FIRST, HOUSE, SOCKETS, TOKENS, LINKS, BACKUPS, CODES, NUMBERS, LISTED,
];

/// Instants are integers: milliseconds since 1970 UTC. A job's `open` is 1 until its state is final and nobody
/// waits for its holder's answer.
const FIRST: &str = r"
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('epoch', 0);

CREATE TABLE outlets(outlet TEXT PRIMARY KEY, name TEXT NOT NULL, timezone TEXT NOT NULL,
    settings TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE counters(outlet TEXT, name TEXT, value INTEGER NOT NULL, PRIMARY KEY(outlet, name))
    STRICT, WITHOUT ROWID;

-- created is the number of the event that made the order: newest first is by it. fingerprint and answer
-- are of the request that made it: the caller's id is a key for good.
CREATE TABLE orders(outlet TEXT, id TEXT, created INTEGER NOT NULL, open INTEGER NOT NULL,
    status TEXT NOT NULL, table_number TEXT, table_id TEXT, session TEXT,
    fingerprint BLOB NOT NULL, answer TEXT NOT NULL, doc TEXT NOT NULL, internal TEXT NOT NULL,
    PRIMARY KEY(outlet, id)) STRICT;
CREATE INDEX orders_newest ON orders(outlet, created);
CREATE INDEX orders_open ON orders(outlet, created) WHERE open = 1;
CREATE INDEX orders_session ON orders(outlet, session, created) WHERE session IS NOT NULL;

CREATE TABLE events(outlet TEXT, seq INTEGER, at INTEGER NOT NULL, order_id TEXT, body TEXT NOT NULL,
    PRIMARY KEY(outlet, seq)) STRICT;

-- Ids are UUIDv7: newest first is by id. wish: what a person asked and the holder has not answered.
-- withdrawn: routing took it back, so paper that exists after all needs its VOID.
-- doubt: a device that lost the station may have it, since then.
CREATE TABLE jobs(outlet TEXT, id TEXT, station TEXT NOT NULL, seq INTEGER NOT NULL, open INTEGER NOT NULL,
    state TEXT NOT NULL, device TEXT, spool TEXT, number INTEGER NOT NULL, kind TEXT NOT NULL,
    copies INTEGER NOT NULL, due INTEGER NOT NULL, expires INTEGER NOT NULL, attempt INTEGER NOT NULL,
    order_id TEXT, order_number TEXT, event TEXT NOT NULL, printer TEXT, evidence TEXT, detail TEXT,
    created_at INTEGER NOT NULL, spooled_at INTEGER, started_at INTEGER, finished_at INTEGER,
    cancel_requested INTEGER NOT NULL, withdrawn INTEGER NOT NULL, doubt INTEGER, wish TEXT,
    banners TEXT NOT NULL, lines TEXT NOT NULL, history TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY(outlet, id)) STRICT;
CREATE INDEX jobs_open ON jobs(outlet, station, seq) WHERE open = 1;
CREATE INDEX jobs_order ON jobs(outlet, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX jobs_lost ON jobs(outlet, state, id) WHERE state IN ('cancelled', 'expired', 'failed');

CREATE TABLE idempotency(outlet TEXT, key TEXT, target TEXT, fingerprint BLOB NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY(outlet, key)) STRICT;

CREATE TABLE devices(outlet TEXT, id TEXT, name TEXT NOT NULL, stations TEXT NOT NULL, token BLOB NOT NULL,
    revoked INTEGER NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY(outlet, id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX devices_token ON devices(token);

CREATE TABLE enrolments(outlet TEXT, selector TEXT, secret BLOB NOT NULL, stations TEXT NOT NULL,
    expires INTEGER NOT NULL, tries INTEGER NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY(outlet, selector)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX enrolments_selector ON enrolments(selector);

CREATE TABLE holders(outlet TEXT, station TEXT, device TEXT NOT NULL, spool TEXT, before TEXT,
    since INTEGER NOT NULL, PRIMARY KEY(outlet, station)) STRICT, WITHOUT ROWID;

CREATE TABLE printers(outlet TEXT, device TEXT, name TEXT, info TEXT, status TEXT, at INTEGER NOT NULL,
    PRIMARY KEY(outlet, device, name)) STRICT, WITHOUT ROWID;

CREATE TABLE audit(outlet TEXT, id TEXT, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
    PRIMARY KEY(outlet, id)) STRICT, WITHOUT ROWID;
";

/// What clients of Socket.IO come back to: the secret id with which they do, and the rooms that they were in.
const SOCKETS: &str = r"
CREATE TABLE socket_sessions(outlet TEXT, pid TEXT, sid TEXT NOT NULL, who TEXT NOT NULL, visit TEXT,
    rooms TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(outlet, pid)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX socket_sessions_pid ON socket_sessions(pid);
CREATE INDEX socket_sessions_age ON socket_sessions(outlet, at);
";

/// Tables, the menu and tables' visits. A visit's token is its guests' secret; its name is what the command
/// line calls it.
const HOUSE: &str = r"
CREATE TABLE tables(outlet TEXT, id TEXT, doc TEXT NOT NULL, PRIMARY KEY(outlet, id)) STRICT, WITHOUT ROWID;

CREATE TABLE menu(outlet TEXT, id TEXT, doc TEXT NOT NULL, PRIMARY KEY(outlet, id)) STRICT, WITHOUT ROWID;

CREATE TABLE visits(outlet TEXT, token TEXT, name TEXT, table_number TEXT, opened_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL, closed_at INTEGER, PRIMARY KEY(outlet, token)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX visits_token ON visits(token);
CREATE UNIQUE INDEX visits_name ON visits(outlet, name) WHERE name IS NOT NULL;
";

/// Signed tokens that a manager made or took back (their own text is kept nowhere; `name` and `role` are
/// unknown of one that was made beside the relay), and the device that a pairing code replaces.
const TOKENS: &str = r"
CREATE TABLE tokens(outlet TEXT, id TEXT, name TEXT, role TEXT, made_by TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires INTEGER, revoked INTEGER NOT NULL, PRIMARY KEY(outlet, id)) STRICT, WITHOUT ROWID;
ALTER TABLE enrolments ADD COLUMN replaces TEXT;
";

/// The secret behind the code on each table, with which guests open the table's visit.
const LINKS: &str = r"
CREATE TABLE table_links(outlet TEXT, table_id TEXT, secret TEXT NOT NULL, PRIMARY KEY(outlet, table_id))
    STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX table_links_secret ON table_links(secret);
";

/// A job of a station that is down. diverted: the station that prints it meanwhile; lent: the last such one,
/// whose agent may still speak of it; hand_back: the station that gets it once its agent has confirmed that
/// not one byte has left; hops: how often that happened.
const BACKUPS: &str = r"
ALTER TABLE jobs ADD COLUMN diverted TEXT;
ALTER TABLE jobs ADD COLUMN lent TEXT;
ALTER TABLE jobs ADD COLUMN hand_back TEXT;
ALTER TABLE jobs ADD COLUMN hops INTEGER NOT NULL DEFAULT 0;
";

/// Codes that a cook types once: what each stands for, by its hash.
const CODES: &str = r"
CREATE TABLE screen_codes(outlet TEXT, hash BLOB, what TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY(outlet, hash)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX screen_codes_hash ON screen_codes(hash);
";

/// An outlet's counters in one row, as JSON by name: an order counts seven things and writes them at once.
const NUMBERS: &str = r"
ALTER TABLE counters RENAME TO counted;
CREATE TABLE counters(outlet TEXT PRIMARY KEY, numbers TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counters SELECT outlet, json_group_object(name, value) FROM counted GROUP BY outlet;
DROP TABLE counted;
";

/// Open orders and all of them are listed by one index: every index costs an order a page of the log.
const LISTED: &str = r"
CREATE INDEX orders_listed ON orders(outlet, open, created);
DROP INDEX orders_newest;
DROP INDEX orders_open;
";

/// Brings the store to this program's schema.
///
/// # Errors
/// [`StoreError::Newer`] where a newer program wrote it, else what the database says; a step that
/// failed has not happened.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    steps(conn, STEPS)
}

fn steps(conn: &mut Connection, steps: &[&str]) -> Result<(), StoreError> {
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    loop {
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = step.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        let Some(sql) = usize::try_from(found).ok().and_then(|taken| steps.get(taken)) else {
            return Ok(());
        };
        step.execute_batch(sql)?;
        step.pragma_update(None, "user_version", found + 1)?;
        step.pragma_update(None, "application_id", APPLICATION)?;
        step.commit()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "CREATE TABLE one(a);";
    const TWO: &str = "CREATE TABLE two(a); INSERT INTO one VALUES(2);";
    /// As `TWO`, cut off after its first statement.
    const CUT: &str = "CREATE TABLE two(a); INSERT INTO nowhere VALUES(2);";

    fn version(conn: &Connection) -> i64 {
        conn.query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn r6_a_step_that_is_cut_off_has_not_happened_and_is_taken_the_next_time() {
        let mut conn = Connection::open_in_memory().unwrap();
        assert!(steps(&mut conn, &[ONE, CUT]).is_err());
        assert_eq!(version(&conn), 1);
        assert!(conn.prepare("SELECT * FROM two").is_err());
        steps(&mut conn, &[ONE, TWO]).unwrap();
        assert_eq!(version(&conn), 2);
        let rows: i64 = conn
            .query_row("SELECT count(*) FROM one", [], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 1);
    }

    #[test]
    fn a_store_of_a_newer_program_is_refused() {
        let mut conn = Connection::open_in_memory().unwrap();
        steps(&mut conn, &[ONE, TWO]).unwrap();
        let refused = steps(&mut conn, &[ONE]);
        assert!(
            matches!(refused, Err(StoreError::Newer { found: 2, known: 1 })),
            "{refused:?}"
        );
    }

    #[test]
    fn the_numbers_of_an_older_store_go_on() {
        let mut conn = Connection::open_in_memory().unwrap();
        let before = STEPS.iter().position(|step| *step == NUMBERS).unwrap();
        steps(&mut conn, &STEPS[..before]).unwrap();
        conn.execute_batch(
            "INSERT INTO counters VALUES('a', 'event', 7), ('a', 'queue:kitchen', 3), ('b', 'event', 1);",
        )
        .unwrap();
        migrate(&mut conn).unwrap();
        let kept = |outlet: &str| {
            let sql = "SELECT numbers FROM counters WHERE outlet = ?1";
            conn.query_row(sql, [outlet], |row| row.get::<_, String>(0))
                .unwrap()
        };
        assert_eq!(kept("a"), r#"{"event":7,"queue:kitchen":3}"#);
        assert_eq!(kept("b"), r#"{"event":1}"#);
    }

    #[test]
    fn the_schema_is_made_once_and_opening_again_changes_nothing() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn).unwrap();
        migrate(&mut conn).unwrap();
        assert_eq!(version(&conn), i64::try_from(STEPS.len()).unwrap());
    }
}
