//! What is said between relay and agent, and what may follow what.
//!
//! Frames with their exact text, the states of a job, both halves of the link as machines without
//! I/O, and the backoff. Time and randomness are arguments.

pub mod backoff;
pub mod frames;
pub mod job;
pub mod link;
pub mod time;
mod wire;

pub use frames::{AgentFrame, FrameError, JobUpdate, Offer, RelayFrame};
pub use job::{Banner, Evidence, JobHeader, JobId, JobKind, JobState};
pub use time::Tick;

/// The version of the agent's part of dialect D1 that this crate speaks.
pub const PROTOCOL_VERSION: u32 = 1;
