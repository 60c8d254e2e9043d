//! Where files lie by default: the machine's folders for a service, a person's own otherwise.

use std::path::{Path, PathBuf};

/// The data folder where nobody names one.
pub(super) fn data() -> PathBuf {
    let machine = machine_data();
    if machine.is_dir() || runs_as_root() {
        return machine;
    }
    personal().map_or(machine, |dirs| dirs.data_dir().join("relay"))
}

/// The files that are looked for, strongest first.
pub(super) fn config_files() -> Vec<PathBuf> {
    let own = personal().map(|dirs| dirs.config_dir().join("relay.toml"));
    std::iter::once(machine_config()).chain(own).collect()
}

/// Where this user's next relay.toml lies: the machine's for an administrator, a person's own otherwise.
pub(super) fn own_config() -> PathBuf {
    match personal() {
        Some(dirs) if !runs_as_root() && !cfg!(windows) => dirs.config_dir().join("relay.toml"),
        _ => machine_config(),
    }
}

fn personal() -> Option<directories::ProjectDirs> {
    directories::ProjectDirs::from("", "", "Printrail")
}

#[cfg(windows)]
fn machine_data() -> PathBuf {
    program_data().join("relay")
}

#[cfg(windows)]
fn machine_config() -> PathBuf {
    program_data().join("relay.toml")
}

#[cfg(windows)]
fn program_data() -> PathBuf {
    let root = std::env::var_os("ProgramData").unwrap_or_else(|| r"C:\ProgramData".into());
    Path::new(&root).join("Printrail")
}

#[cfg(not(windows))]
fn machine_data() -> PathBuf {
    Path::new("/var/lib/printrail-relay").to_owned()
}

#[cfg(not(windows))]
fn machine_config() -> PathBuf {
    Path::new("/etc/printrail/relay.toml").to_owned()
}

/// The owner of this process, as the kernel shows it; where it shows nothing, a person's own
/// folder is the safe answer.
#[cfg(target_os = "linux")]
fn runs_as_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(not(target_os = "linux"))]
fn runs_as_root() -> bool {
    false
}
