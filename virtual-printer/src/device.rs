//! The whole printer as a machine: told bytes, faults and the time, it says replies and papers.
//!
//! It reads no clock and opens nothing. Order of work: [`Device::handle`], every [`Device::poll_output`], then wait for
//! bytes or until [`Device::poll_timeout`].

mod answers;
mod faults;
mod intake;

use std::collections::VecDeque;
use std::time::Duration;

use crate::config::Config;
use crate::fault::Fault;
use crate::framer::Token;
use crate::interpreter::{Effect, Interpreter, MAX_DOTS};
use crate::paper::{CutKind, Paper};
use crate::script::Script;
use crate::status::Condition;
use answers::Answering;
use faults::Armed;
use intake::Intake;

/// 203 dpi.
const DOTS_PER_MM: f32 = 8.0;

/// What happens to a printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input<'a> {
    /// Bytes came in; no more than [`Device::room`] of them are taken at a time.
    Bytes(&'a [u8]),
    /// A fault begins, ends or is armed.
    Fault(Fault),
    /// A person tears off what hangs out of the printer.
    Tear,
    /// Nothing but time has passed.
    Tick,
}

/// What a printer does.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Bytes to whoever is connected.
    Reply(Vec<u8>),
    /// A paper fell out.
    Paper(Paper),
    /// The connection breaks off.
    Reset,
}

/// A printer.
#[derive(Debug)]
pub struct Device {
    config: Config,
    powered: bool,
    condition: Condition,
    /// What automatic status said last, or would have.
    reported: Condition,
    intake: Intake,
    queue: VecDeque<Token>,
    queued: usize,
    interpreter: Interpreter,
    answering: Answering,
    armed: Armed,
    script: Script,
    /// The cutter got stuck before this cut.
    pending_cut: Option<CutKind>,
    busy_until: Duration,
    next_byte_at: Duration,
    now: Duration,
    papers: u64,
    kicks: u64,
    received: u64,
    outputs: VecDeque<Output>,
}

