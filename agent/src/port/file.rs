//! Device nodes, FIFOs and files. A device is read too; nothing else has anything to say.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{OpenError, Port, WRITE, named};

/// Between two tries at a device or FIFO that has no room or nothing to say.
const PAUSE: Duration = Duration::from_millis(5);

/// Without it the opening of a FIFO that nobody reads would never return, nor a write to a stopped printer.
#[cfg(target_os = "linux")]
const O_NONBLOCK: i32 = 0o4000;
#[cfg(all(unix, not(target_os = "linux")))]
const O_NONBLOCK: i32 = 0x4;

pub(super) fn open(path: &Path) -> Result<Box<dyn Port>, OpenError> {
    let name = path.display().to_string();
    let kind = Kind::of(path);
    let file = options(kind).open(path).map_err(|error| match kind {
        // ENXIO: a FIFO without a reader.
        Kind::Fifo if error.kind() != io::ErrorKind::PermissionDenied => {
            OpenError::Missing(format!("the reader of {name}"))
        }
        _ => named(error, &name),
    })?;
    let timeout = PAUSE;
    Ok(Box::new(Node { file, kind, timeout }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Device,
    #[cfg_attr(
        not(unix),
        expect(dead_code, reason = "pipes there have no place in the file system")
    )]
    Fifo,
    File,
}

impl Kind {
    #[cfg(unix)]
    fn of(path: &Path) -> Self {
        use std::os::unix::fs::FileTypeExt;
        let kind = std::fs::metadata(path).map(|metadata| metadata.file_type());
        match kind {
            Ok(kind) if kind.is_char_device() => Self::Device,
            Ok(kind) if kind.is_fifo() => Self::Fifo,
            Ok(_) | Err(_) => Self::File,
        }
    }

    #[cfg(not(unix))]
    fn of(_: &Path) -> Self {
        Self::File
    }
}

fn options(kind: Kind) -> OpenOptions {
    let mut options = OpenOptions::new();
    match kind {
        Kind::Device => options.read(true).write(true),
        Kind::Fifo => options.write(true),
        Kind::File => options.append(true).create(true),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(O_NONBLOCK);
    }
    options
}

struct Node {
    file: File,
    kind: Kind,
    timeout: Duration,
}

impl Read for Node {
    /// A device that has nothing to say answers with nothing, which is no end.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = Instant::now() + self.timeout;
        loop {
            match self.file.read(buffer) {
                Ok(0) => {}
                Err(error) if super::is_timeout(&error) => {}
                done => return done,
            }
            if Instant::now() >= end {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Write for Node {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = Instant::now() + WRITE;
        loop {
            match self.file.write(bytes) {
                Err(error) if super::is_timeout(&error) && Instant::now() < end => thread::sleep(PAUSE),
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Port for Node {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.timeout = timeout;
        Ok(())
    }

    fn is_readable(&self) -> bool {
        self.kind == Kind::Device
    }

    fn close(self: Box<Self>) {
        if self.kind == Kind::File {
            // What is said to be sent is at least on the disk.
            let _ = self.file.sync_data();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_grows_and_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("paper.bin");
        for ticket in [b"one".as_slice(), b"two"] {
            let mut port = open(&path).unwrap();
            assert!(!port.is_readable());
            port.write_all(ticket).unwrap();
            port.close();
        }
        assert_eq!(std::fs::read(&path).unwrap(), b"onetwo");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = open(Path::new("/no/such/folder/lp0")).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("/no/such/folder/lp0"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_without_a_reader_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        assert!(matches!(open(&path), Err(OpenError::Missing(_))));
        let reader = thread::spawn({
            let path = path.clone();
            move || std::fs::read(path).unwrap()
        });
        let mut port = loop {
            if let Ok(port) = open(&path) {
                break port;
            }
        };
        port.write_all(b"ticket").unwrap();
        port.close();
        assert_eq!(reader.join().unwrap(), b"ticket");
    }
}
