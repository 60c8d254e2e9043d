//! A computer whose services this program does not install; `printrail-agent run` works there.

use std::convert::Infallible;
use std::future::pending;

use tokio::sync::watch;

use super::{Action, Installed, ServiceError, ServiceState};
use crate::link::LinkStatus;

/// Nobody listens: waits for ever.
pub async fn accompany(_: watch::Receiver<LinkStatus>, _: impl AsyncFn() -> bool) -> Infallible {
    pending().await
}

/// # Errors
/// Always.
pub fn install() -> Result<Installed, ServiceError> {
    Err(unknown())
}

/// # Errors
/// Always.
pub fn uninstall() -> Result<(), ServiceError> {
    Err(unknown())
}

/// # Errors
/// Always.
pub fn act(_: Action) -> Result<(), ServiceError> {
    Err(unknown())
}

/// # Errors
/// Always.
pub fn state() -> Result<ServiceState, ServiceError> {
    Err(unknown())
}

fn unknown() -> ServiceError {
    ServiceError::NoManager(std::env::consts::OS.to_owned())
}
