//! What the computer has to give: a folder that keeps what is written, room on the disk, a private token.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use super::Check;
use crate::config::Config;
use crate::service::{self, ServiceError};

/// A commit slower than this is felt at the printer; disks of flash need 1 to 10 ms.
const SLOW_SYNC: Duration = Duration::from_millis(100);

/// Below this an evening's tickets and the log still fit, but something else is filling the disk.
const LOW: u64 = 500 * 1024 * 1024;

/// Below this the spool may soon refuse tickets.
const FULL: u64 = 50 * 1024 * 1024;

/// Of the disk, in percent: above it a person should know before tickets are refused (DELIVERY.md, D2).
const USED: u64 = 90;

pub(super) fn checks(config: &Config) -> Vec<Check> {
    vec![
        service(),
        data_folder(&config.data),
        disk(&config.data),
        token(config),
    ]
}

/// Whether a commit reaches the disk, and how fast.
fn data_folder(data: &Path) -> Check {
    let probe = data.join(format!(".doctor-{}", std::process::id()));
    let began = Instant::now();
    let written = fs::File::create(&probe).and_then(|mut file| {
        file.write_all(&[0; 4096])?;
        file.sync_all()
    });
    let took = began.elapsed();
    let _ = fs::remove_file(&probe);
    let (place, ms) = (data.display(), took.as_millis());
    match written {
        Ok(()) if took > SLOW_SYNC => {
            let text = format!("{place} needs {ms} ms for a commit, and every ticket waits for one");
            Check::warn("data", text, "put it on a local disk of flash with --data DIR")
        }
        Ok(()) => Check::pass("data", format!("{place} takes a commit in {ms} ms")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Check::warn(
            "data",
            format!("{place} is not there yet"),
            "printrail-agent doctor --fix",
        ),
        Err(error) => {
            let text = format!("{place} cannot be written ({error})");
            Check::fail(
                "data",
                text,
                "sudo printrail-agent doctor, or run it as the agent's user",
            )
        }
    }
}

/// Whether it runs at every boot. A person who tries it out has no service, which is no fault.
fn service() -> Check {
    match service::state() {
        Err(ServiceError::NoManager(_)) => {
            Check::skip("service", "this computer has no service manager that it knows")
        }
        Err(error) => Check::warn("service", crate::chain(&error), "printrail-agent service status"),
        Ok(state) if !state.installed => Check::skip(
            "service",
            "not installed: it runs while `printrail-agent run` does",
        ),
        Ok(state) if !state.running => Check::warn(
            "service",
            format!("installed and not running ({})", state.detail),
            "sudo printrail-agent service start",
        ),
        Ok(state) if !state.enabled => Check::warn(
            "service",
            "runs, and will not start at the next boot",
            "sudo printrail-agent service start",
        ),
        Ok(state) => Check::pass("service", format!("{}, starts at boot", state.detail)),
    }
}

fn disk(data: &Path) -> Check {
    let Some((free, size)) = space(data) else {
        return Check::skip("disk", "how much room there is cannot be asked here");
    };
    let megabytes = free / (1024 * 1024);
    let used = 100 - free.saturating_mul(100) / size.max(1);
    let text = format!("{megabytes} MB free, {used} % used");
    if free < FULL {
        Check::fail("disk", format!("{text}: tickets will be refused"), room())
    } else if free < LOW || (used >= USED && free < 10 * LOW) {
        Check::warn("disk", text, room())
    } else {
        Check::pass("disk", text)
    }
}

fn room() -> &'static str {
    if cfg!(windows) {
        "cleanmgr"
    } else {
        "sudo journalctl --vacuum-size=200M"
    }
}

/// Free bytes for this user, and all bytes.
#[cfg(unix)]
fn space(path: &Path) -> Option<(u64, u64)> {
    let room = rustix::fs::statvfs(path).ok()?;
    Some((
        room.f_bavail.saturating_mul(room.f_frsize),
        room.f_blocks.saturating_mul(room.f_frsize),
    ))
}

#[cfg(windows)]
fn space(path: &Path) -> Option<(u64, u64)> {
    crate::spool::disk::room(path)
}

fn token(config: &Config) -> Check {
    let path = &config.relay.token_file;
    let place = path.display();
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Check::warn(
            "token",
            format!("there is no {place}; only a relay without tokens takes this computer so"),
            "printrail-agent pair CODE",
        ),
        Err(error) => Check::fail(
            "token",
            format!("{place} cannot be read ({error})"),
            "sudo printrail-agent doctor, or run it as the agent's user",
        ),
        Ok(token) if token.trim_ascii().is_empty() => {
            Check::fail("token", format!("{place} is empty"), "printrail-agent pair CODE")
        }
        Ok(_) if is_private(path) => Check::pass("token", format!("{place} is there, for its owner alone")),
        Ok(_) => Check::fail(
            "token",
            format!("others can read {place}"),
            "printrail-agent doctor --fix",
        ),
    }
}

#[cfg(unix)]
pub(super) fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 == 0)
}

/// Elsewhere the folder's rights decide.
#[cfg(not(unix))]
pub(super) fn is_private(_: &Path) -> bool {
    true
}
