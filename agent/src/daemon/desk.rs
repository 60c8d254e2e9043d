//! Answers what the command line asks of the running agent.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use protocol::frames::PrinterStatus;
use protocol::{JobId, JobState, Offer};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::ask::{Ask, Refusal, Wished};
use super::local::{self, Purpose};
use super::presses::Presses;
use super::report::{JobReport, PrinterReport, SCHEMA, SpoolReport, StatusReport};
use crate::clock::Clock;
use crate::config::{Config, Station};
use crate::link::LinkStatus;
use crate::press::{self, Known};
use crate::spool::{Recovery, Spool, SpoolError, SpoolJob, Wish, disk};

/// Jobs among which the end of an id is looked for, and the most that `jobs list` shows.
const RECENT: u32 = 1000;

/// What the answers are made of.
pub(super) struct Desk {
    pub(super) spool: Spool,
    pub(super) recovery: Recovery,
    pub(super) clock: Clock,
    pub(super) since: Timestamp,
    pub(super) config: watch::Receiver<Config>,
    pub(super) link: watch::Receiver<LinkStatus>,
    pub(super) printers: watch::Receiver<BTreeMap<String, PrinterStatus>>,
    pub(super) nudge: Arc<dyn Fn() + Send + Sync>,
    pub(super) presses: Presses,
}

impl Desk {
    pub(super) async fn answer(&self, ask: Ask) -> Result<Value, Refusal> {
        match ask {
            Ask::Status => to_value(&self.status().await?),
            Ask::Jobs { limit } => {
                let jobs = self.spooled(move |spool| spool.recent(limit.min(RECENT))).await?;
                let jobs: Vec<_> = jobs.iter().map(JobReport::from).collect();
                Ok(json!({ "schema": SCHEMA, "jobs": jobs }))
            }
            Ask::Orders { limit } => {
                let jobs = self.spooled(move |spool| spool.recent(limit.min(RECENT))).await?;
                let orders: Vec<Value> = jobs
                    .iter()
                    .filter_map(|job| serde_json::from_str(&job.data).ok())
                    .collect();
                Ok(json!({ "schema": SCHEMA, "orders": orders }))
            }
            Ask::Job { id } => {
                let job = self.find(id).await?;
                Ok(json!({ "schema": SCHEMA, "job": JobReport::from(&job) }))
            }
            Ask::Wish { id, wish } => self.wish(id, wish).await,
            Ask::ReleaseAll => self.release_all().await,
            Ask::Reprint { id } => self.reprint(id).await,
            Ask::Recover { printer, how } => self.recover(&printer, how),
            Ask::Probe { printer } => self.probe(printer).await,
            Ask::Test { printer } => self.test(&printer, Purpose::Test).await,
            Ask::Identify { printer } => self.test(&printer, Purpose::Identify).await,
        }
    }

    pub(super) async fn status(&self) -> Result<StatusReport, Refusal> {
        let jobs = self.spooled(Spool::open_jobs).await?;
        let config = self.config.borrow().clone();
        let said = self.printers.borrow().clone();
        let known = self.known(&config).await?;
        let printers = config.printers.iter().map(|printer| PrinterReport {
            name: printer.name.clone(),
            address: printer.address.to_string(),
            profile: printer.profile.clone(),
            stations: config
                .stations
                .iter()
                .filter(|s| s.printer == printer.name)
                .map(title)
                .collect(),
            status: said.get(&printer.name).cloned(),
            known: known.get(&printer.name).cloned(),
            waiting: jobs.iter().filter(|job| job.printer == printer.name).count(),
        });
        Ok(StatusReport {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            since: self.since,
            data: config.data.clone(),
            relay: config.relay.url.to_string(),
            link: self.link.borrow().clone(),
            spool: self.spool_report(&jobs),
            printers: printers.collect(),
        })
    }

    /// What the printers were probed for.
    async fn known(&self, config: &Config) -> Result<BTreeMap<String, Known>, Refusal> {
        let names: Vec<_> = config
            .printers
            .iter()
            .map(|printer| printer.name.clone())
            .collect();
        self.spooled(move |spool| {
            let mut known = BTreeMap::new();
            for name in names {
                let said = spool.recall(&press::known::key(&name))?;
                known.extend(said.as_deref().and_then(Known::decode).map(|said| (name, said)));
            }
            Ok(known)
        })
        .await
    }

    async fn probe(&self, printer: String) -> Result<Value, Refusal> {
        self.printer(&printer)?;
        // What was known is forgotten, so that whoever waits sees when it is known again.
        let key = press::known::key(&printer);
        self.spooled(move |spool| spool.remember(&key, "")).await?;
        self.presses.probe(&printer);
        Ok(json!({ "schema": SCHEMA, "printer": printer }))
    }

    fn spool_report(&self, jobs: &[SpoolJob]) -> SpoolReport {
        let count = |state| jobs.iter().filter(|job| job.state == state).count();
        SpoolReport {
            id: self.recovery.spool_id.clone(),
            set_aside: self.recovery.set_aside.clone(),
            waiting: count(JobState::Spooled),
            held: count(JobState::Held),
            printing: count(JobState::Printing),
            unconfirmed: count(JobState::Unconfirmed),
            disk_used: disk::used(&self.config.borrow().data),
            oldest: jobs.first().map(JobReport::from),
        }
    }

