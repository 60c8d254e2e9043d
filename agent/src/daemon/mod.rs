//! The running agent: spool, presses, link and the control endpoint, started and ended together.

pub mod alone;
pub mod ask;
mod control;
mod desk;
pub mod device;
mod keeper;
mod local;
mod presses;
pub mod report;
mod running;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use protocol::frames::PrinterStatus;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::Config;
use crate::link::{CLOCK_FACT, Link, LinkStatus, NEWS_WAITING, Room};
use crate::spool::{Recovery, Spool, SpoolError};
use control::Control;
use desk::Desk;
use device::Device;
use keeper::Keeper;
use presses::{Levels, Presses, Shared};
use running::{Running, link_settings};

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
    levels: Levels,
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
        let wanted = config.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let (spool, recovery) = Spool::open(&wanted.spool_path())?;
            let behind = spool
                .recall(CLOCK_FACT)?
                .and_then(|text| text.parse().ok())
                .unwrap_or(0);
            let levels = presses::remembered(&spool, &wanted)?;
            Ok((spool, recovery, behind, levels))
        });
        let (spool, recovery, behind, levels) = opened.await.unwrap_or(Err(SpoolError::Closed))?;
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
            levels,
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

    /// Whether the spool answers: what a watchdog asks again and again.
    pub fn pulse(&self) -> impl AsyncFn() -> bool + use<> {
        let spool = self.spool.clone();
        async move || {
            let spool = spool.clone();
            let asked = tokio::task::spawn_blocking(move || spool.recall(CLOCK_FACT).is_ok());
            asked.await.unwrap_or(false)
        }
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
        let mut running = self.start().await;
        let outcome = running.supervise(&stop).await;
        let outcome = running.end(outcome).await;
        if let Err(error) = &outcome {
            error!("the agent ends, since {error}");
        }
        Ok(outcome?)
    }

    async fn start(self) -> Running {
        let Self {
            config,
            spool,
            recovery,
            device,
            clock,
            control,
            link,
            levels,
            reloads: (_, reloads),
        } = self;
        let (sender, news) = mpsc::channel(NEWS_WAITING);
        let levels = watch::Sender::new(levels);
        let (broken_sender, broken) = mpsc::channel(1);
        let presses = Presses::new(Shared {
            spool: spool.clone(),
            clock: clock.clone(),
            news: sender.clone(),
            levels: levels.clone(),
            broken: broken_sender,
        });
        let first = config.borrow().clone();
        presses.apply(&first).await;
        let nudge: Arc<dyn Fn() + Send + Sync> = {
            let presses = presses.clone();
            Arc::new(move || presses.nudge())
        };
        let printers = watch::Sender::new(BTreeMap::<String, PrinterStatus>::new());
        let settings = watch::Sender::new(link_settings(&first, &device, &recovery, &levels.borrow()));
        let desk = Arc::new(Desk {
            spool: spool.clone(),
            recovery: recovery.clone(),
            clock: clock.clone(),
            since: Timestamp::now(),
            config: config.subscribe(),
            link: link.subscribe(),
            printers: printers.subscribe(),
            nudge: Arc::clone(&nudge),
            presses: presses.clone(),
        });
        let keeper = Keeper {
            spool: spool.clone(),
            clock: clock.clone(),
            config: config.subscribe(),
            printers: printers.subscribe(),
            news: sender,
            nudge: Arc::clone(&nudge),
            presses: presses.clone(),
        };
        let link = Link {
            spool,
            clock,
            news,
            nudge,
            status: link,
            printers,
            settings: settings.subscribe(),
            room: Room::default(),
        };
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let until = stop.clone();
        tasks.spawn(async move { link.run(until).await });
        let until = stop.clone();
        tasks.spawn(async move { keeper.run(until).await });
        let until = stop.clone();
        tasks.spawn(async move {
            control.run(desk, until).await;
            Ok(())
        });
        Running {
            config,
            recovery,
            device,
            presses,
            settings,
            levels: levels.subscribe(),
            broken,
            reloads,
            stop,
            tasks,
        }
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
