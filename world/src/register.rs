//! Registrations and offers, as `relay::link` puts them together from the store.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use protocol::Offer;
use protocol::frames::{Registered, Registration};
use protocol::link::RelayInput;
use rand::RngExt as _;
use relay::dialects::station::offer_data;
use relay::routing::Settings;
use relay::store::{Job, Standing};
use serde_json::value::RawValue;

use crate::event::{Event, Said};
use crate::office::Attached;
use crate::store::{ready, wish_input};
use crate::world::World;

impl World {
    /// Records a registration; the first one of a connection fences the device's older connections.
    pub(crate) fn register(
        &mut self,
        conn: u32,
        attached: Option<Attached>,
        asked: Registration,
    ) -> Option<Said> {
        let outlet = self.office.links[&conn].outlet;
        let device = asked.device_id.clone();
        let settings = self.settings(outlet)?;
        let station = settings.station_for_device(&asked.role, asked.location.as_deref());
        let by = match attached {
            Some(by) => by,
            None => {
                let fence = self.write(|store| ready(store.attach(outlet, &device)))?.ok()?;
                let spool = asked.agent.spool.clone();
                Attached {
                    device: device.clone(),
                    spool,
                    fence,
                }
            }
        };
        let printers = asked.printers.clone();
        self.write(|store| ready(store.printer_infos(outlet, &device, printers)))?
            .ok()?;
        let wished = self
            .read(|store| ready(store.wished(outlet, &station, &device)))?
            .ok()?;
        let wishes = wished
            .into_iter()
            .filter_map(|(job, wish)| wish_input(job, wish))
            .collect();
        let fence = by.fence;
        let link = self.office.links.get_mut(&conn)?;
        let first = link.attached.replace(by).is_none();
        if first && let Some(older) = self.office.attach(outlet, &device, conn, fence) {
            // It hears of it in a moment, and what it still says meanwhile is refused.
            let (life, delay) = (self.office.life, self.rng.random_range(0..200));
            let input = Box::new(RelayInput::Fenced);
            self.after(
                delay,
                Event::Nudged {
                    life,
                    conn: older,
                    input,
                },
            );
        }
        let registered = Registered {
            device_id: device,
            role: asked.role,
            location: asked.location,
            outlet_id: outlet.to_owned(),
            station: Some(station),
        };
        Some(Said::Registered(registered, wishes))
    }

    pub(crate) fn registered(&mut self, conn: u32, registered: Registered, wishes: Vec<RelayInput>) {
        if let (Some(link), Some(station)) = (self.office.links.get_mut(&conn), &registered.station) {
            link.own.insert(station.clone());
            link.backs.remove(station);
        }
        self.relay(conn, RelayInput::Registered(registered));
        for wish in wishes {
            self.relay(conn, wish);
        }
    }

    /// A station's next jobs for this device.
    pub(crate) fn fetch(
        &mut self,
        conn: u32,
        to: &Attached,
        station: String,
        after: u64,
        limit: usize,
    ) -> Option<Said> {
        let link = &self.office.links[&conn];
        let (outlet, via) = (link.outlet, link.backs.get(&station).cloned());
        if via.is_none() {
            self.take_over(outlet, to, &station)?;
        }
        self.settle_backup(outlet, &station)?;
        let spool = to.spool.as_deref();
        let found = match &via {
            Some(via) => self.write_if_needed(conn, &station, |store| {
                ready(store.lent_offers(outlet, (&station, via), &to.device, spool, after, limit))
            }),
            None => self.write_if_needed(conn, &station, |store| {
                ready(store.offers(outlet, &station, &to.device, spool, after, limit))
            }),
        }?;
        let Ok(jobs) = found else {
            return Some(Said::Input(RelayInput::StoreFailed));
        };
        self.note_idle(conn, &station, jobs.is_empty() && after == 0);
        let (more, wall) = (jobs.len() >= limit, self.wall());
        let offers: Vec<Offer> = jobs.into_iter().map(|job| offer(job, wall)).collect();
        for offer in &offers {
            self.say(|| {
                format!(
                    "relay offers {} of {station} to {} of {outlet}",
                    offer.job.id, to.device
                )
            });
        }
        let input = RelayInput::Jobs {
            station: station.clone(),
            offers,
            more,
        };
        Some(match via {
            Some(_) => Said::Input(input),
            None => {
                let settings = self.settings(outlet)?;
                let backed = backed_by(&settings, &station);
                Said::Jobs(input, station, backed)
            }
        })
    }

