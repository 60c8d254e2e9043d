//! Drives the relay's half of the agent link: one [`Driver`] per socket, and [`Links`], where the
//! rest of the relay finds them.

mod backup;
mod driver;
mod store;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use protocol::JobId;
use tokio::sync::mpsc;

pub use self::driver::{Driver, Said};
use crate::store::{JobWish, OutletId};

/// What may wait for one link. Nudges that do not fit are made up for by the look once a second.
const MAX_WAITING: usize = 64;

/// How long a station's agent may be away before another one of that station takes over
/// (DELIVERY.md, "Backup printers").
pub const TAKE_OVER_AFTER: Duration = Duration::from_secs(30);

/// When a device left is remembered for longer than any backup waits; then it is gone for good.
const REMEMBER_LEFT: Duration = Duration::from_secs(24 * 3600);

/// Something that happened elsewhere and concerns one link.
#[derive(Debug, Clone)]
pub enum Notice {
    /// The station may have a new job.
    Nudge(String),
    /// A person wants something of a job that this agent holds.
    Wish(JobId, JobWish),
    /// A newer connection of the same device is there, or its token was revoked.
    Fenced,
}

/// All links of this relay.
#[derive(Debug)]
pub struct Links {
    table: Mutex<Table>,
    began: Instant,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            table: Mutex::default(),
            began: Instant::now(),
        }
    }
}

#[derive(Debug, Default)]
struct Table {
    devices: HashMap<(OutletId, String), Line>,
    stations: HashMap<(OutletId, String), HashSet<String>>,
    left: HashMap<(OutletId, String), Instant>,
    paired: HashMap<(OutletId, String), Instant>,
}

#[derive(Debug)]
struct Line {
    fence: u64,
    notices: mpsc::Sender<Notice>,
    stations: HashSet<String>,
}

impl Links {
    /// Tells the links of a station that it may have a new job.
    pub fn nudge(&self, outlet: &OutletId, station: &str) {
        let table = self.lock();
        let Some(devices) = table.stations.get(&(OutletId::clone(outlet), station.to_owned())) else {
            return;
        };
        for device in devices {
            table.notify(outlet, device, Notice::Nudge(station.to_owned()));
        }
    }

    /// Tells the link of a device what a person wants of a job that it holds. Where the device is not
    /// here, the wish waits in the store until it registers.
    pub fn wish(&self, outlet: &OutletId, device: &str, job: JobId, wish: JobWish) {
        self.lock().notify(outlet, device, Notice::Wish(job, wish));
    }

    /// Cuts a device off: its token was revoked.
    pub fn revoked(&self, outlet: &OutletId, device: &str) {
        self.lock().notify(outlet, device, Notice::Fenced);
    }

    /// A person paired a device: it need not wait for those who had left its stations before.
    pub fn paired(&self, outlet: &OutletId, device: &str, now: Instant) {
        let mut table = self.lock();
        table
            .paired
            .retain(|_, at| now.saturating_duration_since(*at) < TAKE_OVER_AFTER);
        table
            .paired
            .insert((OutletId::clone(outlet), device.to_owned()), now);
    }

    /// Whether `device` may have the station of `holder`: not while that has a link here, and once it left,
    /// after [`TAKE_OVER_AFTER`], or at once where `device` was paired since.
    #[must_use]
    pub fn may_take_over(&self, outlet: &OutletId, holder: &str, device: &str, now: Instant) -> bool {
        let table = self.lock();
        let key = |of: &str| (OutletId::clone(outlet), of.to_owned());
        if table.devices.contains_key(&key(holder)) {
            return false;
        }
        // One that has not come since this relay began may have been here until then.
        let left = table.left.get(&key(holder)).copied().unwrap_or(self.began);
        let is_replacement = table.paired.get(&key(device)).is_some_and(|at| *at >= left);
        is_replacement || now.saturating_duration_since(left) >= TAKE_OVER_AFTER
    }

    /// For how long a device has had no link here; none while it has one. One that never had is gone since
    /// this relay began.
    #[must_use]
    pub fn away(&self, outlet: &OutletId, device: Option<&str>, now: Instant) -> Option<Duration> {
        let Some(device) = device else {
            return Some(self.up(now));
        };
        let table = self.lock();
        let key = (OutletId::clone(outlet), device.to_owned());
        if table.devices.contains_key(&key) {
            return None;
        }
        let since = table.left.get(&key).copied().unwrap_or(self.began);
        Some(now.saturating_duration_since(since))
    }

    /// For how long this relay has been there.
    #[must_use]
    pub fn up(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    /// The devices that are connected here.
    #[must_use]
    pub fn connected(&self, outlet: &str) -> Vec<String> {
        let table = self.lock();
        let here = table.devices.keys().filter(|(of, _)| **of == *outlet);
        here.map(|(_, device)| device.clone()).collect()
    }

    /// How many links there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().devices.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn attach(&self, outlet: &OutletId, device: &str, fence: u64, notices: mpsc::Sender<Notice>) {
        let mut table = self.lock();
        let key = (OutletId::clone(outlet), device.to_owned());
        table.left.remove(&key);
        let older = table.devices.insert(
            key,
            Line {
                fence,
                notices,
                stations: HashSet::new(),
            },
        );
        if let Some(older) = older {
            table.unlist(outlet, device, &older.stations);
            let _ = older.notices.try_send(Notice::Fenced);
        }
    }

