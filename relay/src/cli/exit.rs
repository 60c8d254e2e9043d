//! Exit codes (PRODUCT.md, "Conventions") and the failures behind them.

use std::process::ExitCode;

use crate::StartError;
use crate::auth::AuthError;
use crate::config::ConfigError;
use crate::error::Code;
use crate::store::StoreError;

/// Why the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It failed.
    Failed = 1,
    /// The command line cannot be understood.
    Usage = 2,
    /// No relay runs here.
    NotRunning = 3,
    /// Only an administrator may.
    NeedsAdministrator = 4,
    /// The relay refused.
    Refused = 5,
    /// The relay cannot be reached.
    Unreachable = 6,
    /// The settings cannot be used.
    BadConfiguration = 8,
    /// A person must answer first.
    Ambiguous = 9,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A failure as it is told: what went wrong, what to do, and the exit code.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What went wrong and what to do.
    pub message: String,
    /// Why.
    #[source]
    pub cause: Option<anyhow::Error>,
}

impl Failure {
    /// A failure without a cause to show.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            cause: None,
        }
    }

    /// What the relay's answer means here.
    #[must_use]
    pub fn refused(code: &str, detail: &str) -> Self {
        let exit = match code {
            code if code == Code::Unauthorized.as_str() || code == Code::Forbidden.as_str() => Exit::Refused,
            code if code == Code::ValidationError.as_str() => Exit::Usage,
            code if code == Code::Unavailable.as_str() => Exit::Unreachable,
            _ => Exit::Failed,
        };
        Self::new(exit, detail)
    }

    fn caused(exit: Exit, error: anyhow::Error) -> Self {
        let message = error.to_string();
        let cause = error.source().is_some().then_some(error);
        Self { exit, message, cause }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::caused(Exit::BadConfiguration, error.into())
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Self::caused(Exit::BadConfiguration, error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::caused(Exit::Failed, error.into())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let denied = |error: &std::io::Error| error.kind() == std::io::ErrorKind::PermissionDenied;
        let exit = match &error {
            StartError::Data { source, .. } | StartError::Listen { source, .. } if denied(source) => {
                Exit::NeedsAdministrator
            }
            StartError::Config(_) | StartError::Auth(_) | StartError::Tls(_) => Exit::BadConfiguration,
            StartError::Data { .. } | StartError::Listen { .. } | StartError::Store(_) => Exit::Failed,
        };
        Self::caused(exit, error.into())
    }
}
