//! Backups inside an agent: waiting jobs go to the station's backup while its printer is down, and come back.
//!
//! A job is at most one step away from home, and the way back leads home alone: loops are impossible, also
//! where two printers back each other.

use std::collections::BTreeMap;

use protocol::{Banner, Tick};

use super::{Move, View, Watch, is_slip};
use crate::config::Station;
use crate::press::freshness::STALE;
use crate::spool::SpoolJob;

impl Watch {
    /// The waiting jobs that go to another printer now, in order of arrival.
    pub(super) fn moves(&self, view: View<'_>, now: Tick) -> Vec<Move> {
        // Where the newest ticket of each order and station is, as far as the list has been walked.
        let mut latest: BTreeMap<(String, String), String> = BTreeMap::new();
        let mut moves = Vec::new();
        for job in view.jobs {
            let target = self.target(view, job, &latest, now);
            let place = target.clone().unwrap_or_else(|| job.printer.clone());
            if let Some(order) = job.order_id() {
                latest.insert((order, job.job.station.clone()), place);
            }
            if let Some(to) = target {
                moves.push(order_to(job, to));
            }
        }
        moves
    }

    /// The other printer that this job goes to, if it does.
    fn target(
        &self,
        view: View<'_>,
        job: &SpoolJob,
        latest: &BTreeMap<(String, String), String>,
        now: Tick,
    ) -> Option<String> {
        if !may_move(job) {
            return None;
        }
        let station = station_of(view.stations, job)?;
        let target = match self.original(view, job, latest) {
            Some(Original::Open(printer)) => printer,
            Some(Original::Printed(printer)) if self.holds_on(station, &printer, now) => printer,
            Some(Original::Printed(_)) | None => self.place(station, job, now)?,
        };
        let known = view.printers.contains(&target);
        (known && target != job.printer).then_some(target)
    }

    /// Home or the backup, by how they are; none: where it is.
    fn place(&self, station: &Station, job: &SpoolJob, now: Tick) -> Option<String> {
        let (home, backup) = (&station.printer, station.backup.as_ref()?);
        if job.printer != *home {
            return self.is_online(home).then(|| home.clone());
        }
        let down = self.is_down(home, station.backup_after, now);
        (down && self.is_online(backup)).then(|| backup.clone())
    }

    /// A correction waits at the printer that its original came out of, unless that one is down for too long.
    fn holds_on(&self, station: &Station, printer: &str, now: Tick) -> bool {
        !self.is_down(printer, station.backup_after, now)
    }

    /// Where the ticket is that a VOID or CHANGE must not overtake, or corrects.
    fn original(
        &self,
        view: View<'_>,
        job: &SpoolJob,
        latest: &BTreeMap<(String, String), String>,
    ) -> Option<Original> {
        if !job.is_correction() {
            return None;
        }
        let open = job
            .order_id()
            .and_then(|order| latest.get(&(order, job.job.station.clone())).cloned());
        let printed = || view.originals.get(&job.job.id).cloned().map(Original::Printed);
        open.map(Original::Open).or_else(printed)
    }
}

/// Where the ticket is that a correction is about.
enum Original {
    /// It waits there, or is being printed or asked about.
    Open(String),
    /// It came out there.
    Printed(String),
}

/// What has begun stays where it is; so does what waits for a person, and what came from another agent.
fn may_move(job: &SpoolJob) -> bool {
    let from_afar = job.job.banners.iter().any(is_backup);
    let for_a_person = !job.released && job.detail.as_deref() == Some(STALE);
    job.is_waiting() && !job.cancel_requested && !is_slip(job) && !from_afar && !for_a_person
}

fn order_to(job: &SpoolJob, to: String) -> Move {
    let mut banners = job.banners.clone();
    let away = banners.iter().any(is_backup);
    banners.retain(|banner| !is_backup(banner));
    let detail = if away {
        format!("back at {to}, its own printer")
    } else {
        let station = job.job.station.clone();
        banners.push(Banner::Backup { station });
        format!("goes to {to} as the backup of {}", job.printer)
    };
    Move {
        job: job.job.id.clone(),
        from: job.printer.clone(),
        to,
        banners,
        detail,
    }
}

fn is_backup(banner: &Banner) -> bool {
    matches!(banner, Banner::Backup { .. })
}

/// The station of agent.toml that a job belongs to. The relay may know it by another name: then it is the
/// only one that this printer serves, or stands in for.
pub(super) fn station_of<'a>(stations: &'a [Station], job: &SpoolJob) -> Option<&'a Station> {
    let away = job.banners.iter().any(is_backup);
    let prints_here = |station: &&Station| match away {
        true => station.backup.as_ref() == Some(&job.printer),
        false => station.printer == job.printer,
    };
    let name = &job.job.station;
    let mut here = stations.iter().filter(prints_here);
    let named = here.clone().find(|station| is_called(station, name));
    named.or_else(|| here.next().filter(|_| here.next().is_none()))
}

fn is_called(station: &Station, name: &str) -> bool {
    let place = station.location.as_ref();
    place.map_or_else(
        || *name == station.name,
        |place| *name == format!("{}_{place}", station.name) || *name == station.name,
    )
}
