//! The running agent: spool, presses, link and the control endpoint, started and ended together.

pub mod ask;
mod control;
mod desk;
pub mod device;
mod local;
mod presses;
pub mod report;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use protocol::frames::{AgentInfo, PrinterInfo, PrinterStatus, Registration};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::{Config, Station};
use crate::link::{CLOCK_FACT, Link, LinkSettings, LinkStatus, NEWS_WAITING};
use crate::spool::{Recovery, Spool, SpoolError};
use control::Control;
use desk::Desk;
use device::Device;
use presses::{Presses, Shared};

/// Reloads that wait; the last one counts.
const RELOADS: usize = 4;

/// Why the agent cannot run, or cannot run on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The spool cannot be opened or written.
    #[error("the spool in the data folder does not work")]
    Spool(#[from] SpoolError),
    /// The data folder cannot be used.
    #[error("the data folder cannot be used: check who may write there and whether the disk is full")]
    Folder(#[source] io::Error),
}

/// An agent whose spool is open and which is ready to run.
pub struct Agent {
    config: watch::Sender<Config>,
    spool: Spool,
    recovery: Recovery,
    device: Device,
    clock: Clock,
    control: Control,
    link: watch::Sender<LinkStatus>,
    reloads: (mpsc::Sender<Config>, mpsc::Receiver<Config>),
}

/// Runs an agent until `stop`. See [`Agent`] for more than that.
///
/// # Errors
/// [`RunError`].
pub async fn run(config: Config, stop: CancellationToken) -> Result<(), RunError> {
    Agent::open(config).await?.run(stop).await
}

impl Agent {
    /// Opens the spool and says what it held, and opens the control endpoint.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn open(config: Config) -> Result<Self, RunError> {
        let path = config.spool_path();
        let opened = tokio::task::spawn_blocking(move || {
            let (spool, recovery) = Spool::open(&path)?;
            let behind = spool
                .recall(CLOCK_FACT)?
                .and_then(|text| text.parse().ok())
                .unwrap_or(0);
            Ok((spool, recovery, behind))
        });
        let (spool, recovery, behind) = opened.await.unwrap_or(Err(SpoolError::Closed))?;
        say_what_the_spool_held(&recovery);
        let clock = Clock::new(behind);
        Ok(Self {
            device: Device::load(&config.data).map_err(RunError::Folder)?,
            control: Control::open(&config.data).await.map_err(RunError::Folder)?,
            link: watch::Sender::new(LinkStatus::new(clock.now())),
            reloads: mpsc::channel(RELOADS),
            config: watch::Sender::new(config),
            spool,
            recovery,
            clock,
        })
    }

    /// How the link is; it is ready when that is [`crate::link::LinkState::Live`].
    #[must_use]
    pub fn link(&self) -> watch::Receiver<LinkStatus> {
        self.link.subscribe()
    }

    /// Takes a new configuration while the agent runs. Its data folder has to be the same.
    #[must_use]
    pub fn reloads(&self) -> mpsc::Sender<Config> {
        self.reloads.0.clone()
    }

    /// What the spool held.
    #[must_use]
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Runs until `stop`: tickets in progress are finished, what is known is reported.
    ///
    /// # Errors
    /// [`RunError::Spool`] where the spool can no longer be written: start again to recover.
    pub async fn run(self, stop: CancellationToken) -> Result<(), RunError> {
        let (mut running, reloads) = self.start().await;
        let outcome = running.supervise(&stop, reloads).await;
        let outcome = running.end(outcome).await;
        if let Err(error) = &outcome {
            error!("the agent ends, since {error}");
        }
        Ok(outcome?)
    }

    async fn start(self) -> (Running, mpsc::Receiver<Config>) {
        let Self {
            config,
            spool,
            recovery,
            device,
            clock,
            control,
            link,
            reloads: (_, reloads),
        } = self;
        let (sender, news) = mpsc::channel(NEWS_WAITING);
        let presses = Presses::new(Shared {
            spool: spool.clone(),
            clock: clock.clone(),
            news: sender,
        });
        let first = config.borrow().clone();
        presses.apply(&first).await;
        let nudge: Arc<dyn Fn() + Send + Sync> = {
            let presses = presses.clone();
            Arc::new(move || presses.nudge())
        };
        let printers = watch::Sender::new(BTreeMap::<String, PrinterStatus>::new());
        let settings = watch::Sender::new(link_settings(&first, &device, &recovery));
        let desk = Arc::new(Desk {
            spool: spool.clone(),
            recovery: recovery.clone(),
            clock: clock.clone(),
            since: Timestamp::now(),
            config: config.subscribe(),
            link: link.subscribe(),
            printers: printers.subscribe(),
            nudge: Arc::clone(&nudge),
        });
        let link = Link {
            spool,
            clock,
            news,
            nudge,
            status: link,
            printers,
            settings: settings.subscribe(),
        };
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let until = stop.clone();
        tasks.spawn(async move { link.run(until).await });
        let until = stop.clone();
        tasks.spawn(async move {
            control.run(desk, until).await;
            Ok(())
        });
        (
            Running {
                config,
                recovery,
                device,
                presses,
                settings,
                stop,
                tasks,
            },
            reloads,
        )
    }
}

/// What runs, and what it takes to change or end it.
struct Running {
    config: watch::Sender<Config>,
    recovery: Recovery,
    device: Device,
    presses: Presses,
    settings: watch::Sender<LinkSettings>,
    stop: CancellationToken,
    tasks: JoinSet<Result<(), SpoolError>>,
}

impl Running {
    /// Until `stop`, or until a task ends by itself, which is a failure.
    async fn supervise(
        &mut self,
        stop: &CancellationToken,
        mut reloads: mpsc::Receiver<Config>,
    ) -> Result<(), SpoolError> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Some(ended) = self.tasks.join_next() => return ended.unwrap_or(Err(SpoolError::Closed)),
                Some(new) = reloads.recv() => self.reload(new).await,
            }
        }
    }

    async fn reload(&mut self, new: Config) {
        if new.data != self.config.borrow().data {
            warn!("the data folder cannot change while the agent runs: restart it for that");
            return;
        }
        self.presses.apply(&new).await;
        self.settings.send_if_modified(|settings| {
            let wanted = link_settings(&new, &self.device, &self.recovery);
            let news = *settings != wanted;
            *settings = wanted;
            news
        });
        self.config.send_replace(new);
        info!("the new configuration is in use");
    }

    /// First the presses, so that what they finish is still reported.
    async fn end(mut self, mut outcome: Result<(), SpoolError>) -> Result<(), SpoolError> {
        self.presses.stop().await;
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            outcome = outcome.and(ended.unwrap_or(Err(SpoolError::Closed)));
        }
        outcome
    }
}

fn say_what_the_spool_held(recovery: &Recovery) {
    let Recovery {
        waiting,
        in_doubt,
        unconfirmed,
        set_aside,
        spool_id: _,
    } = recovery;
    if let Some(aside) = set_aside {
        warn!(
            "the spool was damaged: it lies at {} now, a new one begins, and the relay sends again whatever is \
             not finished",
            aside.display()
        );
    }
    info!(
        "the spool holds {waiting} jobs that wait, {in_doubt} that were printing when the agent ended, \
         {unconfirmed} unconfirmed"
    );
}

fn link_settings(config: &Config, device: &Device, recovery: &Recovery) -> LinkSettings {
    let printers: Vec<_> = config
        .printers
        .iter()
        .map(|printer| PrinterInfo {
            name: printer.name.clone(),
            profile: printer.profile.clone().unwrap_or_else(|| "generic-80".to_owned()),
            proof: None,
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
