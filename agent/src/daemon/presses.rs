//! The presses of this agent, one for each printer, started and ended together or one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::Evidence;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{error, warn};

use crate::clock::Clock;
use crate::config::{Config, Printer, Station};
use crate::link::News;
use crate::press::{self, Known, Limits, PressConfig, PressHandle, PressReport, Recovery};
use crate::spool::{Spool, SpoolError};
use crate::tickets::{Sources, Stock};

/// The proof that each printer was found to give.
pub(super) type Levels = BTreeMap<String, Evidence>;

/// What every press shares.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) spool: Spool,
    pub(super) clock: Clock,
    /// Steps and states, on their way to the relay.
    pub(super) news: mpsc::Sender<News>,
    /// What the printers were probed for.
    pub(super) levels: watch::Sender<Levels>,
    /// A spool that cannot be written any more.
    pub(super) broken: mpsc::Sender<SpoolError>,
}

/// What one press is made of; another one means another press.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Settings {
    printer: Printer,
    stations: Vec<Station>,
    tickets: Sources,
}

/// All presses.
#[derive(Clone)]
pub(super) struct Presses {
    shared: Shared,
    running: Arc<Mutex<BTreeMap<String, (Settings, PressHandle)>>>,
    /// Printers whose press hung when it was to end: it may still hold the printer, so no other begins.
    lost: Arc<Mutex<BTreeSet<String>>>,
}

impl Presses {
    pub(super) fn new(shared: Shared) -> Self {
        Self {
            shared,
            running: Arc::default(),
            lost: Arc::default(),
        }
    }

    /// Ends what the configuration no longer has, starts what is new; what has not changed runs on.
    pub(super) async fn apply(&self, config: &Config) {
        let wanted = settings(config);
        let ended = {
            let mut running = self.running();
            let outdated = running.extract_if(.., |name, (settings, _)| wanted.get(name) != Some(settings));
            outdated.map(|(name, (_, press))| (name, press)).collect()
        };
        self.stop_all(ended).await;
        let missing: Vec<_> = {
            let running = self.running();
            wanted
                .into_iter()
                .filter(|(name, _)| !running.contains_key(name))
                .collect()
        };
        if missing.is_empty() {
            return;
        }
        let stock = Stock::open(&config.tickets);
        for (name, settings) in missing {
            if self.lost().contains(&name) {
                error!("{name} stays as it was, since its press hangs: restart the agent");
                continue;
            }
            match self.start(&settings, stock.clone()) {
                Ok(press) => drop(self.running().insert(name, (settings, press))),
                Err(error) => error!("the press of {name} cannot be started, restart the agent: {error}"),
            }
        }
    }

    /// There is something new in the spool.
    pub(super) fn nudge(&self) {
        for (_, press) in self.running().values() {
            press.nudge();
        }
    }

    /// An operator ends a printer's error; false where there is no such press or it does not hear.
    pub(super) fn recover(&self, printer: &str, how: Recovery) -> bool {
        let running = self.running();
        running.get(printer).is_some_and(|(_, press)| press.recover(how))
    }

    /// Somebody wants the printer probed again, or accepts another one at its address.
    pub(super) fn probe(&self, printer: &str) -> bool {
        let running = self.running();
        running.get(printer).map(|(_, press)| press.probe()).is_some()
    }

    /// Ends all: a ticket in progress is finished first, within a limit.
    pub(super) async fn stop(&self) {
        let running = std::mem::take(&mut *self.running());
        self.stop_all(
            running
                .into_iter()
                .map(|(name, (_, press))| (name, press))
                .collect(),
        )
        .await;
    }

    /// How long each press has not turned its wheel.
    pub(super) fn silences(&self) -> BTreeMap<String, Duration> {
        let running = self.running();
        let silence =
            |(name, (_, press)): (&String, &(Settings, PressHandle))| (name.clone(), press.silent_for());
        running.iter().map(silence).collect()
    }

    /// Waits for each on a thread of its own, so that the link hears what they still say.
    async fn stop_all(&self, presses: Vec<(String, PressHandle)>) {
        let mut stopping = JoinSet::new();
        for (name, press) in presses {
            stopping.spawn_blocking(move || (!press.stop()).then_some(name));
        }
        let hung = stopping.join_all().await.into_iter().flatten();
        for name in hung {
            error!("the press of {name} hangs and is left behind");
            self.lost().insert(name);
        }
    }

    fn lost(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, settings: &Settings, stock: Stock) -> std::io::Result<PressHandle> {
        let shared = self.shared.clone();
        let (spool, clock) = (shared.spool.clone(), shared.clock.clone());
        press::start(press_config(settings), spool, stock, clock, move |report| {
            tell(&shared, report)
        })
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, (Settings, PressHandle)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the spool remembers of the printers' proof.
pub(super) fn remembered(spool: &Spool, config: &Config) -> Result<Levels, SpoolError> {
    let mut levels = Levels::new();
    for printer in &config.printers {
        let known = spool.recall(&press::known::key(&printer.name))?;
        if let Some(known) = known.as_deref().and_then(Known::decode) {
            levels.insert(printer.name.clone(), known.level);
        }
    }
    Ok(levels)
}

/// The press of one printer, with the stations that it serves or stands in for.
pub(super) fn config_of(config: &Config, printer: &Printer) -> PressConfig {
    press_config(&settings_of(config, printer))
}

/// Runs on the press's own thread.
fn tell(shared: &Shared, report: PressReport) {
    // Whoever is gone is ending: what matters is in the spool.
    match report {
        PressReport::Job(update) => drop(shared.news.blocking_send(News::Job(update))),
        PressReport::Printer(status) => drop(shared.news.blocking_send(News::Printer(status))),
        PressReport::Known { printer, known } => {
            shared
                .levels
                .send_if_modified(|levels| levels.insert(printer, known.level) != Some(known.level));
        }
        PressReport::Alarm(text) => warn!("{text}"),
        PressReport::Broken(error) => drop(shared.broken.try_send(error)),
    }
}

fn press_config(settings: &Settings) -> PressConfig {
    let printer = &settings.printer;
    PressConfig {
        name: printer.name.clone(),
        address: printer.address.clone(),
        profile: printer.profile.clone(),
        columns: printer.columns,
        stations: settings.stations.clone(),
        limits: Limits::default(),
    }
}

fn settings(config: &Config) -> BTreeMap<String, Settings> {
    let all = config
        .printers
        .iter()
        .map(|printer| (printer.name.clone(), settings_of(config, printer)));
    all.collect()
}

fn settings_of(config: &Config, printer: &Printer) -> Settings {
    let serves = |station: &&Station| {
        station.printer == printer.name || station.backup.as_ref() == Some(&printer.name)
    };
    Settings {
        printer: printer.clone(),
        stations: config.stations.iter().filter(serves).cloned().collect(),
        tickets: config.tickets.clone(),
    }
}
