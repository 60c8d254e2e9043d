//! A folder that is watched: what is done to its files, and which faults are planted.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::image::Image;
use crate::log::{Log, Op};
use crate::vfs;

/// What goes wrong from the moment it is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Files may grow to so many bytes together, then the disk is full.
    Full {
        /// The bytes.
        bytes: u64,
    },
    /// Reads fail (EIO).
    ReadError,
    /// Writes fail and nothing of them arrives (EIO).
    WriteError,
    /// Half of a write arrives, then it fails (EIO).
    TornWrite,
    /// Syncs fail and nothing became safer (EIO).
    SyncError,
    /// Syncs say that they worked and did nothing, as `synchronous=OFF` and some drives do.
    LyingSync,
    /// The file system was mounted read-only, as Linux does with a failing disk.
    ReadOnly,
}

/// A watched folder. Cheap to clone; watched until the last clone is gone.
#[derive(Debug, Clone)]
pub struct Disk {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    log: Log,
    sizes: BTreeMap<Arc<str>, u64>,
    planted: Option<Planted>,
}

#[derive(Debug)]
struct Planted {
    fault: Fault,
    /// Operations that still go well.
    after: usize,
    /// Operations that it then meets.
    times: usize,
}

/// What the disk does with an operation.
pub(crate) enum Verdict {
    Do,
    /// So many bytes of it, then the error.
    Part(usize, i32),
    Fail(i32),
    Lie,
}

impl Disk {
    /// Watches a folder. What it holds is taken as safe.
    ///
    /// # Errors
    /// Where the folder cannot be made or read, or `SQLite` takes no VFS.
    pub fn under(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let base = held(&folder)?;
        let sizes = base
            .files
            .iter()
            .map(|(name, bytes)| (Arc::clone(name), bytes.len() as u64));
        let state = State {
            sizes: sizes.collect(),
            log: Log {
                base,
                ops: Vec::new(),
            },
            planted: None,
        };
        let shared = Arc::new(Shared {
            folder,
            state: Mutex::new(state),
        });
        vfs::watch(&shared)?;
        Ok(Self { shared })
    }

    /// Plants a fault: every operation of its kind from now on.
    pub fn plant(&self, fault: Fault) {
        self.plant_at(0, usize::MAX, fault);
    }

    /// Plants a fault that meets the operations of its kind after the next `after` ones, `times` times.
    pub fn plant_at(&self, after: usize, times: usize, fault: Fault) {
        self.shared
            .with(|state| state.planted = Some(Planted { fault, after, times }));
    }

    /// Takes the fault away.
    pub fn heal(&self) {
        self.shared.with(|state| state.planted = None);
    }

    /// How many operations were done.
    #[must_use]
    pub fn point(&self) -> usize {
        self.shared.with(|state| state.log.ops.len())
    }

    /// Bytes in all files together.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.shared.with(|state| state.sizes.values().sum())
    }

    /// What was done so far.
    #[must_use]
    pub fn log(&self) -> Log {
        self.shared.with(|state| state.log.clone())
    }
}

impl Shared {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asked before a read.
    pub(crate) fn may_read(&self) -> Verdict {
        self.with(|state| match state.strikes(&[Fault::ReadError]) {
            Some(_) => Verdict::Fail(vfs::IOERR_READ),
            None => Verdict::Do,
        })
    }

    /// Asked before a write of `len` bytes at `at`.
    pub(crate) fn may_write(&self, file: &str, at: u64, len: usize) -> Verdict {
        self.with(|state| {
            if let Some(Fault::Full { bytes }) = state.fault() {
                let size = state.sizes.get(file).copied().unwrap_or(0);
                let growth = (at + len as u64).saturating_sub(size);
                let used: u64 = state.sizes.values().sum();
                if growth == 0 || used + growth <= bytes {
                    return Verdict::Do;
                }
                return if state.strike() {
                    Verdict::Fail(vfs::FULL)
                } else {
                    Verdict::Do
                };
            }
            match state.strikes(&[Fault::WriteError, Fault::TornWrite, Fault::ReadOnly]) {
                Some(Fault::TornWrite) => Verdict::Part(len / 2, vfs::IOERR_WRITE),
                Some(_) => Verdict::Fail(vfs::IOERR_WRITE),
                None => Verdict::Do,
            }
        })
    }

    /// Asked before a truncation or deletion.
    pub(crate) fn may_change(&self) -> Verdict {
        self.with(
            |state| match state.strikes(&[Fault::WriteError, Fault::ReadOnly]) {
                Some(_) => Verdict::Fail(vfs::IOERR_WRITE),
                None => Verdict::Do,
            },
        )
    }

    /// Asked before a sync.
    pub(crate) fn may_sync(&self) -> Verdict {
        self.with(
            |state| match state.strikes(&[Fault::SyncError, Fault::LyingSync]) {
                Some(Fault::SyncError) => Verdict::Fail(vfs::IOERR_FSYNC),
                Some(_) => Verdict::Lie,
                None => Verdict::Do,
            },
        )
    }

    /// Whether files open for reading alone.
    pub(crate) fn is_read_only(&self) -> bool {
        self.with(|state| state.fault() == Some(Fault::ReadOnly))
    }

    /// Notes what was done.
    pub(crate) fn done(&self, op: Op) {
        self.with(|state| {
            match &op {
                Op::Write { file, at, bytes } => {
                    let end = (at + bytes.len()) as u64;
                    let size = state.sizes.entry(Arc::clone(file)).or_default();
                    *size = end.max(*size);
                }
                Op::Truncate { file, len } => _ = state.sizes.insert(Arc::clone(file), *len as u64),
                Op::Delete { file, .. } => _ = state.sizes.remove(file),
                Op::Sync { .. } | Op::Lie { .. } => {}
            }
            state.log.ops.push(op);
        });
    }
}

impl State {
    /// The planted fault, where it is one of these and this operation is one that it meets.
    fn strikes(&mut self, kinds: &[Fault]) -> Option<Fault> {
        let fault = self.planted.as_ref()?.fault;
        (kinds.contains(&fault) && self.strike()).then_some(fault)
    }

    fn strike(&mut self) -> bool {
        let Some(planted) = &mut self.planted else {
            return false;
        };
        if planted.after > 0 {
            planted.after -= 1;
            return false;
        }
        let strikes = planted.times > 0;
        planted.times = planted.times.saturating_sub(1);
        strikes
    }

    fn fault(&self) -> Option<Fault> {
        self.planted.as_ref().map(|planted| planted.fault)
    }
}

fn held(folder: &Path) -> io::Result<Image> {
    let mut image = Image::default();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let name = entry.file_name().to_string_lossy().into();
            image.files.insert(name, std::fs::read(entry.path())?);
        }
    }
    Ok(image)
}
