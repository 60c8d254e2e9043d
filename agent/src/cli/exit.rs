//! Exit codes and the failures that lead to them (PRODUCT.md, "Conventions").

use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::daemon::RunError;
use crate::daemon::ask::AskError;
use crate::net::{DialError, HttpError};
use crate::spool::SpoolError;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Ok = 0,
    /// It failed.
    Failed = 1,
    /// The arguments make no sense.
    Usage = 2,
    /// No agent is running.
    NotRunning = 3,
    /// It needs an administrator.
    NeedsAdmin = 4,
    /// This computer is not paired, or the relay refuses it.
    Refused = 5,
    /// The relay cannot be reached.
    Unreachable = 6,
    /// A printer needs a person.
    Printer = 7,
    /// The configuration is bad.
    Config = 8,
    /// A person must answer whether something printed.
    Ambiguous = 9,
    /// The update did not happen; what ran before runs.
    UpdateFailed = 10,
    /// The program was replaced, and whoever runs it has to start it again.
    Restart = 11,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What went wrong and what to do, once, with its causes.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    message: String,
}

impl Failure {
    /// A failure with a message of its own.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
        }
    }

    fn of(exit: Exit, error: &dyn Error) -> Self {
        Self::new(exit, crate::chain(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::of(Exit::Config, &error)
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        let exit = match &error {
            AskError::NotRunning { .. } => Exit::NotRunning,
            AskError::NotAllowed { .. } => Exit::NeedsAdmin,
            AskError::Refused(_) | AskError::NoAnswer(_) => Exit::Failed,
        };
        Self::of(exit, &error)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::Folder(cause) | RunError::Spool(SpoolError::Folder(cause)) => of_io(cause),
            RunError::Spool(_) => Exit::Failed,
        };
        Self::of(exit, &error)
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        let exit = match &error {
            HttpError::Dial(DialError::Tls(_)) => Exit::Config,
            HttpError::Dial(_) | HttpError::TooSlow | HttpError::Broken(_) => Exit::Unreachable,
        };
        Self::of(exit, &error)
    }
}

/// Missing rights are for an administrator to give.
pub(super) fn of_io(error: &io::Error) -> Exit {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Exit::NeedsAdmin,
        _ => Exit::Failed,
    }
}
