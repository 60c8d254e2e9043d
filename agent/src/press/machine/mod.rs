//! The press of one printer as a pure machine: told what happened and when, it says what to do.
//!
//! It decides whether the printer is ready, records the intent before the first byte, writes, and waits
//! for the proof; without one it follows the rules of doubt (DELIVERY.md, "Ambiguity"). It opens nothing
//! and reads no clock: [`crate::press::driver`] does what it says.
//!
//! One input, then every output, then wait until [`Machine::poll_timeout`].

mod attempt;
mod check;
mod doubt;
mod line;
mod pace;
mod probe;
mod proof;
mod queue;
mod recovery;
mod star;
mod start;
mod wait;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use protocol::frames::PrinterStatus;
use protocol::{Banner, JobId, Tick};

use self::attempt::Doing;
use self::check::Check;
use self::doubt::Doubt;
use self::line::Line;
use super::commands::Recovery;
use super::freshness::Ages;
use super::health::Health;
use super::known::Known;
use super::limits::Limits;
use super::status::{Heard, Parser};
use crate::config::OnUnconfirmed;
use crate::spool::{SpoolJob, Step};

/// The two clocks part by less than this while the computer is awake.
const SLEPT: std::time::Duration = std::time::Duration::from_secs(2);

/// An operator stands at the printer; a command that comes later might hit another error.
const RECOVER_WITHIN: Duration = Duration::from_secs(10);

/// What a press needs to know beforehand.
#[derive(Debug, Clone)]
pub struct Config {
    /// The printer's name in agent.toml.
    pub printer: String,
    /// Per station, where it differs from [`OnUnconfirmed::default_of`].
    pub on_unconfirmed: BTreeMap<String, OnUnconfirmed>,
    /// The profile says that the printer knows `GS ( H` function 48.
    pub knows_marks: bool,
    /// The profile says that it speaks StarPRNT: other questions, another proof.
    pub speaks_star: bool,
    /// Every wait.
    pub limits: Limits,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Input {
    /// The jobs of this printer that are not final, first in first out, as the spool has them now.
    Queue(Vec<SpoolJob>),
    /// The connection is open.
    Opened {
        /// Whether the port can be read at all.
        readable: bool,
    },
    /// The connection could not be opened, and why, in words for a person.
    OpenFailed(String),
    /// The port took so many bytes of the last [`Output::Write`]; 0 when it took none in its time.
    Wrote(usize),
    /// The printer said something.
    Received(Vec<u8>),
    /// The connection is gone, and why.
    Disconnected(String),
    /// A step of this job is fsynced.
    Recorded(JobId),
    /// A step could not be made durable; [`Input::Queue`] follows.
    NotRecorded {
        /// The step.
        step: Box<Step>,
        /// Whether it is worth trying again (a full disk); else the spool refused it for good.
        again: bool,
    },
    /// The ticket's bytes, or why there are none.
    Rendered(Result<Vec<u8>, String>),
    /// What the spool remembers of the printer; `None` makes the press probe it again.
    Known(Option<Known>),
    /// An operator ends the printer's error.
    Recover(Recovery),
    /// The agent ends: nothing new begins, a ticket in progress is finished.
    Stop,
    /// Time passed.
    Timeout,
}

/// What to do.
#[derive(Debug, Clone)]
pub enum Output {
    /// Connect; answer [`Input::Opened`] or [`Input::OpenFailed`].
    Open,
    /// Close the connection cleanly.
    Close,
    /// Write; answer [`Input::Wrote`] with what was taken. [`Input::Disconnected`] alone means that nobody
    /// knows how much was; where the port is sure, `Wrote` comes first.
    Write(Vec<u8>),
    /// Make this durable; answer [`Input::Recorded`] or [`Input::NotRecorded`].
    Record(Box<Step>),
    /// Render this ticket, once for each copy; answer [`Input::Rendered`].
    Render {
        /// The job.
        job: Box<SpoolJob>,
        /// Everything that stands on top of it.
        banners: Vec<Banner>,
    },
    /// Keep what is known of the printer.
    Remember(Known),
    /// Tell the relay.
    Status(PrinterStatus),
    /// A person should know.
    Alarm(String),
}

/// Whether the printer answers questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    /// Nobody asked yet.
    Unknown,
    /// It answered nothing when first asked, or cannot be read: level C, printed to as it is.
    Silent,
    /// It is known to answer; silence now means that it is busy elsewhere.
    Answers,
}

/// Why nothing can be printed now.
#[derive(Debug)]
struct Obstacle {
    reason: String,
    since: Tick,
}

/// Scraps of an aborted ticket in the printer.
#[derive(Debug, Clone, Copy)]
struct Resync {
    /// NULs that surely fill up the interrupted command.
    fill: usize,
    /// Sent on this connection; done once the printer is ready after it.
    sent: bool,
}

/// The machine.
#[derive(Debug)]
pub struct Machine {
    config: Config,
    now: Tick,
    wall: Timestamp,
    jobs: Vec<SpoolJob>,
    ages: Ages,
    known: Option<Known>,
    voice: Voice,
    health: Health,
    parser: Parser,
    line: Line,
    check: Option<Check>,
    doing: Doing,
    doubts: BTreeMap<JobId, Doubt>,
    obstacle: Option<Obstacle>,
    /// What an aborted ticket left in the printer, to be cleared before the next.
    resync: Option<Resync>,
    /// Steps that must still become durable, oldest first; nothing new begins before they are.
    unrecorded: VecDeque<Step>,
    record_at: Tick,
    visit_at: Tick,
    /// An operator's command that waits for the connection, and until when.
    recovery: Option<(Recovery, Tick)>,
    stopping: bool,
    reported: Option<PrinterStatus>,
    outputs: VecDeque<Output>,
}

