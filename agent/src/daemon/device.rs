//! Who this agent is: the id that it was enrolled with, or one of its own.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The file in the data folder.
const FILE: &str = "device.json";

/// What is known of this device. Its token is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its id at the relay.
    pub device_id: String,
    /// The outlet that it was enrolled at, none where it never was.
    #[serde(default)]
    pub outlet: Option<String>,
}

impl Device {
    /// The device of this data folder; one that was never enrolled gets an id of its own and keeps it.
    ///
    /// # Errors
    /// Where the file can neither be read nor written.
    pub fn load(data: &Path) -> io::Result<Self> {
        let kept = match fs::read_to_string(data.join(FILE)) {
            Ok(text) => serde_json::from_str(&text).ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if let Some(device) = kept {
            return Ok(device);
        }
        let device = Self {
            device_id: format!("agent-{}", uuid::Uuid::now_v7()),
            outlet: None,
        };
        device.save(data)?;
        Ok(device)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save(&self, data: &Path) -> io::Result<()> {
        fs::create_dir_all(data)?;
        write_private(&data.join(FILE), &serde_json::to_string(self)?)
    }
}

/// Writes a file that only its owner may read (0600), whole or not at all.
///
/// # Errors
/// Where it cannot be written, synced or renamed.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or(io::ErrorKind::InvalidInput)?
        .to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = create_private(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&draft, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&draft);
    }
    renamed
}

fn create_private(path: &Path) -> io::Result<fs::File> {
    // A draft that a crash left may have other rights.
    let _ = fs::remove_file(path);
    let mut options = fs::File::options();
    options.write(true).create_new(true);
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
    fn a_device_that_was_never_enrolled_keeps_its_own_id() {
        let folder = tempfile::tempdir().unwrap();
        let first = Device::load(folder.path()).unwrap();
        assert!(first.device_id.starts_with("agent-"));
        assert_eq!(Device::load(folder.path()).unwrap(), first);
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_for_its_owner_alone_even_where_it_was_open_to_all() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "old").unwrap();
        write_private(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