impl Device {
    /// A printer that is switched on and ready.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let mut config = config.clone();
        config.dots = config.dots.clamp(8, MAX_DOTS);
        config.buffer_bytes = config.buffer_bytes.max(1);
        let profile = config.profile;
        let silent = config.silent;
        Self {
            powered: true,
            condition: Condition::default(),
            reported: Condition::default(),
            intake: Intake::new(profile),
            queue: VecDeque::new(),
            queued: 0,
            interpreter: Interpreter::new(config.dots, profile),
            answering: Answering::new(profile.answers, silent),
            armed: Armed::default(),
            script: Script::default(),
            pending_cut: None,
            busy_until: Duration::ZERO,
            next_byte_at: Duration::ZERO,
            now: Duration::ZERO,
            papers: 0,
            kicks: 0,
            received: 0,
            outputs: VecDeque::new(),
            config,
        }
    }

    /// Takes what happened at `now`, a time since any fixed moment that never runs backwards.
    pub fn handle(&mut self, input: Input<'_>, now: Duration) {
        self.now = now;
        match input {
            Input::Bytes(bytes) => self.bytes(bytes, now),
            Input::Fault(fault) => self.fault(fault, now),
            Input::Tear if !self.interpreter.is_blank() => self.finish(CutKind::Torn, now),
            Input::Tear | Input::Tick => {}
        }
        self.report_change();
        self.follow_script(now);
        self.run(now);
        self.say_what_is_due(now);
    }

    /// Faults that strike at their moments from now on, in place of those of a script before.
    pub fn follow(&mut self, script: Script) {
        self.script = script;
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due, if ever.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let waits = !self.queue.is_empty() || self.pending_cut.is_some();
        let print = (waits && self.works()).then_some(self.busy_until);
        let slow = self.armed.slow && !self.armed.stalled && self.next_byte_at > self.now;
        let read = slow.then_some(self.next_byte_at);
        [print, read, self.answering.next_at(), self.script.next_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// How many bytes it takes at `now`: 0 while it does not read.
    #[must_use]
    pub fn room(&self, now: Duration) -> usize {
        let space = self.space();
        if self.armed.slow {
            space.min(usize::from(now >= self.next_byte_at))
        } else {
            space
        }
    }

    /// How many bytes there is space for, however slowly they are read; 0 while it does not read at all.
    #[must_use]
    pub fn space(&self) -> usize {
        if !self.powered || self.armed.stalled {
            return 0;
        }
        // The command at the head of an idle printer goes straight to the mechanism, however long it is.
        let waiting = self.queued
            + if self.queue.is_empty() && self.works() {
                0
            } else {
                self.intake.partial()
            };
        self.capacity().saturating_sub(waiting)
    }

    /// Space in an empty printer.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.config.buffer_bytes.saturating_add(RESERVE)
    }

    /// Whether the power is on.
    #[must_use]
    pub fn is_powered(&self) -> bool {
        self.powered
    }

    /// Whether somebody else is served and new connections wait.
    #[must_use]
    pub fn is_busy_elsewhere(&self) -> bool {
        self.armed.busy
    }

    /// Whether data waits to be printed.
    #[must_use]
    pub fn is_idle(&self, now: Duration) -> bool {
        self.queue.is_empty()
            && self.pending_cut.is_none()
            && self.intake.partial() == 0
            && now >= self.busy_until
    }

    /// Papers cut or torn since it was made.
    #[must_use]
    pub fn papers(&self) -> u64 {
        self.papers
    }

    /// Bytes received since it was made, real-time commands included.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Drawer pulses since it was made.
    #[must_use]
    pub fn kicks(&self) -> u64 {
        self.kicks
    }

    /// One line on how it is, for the control port.
    #[must_use]
    pub fn summary(&self) -> String {
        let c = self.condition;
        let words = [
            (!self.powered, "power off"),
            (c.cover_open, "cover open"),
            (c.paper_end, "paper out"),
            (c.near_end, "paper near end"),
            (c.cutter_error, "cutter error"),
            (c.overheated, "overheated"),
            (c.unrecoverable, "unrecoverable error"),
            (self.armed.stalled, "stalled"),
            (self.armed.slow, "one byte per second"),
            (self.armed.busy, "busy"),
            (self.answering.silenced, "silent"),
        ];
        let wrong: Vec<_> = words
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, word)| *word)
            .collect();
        let state = if wrong.is_empty() {
            "ready".to_owned()
        } else {
            wrong.join(", ")
        };
        format!(
            "{state}; {} bytes received, {} waiting, serial {}",
            self.received, self.queued, self.config.serial
        )
    }

    fn works(&self) -> bool {
        self.powered && !self.condition.offline()
    }

    /// Does what waits, as far as the mechanism is free.
    fn run(&mut self, now: Duration) {
        while self.works() && now >= self.busy_until {
            if let Some(kind) = self.pending_cut.take() {
                self.finish(kind, now);
                self.follow_script(now);
                continue;
            }
            let Some(token) = self.queue.pop_front() else {
                return;
            };
            self.queued = self.queued.saturating_sub(token.bytes().len());
            for effect in self.interpreter.execute(&token, now) {
                self.perform(effect, now);
            }
            self.follow_script(now);
        }
    }

    fn perform(&mut self, effect: Effect, now: Duration) {
        match effect {
            Effect::Moved { lines, dots } => self.moved(lines, dots, now),
            Effect::Cut(kind) => self.cut(kind, now),
            Effect::Kick => self.kicks += 1,
            Effect::Status(n) => self.answer_status(n, now),
            Effect::Identity(n) => self.answer_identity(n),
            Effect::Proof(marks) => self.answer_proof(marks, now),
            Effect::Automatic(mask) => self.automatic(mask),
            Effect::CountEtb => self.count_etb(now),
            Effect::ClearEtb => self.clear_etb(),
            Effect::PrintEnd(request) => self.print_end(request, now),
            Effect::Initialised => self.answering.mask = 0,
        }
    }

    fn moved(&mut self, lines: u32, dots: u32, now: Duration) {
        self.armed.printed = true;
        if let Some(speed) = self.config.speed_mm_s.filter(|speed| *speed > 0.0) {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a paper of 16 million dots has long been torn off"
            )]
            let seconds = dots as f32 / DOTS_PER_MM / speed;
            let motion = Duration::try_from_secs_f32(seconds).unwrap_or_default();
            self.busy_until = self.busy_until.max(now) + motion;
        }
        let Some(left) = self.armed.paper_out_after else {
            return;
        };
        let left = left.saturating_sub(lines);
        self.armed.paper_out_after = Some(left).filter(|left| *left > 0);
        if left == 0 {
            self.condition.paper_end = true;
            self.report_change();
        }
    }

    fn cut(&mut self, kind: CutKind, now: Duration) {
        // Feeding to the cutter takes its time, and paper may end on the way.
        if now < self.busy_until || !self.works() {
            self.pending_cut = Some(kind);
        } else {
            self.finish(kind, now);
        }
    }

    fn finish(&mut self, kind: CutKind, now: Duration) {
        if self.armed.cutter_sticks && kind != CutKind::Torn {
            self.armed.cutter_sticks = false;
            self.condition.cutter_error = true;
            self.condition.cutter_stuck = true;
            self.pending_cut = Some(kind);
            return self.report_change();
        }
        let paper = self.interpreter.cut(kind, now);
        self.papers += 1;
        self.outputs.push_back(Output::Paper(paper));
    }

    fn drop_data(&mut self) {
        self.queue.clear();
        self.queued = 0;
        self.intake.clear();
        self.pending_cut = None;
    }

    fn reset_connection(&mut self) {
        self.outputs.push_back(Output::Reset);
    }
}

/// What an interface still takes when the buffer is full, so that it hears real-time commands (Epson's manuals keep
/// BUSY 128 to 256 bytes ahead of the end of the buffer).
const RESERVE: usize = 256;