    async fn wish(&self, id: String, wish: Wished) -> Result<Value, Refusal> {
        let id = self.find(id).await?.job.id;
        let wish = match wish {
            Wished::Cancel => Wish::Cancel,
            Wished::Printed => Wish::Printed,
            Wished::Again => Wish::Again,
            Wished::Release => Wish::Release,
        };
        let of = id.clone();
        self.spooled(move |spool| spool.wish(&of, wish)).await?;
        (self.nudge)();
        Ok(json!({ "schema": SCHEMA, "id": id }))
    }

    async fn release_all(&self) -> Result<Value, Refusal> {
        let released = self.spooled(|spool| {
            let held = spool
                .open_jobs()?
                .into_iter()
                .filter(|job| job.state == JobState::Held && !job.released);
            let ids: Vec<JobId> = held.map(|job| job.job.id).collect();
            ids.iter().try_for_each(|id| spool.wish(id, Wish::Release))?;
            Ok(ids)
        });
        let released = released.await?;
        (self.nudge)();
        Ok(json!({ "schema": SCHEMA, "released": released }))
    }

    async fn reprint(&self, id: String) -> Result<Value, Refusal> {
        let job = self.find(id).await?;
        if job.state == JobState::Unconfirmed {
            return self.wish(job.job.id.to_string(), Wished::Again).await;
        }
        if !job.state.is_final() {
            let message = format!(
                "job {} has not printed yet ({}): nothing to repeat",
                job.job.id, job.state
            );
            return Err(Refusal::new("refused", message));
        }
        let copy = local::reprint(&job, self.clock.now()).map_err(failed)?;
        self.print(copy, job.printer).await
    }

    fn recover(&self, printer: &str, how: press::Recovery) -> Result<Value, Refusal> {
        self.printer(printer)?;
        if !self.presses.recover(printer, how) {
            return Err(Refusal::new("failed", format!("{printer} is busy: try again")));
        }
        Ok(json!({ "schema": SCHEMA, "printer": printer }))
    }

    async fn test(&self, printer: &str, purpose: Purpose) -> Result<Value, Refusal> {
        let config = self.printer(printer)?;
        let ticket = local::test_ticket(&config, printer, purpose, self.clock.now()).map_err(failed)?;
        self.print(ticket, printer.to_owned()).await
    }

    /// The configuration, if it has that printer.
    fn printer(&self, name: &str) -> Result<Config, Refusal> {
        let config = self.config.borrow().clone();
        if config.printer(name).is_some() {
            return Ok(config);
        }
        let known: Vec<_> = config
            .printers
            .iter()
            .map(|printer| printer.name.as_str())
            .collect();
        let message = format!("there is no printer \"{name}\": known are {}", known.join(", "));
        Err(Refusal::new("not_found", message))
    }

    async fn print(&self, offer: Offer, printer: String) -> Result<Value, Refusal> {
        let (id, at) = (offer.job.id.clone(), self.clock.now());
        self.spooled(move |spool| spool.accept(&offer, &printer, at))
            .await?;
        (self.nudge)();
        Ok(json!({ "schema": SCHEMA, "id": id }))
    }

    /// The job of that id, or the only one whose id ends so.
    async fn find(&self, id: String) -> Result<SpoolJob, Refusal> {
        self.spooled(move |spool| find(spool, &id)).await?
    }

    async fn spooled<T, F>(&self, work: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&Spool) -> Result<T, SpoolError> + Send + 'static,
    {
        let spool = self.spool.clone();
        let joined = tokio::task::spawn_blocking(move || work(&spool)).await;
        joined
            .unwrap_or(Err(SpoolError::Closed))
            .map_err(|error| match error {
                SpoolError::NoSuchJob(_) => Refusal::new("not_found", error.to_string()),
                SpoolError::Refused { .. } => Refusal::new("refused", error.to_string()),
                _ => failed(error),
            })
    }
}

fn find(spool: &Spool, id: &str) -> Result<Result<SpoolJob, Refusal>, SpoolError> {
    if let Some(job) = spool.get(&JobId::new(id))? {
        return Ok(Ok(job));
    }
    let mut matching: Vec<_> = spool
        .recent(RECENT)?
        .into_iter()
        .filter(|job| job.job.id.as_str().ends_with(id))
        .collect();
    Ok(match (matching.pop(), matching.len()) {
        (Some(job), 0) => Ok(job),
        (Some(_), _) => Err(Refusal::new(
            "ambiguous",
            format!("several jobs end in {id}: give more of the id"),
        )),
        (None, _) => {
            let message = format!("there is no job {id} in the spool: see `printrail-agent jobs list`");
            Err(Refusal::new("not_found", message))
        }
    })
}

fn title(station: &Station) -> String {
    match &station.location {
        Some(location) => format!("{} ({location})", station.name),
        None => station.name.clone(),
    }
}

fn to_value<T: Serialize>(value: &T) -> Result<Value, Refusal> {
    serde_json::to_value(value).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> Refusal {
    Refusal::new("failed", format!("{error}: see the agent's log"))
}
