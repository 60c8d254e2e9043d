//! The agent as a service of the computer: how the service manager hears that it lives, and how it
//! is installed, started and removed.

use std::io;
use std::path::PathBuf;

#[cfg(target_os = "linux")]
mod notify;
#[cfg(target_os = "linux")]
mod systemd;

#[cfg(target_os = "linux")]
pub use notify::accompany;
#[cfg(target_os = "linux")]
pub use systemd::{act, install, restart_soon, state, uninstall};

#[cfg(target_os = "macos")]
mod launchd;
#[cfg(target_os = "macos")]
pub use launchd::{accompany, act, install, state, uninstall};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::{
    Orders, accompany, act, draining, host, install, orders, reload, say, state, system_log, uninstall,
};

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
mod none;
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
pub use none::{accompany, act, install, state, uninstall};

/// The system's own log beside the agent's; elsewhere stderr is where the service manager reads.
#[cfg(not(windows))]
#[must_use]
pub fn system_log() -> tracing_subscriber::layer::Identity {
    tracing_subscriber::layer::Identity::new()
}

/// How a person becomes an administrator here.
const AS_ADMIN: &str = if cfg!(windows) {
    "in a terminal opened with \"Run as administrator\""
} else {
    "with sudo"
};

/// How a package is removed here.
const REMOVE_PACKAGE: &str = if cfg!(windows) {
    "in Settings, Apps, or with `msiexec /x printrail-agent.msi`"
} else {
    "such as with `apt remove printrail-agent`"
};

/// What shows why a service does not run.
pub const WHY: &str = if cfg!(windows) {
    "the Event Log (Windows Logs, Application)"
} else {
    "`journalctl -u printrail-agent`"
};

/// What a person does with an installed service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start it, now and at every boot.
    Start,
    /// Stop it until the next start.
    Stop,
    /// Stop and start it.
    Restart,
}

/// How the service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceState {
    /// Whether it is installed at all.
    pub installed: bool,
    /// Whether it starts at boot.
    pub enabled: bool,
    /// Whether it runs.
    pub running: bool,
    /// What the service manager says of it, in its words.
    pub detail: String,
}

/// What an installation changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The file that describes the service.
    pub unit: PathBuf,
    /// Whether a package had brought it; then nothing was written.
    pub packaged: bool,
}

/// Why the service cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Only an administrator may.
    #[error("a service is the administrator's: run this {AS_ADMIN}")]
    NeedsAdmin,
    /// There is no service to act on.
    #[error("the service is not installed: `printrail-agent service install CODE`")]
    NotInstalled,
    /// A package brought it, and the package takes it away.
    #[error("a package installed the service: remove the package {REMOVE_PACKAGE}")]
    Packaged,
    /// This computer has no service manager that this program knows.
    #[error(
        "this computer has no service manager that printrail-agent knows ({0}): let yours run \
         `printrail-agent run`, and restart it when it ends"
    )]
    NoManager(String),
    /// A file cannot be written or removed.
    #[error("{path} cannot be changed")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A command of the system failed.
    #[error("`{command}` failed: {said}")]
    Command {
        /// The command line.
        command: String,
        /// What it said.
        said: String,
    },
}
