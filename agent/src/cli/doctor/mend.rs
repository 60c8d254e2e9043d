//! `doctor --fix`: what needs no decision.

use std::fs;
use std::path::Path;

use super::computer::is_private;
use crate::cli::env;
use crate::config::{Flags, load_relay};
use crate::daemon::ask::{Ask, AskError, ask};

/// What commands leave behind that were killed: test spools, doctor's own probes, drafts.
const LEFTOVERS: [&str; 2] = ["test-", ".doctor-"];

/// Mends what it can; each thing that was done in words.
pub(super) fn mend(flags: &Flags) -> Vec<String> {
    // A broken configuration cannot say where anything lies.
    let Ok(known) = load_relay(flags, &env) else {
        return Vec::new();
    };
    let (data, token) = (&known.places.data, &known.relay.token_file);
    let mut done = Vec::new();
    if !data.exists() && create_private(data) {
        done.push(format!("{} is there now", data.display()));
    }
    if token.exists() && !is_private(token) && make_private(token) {
        done.push(format!("{} is for its owner alone now", token.display()));
    }
    if !is_running(data) {
        done.extend(clear(data));
    }
    done
}

/// Anything but a clear no counts as running.
fn is_running(data: &Path) -> bool {
    !matches!(ask(data, Ask::Status), Err(AskError::NotRunning { .. }))
}

fn clear(data: &Path) -> Vec<String> {
    let mut done = Vec::new();
    for entry in fs::read_dir(data).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let of_process = LEFTOVERS.iter().find_map(|kind| name.strip_prefix(kind));
        let is_leftover = of_process.is_some_and(|id| id.parse::<u32>().is_ok_and(|id| !is_alive(id)));
        let path = entry.path();
        if is_leftover && (fs::remove_file(&path).is_ok() || fs::remove_dir_all(&path).is_ok()) {
            done.push(format!("{} was a leftover and is gone", path.display()));
        }
    }
    done
}

/// Whether a process of that number may still use its files.
fn is_alive(id: u32) -> bool {
    !cfg!(target_os = "linux") || id == std::process::id() || Path::new("/proc").join(id.to_string()).exists()
}

fn create_private(path: &Path) -> bool {
    fs::create_dir_all(path).is_ok_and(|()| make_folder_private(path))
}

#[cfg(unix)]
fn make_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).is_ok()
}

#[cfg(unix)]
fn make_folder_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).is_ok()
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn make_folder_private(_: &Path) -> bool {
    true
}
