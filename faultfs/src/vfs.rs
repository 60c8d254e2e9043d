//! A VFS around the system's own: the one file of this workspace where `unsafe` is allowed.
//!
//! `SQLite` reserves `szOsFile` bytes for each open file (<https://www.sqlite.org/vfs.html>). Ours begin with
//! [`Head`]; the system's own file follows directly behind it. Files outside watched folders pass untouched.

#![allow(
    unsafe_code,
    reason = "a VFS is a table of C functions; nothing of it leaves this file"
)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::io;
use std::mem::size_of;
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};

use crate::disk::{Shared, Verdict};
use crate::log::Op;

pub(crate) const FULL: i32 = ffi::SQLITE_FULL;
pub(crate) const IOERR_READ: i32 = ffi::SQLITE_IOERR_READ;
pub(crate) const IOERR_WRITE: i32 = ffi::SQLITE_IOERR_WRITE;
pub(crate) const IOERR_FSYNC: i32 = ffi::SQLITE_IOERR_FSYNC;

/// Our part of an open file.
#[repr(C)]
struct Head {
    base: sqlite3_file,
    /// `None` for a file outside every watched folder.
    watched: Option<Box<Watched>>,
}

struct Watched {
    disk: Arc<Shared>,
    name: Arc<str>,
}

/// The system's VFS, found once. It lives as long as the process.
struct System(*mut sqlite3_vfs);

// SAFETY: `SQLite` itself uses a registered VFS from every thread; we only call its functions.
unsafe impl Send for System {}
// SAFETY: as above.
unsafe impl Sync for System {}

static SYSTEM: OnceLock<System> = OnceLock::new();
static DISKS: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// Makes ours the process's default VFS, once, and watches this disk's folder.
pub(crate) fn watch(disk: &Arc<Shared>) -> io::Result<()> {
    let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    if SYSTEM.get().is_none() {
        register()?;
    }
    disks.retain(|disk| disk.strong_count() > 0);
    disks.push(Arc::downgrade(disk));
    Ok(())
}

fn register() -> io::Result<()> {
    // SAFETY: a null name asks for the default VFS; what is returned lives as long as the process.
    let system = unsafe { ffi::sqlite3_vfs_find(null()) };
    if system.is_null() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    SYSTEM.get_or_init(|| System(system));
    // SAFETY: `system` points to a VFS, which is plain data.
    let mut ours = unsafe { *system };
    // Functions that we leave alone read `pAppData` alone, and that is copied.
    ours.iVersion = ours.iVersion.min(2);
    ours.szOsFile += c_int::try_from(size_of::<Head>()).unwrap_or(c_int::MAX);
    ours.zName = c"faultfs".as_ptr();
    ours.pNext = null_mut();
    ours.xOpen = Some(open);
    ours.xDelete = Some(delete);
    // SAFETY: the leaked VFS lives as long as the process, as SQLite asks.
    match unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1) } {
        ffi::SQLITE_OK => Ok(()),
        code => Err(io::Error::other(ffi::code_to_str(code))),
    }
}

fn system() -> *mut sqlite3_vfs {
    SYSTEM.get().map_or(null_mut(), |system| system.0)
}

