//! What needs a person in an outlet now. Pure: how all stands in, texts out.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use protocol::JobState;

use crate::http::state_of;
use crate::store::{Device, Holder, Job, Printer};

/// A ticket that is not on paper after that is late (DELIVERY.md: an alarm within 60 s).
const LATE_AFTER: SignedDuration = SignedDuration::from_secs(40);

/// How the reason begins for which an agent holds a ticket that waited too long (DELIVERY.md, "Freshness").
const STALE: &str = "stale";

/// How an outlet stands.
#[derive(Debug, Default)]
pub(super) struct Scene {
    pub(super) devices: Vec<Device>,
    /// The devices that are connected.
    pub(super) online: Vec<String>,
    pub(super) holders: Vec<Holder>,
    pub(super) printers: Vec<Printer>,
    /// Tickets that are neither on paper nor given up.
    pub(super) open: Vec<Job>,
    /// Stations that no computer prints for and a screen shows.
    pub(super) on_screen: Vec<String>,
}

impl Scene {
    /// Texts by the names of what is wrong.
    pub(super) fn wrong(&self, now: Timestamp) -> BTreeMap<String, String> {
        let mut wrong = BTreeMap::new();
        for holder in self
            .holders
            .iter()
            .filter(|holder| !self.online.contains(&holder.device))
        {
            if let Some(name) = self.name_of(&holder.device) {
                wrong.insert(
                    format!("device:{}", holder.device),
                    format!("{name} is not connected"),
                );
            }
        }
        for printer in self
            .printers
            .iter()
            .filter(|printer| self.online.contains(&printer.device))
        {
            let state = state_of(printer);
            if let Some(what) = state_words(state) {
                // Another state is another trouble: who is told that paper is out need not guess that the cover is open.
                let key = format!("printer:{}:{}:{state}", printer.device, printer.name);
                wrong.insert(key, format!("{}: {what}", printer.name));
            }
        }
        self.tickets(now, &mut wrong);
        wrong
    }

    fn tickets(&self, now: Timestamp, wrong: &mut BTreeMap<String, String>) {
        let mut late: BTreeMap<&str, usize> = BTreeMap::new();
        for job in &self.open {
            let station = job.header.station.as_str();
            let name = format!("{station} #{}", job.header.number);
            match job.state {
                JobState::Unconfirmed => {
                    let text =
                        format!("{name}: nobody knows whether it printed; look at the paper and say so");
                    wrong.insert(format!("job:{}", job.header.id), text);
                }
                // One that waits for its printer is told with the printer, and as late; a stale one waits for people.
                JobState::Held if job.detail.as_deref().is_some_and(|why| why.starts_with(STALE)) => {
                    let text = format!("{name} is too old to print by itself; print or withdraw it");
                    wrong.insert(format!("job:{}", job.header.id), text);
                }
                _ if now.duration_since(job.created_at) > LATE_AFTER && !self.is_on_screen(station) => {
                    *late.entry(station).or_default() += 1;
                }
                _ => {}
            }
        }
        for (station, n) in late {
            let text = match n {
                1 => format!("{station}: a ticket is late"),
                n => format!("{station}: {n} tickets are late"),
            };
            wrong.insert(format!("late:{station}"), text);
        }
    }

    /// What people call a device; none where it was revoked, and nobody waits for it.
    fn name_of(&self, device: &str) -> Option<String> {
        match self.devices.iter().find(|known| known.id == device) {
            Some(known) => (!known.revoked).then(|| known.name.clone()),
            None => Some(device.to_owned()),
        }
    }

    fn is_on_screen(&self, station: &str) -> bool {
        self.on_screen.iter().any(|name| name == station)
    }
}

fn state_words(state: &str) -> Option<&'static str> {
    match state {
        "paper_out" => Some("out of paper"),
        "cover_open" => Some("cover is open"),
        "error" => Some("has an error"),
        "offline" => Some("does not answer"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, revoked: bool) -> Device {
        Device {
            id: id.into(),
            outlet: "demo".into(),
            name: format!("{id}-pc"),
            stations: Vec::new(),
            revoked,
        }
    }

    fn holder(station: &str, device: &str) -> Holder {
        Holder {
            station: station.into(),
            device: device.into(),
            spool: None,
            before: None,
            since: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_computer_that_is_gone_is_told_by_its_name_and_one_that_was_shut_out_is_not() {
        let mut scene = Scene {
            devices: vec![device("grill", false), device("till", true)],
            holders: vec![holder("kitchen", "grill"), holder("cashier", "till")],
            ..Scene::default()
        };
        let texts =
            |scene: &Scene| -> Vec<String> { scene.wrong(Timestamp::UNIX_EPOCH).into_values().collect() };
        assert_eq!(texts(&scene), ["grill-pc is not connected"]);
        scene.online = vec!["grill".into()];
        assert_eq!(texts(&scene), [""; 0]);
    }
}
