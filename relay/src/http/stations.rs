//! `/api/stations`: what prints where, what waits, and how the printers are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use protocol::{Evidence, JobState};
use serde::Serialize;

use super::input::Who;
use super::reply::{List, json};
use crate::error::Problem;
use crate::routing::Settings;
use crate::routing::settings::StationSettings;
use crate::screens::DEAD_AFTER;
use crate::service::{App, SharedApp};
use crate::store::{Holder, Job, JobFilter, Printer};

/// Pages of waiting jobs that are counted for each state: 2,000 jobs, more than a station prints in
/// a day.
const PAGES: usize = 10;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StationView<'a> {
    name: &'a str,
    copies: u32,
    backup: Option<&'a str>,
    backup_after_s: u64,
    kind: Option<&'a str>,
    /// The device that gets its jobs.
    device: Option<&'a str>,
    printers: Vec<PrinterView<'a>>,
    /// Whether a kitchen display shows it: none where no display does.
    screen: Option<bool>,
    waiting: usize,
    oldest: Option<Timestamp>,
}

#[derive(Serialize)]
pub(super) struct PrinterView<'a> {
    name: &'a str,
    profile: Option<&'a str>,
    proof: Option<Evidence>,
    state: &'a str,
    paper: Option<&'a str>,
    cover: Option<&'a str>,
    error: Option<&'a str>,
    at: Timestamp,
}

/// What waits at a station.
#[derive(Default, Clone, Copy)]
struct Waiting {
    jobs: usize,
    oldest: Option<Timestamp>,
}

/// `GET /api/stations`.
pub(super) async fn list(State(app): State<SharedApp>, Who(who): Who) -> Result<Response, Problem> {
    let settings = app.store.settings(&who.outlet).await?;
    let holders = app.store.holders(&who.outlet).await?;
    let printers = app.store.printers(&who.outlet).await?;
    let waiting = waiting(&app, &who.outlet).await?;
    let names = names(&settings, &holders, &waiting);
    let default = StationSettings::default();
    let stations = names.iter().map(|name| {
        let own = settings.stations.get(name).unwrap_or(&default);
        let holder = holders.iter().find(|holder| holder.station == *name);
        let waiting = waiting.get(name).copied().unwrap_or_default();
        StationView {
            name,
            copies: own.copies,
            backup: own.backup.as_deref(),
            backup_after_s: own.backup_after_s,
            kind: own.kind.as_deref(),
            device: holder.map(|holder| holder.device.as_str()),
            printers: printers
                .iter()
                .filter(|printer| holder.is_some_and(|holder| holder.device == printer.device))
                .map(printer_view)
                .collect(),
            screen: app
                .screens
                .silence(&who.outlet, name, Instant::now())
                .map(|silence| silence < DEAD_AFTER),
            waiting: waiting.jobs,
            oldest: waiting.oldest,
        }
    });
    Ok(json(&List::all(stations.collect())))
}

/// A printer's state in one word: what it said of itself last, or at its agent's registration.
pub(crate) fn state_of(printer: &Printer) -> &'static str {
    let said = printer
        .info
        .as_ref()
        .map_or("unknown", |info| info.state.as_str());
    let state = match &printer.status {
        Some(status) if status.paper == "out" => "paper_out",
        Some(status) if status.cover == "open" => "cover_open",
        Some(status) if status.error.is_some() => "error",
        Some(status) if !status.online => "offline",
        Some(_) => "ready",
        None => said,
    };
    crate::metrics::PRINTER_STATES
        .into_iter()
        .find(|known| *known == state)
        .unwrap_or("unknown")
}

/// A printer as answers show it.
pub(super) fn printer_view(printer: &Printer) -> PrinterView<'_> {
    let status = printer.status.as_ref();
    PrinterView {
        name: &printer.name,
        profile: printer.info.as_ref().map(|info| info.profile.as_str()),
        proof: printer.info.as_ref().and_then(|info| info.proof),
        state: state_of(printer),
        paper: status.map(|status| status.paper.as_str()),
        cover: status.map(|status| status.cover.as_str()),
        error: status.and_then(|status| status.error.as_deref()),
        at: printer.at,
    }
}

/// Every station that the settings, an agent or a waiting job names.
fn names(settings: &Settings, holders: &[Holder], waiting: &BTreeMap<String, Waiting>) -> BTreeSet<String> {
    let held = holders.iter().map(|holder| &holder.station);
    let mut names = settings.station_names();
    names.extend(held.chain(waiting.keys()).cloned());
    names
}

async fn waiting(app: &App, outlet: &str) -> Result<BTreeMap<String, Waiting>, Problem> {
    let mut waiting: BTreeMap<String, Waiting> = BTreeMap::new();
    for state in JobState::ALL.into_iter().filter(|state| !state.is_final()) {
        let mut filter = JobFilter {
            state: Some(state),
            limit: 200,
            ..JobFilter::default()
        };
        for _ in 0..PAGES {
            let page = app.store.list_jobs(outlet, filter.clone()).await?;
            page.items.iter().for_each(|job| count(&mut waiting, job));
            match page.next {
                Some(next) => filter.cursor = Some(next),
                None => break,
            }
        }
    }
    Ok(waiting)
}

fn count(waiting: &mut BTreeMap<String, Waiting>, job: &Job) {
    let here = waiting.entry(job.header.station.clone()).or_default();
    here.jobs += 1;
    let oldest = here.oldest.get_or_insert(job.created_at);
    *oldest = (*oldest).min(job.created_at);
}
