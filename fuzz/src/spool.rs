//! Rows of a spool that something else than this agent wrote: a fault, an older version, a person.

use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

use agent::spool::{Spool, peek};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// The columns that the checksum covers, in its order.
const COLUMNS: [&str; 18] = [
    "id",
    "header",
    "event",
    "data",
    "printer",
    "state",
    "done",
    "attempt",
    "first_try",
    "evidence",
    "detail",
    "at",
    "spooled_at",
    "banners",
    "settled",
    "released",
    "cancel_requested",
    "answer",
];

struct Desk {
    db: Connection,
    path: PathBuf,
    _folder: TempDir,
}

static DESK: LazyLock<Mutex<Desk>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    drop(Spool::open(&path).unwrap());
    let db = Connection::open(&path).unwrap();
    // A power cut is not what is tried here.
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    Mutex::new(Desk {
        db,
        path,
        _folder: folder,
    })
});

/// A row that the agent itself might have written.
fn good() -> Map<String, Value> {
    let header = json!({"id": "job-1", "seq": 41, "station": "kitchen", "number": 41, "kind": "order", "copies": 1,
        "due": "2026-11-20T12:42:05Z", "expires": "2026-11-21T00:42:05Z", "attempt": 0, "age_ms": 0, "banners": []});
    let row = json!({"id": "job-1", "header": header.to_string(), "event": "kitchen_immediate_print",
        "data": "{\"order_id\":\"o-1\"}", "printer": "grill", "state": "held", "done": 0, "attempt": 0, "first_try": null,
        "evidence": null, "detail": "no paper", "at": "2026-11-20T12:42:05Z", "spooled_at": "2026-11-20T12:42:05Z",
        "banners": "[]", "settled": 0, "released": 0, "cancel_requested": 0, "answer": null});
    match row {
        Value::Object(row) => row,
        _ => unreachable!("it is written as one"),
    }
}

/// A JSON object: what it names of [`COLUMNS`] stands in the row instead. With `checksum` the row has that one, else the
/// one that is right for it.
pub(crate) fn spool(bytes: &[u8]) {
    let Ok(Value::Object(tried)) = serde_json::from_slice(bytes) else {
        return;
    };
    let mut row = good();
    let known = tried.iter().filter(|(name, _)| COLUMNS.contains(&name.as_str()));
    row.extend(known.map(|(name, value)| (name.clone(), value.clone())));
    let mut values: Vec<Sql> = COLUMNS.iter().map(|name| sql(&row[*name])).collect();
    let right = checksum(&values);
    let given = tried.get("checksum").and_then(Value::as_i64);
    values.push(Sql::Integer(given.unwrap_or(right)));
    let is_good = row == good();
    let desk = DESK.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(read) = stored(&desk, values) else {
        return;
    };
    match read {
        Ok(jobs) => {
            assert!(
                given.is_none_or(|given| given == right),
                "a wrong checksum was not seen"
            );
            for job in jobs {
                let _ = (
                    job.update(),
                    job.is_waiting(),
                    job.is_correction(),
                    job.order_id(),
                    job.is_local(),
                );
            }
        }
        Err(error) => assert!(!is_good || given.is_some(), "a good row was refused: {error}"),
    }
}

type Read = Result<Vec<agent::spool::SpoolJob>, agent::spool::SpoolError>;

/// Reads the row where the table takes it at all.
fn stored(desk: &Desk, values: Vec<Sql>) -> Option<Read> {
    desk.db.execute("DELETE FROM jobs", []).unwrap();
    let sql = format!(
        "INSERT INTO jobs ({}, checksum) VALUES ({}?)",
        COLUMNS.join(", "),
        "?, ".repeat(COLUMNS.len())
    );
    desk.db
        .prepare_cached(&sql)
        .unwrap()
        .execute(params_from_iter(values))
        .ok()?;
    Some(peek(&desk.path, 10))
}

fn sql(value: &Value) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Bool(flag) => Sql::Integer(i64::from(*flag)),
        Value::Number(number) => number
            .as_i64()
            .map_or_else(|| Sql::Real(number.as_f64().unwrap_or(0.0)), Sql::Integer),
        Value::String(text) => Sql::Text(text.clone()),
        Value::Array(_) | Value::Object(_) => Sql::Text(value.to_string()),
    }
}

/// As the spool makes it, so that a row gets past it; the corpus has a good row, which would be refused if this were wrong.
fn checksum(values: &[Sql]) -> i64 {
    let mut hash = Sha256::new();
    for value in values {
        let (tag, bytes) = match value {
            Sql::Null => (0_u8, Vec::new()),
            Sql::Integer(number) => (1, number.to_le_bytes().to_vec()),
            Sql::Real(number) => (2, number.to_le_bytes().to_vec()),
            Sql::Text(text) => (3, text.clone().into_bytes()),
            Sql::Blob(bytes) => (4, bytes.clone()),
        };
        hash.update([tag]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(&bytes);
    }
    let first: [u8; 8] = hash.finalize()[..8].try_into().unwrap();
    i64::from_be_bytes(first)
}
