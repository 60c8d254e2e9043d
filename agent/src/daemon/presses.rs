//! The presses of this agent, one for each printer, started and ended together or one by one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::config::{Config, Printer, Station};
use crate::link::News;
use crate::spool::Spool;

/// What every press shares.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) spool: Spool,
    pub(super) clock: Clock,
    pub(super) news: mpsc::Sender<News>,
}

/// What one press is made of; another one means another press.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Settings {
    printer: Printer,
    stations: Vec<Station>,
}

struct Press {
    settings: Settings,
}

/// All presses.
#[derive(Clone)]
pub(super) struct Presses {
    shared: Shared,
    running: Arc<Mutex<BTreeMap<String, Press>>>,
}

impl Presses {
    pub(super) fn new(shared: Shared) -> Self {
        Self {
            shared,
            running: Arc::default(),
        }
    }

    /// Ends what the configuration no longer has, starts what is new; what has not changed runs on.
    pub(super) async fn apply(&self, config: &Config) {
        let wanted = settings(config);
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|name, press| wanted.get(name) == Some(&press.settings));
        for (name, settings) in wanted {
            running.entry(name).or_insert_with(|| Press { settings });
        }
        let _ = &self.shared;
    }

    /// There is something new in the spool.
    pub(super) fn nudge(&self) {}

    /// Ends all: a ticket in progress is finished first, within a limit.
    pub(super) async fn stop(&self) {}
}

fn settings(config: &Config) -> BTreeMap<String, Settings> {
    let of = |printer: &Printer| {
        let serves = |station: &&Station| {
            station.printer == printer.name || station.backup.as_ref() == Some(&printer.name)
        };
        let stations = config.stations.iter().filter(serves).cloned().collect();
        (
            printer.name.clone(),
            Settings {
                printer: printer.clone(),
                stations,
            },
        )
    };
    config.printers.iter().map(of).collect()
}