/// The watched disk that a path lies on, and its name there.
fn watched(path: *const c_char) -> Option<Watched> {
    if path.is_null() {
        return None;
    }
    // SAFETY: SQLite passes a path that ends with a zero and outlives the call.
    let path = unsafe { CStr::from_ptr(path) }.to_str().ok()?;
    let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut live = disks.iter().filter_map(Weak::upgrade);
    live.find_map(|disk| {
        let name = Path::new(path).strip_prefix(&disk.folder).ok()?.to_str()?.into();
        Some(Watched { disk, name })
    })
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Calls a method of the system's file behind ours; `SQLITE_IOERR` where it has none.
macro_rules! real {
    ($file:expr, $method:ident $(, $arg:expr)*) => {{
        let real = behind($file);
        // SAFETY: `open` filled the system's file in, and SQLite calls no method before or after its life.
        match unsafe { (*real).pMethods.as_ref() }.and_then(|methods| methods.$method) {
            // SAFETY: the arguments are SQLite's own, passed on.
            Some(method) => unsafe { method(real $(, $arg)*) },
            None => ffi::SQLITE_IOERR,
        }
    }};
}

fn behind(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: SQLite reserved our head and the system's file in one piece.
    unsafe { file.cast::<Head>().add(1).cast() }
}

fn head<'a>(file: *mut sqlite3_file) -> Option<&'a Watched> {
    // SAFETY: `open` initialised the head; it stays until `close`.
    unsafe { (*file.cast::<Head>()).watched.as_deref() }
}

unsafe extern "C" fn open(
    _vfs: *mut sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    mut flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let watched = watched(path);
    if watched
        .as_ref()
        .is_some_and(|watched| watched.disk.is_read_only())
    {
        flags &= !(ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE);
        flags |= ffi::SQLITE_OPEN_READONLY;
    }
    let head = Head {
        base: sqlite3_file { pMethods: null() },
        watched: watched.map(Box::new),
    };
    // SAFETY: SQLite reserved `szOsFile` bytes here, aligned for any pointer.
    unsafe { file.cast::<Head>().write(head) };
    let real = behind(file);
    // SAFETY: the system's file lies behind our head, in the room that its VFS asked for.
    unsafe { (*real).pMethods = null() };
    // SAFETY: the system's VFS outlives the process; the arguments are SQLite's own.
    let code = match unsafe { (*system()).xOpen } {
        Some(open) => unsafe { open(system(), path, real, flags, out_flags) },
        None => ffi::SQLITE_IOERR,
    };
    if code == ffi::SQLITE_OK {
        // SAFETY: written just above.
        unsafe { (*file).pMethods = &raw const METHODS };
    } else {
        // SAFETY: written just above; without methods SQLite calls no close.
        unsafe { (*file.cast::<Head>()).watched = None };
    }
    code
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let code = real!(file, xClose);
    // SAFETY: initialised by `open`, and SQLite closes once.
    unsafe { (*file.cast::<Head>()).watched = None };
    code
}

unsafe extern "C" fn delete(_vfs: *mut sqlite3_vfs, path: *const c_char, sync_folder: c_int) -> c_int {
    let watched = watched(path);
    if let Some(Verdict::Fail(code)) = watched.as_ref().map(|watched| watched.disk.may_change()) {
        return code;
    }
    // Nothing is really synced.
    let really = if watched.is_some() { 0 } else { sync_folder };
    // SAFETY: the system's VFS outlives the process; the path is SQLite's own.
    let code = match unsafe { (*system()).xDelete } {
        Some(delete) => unsafe { delete(system(), path, really) },
        None => ffi::SQLITE_IOERR,
    };
    if let Some(Watched { disk, name }) = watched.filter(|_| code == ffi::SQLITE_OK) {
        disk.done(Op::Delete {
            file: name,
            synced: sync_folder != 0,
        });
    }
    code
}

unsafe extern "C" fn read(file: *mut sqlite3_file, to: *mut c_void, len: c_int, at: sqlite3_int64) -> c_int {
    if let Some(Verdict::Fail(code)) = head(file).map(|watched| watched.disk.may_read()) {
        return code;
    }
    real!(file, xRead, to, len, at)
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    len: c_int,
    at: sqlite3_int64,
) -> c_int {
    let Some(Watched { disk, name }) = head(file) else {
        return real!(file, xWrite, from, len, at);
    };
    let (offset, length) = (u64::try_from(at).unwrap_or(0), usize::try_from(len).unwrap_or(0));
    let (part, said) = match disk.may_write(name, offset, length) {
        Verdict::Do | Verdict::Lie => (length, ffi::SQLITE_OK),
        Verdict::Part(part, code) => (part, code),
        Verdict::Fail(code) => return code,
    };
    let code = real!(file, xWrite, from, c_int::try_from(part).unwrap_or(0), at);
    if code != ffi::SQLITE_OK {
        return code;
    }
    // SAFETY: SQLite passes `len` bytes, and `part` is at most that.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), part) }.to_vec();
    disk.done(Op::Write {
        file: Arc::clone(name),
        at: usize::try_from(offset).unwrap_or(0),
        bytes,
    });
    said
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, len: sqlite3_int64) -> c_int {
    let watched = head(file);
    if let Some(Verdict::Fail(code)) = watched.map(|watched| watched.disk.may_change()) {
        return code;
    }
    let code = real!(file, xTruncate, len);
    if let Some(Watched { disk, name }) = watched.filter(|_| code == ffi::SQLITE_OK) {
        disk.done(Op::Truncate {
            file: Arc::clone(name),
            len: usize::try_from(len).unwrap_or(0),
        });
    }
    code
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    let Some(Watched { disk, name }) = head(file) else {
        return real!(file, xSync, flags);
    };
    let file = Arc::clone(name);
    match disk.may_sync() {
        Verdict::Fail(code) | Verdict::Part(_, code) => return code,
        Verdict::Lie => disk.done(Op::Lie { file }),
        Verdict::Do => disk.done(Op::Sync { file }),
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    real!(file, xFileSize, size)
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    real!(file, xLock, level)
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    real!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    real!(file, xCheckReservedLock, out)
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, op: c_int, arg: *mut c_void) -> c_int {
    // Writes that go around `write` would not be seen: no memory maps, no batches.
    if op == ffi::SQLITE_FCNTL_MMAP_SIZE && head(file).is_some() {
        return ffi::SQLITE_NOTFOUND;
    }
    real!(file, xFileControl, op, arg)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    real!(file, xSectorSize)
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    real!(file, xDeviceCharacteristics) & !ffi::SQLITE_IOCAP_BATCH_ATOMIC
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    real!(file, xShmMap, page, size, extend, out)
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, n: c_int, flags: c_int) -> c_int {
    real!(file, xShmLock, offset, n, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    let real = behind(file);
    // SAFETY: as in `real!`.
    if let Some(barrier) = unsafe { (*real).pMethods.as_ref() }.and_then(|methods| methods.xShmBarrier) {
        // SAFETY: as in `real!`.
        unsafe { barrier(real) };
    }
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    real!(file, xShmUnmap, delete)
}
