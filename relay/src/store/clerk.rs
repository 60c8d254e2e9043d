//! The thread that owns the writing connection: many calls, one transaction, one fsync.
//!
//! It takes the first call that waits, then whatever else waits already (at most [`MAX_BATCH`]), runs them in one
//! IMMEDIATE transaction, commits, and only then answers everybody. There is no timer: while one commit is
//! being fsynced the next batch forms by itself. A call that is refused or fails is undone alone: each has a
//! savepoint, save in a batch of calls that may all be done again without what was undone. A commit that fails is told to everyone who waited for it, and what the clerk
//! keeps in memory is forgotten and read again. A commit whose fsync failed may still turn out durable
//! after a crash: a caller who got an error asks again with its key.

mod call;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, ffi};
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use self::call::{Again, Call, Entry, Once, Work};
use super::books::Books;
use super::desk::{Desk, Outcome};
use super::lock::Lock;
use super::{Committed, StoreError};

/// Calls in one transaction: bounds how long the first of them waits for the last, and what a failed
/// commit takes with it.
pub(super) const MAX_BATCH: usize = 256;

/// Reads the time.
pub(super) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Makes ids.
pub(super) type Ids = Arc<dyn Fn() -> String + Send + Sync>;

type Boxed = Box<dyn Call>;

/// The way to the clerk. Cheap to clone.
#[derive(Clone)]
pub(super) struct Clerk {
    queue: mpsc::Sender<Option<Boxed>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    failing: Arc<AtomicBool>,
    /// No thread: whoever calls does it, see [`super::still`].
    still: Option<Still>,
}

/// A connection that its callers use in turn.
pub(super) type Still = Arc<Mutex<Owner>>;

impl Clerk {
    /// Starts the thread. `limit` is how many calls may wait.
    pub(super) fn start(
        (conn, lock): (Connection, Lock),
        (clock, ids): (Clock, Ids),
        limit: usize,
        publisher: mpsc::Sender<Committed>,
    ) -> std::io::Result<Self> {
        let (queue, calls) = mpsc::channel(limit);
        let failing = Arc::new(AtomicBool::new(false));
        let owner = Owner {
            conn,
            _lock: Some(lock),
            clock,
            ids,
            calls,
            publisher,
            books: Books::default(),
            out: Committed::default(),
            failing: Arc::clone(&failing),
        };
        let thread = std::thread::Builder::new()
            .name("store-clerk".into())
            .spawn(move || owner.run())?;
        Ok(Self {
            queue,
            thread: Arc::new(Mutex::new(Some(thread))),
            failing,
            still: None,
        })
    }

    /// A clerk without a thread, for a store in memory: calls are done by whoever makes them.
    pub(super) fn still(still: Still) -> Self {
        let (queue, _) = mpsc::channel(1);
        Self {
            queue,
            thread: Arc::default(),
            failing: Arc::default(),
            still: Some(still),
        }
    }

