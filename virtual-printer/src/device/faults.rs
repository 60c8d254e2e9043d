//! Faults as they strike, and how they end.

use std::time::Duration;

use super::{Device, Input};
use crate::fault::Fault;

/// Faults that wait for their moment, and manners of reading.
#[derive(Debug, Default)]
pub(super) struct Armed {
    pub(super) stalled: bool,
    pub(super) slow: bool,
    pub(super) busy: bool,
    pub(super) cutter_sticks: bool,
    pub(super) paper_out_after: Option<u32>,
    /// Counted down with every byte received.
    pub(super) power_cut_in: Option<u64>,
    pub(super) reset_in: Option<u64>,
    /// Resets the connection in place of the next proof of something printed since then.
    pub(super) drop_proof: bool,
    pub(super) printed: bool,
}

impl Device {
    pub(super) fn fault(&mut self, fault: Fault, now: Duration) {
        let condition = &mut self.condition;
        match fault {
            Fault::PaperOut | Fault::PaperOutAfterLines(0) => condition.paper_end = true,
            Fault::PaperOutAfterLines(lines) => self.armed.paper_out_after = Some(lines),
            Fault::Refill => {
                condition.paper_end = false;
                condition.near_end = false;
                self.armed.paper_out_after = None;
            }
            Fault::PaperNearEnd(on) => condition.near_end = on,
            Fault::CoverOpen => condition.cover_open = true,
            Fault::CoverClosed => condition.cover_open = false,
            Fault::CutterError => {
                condition.cutter_error = true;
                condition.cutter_stuck = true;
            }
            Fault::CutterErrorAtCut => self.armed.cutter_sticks = true,
            Fault::CutterFreed => {
                condition.cutter_stuck = false;
                self.armed.cutter_sticks = false;
            }
            Fault::Overheated(on) => condition.overheated = on,
            Fault::UnrecoverableError => condition.unrecoverable = true,
            Fault::DrawerHigh(on) => condition.drawer_high = on,
            Fault::FeedButton(on) => condition.feed_button = on,
            Fault::PowerCutAtByte(0) | Fault::PowerOff => self.power_off(),
            Fault::PowerCutAtByte(bytes) => self.armed.power_cut_in = Some(bytes),
            Fault::PowerOn => self.powered = true,
            Fault::ResetAtByte(0) => self.reset_connection(),
            Fault::ResetAtByte(bytes) => self.armed.reset_in = Some(bytes),
            Fault::DropAfterLastByte => {
                self.armed.drop_proof = true;
                self.armed.printed = false;
            }
            Fault::Stall => self.armed.stalled = true,
            Fault::Resume => self.armed.stalled = false,
            Fault::OneBytePerSecond(on) => self.slow_down(on, now),
            Fault::Busy(on) => self.armed.busy = on,
            Fault::Silence(on) => self.answering.silenced = on,
            Fault::Garbage(bytes) => self.blurt(bytes),
            Fault::GarbageInProof(bytes) => self.answering.garbage = Some(bytes),
            Fault::DelayProof(delay) => self.answering.delay = delay,
            Fault::RepeatProofs(on) => self.answering.repeat = on,
            Fault::Serial(serial) => self.config.serial = serial,
        }
    }

    /// One byte was received: strikes what waited for it.
    pub(super) fn count_down(&mut self, now: Duration) {
        if strikes(&mut self.armed.reset_in) {
            self.flush();
            self.reset_connection();
        }
        if strikes(&mut self.armed.power_cut_in) {
            self.flush();
            self.run(now);
            self.power_off();
        }
    }

    /// Lets strike what a script has due.
    pub(super) fn follow_script(&mut self, now: Duration) {
        while let Some(fault) = self.script.due(now, self.papers, self.received) {
            self.fault(fault, now);
            self.report_change();
        }
    }

    /// `DLE ENQ`: ends a recoverable error whose cause is gone. Says whether it did.
    pub(super) fn recover(&mut self) -> bool {
        let possible = self.condition.cutter_error && !self.condition.cutter_stuck;
        if possible {
            self.condition.cutter_error = false;
        }
        possible
    }

    /// Lines on paper stay; data, settings and connections are gone, and errors with them.
    fn power_off(&mut self) {
        if !self.powered {
            return;
        }
        self.drop_data();
        self.interpreter.forget();
        self.answering.forget();
        self.condition.unrecoverable = false;
        self.condition.cutter_error = self.condition.cutter_stuck;
        self.armed.power_cut_in = None;
        self.armed.reset_in = None;
        self.busy_until = Duration::ZERO;
        self.powered = false;
        self.reset_connection();
    }

    fn slow_down(&mut self, on: bool, now: Duration) {
        self.armed.slow = on;
        self.next_byte_at = now;
    }
}

fn strikes(left: &mut Option<u64>) -> bool {
    let Some(bytes) = left else { return false };
    *bytes = bytes.saturating_sub(1);
    let now = *bytes == 0;
    if now {
        *left = None;
    }
    now
}

impl From<Fault> for Input<'_> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
