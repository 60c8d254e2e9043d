//! The service under launchd. Written from `launchd.plist(5)` and `launchctl(1)`, and never tried on a Mac.

use std::convert::Infallible;
use std::fs;
use std::future::pending;
use std::path::{Path, PathBuf};
use std::process::Command;

use tokio::sync::watch;

use super::{Action, Installed, ServiceError, ServiceState};
use crate::link::LinkStatus;

/// The job's label and its file.
const LABEL: &str = "system/printrail.agent";
const PLIST: &str = "/Library/LaunchDaemons/printrail.agent.plist";
const TEXT: &str = include_str!("../../../packaging/macos/printrail.agent.plist");

/// launchd asks for no word: waits for ever.
pub async fn accompany(_: watch::Receiver<LinkStatus>, _: impl AsyncFn() -> bool) -> Infallible {
    pending().await
}

/// Writes the job's file without starting it.
///
/// # Errors
/// [`ServiceError`].
pub fn install() -> Result<Installed, ServiceError> {
    let failed = |path: &Path, source| ServiceError::File {
        path: path.to_owned(),
        source,
    };
    let program = std::env::current_exe().map_err(|source| failed(Path::new("printrail-agent"), source))?;
    let text = TEXT.replace("/usr/local/bin/printrail-agent", &program.display().to_string());
    let path = PathBuf::from(PLIST);
    fs::write(&path, text).map_err(|source| failed(&path, source))?;
    Ok(Installed {
        unit: path,
        packaged: false,
    })
}

/// Stops the job and removes its file; configuration, token and spool stay.
///
/// # Errors
/// [`ServiceError`].
pub fn uninstall() -> Result<(), ServiceError> {
    installed()?;
    // A job that is not loaded is as good as stopped.
    let _ = launchctl(&["bootout", LABEL]);
    fs::remove_file(PLIST).map_err(|source| ServiceError::File {
        path: PLIST.into(),
        source,
    })
}

/// Starts, stops or restarts the job.
///
/// # Errors
/// [`ServiceError`].
pub fn act(action: Action) -> Result<(), ServiceError> {
    installed()?;
    match action {
        Action::Start => launchctl(&["bootstrap", "system", PLIST]).map(drop),
        Action::Stop => launchctl(&["bootout", LABEL]).map(drop),
        Action::Restart => launchctl(&["kickstart", "-k", LABEL]).map(drop),
    }
}

/// How the job is.
///
/// # Errors
/// None today.
pub fn state() -> Result<ServiceState, ServiceError> {
    let said = launchctl(&["print", LABEL]);
    let running = said.as_ref().is_ok_and(|text| text.contains("state = running"));
    Ok(ServiceState {
        installed: Path::new(PLIST).exists(),
        enabled: said.is_ok(),
        running,
        detail: if running { "running" } else { "not running" }.to_owned(),
    })
}

fn installed() -> Result<(), ServiceError> {
    match Path::new(PLIST).exists() {
        true => Ok(()),
        false => Err(ServiceError::NotInstalled),
    }
}

fn launchctl(arguments: &[&str]) -> Result<String, ServiceError> {
    let failed = |said: String| ServiceError::Command {
        command: format!("launchctl {}", arguments.join(" ")),
        said,
    };
    let done = Command::new("launchctl")
        .args(arguments)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    match done.status.success() {
        true => Ok(String::from_utf8_lossy(&done.stdout).into_owned()),
        false => Err(failed(String::from_utf8_lossy(&done.stderr).trim().to_owned())),
    }
}
