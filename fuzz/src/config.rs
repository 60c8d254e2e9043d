//! agent.toml and relay.toml, whatever stands in them.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tempfile::TempDir;

/// A folder in memory where there is one, and no file in it but the one that is tried.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory).unwrap(),
        false => tempfile::tempdir().unwrap(),
    }
}

fn written(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder
        .path()
        .join(format!("{:?}.toml", std::thread::current().id()));
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A file that cannot be used is refused with words; one that can be holds together.
pub(crate) fn agent(bytes: &[u8]) {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);
    let flags = agent::config::Flags {
        config: Some(written(&FOLDER, bytes)),
        data: Some(FOLDER.path().to_owned()),
        ..agent::config::Flags::default()
    };
    let config = match agent::config::load(&flags, &|_| None) {
        Ok(loaded) => loaded.config,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let relay = &config.relay;
    assert!(relay.url.is_secure() || relay.url.is_loopback() || relay.allow_plaintext);
    for station in &config.stations {
        assert!(config.printer(&station.printer).is_some(), "{}", station.name);
        let backup = station.backup.as_ref();
        assert!(backup.is_none_or(|name| *name != station.printer && config.printer(name).is_some()));
    }
}

/// The same for the relay's.
pub(crate) fn relay(bytes: &[u8]) {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);
    let flags = relay::config::Flags {
        config: Some(written(&FOLDER, bytes)),
        ..relay::config::Flags::default()
    };
    match relay::config::Config::load(&flags) {
        Ok(config) => assert!(!config.insecure_no_auth || config.listen.ip().to_canonical().is_loopback()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
