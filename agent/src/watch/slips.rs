//! Slips: a neighbour says that a printer is down, asks whether a ticket printed, and a printer that comes
//! back lists what went stale.

use std::collections::BTreeMap;

use protocol::{JobId, JobKind, JobState, Tick};
use serde::Deserialize;
use serde_json::Value;

use super::backup::station_of;
use super::{ALARM_AFTER, ASK_AFTER, LISTED, SETTLED, Slip, Ticket, View, Watch, is_slip};
use crate::press::freshness::{STALE, between};
use crate::spool::{LOCAL_PREFIX, SpoolJob};

impl Watch {
    pub(super) fn slips(&mut self, view: View<'_>, now: Tick) -> Vec<Slip> {
        let mut slips = self.outages(view, now);
        slips.extend(self.questions(view));
        slips.extend(self.summaries(view, now));
        slips
    }

    /// Once for each outage that keeps a ticket waiting.
    fn outages(&mut self, view: View<'_>, now: Tick) -> Vec<Slip> {
        let mut slips = Vec::new();
        for printer in view.printers {
            let waiting: Vec<&SpoolJob> = waiting_at(view, printer).collect();
            let Some(first) = waiting.first() else { continue };
            let limit = station_of(view.stations, first)
                .map_or(ALARM_AFTER, |station| station.backup_after.min(ALARM_AFTER));
            let Some(seen) = self.seen.get(printer).filter(|seen| !seen.told) else {
                continue;
            };
            if !self.is_down(printer, limit, now) {
                continue;
            }
            let Some(neighbour) = self.neighbour(view, printer) else {
                continue;
            };
            let count = waiting.len();
            let tickets = if count == 1 { "ticket" } else { "tickets" };
            let message = format!("{} \u{2013} {count} {tickets} waiting", seen.error);
            slips.push(Slip {
                id: slip_id("down", printer, view.wall.as_second()),
                kind: JobKind::Alarm,
                printer: neighbour,
                station: first.job.station.clone(),
                about: printer.clone(),
                message,
                ticket: None,
                waiting: list(view, &waiting),
            });
        }
        for slip in &slips {
            if let Some(seen) = self.seen.get_mut(&slip.about) {
                seen.told = true;
            }
        }
        slips
    }

    /// Once for each doubt that has lasted a moment.
    fn questions(&self, view: View<'_>) -> Vec<Slip> {
        let asks = |job: &&SpoolJob| {
            job.state == JobState::Unconfirmed
                && job.answer.is_none()
                && !is_slip(job)
                && between(job.at, view.wall) >= ASK_AFTER
        };
        let question = |job: &SpoolJob| {
            Some(Slip {
                id: slip_id("ask", job.job.id.as_str(), job.attempt.into()),
                kind: JobKind::Alarm,
                printer: self.neighbour(view, &job.printer)?,
                station: job.job.station.clone(),
                about: job.printer.clone(),
                message: format!("Did #{} print? Yes / Print again", job.job.number),
                ticket: Some(ticket(view, job)),
                waiting: Vec::new(),
            })
        };
        view.jobs.iter().filter(asks).filter_map(question).collect()
    }

    /// One for each station, on its printer once that is ready and nothing more goes stale.
    fn summaries(&mut self, view: View<'_>, now: Tick) -> Vec<Slip> {
        let stale = |job: &&SpoolJob| is_stale(job) && self.is_settled(&job.printer, now);
        let mut stations: BTreeMap<(&str, &str), Vec<&SpoolJob>> = BTreeMap::new();
        for job in view.jobs.iter().filter(stale) {
            let key = (job.job.station.as_str(), job.printer.as_str());
            stations.entry(key).or_default().push(job);
        }
        let mut slips = Vec::new();
        let mut latest = BTreeMap::new();
        for ((station, printer), jobs) in stations {
            let last = jobs.iter().map(|job| job.arrival).max().unwrap_or(0);
            let place = (station.to_owned(), printer.to_owned());
            if self.stale.get(&place) == Some(&last) {
                slips.push(summary(view, station, printer, &jobs, last));
            }
            latest.insert(place, last);
        }
        self.stale = latest;
        slips
    }

    fn is_settled(&self, printer: &str, now: Tick) -> bool {
        let seen = self.seen.get(printer).filter(|seen| seen.online);
        seen.is_some_and(|seen| now.since(seen.since) >= SETTLED)
    }

    /// A printer that can print: a backup of one of this printer's stations, or the first other one.
    fn neighbour(&self, view: View<'_>, printer: &str) -> Option<String> {
        let own = view.stations.iter().filter(|station| station.printer == printer);
        let backups = own.filter_map(|station| station.backup.as_ref());
        let others = backups.chain(view.printers);
        let mut ready = others.filter(|other| *other != printer && self.is_online(other));
        ready.next().cloned()
    }
}

fn waiting_at<'a>(view: View<'a>, printer: &'a str) -> impl Iterator<Item = &'a SpoolJob> {
    let waits = |job: &SpoolJob| job.is_waiting() || job.state == JobState::Printing;
    view.jobs
        .iter()
        .filter(move |job| job.printer == *printer && waits(job) && !is_slip(job) && !is_stale(job))
}

fn is_stale(job: &SpoolJob) -> bool {
    job.is_waiting() && !job.released && job.detail.as_deref() == Some(STALE) && !is_slip(job)
}

fn summary(view: View<'_>, station: &str, printer: &str, jobs: &[&SpoolJob], last: i64) -> Slip {
    let more = jobs.len().saturating_sub(LISTED);
    let message = match more {
        0 => "Too old to print by themselves".to_owned(),
        more => format!("Too old to print by themselves; {more} more are in the dashboard"),
    };
    Slip {
        id: slip_id("summary", station, last),
        kind: JobKind::Summary,
        printer: printer.to_owned(),
        station: station.to_owned(),
        about: printer.to_owned(),
        message,
        ticket: None,
        waiting: list(view, jobs),
    }
}

fn list(view: View<'_>, jobs: &[&SpoolJob]) -> Vec<Ticket> {
    jobs.iter().take(LISTED).map(|job| ticket(view, job)).collect()
}

fn ticket(view: View<'_>, job: &SpoolJob) -> Ticket {
    #[derive(Default, Deserialize)]
    struct About {
        order_number: Option<Value>,
        table_number: Option<Value>,
        timezone: Option<String>,
    }
    let about: About = serde_json::from_str(&job.data).unwrap_or_default();
    let text = |value: Option<Value>| match value? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let age = between(job.spooled_at, view.wall).as_secs() + job.job.age_ms / 1000;
    Ticket {
        number: job.job.number,
        order_number: text(about.order_number),
        table: text(about.table_number),
        timezone: about.timezone,
        age_min: age / 60,
    }
}

fn slip_id(news: &str, of: &str, which: i64) -> JobId {
    JobId::new(format!("{LOCAL_PREFIX}{news}-{of}-{which}"))
}
