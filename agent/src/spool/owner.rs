//! The thread that owns the spool's file: it drains what waits into one transaction, and answers
//! after the commit.

use std::fs::File;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use tracing::{error, warn};

use super::{SpoolError, jobs};

/// Calls that wait for the owner; more block their callers. One for each press, the link and the
/// control socket is the usual load.
const WAITING: usize = 256;

/// Calls that share one transaction. One fsync serves them all, and none waits for a long batch.
const BATCH: usize = 256;

/// How often jobs that were settled long ago are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// `SQLite` needs little; the default of 2 MiB would be the agent's largest piece.
const STACK: usize = 512 * 1024;

/// Runs inside the transaction; what it returns is called when the commit's fate is known.
type Call = Box<dyn FnOnce(&Connection) -> Answer + Send>;

/// The result of one call, waiting for the commit.
struct Answer {
    /// The disk failed: nothing of this batch may count.
    fatal: Option<Fate>,
    deliver: Box<dyn FnOnce(&Fate)>,
}

/// What became of a batch.
#[derive(Debug, Clone)]
enum Fate {
    Committed,
    Full,
    Broken(rusqlite::ffi::Error, String),
}

/// Starts the thread, hands calls to it, and waits for its end when dropped.
#[derive(Debug)]
pub(super) struct Owner {
    calls: Option<SyncSender<Call>>,
    thread: Option<JoinHandle<()>>,
    /// No thread: whoever calls does it.
    still: Option<Mutex<Connection>>,
}

impl Owner {
    /// Takes the connection and the lock; both are freed when the last call is answered.
    pub(super) fn start(db: Connection, lock: File) -> Result<Self, SpoolError> {
        let (calls, waiting) = sync_channel(WAITING);
        let thread = thread::Builder::new()
            .name("spool".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                serve(db, &waiting);
                drop(lock);
            })
            .map_err(SpoolError::Folder)?;
        Ok(Self {
            calls: Some(calls),
            thread: Some(thread),
            still: None,
        })
    }

    /// An owner without a thread, for a spool in memory: calls are done by whoever makes them.
    pub(super) fn still(db: Connection) -> Self {
        Self {
            calls: None,
            thread: None,
            still: Some(Mutex::new(db)),
        }
    }

    /// Runs `work` in the owner's next transaction and waits for the commit.
    pub(super) fn call<T, F>(&self, work: F) -> Result<T, SpoolError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, SpoolError> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        let call: Call = Box::new(move |db| {
            let result = work(db);
            Answer {
                fatal: result.as_ref().err().and_then(Fate::of_call),
                deliver: Box::new(move |fate| {
                    // A caller that has gone away needs no answer.
                    let _ = reply.try_send(fate.error().map_or(result, Err));
                }),
            }
        });
        if let Some(still) = &self.still {
            let mut db = still.lock().unwrap_or_else(PoisonError::into_inner);
            run_batch(&mut db, std::iter::once(call));
        } else {
            let calls = self.calls.as_ref().ok_or(SpoolError::Closed)?;
            calls.send(call).map_err(|_| SpoolError::Closed)?;
        }
        answer.recv().map_err(|_| SpoolError::Closed)?
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.calls = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the spool's thread panicked");
        }
    }
}

impl Fate {
    /// What an error inside a call means for the batch: `None` where only that call is refused.
    fn of_call(error: &SpoolError) -> Option<Self> {
        match error {
            SpoolError::DiskFull => Some(Self::Full),
            SpoolError::Broken(cause) => Some(Self::of_disk(cause)),
            SpoolError::AlreadyRunning
            | SpoolError::NoSuchJob(_)
            | SpoolError::Refused { .. }
            | SpoolError::Elsewhere { .. }
            | SpoolError::Newer { .. }
            | SpoolError::Folder(_)
            | SpoolError::Closed => None,
        }
    }

    fn of_disk(error: &rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) {
            return Self::Full;
        }
        let code = error.sqlite_error().copied();
        let code = code.unwrap_or_else(|| rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT));
        Self::Broken(code, error.to_string())
    }

    fn error(&self) -> Option<SpoolError> {
        match self {
            Self::Committed => None,
            Self::Full => Some(SpoolError::DiskFull),
            Self::Broken(code, text) => {
                let cause = rusqlite::Error::SqliteFailure(*code, Some(text.clone()));
                Some(SpoolError::Broken(cause))
            }
        }
    }
}

fn serve(mut db: Connection, waiting: &Receiver<Call>) {
    let mut forgot: Option<Instant> = None;
    while let Ok(first) = waiting.recv() {
        let calls = std::iter::once(first).chain(waiting.try_iter().take(BATCH - 1));
        if let Fate::Broken(_, text) = run_batch(&mut db, calls) {
            // After a failed fsync nobody knows what is on the disk. Only a new start can tell.
            error!("the spool cannot be written, the agent has to start again: {text}");
            return;
        }
        if forgot.is_none_or(|at| at.elapsed() >= FORGET_EVERY) {
            forgot = Some(Instant::now());
            if let Err(cause) = jobs::forget(&db, Timestamp::now()) {
                warn!("jobs settled long ago stay in the spool for now: {cause}");
            }
        }
    }
}

/// Runs calls in one transaction, commits, and only then answers them.
fn run_batch(db: &mut Connection, calls: impl Iterator<Item = Call>) -> Fate {
    let mut answers = Vec::new();
    let fate = commit(db, calls, &mut answers);
    for answer in answers {
        (answer.deliver)(&fate);
    }
    fate
}

fn commit(db: &mut Connection, calls: impl Iterator<Item = Call>, answers: &mut Vec<Answer>) -> Fate {
    let tx = match db.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(tx) => tx,
        Err(cause) => return Fate::of_disk(&cause),
    };
    for call in calls {
        let answer = call(&tx);
        let fatal = answer.fatal.clone();
        answers.push(answer);
        // What is left of the batch is dropped unanswered only when the spool is broken; a full
        // disk is said to each of them.
        if let Some(fate) = fatal {
            return fate;
        }
    }
    match tx.commit() {
        Ok(()) => Fate::Committed,
        Err(cause) => Fate::of_disk(&cause),
    }
}
