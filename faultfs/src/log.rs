//! What was done to a disk, in order.

use std::sync::Arc;

use crate::image::{Cutter, Image};
use crate::seed::Seed;

/// One thing done to a file. Files are named relative to the watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Bytes were handed to the system: they may survive a cut before the next sync, or a part of them.
    Write {
        /// The file.
        file: Arc<str>,
        /// Where in it.
        at: usize,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The file was cut to a length.
    Truncate {
        /// The file.
        file: Arc<str>,
        /// Its length now.
        len: usize,
    },
    /// All that was done to the file before survives from here on.
    Sync {
        /// The file.
        file: Arc<str>,
    },
    /// A sync was asked for and the disk lied: nothing became safer.
    Lie {
        /// The file.
        file: Arc<str>,
    },
    /// The file was removed; for good from here on where the folder was synced with it.
    Delete {
        /// The file.
        file: Arc<str>,
        /// Whether its folder was synced.
        synced: bool,
    },
}

/// Everything done to a disk since it was watched, and what it held before.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// What the disk held.
    pub base: Image,
    /// What was done.
    pub ops: Vec<Op>,
}

impl Log {
    /// What is on the disk after a power cut while operation `point` was under way. What was written and not
    /// synced survives whole, in parts of 512 bytes or not at all, as the seed says.
    #[must_use]
    pub fn cut(&self, point: usize, seed: &mut Seed) -> Image {
        let mut cutter = Cutter::new(&self.base);
        cutter.forward(self.ops.iter().take(point));
        cutter.cut(self.ops.get(point), seed)
    }

    /// A walk over the log that cuts at one point after another, cheaper than [`Self::cut`] for each.
    #[must_use]
    pub fn walk(&self) -> Walk<'_> {
        Walk {
            cutter: Cutter::new(&self.base),
            ops: &self.ops,
            at: 0,
        }
    }
}

/// See [`Log::walk`].
#[derive(Debug)]
pub struct Walk<'a> {
    cutter: Cutter<'a>,
    ops: &'a [Op],
    at: usize,
}

impl Walk<'_> {
    /// As [`Log::cut`]; `point` must not be before the last one.
    pub fn cut(&mut self, point: usize, seed: &mut Seed) -> Image {
        let point = point.clamp(self.at, self.ops.len());
        let passed = self.ops.get(self.at..point).unwrap_or_default();
        self.cutter.forward(passed.iter());
        self.at = point;
        self.cutter.cut(self.ops.get(point), seed)
    }
}
