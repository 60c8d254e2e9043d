//! The handle that the rest of the relay holds: every call is an async method, whoever does it.

mod backup;
mod codes;
pub(super) mod enrol;
mod house;
pub(super) mod inspect;
pub(super) mod link;
mod links;
mod orders;
mod outlets;
pub(super) mod sockets;
pub(super) mod tokens;
mod upkeep;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::mpsc;

use super::clerk::{Clerk, Clock};
use super::desk::new_id;
use super::lock::Lock;
use super::readers::Readers;
use super::sql::jobs;
use super::{Committed, StoreError, schema};

/// The store's file inside its folder.
const FILE: &str = "relay.db";
/// Calls that may wait for the clerk: sixteen full batches. Beyond it callers get `Busy` at once.
const QUEUE: usize = 4_096;
/// Read-only connections.
const READERS: usize = 4;
/// Commits that may wait for the publisher. One who is slower slows the clerk down and loses nothing.
pub(super) const COMMITS: usize = 1_024;
/// How long the writer waits for a reader's checkpoint lock.
const BUSY: Duration = Duration::from_secs(5);
/// Longer than a business year.
const AUDIT_DAYS: u16 = 400;
/// Prepared statements kept by the writer: more than there are.
pub(super) const STATEMENTS: usize = 128;

/// How the store is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// Days for which the audit is kept. Events and finished jobs are kept as each outlet's settings say,
    /// orders and idempotency keys for good.
    pub audit_days: u16,
    /// Reads the time; tests put their own here.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Makes ids of which newer ones sort behind older ones; simulations put their own here.
    pub ids: Arc<dyn Fn() -> String + Send + Sync>,
    /// Calls that may wait before callers get [`StoreError::Busy`], 1 or more.
    pub queue: usize,
    /// Read-only connections, 1 or more.
    pub readers: usize,
    /// Pages of 8 KiB that the file may have; none for as many as the disk holds.
    pub max_pages: Option<u32>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            audit_days: AUDIT_DAYS,
            clock: Arc::new(Timestamp::now),
            ids: Arc::new(new_id),
            queue: QUEUE,
            readers: READERS,
            max_pages: None,
        }
    }
}

/// How far a station's queue was offered by this process.
pub(super) type Offered = Arc<tokio::sync::Mutex<u64>>;

/// The relay's store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) clerk: Clerk,
    pub(super) readers: Readers,
    pub(super) clock: Clock,
    pub(super) audit_days: u16,
    /// What each station's holder was offered; locked while it is offered more or the holder changes.
    pub(super) offered: Mutex<HashMap<(String, String), Offered>>,
    /// Jobs up to this row may have been offered by an earlier process.
    pub(super) earlier_row: i64,
}

impl Store {
    /// Opens the store in a folder (`relay.db` inside it) or a file ending in `.db`, makes it where there is
    /// none, and brings an older one to this schema. What becomes durable arrives at the receiver in commit
    /// order; whoever reads it must not wait for a write to this store, since a full channel stops the clerk.
    ///
    /// # Errors
    /// [`StoreError::AlreadyRunning`] where another process writes to it, [`StoreError::Newer`],
    /// [`StoreError::Folder`], or what the database says.
    pub fn open(path: &Path, options: StoreOptions) -> Result<(Self, mpsc::Receiver<Committed>), StoreError> {
        let file = place(path)?;
        let lock = Lock::take(&file)?;
        let conn = writer(&file, options.max_pages)?;
        let earlier_row = jobs::newest_row(&conn)?;
        let readers = Readers::open(&file, options.readers)?;
        let (publisher, committed) = mpsc::channel(COMMITS);
        let sources = (Arc::clone(&options.clock), options.ids);
        let clerk = Clerk::start((conn, lock), sources, options.queue.max(1), publisher)
            .map_err(StoreError::Folder)?;
        let inner = Inner {
            clerk,
            readers,
            clock: options.clock,
            audit_days: options.audit_days,
            offered: Mutex::default(),
            earlier_row,
        };
        Ok((
            Self {
                inner: Arc::new(inner),
            },
            committed,
        ))
    }

    /// Finishes every call that waits and closes the file. Later calls get [`StoreError::Closed`].
    pub async fn close(self) {
        self.inner.clerk.close().await;
        self.inner.readers.close().await;
    }

    fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    fn offered(&self, outlet: &str, station: &str) -> Offered {
        let mut offered = self.inner.offered.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            offered
                .entry((outlet.to_owned(), station.to_owned()))
                .or_default(),
        )
    }
}

fn place(path: &Path) -> Result<PathBuf, StoreError> {
    if path.is_file() || path.extension().is_some_and(|extension| extension == "db") {
        return Ok(path.to_owned());
    }
    std::fs::create_dir_all(path).map_err(StoreError::Folder)?;
    Ok(path.join(FILE))
}

/// Names and telephone numbers are in it: its owner alone may look. SQLite gives its log the same mode.
fn keep_private(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file)?;
    #[cfg(unix)]
    opened.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    drop(opened);
    Ok(())
}

fn writer(file: &Path, max_pages: Option<u32>) -> Result<Connection, StoreError> {
    keep_private(file).map_err(StoreError::Folder)?;
    let mut conn = Connection::open(file)?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Pages of 8 KiB (a new file's alone): an order changes a dozen places, and on larger pages they are fewer.
    // 16 MiB of log before a checkpoint, 16 MiB of pages in memory: the system keeps the others. Savepoints never
    // spill to a file.
    conn.execute_batch(
        "PRAGMA page_size = 8192;
         PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2048;
         PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;",
    )?;
    if let Some(pages) = max_pages {
        conn.pragma_update(None, "max_page_count", pages)?;
    }
    look_through(&conn)?;
    // It has read every page, and the newest alone are wanted.
    conn.execute_batch("PRAGMA shrink_memory")?;
    schema::migrate(&mut conn)?;
    Ok(conn)
}

/// A damaged store is not served from: what it says of paper may be wrong, and writing spreads the damage.
fn look_through(conn: &Connection) -> Result<(), StoreError> {
    let said: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if said == "ok" {
        Ok(())
    } else {
        Err(StoreError::Damaged(said))
    }
}
