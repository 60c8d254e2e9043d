//! Drives the relay's half of the agents' links.

/// The agents' links.
#[derive(Debug, Default)]
pub struct Links {}

impl Links {
    /// The station has new jobs.
    pub fn nudge(&self, outlet: &str, station: &str) {
        let _ = (outlet, station);
    }

    /// The device's token was revoked: its sockets end.
    pub fn revoked(&self, outlet: &str, device: &str) {
        let _ = (outlet, device);
    }
}