    /// Does `work` in the next transaction and returns its outcome once that is durable.
    ///
    /// # Errors
    /// The work's own, [`StoreError::Busy`], [`StoreError::Closed`], or why the commit failed.
    pub(super) async fn call<T, F>(&self, work: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Desk<'_>) -> Outcome<T> + Send + 'static,
    {
        self.enter(Once(Some(work))).await
    }

    /// As [`Self::call`], for work that may be done again: a batch of such calls needs no savepoints.
    pub(super) async fn call_again<T, F>(&self, work: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Desk<'_>) -> Outcome<T> + Send + 'static,
    {
        self.enter(Again(work)).await
    }

    async fn enter<T, W>(&self, work: W) -> Outcome<T>
    where
        T: Send + 'static,
        W: Work<T> + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let call = Entry {
            work,
            outcome: None,
            reply,
        };
        match &self.still {
            Some(still) => lock(still).serve(vec![Box::new(call)]),
            None => self
                .queue
                .try_send(Some(Box::new(call)))
                .map_err(|error| match error {
                    mpsc::error::TrySendError::Full(_) => StoreError::Busy,
                    mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
                })?,
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Whether the last commit failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Finishes what waits and closes the connection.
    pub(super) async fn close(&self) {
        if self.queue.send(None).await.is_err() {
            return;
        }
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if let Some(thread) = thread {
            let ended = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(ended, Ok(Ok(()))) {
                error!("the store's clerk ended badly");
            }
        }
    }
}

pub(super) struct Owner {
    conn: Connection,
    /// Released after the connection is closed: fields go in this order. A store in memory has none.
    _lock: Option<Lock>,
    clock: Clock,
    ids: Ids,
    calls: mpsc::Receiver<Option<Boxed>>,
    publisher: mpsc::Sender<Committed>,
    books: Books,
    out: Committed,
    failing: Arc<AtomicBool>,
}

pub(super) fn lock(still: &Still) -> MutexGuard<'_, Owner> {
    still.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Owner {
    /// The owner of a connection that no thread serves.
    pub(super) fn still(
        conn: Connection,
        (clock, ids): (Clock, Ids),
        publisher: mpsc::Sender<Committed>,
    ) -> Self {
        let (_, calls) = mpsc::channel(1);
        Self {
            conn,
            _lock: None,
            clock,
            ids,
            calls,
            publisher,
            books: Books::default(),
            out: Committed::default(),
            failing: Arc::default(),
        }
    }

    /// Its process died: what was not committed is gone, and so is what it kept in memory.
    pub(super) fn die(&mut self, publisher: mpsc::Sender<Committed>) {
        self.abandon();
        self.publisher = publisher;
    }

    /// What readers read.
    pub(super) fn conn(&self) -> &Connection {
        &self.conn
    }

    fn run(mut self) {
        while let Some(message) = self.calls.blocking_recv() {
            let Some(first) = message else {
                self.calls.close();
                continue;
            };
            let batch = self.gather(first);
            self.serve(batch);
            self.books.tidy();
        }
    }

    fn gather(&mut self, first: Boxed) -> Vec<Boxed> {
        // Whoever waits for this core comes first: what they bring shares the fsync. Where nobody does, it is nothing.
        std::thread::yield_now();
        let mut batch = vec![first];
        while batch.len() < MAX_BATCH {
            match self.calls.try_recv() {
                Ok(Some(call)) => batch.push(call),
                Ok(None) => self.calls.close(),
                Err(_) => break,
            }
        }
        batch
    }

    fn serve(&mut self, mut batch: Vec<Boxed>) {
        if batch.iter().all(|call| call.repeats()) {
            match self.transact_at_once(&mut batch) {
                Ok(false) => self.abandon(),
                whole => return self.finish(whole.map(|_| ()), batch.drain(..)),
            }
        }
        let mut done = Vec::with_capacity(batch.len());
        let mut waiting = batch.into_iter();
        while waiting.len() > 0 {
            let result = self.transact(&mut waiting, &mut done);
            self.finish(result, done.drain(..));
        }
    }

    /// Runs calls without savepoints, for which the database would copy every page that a call changes. False
    /// where one wrote something that may not stay: then nothing is committed, and all are to run again.
    fn transact_at_once(&mut self, batch: &mut [Boxed]) -> rusqlite::Result<bool> {
        self.statement("BEGIN IMMEDIATE")?;
        for call in batch {
            let (mark, written) = (self.out.mark(), self.conn.total_changes());
            if self.perform(call.as_mut()) {
                self.books.keep();
                continue;
            }
            self.books.undo();
            self.out.back_to(mark);
            if self.conn.total_changes() != written || self.conn.is_autocommit() {
                return Ok(false);
            }
        }
        self.books.write(&self.conn).map_err(unwritten)?;
        self.statement("COMMIT").map(|()| true)
    }

    /// Runs calls until none waits or the database gave up the transaction, and commits.
    fn transact(
        &mut self,
        waiting: &mut std::vec::IntoIter<Boxed>,
        done: &mut Vec<Boxed>,
    ) -> rusqlite::Result<()> {
        if let Err(error) = self.statement("BEGIN IMMEDIATE") {
            done.extend(waiting);
            return Err(error);
        }
        for mut call in waiting {
            let result = self.run_one(call.as_mut());
            done.push(call);
            result?;
        }
        self.books.write(&self.conn).map_err(unwritten)?;
        self.statement("COMMIT")
    }

    /// Runs one call in its savepoint; an error means that the whole transaction is lost.
    fn run_one(&mut self, call: &mut dyn Call) -> rusqlite::Result<()> {
        self.statement("SAVEPOINT call")?;
        let mark = self.out.mark();
        if self.perform(call) {
            self.books.keep();
            return self.statement("RELEASE call");
        }
        self.books.undo();
        self.out.back_to(mark);
        self.statement("ROLLBACK TO call")?;
        self.statement("RELEASE call")
    }

    /// Runs one call; whether what it did may stay.
    fn perform(&mut self, call: &mut dyn Call) -> bool {
        let now = (self.clock)();
        call.run(&mut Desk {
            conn: &self.conn,
            books: &mut self.books,
            out: &mut self.out,
            now,
            refused: false,
            ids: &*self.ids,
        })
    }

    fn finish(&mut self, result: rusqlite::Result<()>, done: std::vec::Drain<'_, Boxed>) {
        let failure = result.err().map(|error| Failure::of(&error));
        self.failing.store(failure.is_some(), Ordering::Relaxed);
        if let Some(failure) = &failure {
            error!(
                code = failure.code.extended_code,
                "a commit of the store failed: {}",
                failure.error()
            );
            self.abandon();
        }
        // Kitchens before callers: they wait for their order, a caller for a receipt.
        let out = std::mem::take(&mut self.out);
        if !out.is_empty() {
            // A publisher that is gone is a relay that stops.
            let _gone = self.publisher.blocking_send(out);
        }
        for call in done {
            call.answer(failure.as_ref());
        }
    }

    fn abandon(&mut self) {
        if !self.conn.is_autocommit()
            && let Err(error) = self.statement("ROLLBACK")
        {
            error!("a failed transaction could not be rolled back: {error}");
        }
        self.books.forget();
        self.out = Committed::default();
    }

    fn statement(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.prepare_cached(sql)?.execute([]).map(|_| ())
    }
}

/// The books hold numbers by name, which always have a text: what fails is the database.
fn unwritten(error: StoreError) -> rusqlite::Error {
    match error {
        StoreError::Database(error) => error,
        other => rusqlite::Error::ToSqlConversionFailure(Box::new(other)),
    }
}

/// Why a transaction failed, for everyone who waited for it.
struct Failure {
    code: ffi::Error,
    message: Option<String>,
}

impl Failure {
    fn of(error: &rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(code, message) => Self {
                code: *code,
                message: message.clone(),
            },
            other => Self {
                code: ffi::Error::new(ffi::SQLITE_ERROR),
                message: Some(other.to_string()),
            },
        }
    }

    fn error(&self) -> StoreError {
        sorted(StoreError::Database(rusqlite::Error::SqliteFailure(
            self.code,
            self.message.clone(),
        )))
    }
}

/// A full disk is its own kind of error.
pub(super) fn sorted(error: StoreError) -> StoreError {
    match error {
        StoreError::Database(rusqlite::Error::SqliteFailure(code, _)) if code.code == ErrorCode::DiskFull => {
            StoreError::Full
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