    fn serve(&self, outlet: &OutletId, device: &str, station: &str) {
        let mut table = self.lock();
        let key = (OutletId::clone(outlet), device.to_owned());
        let Some(line) = table.devices.get_mut(&key) else {
            return;
        };
        line.stations.insert(station.to_owned());
        let key = (OutletId::clone(outlet), station.to_owned());
        table.stations.entry(key).or_default().insert(device.to_owned());
    }

    /// Forgets a link, unless a newer one of the same device took its place.
    fn detach(&self, outlet: &OutletId, device: &str, fence: u64) {
        let mut table = self.lock();
        let key = (OutletId::clone(outlet), device.to_owned());
        if table.devices.get(&key).is_none_or(|line| line.fence != fence) {
            return;
        }
        if let Some(line) = table.devices.remove(&key) {
            table.unlist(outlet, device, &line.stations);
        }
        let now = Instant::now();
        table
            .left
            .retain(|_, at| now.saturating_duration_since(*at) < REMEMBER_LEFT);
        table.left.insert(key, now);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn notify(&self, outlet: &OutletId, device: &str, notice: Notice) {
        let key = (OutletId::clone(outlet), device.to_owned());
        if let Some(line) = self.devices.get(&key) {
            let _ = line.notices.try_send(notice);
        }
    }

    fn unlist(&mut self, outlet: &OutletId, device: &str, stations: &HashSet<String>) {
        for station in stations {
            let key = (OutletId::clone(outlet), station.clone());
            let Some(devices) = self.stations.get_mut(&key) else {
                continue;
            };
            devices.remove(device);
            if devices.is_empty() {
                self.stations.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> (mpsc::Sender<Notice>, mpsc::Receiver<Notice>) {
        mpsc::channel(MAX_WAITING)
    }

    #[test]
    fn a_nudge_reaches_the_links_of_that_station_and_outlet_alone() {
        let links = Links::default();
        let (one, two): (OutletId, OutletId) = ("one".into(), "two".into());
        let ((kitchen, mut hears), (bar, mut deaf)) = (line(), line());
        links.attach(&one, "a", 1, kitchen);
        links.serve(&one, "a", "kitchen");
        links.attach(&one, "b", 2, bar);
        links.serve(&one, "b", "bar_depan");
        links.nudge(&one, "kitchen");
        links.nudge(&two, "kitchen");
        assert!(matches!(hears.try_recv(), Ok(Notice::Nudge(station)) if station == "kitchen"));
        assert!(hears.try_recv().is_err());
        assert!(deaf.try_recv().is_err());
    }

    #[test]
    fn the_newest_link_of_a_device_wins_and_the_older_ones_end_changes_nothing() {
        let links = Links::default();
        let outlet: OutletId = "one".into();
        let ((old, mut fenced), (new, mut hears)) = (line(), line());
        links.attach(&outlet, "a", 1, old);
        links.serve(&outlet, "a", "kitchen");
        links.attach(&outlet, "a", 2, new);
        links.serve(&outlet, "a", "kitchen");
        assert!(matches!(fenced.try_recv(), Ok(Notice::Fenced)));
        links.detach(&outlet, "a", 1);
        links.nudge(&outlet, "kitchen");
        assert!(matches!(hears.try_recv(), Ok(Notice::Nudge(_))));
        assert_eq!(links.connected("one"), ["a"]);
    }

    #[test]
    fn a_station_stays_for_a_while_with_a_device_that_left() {
        let links = Links::default();
        let outlet: OutletId = "one".into();
        let (line, _keep) = line();
        links.attach(&outlet, "a", 1, line);
        links.detach(&outlet, "a", 1);
        let now = Instant::now();
        assert!(links.is_empty());
        assert!(!links.may_take_over(&outlet, "a", "b", now));
        assert!(links.may_take_over(&outlet, "a", "b", now + TAKE_OVER_AFTER));
    }

    #[test]
    fn a_device_that_was_paired_for_one_that_left_need_not_wait_and_displaces_nobody_who_is_there() {
        let links = Links::default();
        let outlet: OutletId = "one".into();
        links.paired(&outlet, "spare", Instant::now());
        let (line, _keep) = line();
        links.attach(&outlet, "old", 1, line);
        links.paired(&outlet, "new", Instant::now());
        assert!(!links.may_take_over(&outlet, "old", "new", Instant::now()));
        links.detach(&outlet, "old", 1);
        let now = Instant::now();
        assert!(!links.may_take_over(&outlet, "old", "spare", now));
        links.paired(&outlet, "new", now);
        assert!(links.may_take_over(&outlet, "old", "new", now));
    }

    #[test]
    fn after_a_restart_a_device_has_as_long_to_come_back_before_another_takes_its_station() {
        let links = Links::default();
        let (outlet, now): (OutletId, _) = ("one".into(), links.began);
        assert!(!links.may_take_over(&outlet, "a", "b", now));
        assert!(links.may_take_over(&outlet, "a", "b", now + TAKE_OVER_AFTER));
    }
}
