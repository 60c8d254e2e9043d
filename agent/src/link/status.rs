//! How the link is, for `status` and for whoever waits for it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where the link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// On the way.
    Connecting,
    /// The relay knows this agent's stations.
    Live,
    /// Not connected; it tries again without an end.
    Waiting,
    /// The relay refuses this device (401 or 403): not paired, or revoked. It tries again without an end.
    Refused,
}

/// How the link is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkStatus {
    /// Where it stands.
    pub state: LinkState,
    /// Since when.
    pub since: Timestamp,
    /// Why it is not live, and what to do.
    pub problem: Option<String>,
    /// The stations that the relay confirmed, by the names that it uses.
    pub stations: Vec<String>,
    /// How far this computer's clock is behind the relay's, in milliseconds; negative: ahead.
    pub clock_behind_ms: i64,
    /// Jobs that the relay has not settled yet.
    pub unsettled: usize,
}

impl LinkStatus {
    /// Before the first attempt.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            state: LinkState::Connecting,
            since: now,
            problem: None,
            stations: Vec::new(),
            clock_behind_ms: 0,
            unsettled: 0,
        }
    }

    /// Whether the relay knows this agent's stations, so that jobs come.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.state == LinkState::Live
    }

    /// Whether this computer's clock is so wrong that a person should hear of it (DELIVERY.md: 30 s).
    #[must_use]
    pub fn clock_is_wrong(&self) -> bool {
        Duration::from_millis(self.clock_behind_ms.unsigned_abs()) > Duration::from_secs(30)
    }
}
