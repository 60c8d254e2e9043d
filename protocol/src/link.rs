//! Both halves of the link between agent and relay, as machines without I/O.
//!
//! The shell tells a half what happened and when (`handle`), performs every output (`poll_output` until
//! `None`), then waits until `poll_timeout` or the next input. Nothing on disk says "sent": a broken link
//! forgets what was under way, and both sides repeat whatever the other has not confirmed.

mod agent;
mod relay;

use std::time::Duration;

pub use agent::{AgentInput, AgentLink, AgentLinkConfig, AgentOutput, DisconnectReason};
pub use relay::{CloseReason, RelayInput, RelayLink, RelayOutput};

/// Jobs of one station offered and not yet acknowledged. Hides the round trip; a broken link repeats at most
/// this many (PRODUCT.md).
pub const WINDOW: usize = 32;
/// Time between two pings of the relay: load balancers cut what is silent for 60 s.
pub const PING_EVERY: Duration = Duration::from_secs(15);
/// A link on which nothing was heard for so long is dead, on both sides: two pings and some.
pub const DEAD_AFTER: Duration = Duration::from_secs(40);
/// Stations that one agent may serve; bounds what a link remembers.
pub const MAX_STATIONS: usize = 64;
