//! The thread that owns one printer: it does what the machine says and tells it what happened.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use protocol::frames::PrinterStatus;
use protocol::{JobUpdate, Tick};

use super::commands::Recovery;
use super::known::{self, Known};
use super::limits::Limits;
use super::machine::{Config, Machine};
use super::render::Tickets;
use super::shift::Shift;
use crate::clock::Clock;
use crate::config::Station;
use crate::port::Address;
use crate::spool::{Spool, SpoolError};
use crate::tickets::Stock;

/// Commands that wait. A nudge more says nothing new.
const COMMANDS: usize = 4;

/// After a panic, so that one which comes again at once does not fill the log.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// A stop waits so long for the thread: for the 8 s of a ticket in progress, and the port's farewell.
const STOP_WITHIN: Duration = Duration::from_secs(12);

/// Between two looks at a thread that is to end.
const STOP_LOOK: Duration = Duration::from_millis(5);

/// What a press is made of.
#[derive(Debug, Clone)]
pub struct PressConfig {
    /// The printer's name in agent.toml.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// Its profile; none: `generic-80`.
    pub profile: Option<String>,
    /// Columns; none: the profile's.
    pub columns: Option<u16>,
    /// The stations that print here; their `on_unconfirmed` decides about copies.
    pub stations: Vec<Station>,
    /// Every wait; `Limits::default()` but in tests.
    pub limits: Limits,
}

/// What a press tells the agent.
#[derive(Debug)]
pub enum PressReport {
    /// A job's step, durable already.
    Job(JobUpdate),
    /// What the printer says of itself.
    Printer(PrinterStatus),
    /// What it was probed for.
    Known {
        /// The printer's name.
        printer: String,
        /// The result.
        known: Known,
    },
    /// A person should know.
    Alarm(String),
    /// The spool cannot be written: the press has ended, and the agent must.
    Broken(SpoolError),
}

/// A running press. Dropping it stops the press without waiting.
#[derive(Debug)]
pub struct PressHandle {
    commands: SyncSender<Command>,
    thread: Option<JoinHandle<()>>,
    pulse: Arc<Pulse>,
}

impl PressHandle {
    /// There is something new in the spool.
    pub fn nudge(&self) {
        // A full queue has a nudge in it.
        let _ = self.commands.try_send(Command::Nudge);
    }

    /// Somebody wants the printer probed again, or accepts another one at its address.
    pub fn probe(&self) {
        let _ = self.commands.try_send(Command::Probe);
    }

    /// An operator ends the printer's error; false where the press is too busy to hear.
    #[must_use]
    pub fn recover(&self, how: Recovery) -> bool {
        self.commands.try_send(Command::Recover(how)).is_ok()
    }

    /// How long the press has not turned its own wheel. Every wait of a port has a limit of its own, so a long
    /// silence is a driver that does not return.
    #[must_use]
    pub fn silent_for(&self) -> Duration {
        self.pulse.silent_for()
    }

    /// Ends the press and waits for it: a ticket in progress is finished, for at most 8 s. False where the press
    /// hangs and was left behind: until it ends, its printer is its own.
    #[must_use]
    pub fn stop(mut self) -> bool {
        let end = Instant::now() + STOP_WITHIN;
        let Some(thread) = self.thread.take() else {
            return true;
        };
        // A press that hangs hears nothing, and its queue of commands may be full.
        while self.commands.try_send(Command::Stop).is_err() && !thread.is_finished() && Instant::now() < end
        {
            thread::sleep(STOP_LOOK);
        }
        while !thread.is_finished() && Instant::now() < end {
            thread::sleep(STOP_LOOK);
        }
        if thread.is_finished() {
            let _ = thread.join();
            return true;
        }
        false
    }
}

/// The last turn of a press's wheel.
#[derive(Debug)]
struct Pulse {
    born: Instant,
    /// Milliseconds after that.
    at: AtomicU64,
}

impl Pulse {
    fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn silent_for(&self) -> Duration {
        let at = self.at.load(Ordering::Relaxed);
        Duration::from_millis(self.now().saturating_sub(at))
    }
}

pub(super) enum Command {
    Nudge,
    Probe,
    Recover(Recovery),
    Stop,
}

/// Starts the thread that owns this printer. A panic in it restarts the press and touches no other.
///
/// # Errors
/// Where the system gives no thread.
pub fn start(
    config: PressConfig,
    spool: Spool,
    templates: impl Into<Stock>,
    clock: Clock,
    reports: impl Fn(PressReport) + Send + 'static,
) -> std::io::Result<PressHandle> {
    let (commands, inbox) = sync_channel(COMMANDS);
    let name = format!("press {}", config.name);
    let pulse = Arc::new(Pulse {
        born: Instant::now(),
        at: AtomicU64::new(0),
    });
    let owner = Owner {
        tickets: Tickets::new(templates.into(), config.profile.as_deref(), config.columns),
        config,
        spool,
        clock,
        reports: Box::new(reports),
        inbox,
        pulse: Arc::clone(&pulse),
    };
    let thread = thread::Builder::new().name(name).spawn(move || owner.run())?;
    Ok(PressHandle {
        commands,
        thread: Some(thread),
        pulse,
    })
}

/// What outlives a panic.
pub(super) struct Owner {
    pub(super) config: PressConfig,
    pub(super) spool: Spool,
    pub(super) tickets: Tickets,
    pub(super) clock: Clock,
    pub(super) reports: Box<dyn Fn(PressReport) + Send>,
    pub(super) inbox: Receiver<Command>,
    pulse: Arc<Pulse>,
}

impl Owner {
    fn run(&self) {
        loop {
            self.beat();
            match catch_unwind(AssertUnwindSafe(|| self.attend())) {
                Ok(Ok(())) => return,
                Ok(Err(broken)) => return (self.reports)(PressReport::Broken(broken)),
                Err(_) => {
                    let text = format!("{}: the press panicked and starts again", self.config.name);
                    (self.reports)(PressReport::Alarm(text));
                }
            }
            match self.inbox.recv_timeout(RESTART_AFTER) {
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Command::Nudge | Command::Probe | Command::Recover(_))
                | Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Runs the machine until a stop, or until the spool is broken.
    fn attend(&self) -> Result<(), SpoolError> {
        let known = self.spool.recall(&known::key(&self.config.name))?;
        let known = known.as_deref().and_then(Known::decode);
        let machine = Machine::new(self.machine_config(), known, self.tick(), self.clock.now());
        Shift::new(self, machine).serve()
    }

    fn machine_config(&self) -> Config {
        let names = |station: &Station| {
            let place = station
                .location
                .as_ref()
                .map(|place| format!("{}_{place}", station.name));
            [Some(station.name.clone()), place]
                .into_iter()
                .flatten()
                .map(|name| (name, station.on_unconfirmed))
                .collect::<Vec<_>>()
        };
        Config {
            printer: self.config.name.clone(),
            on_unconfirmed: self.config.stations.iter().flat_map(names).collect(),
            knows_marks: self.tickets.knows_marks(self.config.profile.is_some()),
            speaks_star: self.tickets.speaks_star(),
            limits: self.config.limits.clone(),
        }
    }

    pub(super) fn tick(&self) -> Tick {
        Tick(self.pulse.now())
    }

    /// The press lives.
    pub(super) fn beat(&self) {
        self.pulse.at.store(self.pulse.now(), Ordering::Relaxed);
    }
}
