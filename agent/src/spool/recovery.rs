//! Opening the spool: one agent alone, a damaged file set aside, and what was found inside.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use protocol::JobState;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{Recovery, SpoolError, SpoolJob, jobs, schema};

/// The fact that holds the spool's id.
const SPOOL_ID: &str = "spool_id";

/// The parts of the database beside the file itself: they belong to it and move with it.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// A spool that is ready for its owner.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) lock: File,
    pub(super) recovery: Recovery,
}

/// Locks the spool, opens or creates it, and sets a damaged file aside.
pub(super) fn open(path: &Path) -> Result<Opened, SpoolError> {
    create_folder(path)?;
    let lock = lock(path)?;
    let (connection, set_aside) = match open_file(path) {
        Ok(connection) => (connection, None),
        Err(Trouble::Damaged) => {
            let aside = set_aside(path).map_err(SpoolError::Folder)?;
            let connection = open_file(path).map_err(Trouble::into_error)?;
            (connection, Some(aside))
        }
        Err(Trouble::Other(error)) => return Err(error),
    };
    let recovery = describe(&connection, set_aside)?;
    Ok(Opened {
        connection,
        lock,
        recovery,
    })
}

/// A spool in memory, empty, under this id.
///
/// # Errors
/// What the database says.
pub(super) fn in_memory(id: &str) -> Result<Connection, SpoolError> {
    let mut db = Connection::open_in_memory()?;
    schema::migrate(&mut db)?;
    jobs::remember(&db, SPOOL_ID, id)?;
    Ok(db)
}

/// Reads the newest `limit` jobs of a spool whose agent does not run, and changes nothing.
///
/// # Errors
/// [`SpoolError::Broken`] where there is no spool or it cannot be read.
pub fn peek(path: &Path, limit: u32) -> Result<Vec<SpoolJob>, SpoolError> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    jobs::recent(&db, limit)
}

enum Trouble {
    Damaged,
    Other(SpoolError),
}

impl Trouble {
    fn into_error(self) -> SpoolError {
        match self {
            Self::Damaged => {
                let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
                SpoolError::Broken(rusqlite::Error::SqliteFailure(code, None))
            }
            Self::Other(error) => error,
        }
    }
}

impl From<SpoolError> for Trouble {
    fn from(error: SpoolError) -> Self {
        match error {
            SpoolError::Broken(cause) if says_damaged(&cause) => Self::Damaged,
            other => Self::Other(other),
        }
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        SpoolError::from(error).into()
    }
}

fn says_damaged(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(code) => matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase),
        // Whatever is no answer of SQLite's is a value or a table that is not as we wrote it.
        None => true,
    }
}

fn open_file(path: &Path) -> Result<Connection, Trouble> {
    let mut db = Connection::open(path)?;
    schema::configure(&db)?;
    check_pages(&db)?;
    schema::migrate(&mut db)?;
    jobs::check_rows(&db)?;
    if jobs::recall(&db, SPOOL_ID)?.is_none() {
        jobs::remember(&db, SPOOL_ID, &uuid::Uuid::now_v7().to_string())?;
    }
    Ok(db)
}

fn check_pages(db: &Connection) -> Result<(), Trouble> {
    let verdict: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(Trouble::Damaged)
    }
}

fn describe(db: &Connection, set_aside: Option<PathBuf>) -> Result<Recovery, SpoolError> {
    let mut recovery = Recovery {
        spool_id: jobs::recall(db, SPOOL_ID)?.unwrap_or_default(),
        waiting: 0,
        in_doubt: 0,
        unconfirmed: 0,
        set_aside,
    };
    for (state, count) in jobs::open_by_state(db)? {
        match state {
            JobState::Printing => recovery.in_doubt += count,
            JobState::Unconfirmed => recovery.unconfirmed += count,
            _ => recovery.waiting += count,
        }
    }
    Ok(recovery)
}

/// A lock file beside the spool: the system frees it with the process, also after a kill -9.
fn lock(path: &Path) -> Result<File, SpoolError> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, ".lock"));
    let file = file.map_err(SpoolError::Folder)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SpoolError::AlreadyRunning),
        Err(TryLockError::Error(error)) => Err(SpoolError::Folder(error)),
    }
}

fn create_folder(path: &Path) -> Result<(), SpoolError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(SpoolError::Folder)?;
    sync_folder(folder.parent()).map_err(SpoolError::Folder)
}

/// Renames the file and its parts to `spool.db.damaged-<time>`; the first free name.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let names = (0_u32..).map(|n| match n {
        0 => format!(".damaged-{time}"),
        n => format!(".damaged-{time}-{n}"),
    });
    let aside = names
        .map(|name| beside(path, &name))
        .find(|aside| !aside.exists());
    let aside = aside.ok_or(io::ErrorKind::AlreadyExists)?;
    for part in PARTS {
        match fs::rename(beside(path, part), beside(&aside, part)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    sync_folder(path.parent())?;
    Ok(aside)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// A new or renamed entry survives a power cut only when its folder is synced (POSIX); Windows
/// cannot open folders and needs it not.
fn sync_folder(folder: Option<&Path>) -> io::Result<()> {
    match folder.filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
