//! Which device is on which connection, as the relay's `Links` know it: gone with the process.

use std::collections::BTreeMap;
use std::time::Duration;

use relay::link::TAKE_OVER_AFTER;
use relay::store::Agent as Seen;

use crate::office::Office;

/// Devices by outlet and id.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    devices: BTreeMap<(String, String), (u32, u64)>,
    left: BTreeMap<(String, String), u64>,
}

impl Office {
    /// A device is on a connection now; returns the connection that it was on before.
    pub(crate) fn attach(&mut self, outlet: &str, device: &str, conn: u32, fence: u64) -> Option<u32> {
        let key = (outlet.to_owned(), device.to_owned());
        self.lines.left.remove(&key);
        let older = self.lines.devices.insert(key, (conn, fence));
        older.map(|(conn, _)| conn).filter(|older| *older != conn)
    }

    pub(crate) fn detach(&mut self, outlet: &str, device: &str, fence: u64, now: u64) {
        let key = (outlet.to_owned(), device.to_owned());
        if self
            .lines
            .devices
            .get(&key)
            .is_some_and(|(_, newest)| *newest == fence)
        {
            self.lines.devices.remove(&key);
            self.lines.left.insert(key, now);
        }
    }

    pub(crate) fn line(&self, outlet: &str, device: &str) -> Option<u32> {
        let key = (outlet.to_owned(), device.to_owned());
        self.lines.devices.get(&key).map(|(conn, _)| *conn)
    }

    pub(crate) fn is_about(&self, outlet: &str, device: &str, now: u64) -> bool {
        let key = (outlet.to_owned(), device.to_owned());
        let limit = u64::try_from(TAKE_OVER_AFTER.as_millis()).unwrap();
        let left = self.lines.left.get(&key).copied().unwrap_or(self.began);
        self.lines.devices.contains_key(&key) || now - left < limit
    }

    /// How the relay sees an agent; `began`: when this process began.
    pub(crate) fn seen(&self, outlet: &str, device: Option<String>, now: u64) -> Seen {
        let away = match &device {
            Some(device) if self.line(outlet, device).is_some() => None,
            Some(device) => {
                let key = (outlet.to_owned(), device.clone());
                let since = self.lines.left.get(&key).copied().unwrap_or(self.began);
                Some(Duration::from_millis(now - since))
            }
            None => Some(Duration::from_millis(now - self.began)),
        };
        Seen { device, away }
    }
}
