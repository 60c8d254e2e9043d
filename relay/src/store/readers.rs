//! A few read-only connections beside the clerk: a read sees everything that was answered before it began.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::StoreError;
use super::clerk::{self, Still};

/// How long a reader waits for a checkpoint, in milliseconds.
const BUSY_MS: u64 = 5_000;
/// Prepared statements kept on one connection: more than there are.
const STATEMENTS: usize = 64;
/// Pages kept in memory: 4 MiB for each reader.
const CACHE: &str = "PRAGMA cache_size = -4096; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;";

/// The readers. Cheap to clone.
#[derive(Clone)]
pub(super) struct Readers {
    file: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    /// One connection for everything, see [`super::still`].
    still: Option<Still>,
}

impl Readers {
    /// Opens `count` readers.
    ///
    /// # Errors
    /// [`StoreError::Database`] where the file cannot be read.
    pub(super) fn open(file: &Path, count: usize) -> Result<Self, StoreError> {
        let readers = (0..count.max(1))
            .map(|_| reader(file))
            .collect::<Result<Vec<_>, _>>()?;
        let permits = Arc::new(Semaphore::new(readers.len()));
        Ok(Self {
            file: Arc::new(file.to_owned()),
            idle: Arc::new(Mutex::new(readers)),
            permits,
            still: None,
        })
    }

    /// Reads on the connection that is written to, on the caller's own thread.
    pub(super) fn still(still: Still) -> Self {
        Self {
            file: Arc::default(),
            idle: Arc::default(),
            permits: Arc::new(Semaphore::new(1)),
            still: Some(still),
        }
    }

    /// Reads on a thread where blocking is allowed.
    ///
    /// # Errors
    /// What the database says, or [`StoreError::Closed`].
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        if let Some(still) = &self.still {
            return snapshot(clerk::lock(still).conn(), work);
        }
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let (idle, file) = (Arc::clone(&self.idle), Arc::clone(&self.file));
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let conn = idle.lock().ok().and_then(|mut idle| idle.pop());
            // One that broke off in the middle of a read is gone.
            let conn = conn.map_or_else(|| reader(&file), Ok)?;
            let result = snapshot(&conn, work);
            if let Ok(mut idle) = idle.lock() {
                idle.push(conn);
            }
            result
        });
        done.await.map_err(|_| StoreError::Fault)?
    }

    /// Closes the connections; later reads get [`StoreError::Closed`].
    pub(super) async fn close(&self) {
        self.permits.close();
        let idle = Arc::clone(&self.idle);
        let closing = move || idle.lock().map(|mut idle| idle.clear()).unwrap_or_default();
        let _ended = tokio::task::spawn_blocking(closing).await;
    }
}

/// Several statements see one state of the store.
fn snapshot<T>(
    conn: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let reading = conn.unchecked_transaction()?;
    work(&reading)
}

fn reader(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags)?;
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    conn.execute_batch(CACHE)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}
