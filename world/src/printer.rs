//! A printer and the line to it: what was written waits in the line, in the buffer, and comes out or is lost.

use std::collections::VecDeque;
use std::time::Duration;

use rand::RngExt as _;
use virtual_printer::{Config, Device, Fault, Input, Output};

use crate::agent::Agent;
use crate::event::Event;
use crate::world::{Phase, World};

/// What a line holds that the printer has not taken, at most.
const LINE: usize = 1460;
/// What a dead line still swallows.
const VOID: usize = 4000;

/// One printer.
pub(crate) struct Printer {
    pub(crate) device: Device,
    /// The agent that it hangs on.
    pub(crate) owner: usize,
    /// The connection that a press has.
    pub(crate) session: Option<u32>,
    /// Bytes under way, each with its connection.
    line: VecDeque<(u32, u8)>,
    /// The power went and nobody was told: what is written now is gone.
    dead: Option<usize>,
    sessions: u32,
    wake: u64,
}

impl Printer {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            device: Device::new(config),
            owner: 0,
            session: None,
            line: VecDeque::new(),
            dead: None,
            sessions: 0,
            wake: 0,
        }
    }

    /// Connects; false where there is no power.
    pub(crate) fn open(&mut self) -> bool {
        if !self.device.is_powered() {
            return false;
        }
        self.sessions += 1;
        self.session = Some(self.sessions);
        self.dead = None;
        true
    }

    /// Whether a write would be taken in part.
    pub(crate) fn has_room(&self) -> bool {
        self.dead.is_some() || self.line.len() < LINE
    }

    /// Replies go to whoever is served: the one whose bytes come next.
    fn serves_session(&self) -> bool {
        let served = self.line.front().map(|(session, _)| *session).or(self.session);
        self.dead.is_none() && served.is_some() && served == self.session
    }
}

impl World {
    fn printer_time(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    /// Takes what fits; none where the connection turned out to be gone.
    pub(crate) fn line_takes(&mut self, index: usize, bytes: &[u8]) -> Option<usize> {
        let printer = &mut self.printers[index];
        if let Some(swallowed) = &mut printer.dead {
            if printer.device.is_powered() {
                // It is back and knows nothing of this connection.
                return None;
            }
            let taken = bytes.len().min(VOID.saturating_sub(*swallowed));
            *swallowed += taken;
            return Some(taken);
        }
        let session = printer.session?;
        let taken = bytes.len().min(LINE.saturating_sub(printer.line.len()));
        printer
            .line
            .extend(bytes[..taken].iter().map(|byte| (session, *byte)));
        self.pump_printer(index);
        Some(taken)
    }

    /// The press closes its connection; what is under way still arrives.
    pub(crate) fn line_closed(&mut self, index: usize) {
        self.printers[index].session = None;
        self.printers[index].dead = None;
    }

    /// The press is dead; what is under way arrives or is reset.
    pub(crate) fn abandon(&mut self, index: usize) {
        if self.rng.random_bool(0.3) {
            self.printers[index].line.clear();
        }
        self.line_closed(index);
    }

    pub(crate) fn printer_fault(&mut self, index: usize, fault: Fault) {
        self.say(|| format!("printer p{index}: {fault:?}"));
        let time = self.printer_time();
        self.printers[index].device.handle(Input::Fault(fault), time);
        self.pump_printer(index);
    }

    pub(crate) fn printer_wakes(&mut self, index: usize) {
        if self.printers[index].wake == self.now {
            self.printers[index].wake = 0;
            let time = self.printer_time();
            self.printers[index].device.handle(Input::Tick, time);
            self.pump_printer(index);
        }
    }

    /// Moves what fits into the printer and hears what it says.
    pub(crate) fn pump_printer(&mut self, index: usize) {
        let time = self.printer_time();
        self.hear_printer(index);
        loop {
            let printer = &mut self.printers[index];
            let Some((session, _)) = printer.line.front().copied() else {
                break;
            };
            let room = printer.device.room(time);
            let mine = printer
                .line
                .iter()
                .take(room)
                .take_while(|(of, _)| *of == session)
                .count();
            if mine == 0 {
                break;
            }
            let bytes: Vec<u8> = printer.line.drain(..mine).map(|(_, byte)| byte).collect();
            let heard = printer.session == Some(session);
            printer.device.handle(Input::Bytes(&bytes), time);
            self.hear(index, heard);
        }
        self.arm_printer(index);
        self.line_moved(index);
    }

    fn hear_printer(&mut self, index: usize) {
        let heard = self.printers[index].serves_session();
        self.hear(index, heard);
    }

    fn hear(&mut self, index: usize, heard: bool) {
        while let Some(output) = self.printers[index].device.poll_output() {
            match output {
                Output::Reply(bytes) if heard => self.press_hears(index, bytes),
                Output::Reply(_) => {}
                Output::Paper(paper) => self.paper(index, &paper),
                Output::Reset => self.line_resets(index),
            }
        }
    }

    /// A connection is reset, or with the power gone mostly nobody is told.
    fn line_resets(&mut self, index: usize) {
        let silent = !self.printers[index].device.is_powered() && self.rng.random_bool(0.4);
        let printer = &mut self.printers[index];
        printer.line.clear();
        if silent && printer.session.is_some() {
            printer.dead = Some(0);
        } else if printer.session.take().is_some() {
            self.press_lost(index, "connection reset");
        }
    }

    /// The line breaks and the printer knows nothing of it: what is under way may arrive or not.
    pub(crate) fn break_line(&mut self, index: usize) {
        if self.rng.random_bool(0.5) {
            self.printers[index].line.clear();
        }
        if self.printers[index].session.take().is_some() {
            self.press_lost(index, "the network broke it");
        }
    }

    fn arm_printer(&mut self, index: usize) {
        let now = self.now;
        let printer = &mut self.printers[index];
        let Some(at) = printer.device.poll_timeout() else {
            return;
        };
        // A millisecond later, since the world's clock drops what is less than one.
        let at = (u64::try_from(at.as_millis()).unwrap() + 1).max(now + 1);
        if printer.wake == 0 || at < printer.wake {
            printer.wake = at;
            self.at(at, Event::PrinterWakes(index));
        }
    }

    /// Nothing tells anybody that a printer has a problem.
    fn looks_well(&self, index: usize) -> bool {
        let printer = &self.printers[index];
        printer.device.is_powered() && !self.says_trouble(printer.owner, &Agent::printer_name(index))
    }

    /// A person mends whatever is wrong with a printer.
    pub(crate) fn mend(&mut self, index: usize) {
        let faults = [
            Fault::PowerOn,
            Fault::Refill,
            Fault::CoverClosed,
            Fault::CutterFreed,
            Fault::Overheated(false),
            Fault::Resume,
            Fault::OneBytePerSecond(false),
            Fault::Silence(false),
            Fault::DelayProof(Duration::ZERO),
            Fault::RepeatProofs(false),
        ];
        let time = self.printer_time();
        if self.phase != Phase::Trouble && self.looks_well(index) {
            return;
        }
        self.say(|| format!("printer p{index} is mended"));
        for fault in faults {
            self.printers[index].device.handle(Input::Fault(fault), time);
        }
        self.pump_printer(index);
        self.press_recovers(index);
    }
}
