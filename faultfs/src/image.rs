//! What a disk holds, and which part of it survives a power cut.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use crate::log::Op;
use crate::seed::Seed;

/// What a disk writes whole or not at all. `SQLite` assumes no more (atomic writes are not claimed), and that a
/// torn write leaves its neighbours alone (`SQLITE_IOCAP_POWERSAFE_OVERWRITE`).
const SECTOR: usize = 512;

/// The files of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// Their bytes by name.
    pub files: BTreeMap<Arc<str>, Vec<u8>>,
}

impl Image {
    /// Writes the files into a folder, which should be empty.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        self.files
            .iter()
            .try_for_each(|(name, bytes)| fs::write(folder.join(&**name), bytes))
    }

    /// Flips one bit of a file; nothing where there is no such byte.
    pub fn flip(&mut self, file: &str, byte: usize, bit: u32) {
        let byte = self.files.get_mut(file).and_then(|bytes| bytes.get_mut(byte));
        if let Some(byte) = byte {
            *byte ^= 1_u8.rotate_left(bit);
        }
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Write { file, at, bytes } => self.write(file, *at, bytes),
            Op::Truncate { file, len } => self.files.entry(Arc::clone(file)).or_default().resize(*len, 0),
            Op::Delete { file, .. } => _ = self.files.remove(file),
            Op::Sync { .. } | Op::Lie { .. } => {}
        }
    }

    fn write(&mut self, file: &Arc<str>, at: usize, new: &[u8]) {
        let bytes = self.files.entry(Arc::clone(file)).or_default();
        let end = at + new.len();
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        if let Some(place) = bytes.get_mut(at..end) {
            place.copy_from_slice(new);
        }
    }
}

/// Which of the unsynced writes survive.
#[derive(Debug, Clone, Copy)]
enum Luck {
    None,
    All,
    Sectors,
}

/// What is safe, and what was done since.
#[derive(Debug)]
pub(crate) struct Cutter<'a> {
    safe: Image,
    loose: Vec<&'a Op>,
    /// Files that there are.
    live: BTreeSet<Arc<str>>,
    /// Files made since, whose names may not be safe.
    fresh: BTreeSet<Arc<str>>,
}

impl<'a> Cutter<'a> {
    pub(crate) fn new(base: &Image) -> Self {
        Self {
            safe: base.clone(),
            loose: Vec::new(),
            live: base.files.keys().cloned().collect(),
            fresh: BTreeSet::new(),
        }
    }

    /// Passes operations that were finished.
    pub(crate) fn forward(&mut self, ops: impl Iterator<Item = &'a Op>) {
        for op in ops {
            match op {
                Op::Sync { file } => self.settle(file),
                Op::Write { file, .. } | Op::Truncate { file, .. } => {
                    if self.live.insert(Arc::clone(file)) {
                        self.fresh.insert(Arc::clone(file));
                    }
                    self.loose.push(op);
                }
                Op::Delete { file, synced } => {
                    self.live.remove(file);
                    self.loose.push(op);
                    if *synced {
                        self.settle_deletions();
                    }
                }
                Op::Lie { .. } => {}
            }
        }
    }

    /// The first sync of a new journal or log syncs its folder too (`UNIXFILE_DIRSYNC` in SQLite's os_unix.c).
    fn settle(&mut self, file: &Arc<str>) {
        let log = file.ends_with("-wal") || file.ends_with("-journal");
        if self.fresh.remove(file) && log {
            self.settle_deletions();
        }
        for op in self.loose.extract_if(.., |op| name(op) == file) {
            self.safe.apply(op);
        }
    }

    /// What was done to a file before it was deleted is gone with it.
    fn settle_deletions(&mut self) {
        let is_deletion = |op: &&Op| matches!(op, Op::Delete { .. });
        while let Some(last) = self.loose.iter().rposition(is_deletion) {
            let Some(file) = self.loose.get(last).map(|op| Arc::clone(name(op))) else {
                return;
            };
            self.safe.files.remove(&file);
            let mut at = 0;
            self.loose.retain(|op| {
                at += 1;
                at > last + 1 || *name(op) != file
            });
        }
    }

