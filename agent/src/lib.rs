//! The agent: holds the spool and drives the printers.
//!
//! One outbound WebSocket to the relay, a crash-safe spool, one press per printer.

pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod discovery;
pub mod link;
pub mod net;
pub mod port;
pub mod press;
pub mod service;
pub mod spool;
pub mod tickets;
pub mod update;
pub mod watch;

pub use daemon::{Agent, RunError, run};

/// An error with its causes, each once.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}
