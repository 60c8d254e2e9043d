//! The connection: open, write at the exact offset, close when idle, come back with growing waits.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::Tick;

use super::pace::Pace;
use super::proof::Papers;
use super::{Limits, Machine, Output, Voice};
use crate::press::commands::{self, Fact};
use crate::press::known::Known;

/// Written in one go: small enough that status is read between two writes.
const CHUNK: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Closed,
    Opening,
    Open,
}

/// The state of the connection.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) phase: Phase,
    /// Counts connections, so that a doubt knows its own.
    pub(super) epoch: u64,
    pub(super) readable: bool,
    /// The last ticket's bytes or proof.
    pub(super) used: Tick,
    pub(super) heard: Tick,
    pub(super) retry_at: Tick,
    wait: Duration,
    /// It is the printer that we know, or was probed on this connection.
    pub(super) verified: bool,
    /// What a first round of probing found; believed when a second finds the same.
    pub(super) found: Option<Known>,
    /// Two rounds of probing did not find the same.
    pub(super) shifted: bool,
    /// Somebody else answered, so many times in a row.
    pub(super) strangers: u8,
    /// The end of the last complete check on this connection.
    pub(super) looked: Option<Tick>,
    /// The next check of a printer that is not ready.
    pub(super) look_at: Tick,
    /// It sends automatic status on this connection.
    pub(super) automatic: bool,
    /// `DLE EOT n` that stay unanswered on this connection, by n - 1.
    pub(super) mute: [bool; 4],
    /// The latest answers to `GS I`, as far as they follow each other.
    pub(super) names: VecDeque<Fact>,
    pub(super) papers: VecDeque<Papers>,
    pub(super) pace: Pace,
    /// Star's counter of `ETB`: as it was told last, and as it will be when all is printed.
    pub(super) told: u8,
    pub(super) count: u8,
    out: Vec<u8>,
    offset: usize,
    in_flight: bool,
    /// Bytes of the write under way that were dropped since.
    stale: usize,
}

impl Line {
    pub(super) fn closed(now: Tick, limits: &Limits) -> Self {
        Self {
            phase: Phase::Closed,
            epoch: 0,
            readable: true,
            used: now,
            heard: now,
            retry_at: now,
            wait: limits.retry,
            verified: false,
            found: None,
            shifted: false,
            strangers: 0,
            looked: None,
            look_at: now,
            automatic: false,
            mute: [false; 4],
            names: VecDeque::new(),
            papers: VecDeque::new(),
            pace: Pace::new(now),
            told: 0,
            count: 0,
            out: Vec::new(),
            offset: 0,
            in_flight: false,
            stale: 0,
        }
    }

    pub(super) fn drained(&self) -> bool {
        self.out.is_empty()
    }

    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }
}

impl Machine {
    pub(super) fn opened(&mut self, readable: bool) {
        let line = &mut self.line;
        *line = Line {
            phase: Phase::Open,
            epoch: line.epoch + 1,
            readable,
            wait: line.wait,
            strangers: line.strangers,
            pace: line.pace.again(self.now),
            ..Line::closed(self.now, &self.config.limits)
        };
        if !readable {
            self.voice = Voice::Silent;
        }
        if self.voice == Voice::Silent {
            self.reached();
        }
        self.parser.forget();
        if self.resync.is_some() {
            // Else the first question would become the sizes of an interrupted command.
            self.send(&[0; commands::LONGEST_HEADER]);
        }
    }

    /// The printer can be printed to: the next trouble starts with short waits again.
    pub(super) fn reached(&mut self) {
        self.obstacle = None;
        self.line.wait = self.config.limits.retry;
        self.line.looked = Some(self.now);
        self.visit_at = self.now + self.config.limits.visit;
    }

    pub(super) fn open_failed(&mut self, why: &str) {
        self.line.phase = Phase::Closed;
        self.back_off();
        self.health = super::Health::default();
        self.obstruct(why);
    }

    pub(super) fn disconnected(&mut self, why: &str) {
        if self.line.phase == Phase::Closed {
            return;
        }
        if self.line.in_flight {
            // Nobody knows what of the last write was taken.
            self.progressed(1);
        }
        self.forget_line();
        self.back_off();
        self.interrupted(why);
    }

    /// Closes cleanly, with nothing of a ticket on the way.
    pub(super) fn close(&mut self) {
        self.outputs.push_back(Output::Close);
        self.forget_line();
    }

    fn forget_line(&mut self) {
        self.line.phase = Phase::Closed;
        self.line.out.clear();
        self.line.offset = 0;
        self.line.in_flight = false;
        self.line.names.clear();
        self.line.papers.clear();
        self.line.looked = None;
        self.parser.forget();
        self.check = None;
        if let Some(resync) = &mut self.resync {
            resync.sent = false;
        }
        self.forget_doubts();
    }

    pub(super) fn back_off(&mut self) {
        self.line.retry_at = self.now + self.line.wait;
        self.line.wait = (self.line.wait * 2).min(self.config.limits.retry_most);
    }

    /// Forgets what the port has not taken; a write under way is still answered.
    pub(super) fn drop_unsent(&mut self) {
        let line = &mut self.line;
        if line.in_flight {
            line.stale = line.out.len().saturating_sub(line.offset).min(CHUNK);
        }
        line.out.clear();
        line.offset = 0;
    }

    pub(super) fn send(&mut self, bytes: &[u8]) {
        self.line.out.extend_from_slice(bytes);
        self.line.pace.sent(bytes.len());
    }

    /// One write at a time, each from where the port stopped taking.
    pub(super) fn pump(&mut self) {
        let line = &mut self.line;
        if line.phase != Phase::Open || line.in_flight {
            return;
        }
        let rest = line.out.get(line.offset..).unwrap_or_default();
        if rest.is_empty() {
            return;
        }
        let chunk = rest.get(..CHUNK).unwrap_or(rest).to_vec();
        line.in_flight = true;
        self.outputs.push_back(Output::Write(chunk));
    }

    pub(super) fn wrote(&mut self, bytes: usize) {
        let line = &mut self.line;
        if !line.in_flight {
            return;
        }
        line.in_flight = false;
        line.offset += bytes.saturating_sub(std::mem::take(&mut line.stale));
        if bytes > 0 {
            line.pace.moved(self.now);
        }
        if line.offset >= line.out.len() {
            line.out.clear();
            line.offset = 0;
        }
        self.progressed(bytes);
    }

    pub(super) fn watch_line(&mut self) {
        if self.may_close() && self.now >= self.idle_at() {
            self.close();
        }
    }

    pub(super) fn line_deadline(&self) -> Option<Tick> {
        self.may_close().then(|| self.idle_at())
    }

    fn idle_at(&self) -> Tick {
        self.line.used + self.config.limits.idle
    }

    /// Nothing is going on, nothing waits, and no late proof can come on this connection.
    fn may_close(&self) -> bool {
        let hopes = self.doubts.values().any(|doubt| doubt.is_live(self.line.epoch));
        self.line.is_open() && self.is_idle() && self.line.drained() && !hopes && self.candidate().is_none()
    }
}
