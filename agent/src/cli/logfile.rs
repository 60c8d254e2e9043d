//! The agent's own log file: private, and of a size that never fills a disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Two files of this size: some weeks of a busy kitchen.
const SIZE_MAX: u64 = 4 * 1024 * 1024;

/// The current file, in the data folder.
pub(super) fn current(data: &Path) -> PathBuf {
    data.join("agent.log")
}

/// The one before it.
pub(super) fn earlier(data: &Path) -> PathBuf {
    data.join("agent.log.1")
}

/// What the log is written to. A failure to write loses a line and stops nothing.
pub(super) struct LogFile {
    data: PathBuf,
    file: File,
    size: u64,
}

impl LogFile {
    /// None where the data folder cannot be written; why, the spool says in a moment.
    pub(super) fn open(data: &Path) -> Option<Self> {
        fs::create_dir_all(data).ok()?;
        let file = append(&current(data)).ok()?;
        let size = file.metadata().ok()?.len();
        let data = data.to_owned();
        Some(Self { data, file, size })
    }

    fn turn(&mut self) -> io::Result<()> {
        fs::rename(current(&self.data), earlier(&self.data))?;
        self.file = append(&current(&self.data))?;
        self.size = 0;
        Ok(())
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.size >= SIZE_MAX {
            // A file that cannot be turned grows no further.
            self.turn()?;
        }
        let taken = self.file.write(bytes)?;
        self.size = self.size.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_never_outgrows_two_files() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = LogFile::open(folder.path()).unwrap();
        let line = [b'x'; 64 * 1024];
        for _ in 0..400 {
            log.write_all(&line).unwrap();
        }
        let sizes: Vec<u64> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .collect();
        assert_eq!(sizes.len(), 2);
        assert!(
            sizes.iter().all(|size| *size <= SIZE_MAX + 64 * 1024),
            "{sizes:?}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_log_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let _log = LogFile::open(folder.path()).unwrap();
        let mode = fs::metadata(current(folder.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
