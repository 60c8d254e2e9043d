//! The agent: holds the spool and drives the printers.
//!
//! One outbound WebSocket to the relay, a crash-safe spool, one press per printer.

pub mod port;
pub mod press;
pub mod spool;
