//! The ceiling: the rows that the relay wrote for its orders, written again to an empty file of the same
//! schema by one thread that takes whatever waits into one transaction. No HTTP, no rules, no JSON.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// As many as the relay's clerk takes at most.
const MAX_BATCH: usize = 256;

/// One statement of an order and its values.
type Row = (String, Vec<Value>);

/// Orders a second with so many callers, each waiting for its commit.
pub(crate) fn group_commit(store: &Path, callers: u32, time: Duration) -> Result<f64> {
    let source = Connection::open(store)?;
    let orders = orders(&source)?;
    let folder = tempfile::TempDir::new()?;
    let mut bare = Connection::open(folder.path().join("bare.db"))?;
    bare.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")?;
    copy_schema(&source, &bare)?;
    let (ask, asked) = sync_channel::<std::sync::mpsc::SyncSender<()>>(MAX_BATCH);
    let deadline = Instant::now() + time;
    let begun = Instant::now();
    let callers: Vec<_> = (0..callers)
        .map(|_| {
            let ask = ask.clone();
            thread::spawn(move || {
                let (answer, answered) = sync_channel(1);
                while Instant::now() < deadline
                    && ask.send(answer.clone()).is_ok()
                    && answered.recv_timeout(Duration::from_secs(1)).is_ok()
                {}
            })
        })
        .collect();
    drop(ask);
    let mut supply = orders.iter();
    let mut done = 0_u32;
    while let Ok(first) = asked.recv() {
        let mut waiting = vec![first];
        while waiting.len() < MAX_BATCH
            && let Ok(more) = asked.try_recv()
        {
            waiting.push(more);
        }
        let batch = bare.transaction()?;
        let mut written = Vec::new();
        for caller in waiting {
            let Some(order) = supply.next() else { break };
            for (sql, values) in order {
                batch.prepare_cached(sql)?.execute(params_from_iter(values))?;
            }
            written.push(caller);
        }
        batch.commit()?;
        done += u32::try_from(written.len())?;
        if written.is_empty() {
            break; // all rows are written again: the measurement ends early
        }
        for caller in written {
            let _ = caller.send(());
        }
    }
    let seconds = begun
        .elapsed()
        .min(time.max(Duration::from_millis(1)))
        .as_secs_f64()
        .min(begun.elapsed().as_secs_f64());
    drop(asked);
    for caller in callers {
        let _ = caller.join();
    }
    Ok(f64::from(done) / seconds)
}

fn copy_schema(from: &Connection, to: &Connection) -> Result<()> {
    let mut statements = from.prepare(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC",
    )?;
    for sql in statements.query_map([], |row| row.get::<_, String>(0))? {
        to.execute_batch(&sql?)?;
    }
    Ok(())
}

/// Every order's rows: its own (with its key), its event's and its jobs'.
fn orders(source: &Connection) -> Result<Vec<Vec<Row>>> {
    let ids: Vec<String> = source
        .prepare("SELECT id FROM orders")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let tables = [("orders", "id"), ("events", "order_id"), ("jobs", "order_id")];
    let mut found: std::collections::HashMap<String, Vec<Row>> = std::collections::HashMap::new();
    for (table, column) in tables {
        for (id, row) in rows(source, table, column).with_context(|| format!("the rows of {table}"))? {
            found.entry(id).or_default().push(row);
        }
    }
    Ok(ids.into_iter().filter_map(|id| found.remove(&id)).collect())
}

fn rows(source: &Connection, table: &str, column: &str) -> Result<Vec<(String, Row)>> {
    let mut statement = source.prepare(&format!("SELECT {column}, * FROM {table}"))?;
    let names: Vec<String> = statement.column_names().skip(1).map(str::to_owned).collect();
    let marks = vec!["?"; names.len()].join(",");
    let sql = format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(","));
    let read = statement.query_map([], |row| {
        let values = (1..=names.len())
            .map(|index| row.get(index))
            .collect::<rusqlite::Result<Vec<Value>>>()?;
        Ok((row.get::<_, String>(0)?, (sql.clone(), values)))
    })?;
    Ok(read.collect::<rusqlite::Result<_>>()?)
}