    /// What survives when the power goes while `under_way` is being done.
    pub(crate) fn cut(&self, under_way: Option<&'a Op>, seed: &mut Seed) -> Image {
        let mut image = self.safe.clone();
        let luck = match seed.below(4) {
            0 => Luck::None,
            1 => Luck::All,
            _ => Luck::Sectors,
        };
        for op in &self.loose {
            survive(&mut image, op, luck, seed);
        }
        if let Some(op) = under_way {
            survive(&mut image, op, Luck::Sectors, seed);
        }
        image
    }
}

fn survive(image: &mut Image, op: &Op, luck: Luck, seed: &mut Seed) {
    match (luck, op) {
        (Luck::None, _) => {}
        (Luck::All, _) => image.apply(op),
        (Luck::Sectors, Op::Write { file, at, bytes }) => tear(image, file, *at, bytes, seed),
        (Luck::Sectors, _) if seed.once_in(2) => image.apply(op),
        (Luck::Sectors, _) => {}
    }
}

/// Each sector of the write survives or not.
fn tear(image: &mut Image, file: &Arc<str>, mut at: usize, mut bytes: &[u8], seed: &mut Seed) {
    while !bytes.is_empty() {
        let (sector, rest) = bytes.split_at(bytes.len().min(SECTOR - at % SECTOR));
        if seed.once_in(2) {
            image.write(file, at, sector);
        }
        at += sector.len();
        bytes = rest;
    }
}

fn name(op: &Op) -> &Arc<str> {
    match op {
        Op::Write { file, .. }
        | Op::Truncate { file, .. }
        | Op::Sync { file }
        | Op::Lie { file }
        | Op::Delete { file, .. } => file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Log;

    fn write(at: usize, byte: u8, len: usize) -> Op {
        Op::Write {
            file: "f".into(),
            at,
            bytes: vec![byte; len],
        }
    }

    fn log(ops: Vec<Op>) -> Log {
        Log {
            base: Image::default(),
            ops,
        }
    }

    #[test]
    fn what_was_synced_survives_every_cut_and_what_was_not_may_be_torn() {
        let sync = Op::Sync { file: "f".into() };
        let log = log(vec![write(0, 1, 2048), sync, write(1024, 2, 2048)]);
        let mut torn = 0;
        for seed in 0..64 {
            let image = log.cut(3, &mut Seed::new(seed));
            let bytes = &image.files["f"];
            assert!(bytes[..1024].iter().all(|byte| *byte == 1));
            let twos = bytes.iter().filter(|byte| **byte == 2).count();
            assert_eq!(twos % SECTOR, 0);
            torn += usize::from(![0, 2048].contains(&twos));
        }
        assert!(torn > 10, "{torn}");
    }

    #[test]
    fn a_lie_makes_nothing_safe() {
        let lie = Op::Lie { file: "f".into() };
        let log = log(vec![write(0, 1, 512), lie]);
        let lost = (0..64).filter(|seed| log.cut(2, &mut Seed::new(*seed)).files.is_empty());
        assert!(lost.count() > 10);
    }

    #[test]
    fn a_deletion_is_safe_once_its_folder_was_synced_with_a_new_log() {
        let file = || "x-journal".into();
        let old = Op::Write {
            file: file(),
            at: 0,
            bytes: vec![1; 9],
        };
        let gone = Op::Delete {
            file: file(),
            synced: false,
        };
        let new = Op::Write {
            file: "x-wal".into(),
            at: 0,
            bytes: vec![2; 9],
        };
        let ops = vec![
            old,
            Op::Sync { file: file() },
            gone,
            new,
            Op::Sync { file: "x-wal".into() },
        ];
        let log = log(ops);
        let stays = |point| {
            (0..64).any(|seed| {
                log.cut(point, &mut Seed::new(seed))
                    .files
                    .contains_key("x-journal")
            })
        };
        assert!(stays(3) && stays(4));
        assert!(!stays(5));
    }

    #[test]
    fn a_walk_cuts_as_single_cuts_do() {
        let sync = Op::Sync { file: "f".into() };
        let log = log(vec![write(0, 1, 900), sync, write(300, 2, 900), write(0, 3, 10)]);
        let mut walk = log.walk();
        for point in 0..=4 {
            let one = log.cut(point, &mut Seed::new(7));
            assert_eq!(walk.cut(point, &mut Seed::new(7)), one, "{point}");
        }
    }
}