impl Machine {
    /// A press that has not yet connected. `known` is what the spool remembers of the printer.
    #[must_use]
    pub fn new(config: Config, known: Option<Known>, now: Tick, wall: Timestamp) -> Self {
        let parser = if config.speaks_star {
            Parser::star()
        } else {
            Parser::default()
        };
        let voice = if known.is_some() {
            Voice::Answers
        } else {
            Voice::Unknown
        };
        Self {
            line: Line::closed(now, &config.limits),
            config,
            now,
            wall,
            jobs: Vec::new(),
            ages: Ages::default(),
            known,
            voice,
            health: Health::default(),
            parser,
            check: None,
            doing: Doing::Idle,
            doubts: BTreeMap::new(),
            obstacle: None,
            resync: None,
            unrecorded: VecDeque::new(),
            record_at: now,
            visit_at: now,
            recovery: None,
            stopping: false,
            reported: None,
            outputs: VecDeque::new(),
        }
    }

    /// Takes one input. `now` never goes back; `wall` is corrected by the relay's last `now`.
    pub fn handle(&mut self, input: Input, now: Tick, wall: Timestamp) {
        self.woke(now, wall);
        self.now = self.now.max(now);
        self.wall = wall;
        let settles = matches!(input, Input::Queue(_) | Input::Timeout);
        match input {
            Input::Queue(jobs) => self.queued(jobs),
            Input::Opened { readable } => self.opened(readable),
            Input::OpenFailed(why) => self.open_failed(&why),
            Input::Wrote(bytes) => self.wrote(bytes),
            Input::Received(bytes) => self.received(&bytes),
            Input::Disconnected(why) => self.disconnected(&why),
            Input::Recorded(job) => self.recorded(&job),
            Input::NotRecorded { step, again } => self.not_recorded(*step, again),
            Input::Rendered(ticket) => self.rendered(ticket),
            Input::Known(known) => self.told(known),
            Input::Recover(how) => self.recovery = Some((how, self.now + RECOVER_WITHIN)),
            Input::Stop => self.stopping = true,
            Input::Timeout => {}
        }
        if settles {
            self.settle();
        }
        self.advance();
    }

    /// The next thing to do, until there is none.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to come back with [`Input::Timeout`] if nothing happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Tick> {
        [
            self.check_deadline(),
            self.doing_deadline(),
            self.line_deadline(),
            self.start_deadline(),
            self.queue_deadline(),
            (!self.unrecorded.is_empty()).then_some(self.record_at),
            self.recovery.map(|(_, until)| until),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether nothing is in progress and every step is durable; after [`Input::Stop`] it stays so.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.is_idle() && self.unrecorded.is_empty() && self.outputs.is_empty()
    }

    /// What the printer was probed for; none until it was.
    #[must_use]
    pub fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// Time passed that the monotonic clock did not count: the computer slept, and nobody knows what became of
    /// the printer meanwhile. (A clock that was set looks alike, and costs one look.)
    fn woke(&mut self, now: Tick, wall: Timestamp) {
        let counted = now.since(self.now);
        let passed = std::time::Duration::try_from(wall.duration_since(self.wall)).unwrap_or_default();
        if passed.saturating_sub(counted) > SLEPT {
            self.line.looked = None;
        }
    }

    fn advance(&mut self) {
        self.record_again();
        self.recover();
        self.watch_check();
        self.watch_doing();
        self.watch_line();
        self.start_next();
        self.hold_waiting();
        self.pump();
        self.report();
    }

    fn received(&mut self, bytes: &[u8]) {
        self.line.heard = self.now;
        if self.voice == Voice::Silent {
            self.voice = Voice::Unknown;
        }
        for byte in bytes {
            match self.parser.push(*byte) {
                Some(Heard::Answer { n, bits }) => self.answered(n, bits),
                Some(Heard::Automatic(group)) => self.automatic(group),
                Some(Heard::Star(said)) => self.star_said(said),
                Some(Heard::Short(byte)) => self.short(byte),
                Some(Heard::Mark(mark)) => self.marked(mark),
                Some(Heard::Block(block)) => self.block(&block),
                // Flow control is the port's business, and noise is nobody's.
                Some(Heard::Xon | Heard::Xoff | Heard::Noise) | None => {}
            }
        }
    }

    /// What the spool remembers changed from outside: somebody wants the printer probed again.
    fn told(&mut self, known: Option<Known>) {
        if known.is_none() {
            self.known = None;
            self.voice = Voice::Unknown;
            self.line.verified = false;
            self.obstacle = None;
            self.visit_at = self.now;
        }
    }

    fn obstruct(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        if self.obstacle.as_ref().is_some_and(|known| known.reason == reason) {
            return;
        }
        self.alarm(format!("{}: {reason}", self.config.printer));
        let since = self.now;
        self.obstacle = Some(Obstacle { reason, since });
    }

    fn alarm(&mut self, text: String) {
        self.outputs.push_back(Output::Alarm(text));
    }

    fn report(&mut self) {
        let obstacle = self.obstacle.as_ref().map(|obstacle| obstacle.reason.as_str());
        if obstacle.is_none() && self.voice == Voice::Unknown && self.line.looked.is_none() {
            return;
        }
        let status = self.health.report(&self.config.printer, obstacle);
        if self.reported.as_ref() != Some(&status) {
            self.outputs.push_back(Output::Status(status.clone()));
            self.reported = Some(status);
        }
    }
}
