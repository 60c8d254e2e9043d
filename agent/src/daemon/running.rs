//! A running agent: what ends it, and what changes it meanwhile.

use protocol::frames::{AgentInfo, PrinterInfo, Registration};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::device::Device;
use super::presses::{Levels, Presses};
use crate::config::{Config, Station};
use crate::link::LinkSettings;
use crate::spool::{Recovery, SpoolError};

/// What runs, and what it takes to change or end it.
pub(super) struct Running {
    pub(super) config: watch::Sender<Config>,
    pub(super) recovery: Recovery,
    pub(super) device: Device,
    pub(super) presses: Presses,
    pub(super) settings: watch::Sender<LinkSettings>,
    /// What the printers were probed for.
    pub(super) levels: watch::Receiver<Levels>,
    /// A press found that the spool cannot be written.
    pub(super) broken: mpsc::Receiver<SpoolError>,
    pub(super) reloads: mpsc::Receiver<Config>,
    pub(super) stop: CancellationToken,
    pub(super) tasks: JoinSet<Result<(), SpoolError>>,
}

impl Running {
    /// Until `stop`, or until a task or press ends by itself, which is a failure.
    pub(super) async fn supervise(&mut self, stop: &CancellationToken) -> Result<(), SpoolError> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Some(ended) = self.tasks.join_next() => return ended.unwrap_or(Err(SpoolError::Closed)),
                Some(broken) = self.broken.recv() => return Err(broken),
                Some(new) = self.reloads.recv() => self.reload(new).await,
                Ok(()) = self.levels.changed() => self.register(),
            }
        }
    }

    /// First the presses, so that what they finish is still reported.
    pub(super) async fn end(mut self, mut outcome: Result<(), SpoolError>) -> Result<(), SpoolError> {
        self.presses.stop().await;
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            outcome = outcome.and(ended.unwrap_or(Err(SpoolError::Closed)));
        }
        outcome
    }

    async fn reload(&mut self, new: Config) {
        if new.data != self.config.borrow().data {
            warn!("the data folder cannot change while the agent runs: restart it for that");
            return;
        }
        self.presses.apply(&new).await;
        self.config.send_replace(new);
        self.register();
        info!("the new configuration is in use");
    }

    /// Where something changed that the relay should know, the link registers again.
    fn register(&mut self) {
        let levels = self.levels.borrow_and_update().clone();
        let wanted = link_settings(&self.config.borrow(), &self.device, &self.recovery, &levels);
        self.settings.send_if_modified(|settings| {
            let news = *settings != wanted;
            *settings = wanted;
            news
        });
    }
}

/// What every connection says of this agent.
pub(super) fn link_settings(
    config: &Config,
    device: &Device,
    recovery: &Recovery,
    levels: &Levels,
) -> LinkSettings {
    let printers: Vec<_> = config
        .printers
        .iter()
        .map(|printer| PrinterInfo {
            name: printer.name.clone(),
            profile: printer.profile.clone().unwrap_or_else(|| "generic-80".to_owned()),
            proof: levels.get(&printer.name).copied(),
            state: "unknown".to_owned(),
        })
        .collect();
    let register = |station: &Station| Registration {
        device_id: device.device_id.clone(),
        role: station.name.clone(),
        location: station.location.clone(),
        outlet_id: config
            .relay
            .outlet
            .clone()
            .or_else(|| device.outlet.clone())
            .unwrap_or_default(),
        agent: AgentInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: protocol::PROTOCOL_VERSION,
            spool: Some(recovery.spool_id.clone()),
        },
        printers: printers.clone(),
    };
    let stations = config
        .stations
        .iter()
        .map(|station| (register(station), station.printer.clone()))
        .collect();
    LinkSettings {
        relay: config.relay.clone(),
        stations,
    }
}