    pub(crate) fn jobs_found(&mut self, conn: u32, input: RelayInput, via: &str, stations: Vec<String>) {
        for station in stations {
            let Some(link) = self.office.links.get_mut(&conn) else {
                return;
            };
            let own = link.own.contains(&station);
            if !own && link.backs.insert(station.clone(), via.to_owned()).is_none() {
                self.relay(conn, RelayInput::BacksUp { station });
            }
        }
        self.relay(conn, input);
    }

    /// Offers are read; only where a station's holder changes is something written.
    fn write_if_needed<T>(
        &mut self,
        conn: u32,
        station: &str,
        work: impl FnOnce(&relay::store::Store) -> T,
    ) -> Option<T> {
        let link = self.office.links.get(&conn)?;
        if link.idle.contains_key(station) {
            return self.read(work);
        }
        self.write(work)
    }

    /// Time alone changes what is offered only where stations have backups or rivals, and jobs are open.
    fn note_idle(&mut self, conn: u32, station: &str, empty: bool) {
        let timeless = !self.setup.relay_backup && !self.setup.rivals;
        let known = if empty && (timeless || self.is_quiet_at_relay()) {
            self.office.version
        } else {
            0
        };
        if let Some(link) = self.office.links.get_mut(&conn) {
            link.idle.insert(station.to_owned(), known);
        }
    }

    /// No job is open at the relay.
    pub(crate) fn is_quiet_at_relay(&mut self) -> bool {
        let version = self.office.version;
        if self.office.quiet.0 != version {
            let counts = self.read(|store| ready(store.job_counts()).unwrap());
            self.office.quiet = (
                version,
                counts.is_some_and(|counts| counts.iter().all(|(_, count)| *count == 0)),
            );
        }
        self.office.quiet.1
    }

    /// Nobody changes them during an evening, so they are read once.
    pub(crate) fn settings(&self, outlet: &str) -> Option<Arc<Settings>> {
        self.office.settings.get(outlet).cloned()
    }

    /// A station whose agent has been away for too long is this one's now.
    fn take_over(&mut self, outlet: &'static str, to: &Attached, station: &str) -> Option<()> {
        let holder = self.read(|store| ready(store.holder(outlet, station)))?.ok()?;
        let Some(holder) = holder else { return Some(()) };
        if holder.device == to.device || self.office.is_about(outlet, &holder.device, self.now) {
            return Some(());
        }
        self.say(|| format!("{} takes {station} over from {}", to.device, holder.device));
        self.write(|store| ready(store.claim_station(outlet, station, &to.device)))?
            .ok()
    }

    /// Lends, asks back and returns what is due at a station that has a backup.
    fn settle_backup(&mut self, outlet: &'static str, station: &str) -> Option<()> {
        if !self.setup.relay_backup || self.is_quiet_at_relay() {
            return Some(());
        }
        let settings = self.settings(outlet)?;
        let Some((own, via)) = settings
            .stations
            .get(station)
            .and_then(|own| Some((own, own.backup.clone()?)))
        else {
            return Some(());
        };
        let holder = |world: &Self, of: &str| {
            let held = world.read(|store| ready(store.holder(outlet, of)))?.ok()?;
            Some(
                world
                    .office
                    .seen(outlet, held.map(|holder| holder.device), world.now),
            )
        };
        let (home, backup) = (holder(self, station)?, holder(self, &via)?);
        let up = SignedDuration::from_millis(i64::try_from(self.now - self.office.began).unwrap());
        let standing = Standing {
            after: Duration::from_secs(own.backup_after_s),
            home,
            backup,
            via,
            began: self.wall().checked_sub(up).unwrap_or(Timestamp::MIN),
        };
        self.write(|store| ready(store.settle_backup(outlet, station, standing)))?
            .ok()
    }
}

fn backed_by(settings: &Settings, station: &str) -> Vec<String> {
    let backed = settings
        .stations
        .iter()
        .filter(|(_, own)| own.backup.as_deref() == Some(station));
    backed.map(|(name, _)| name.clone()).collect()
}

fn offer(job: Job, now: Timestamp) -> Offer {
    let (event, data) = offer_data(&job, now);
    let data = RawValue::from_string(data).expect("the relay writes JSON");
    Offer {
        event,
        data,
        job: job.header,
        seq: None,
    }
}
