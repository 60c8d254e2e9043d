//! How fast a printer answers, measured: slow is not dead, so every wait for an answer grows with the bytes in
//! front of it and with the time that the last answers took.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::Tick;

use super::{Doing, Limits, Machine};

/// A slow line is not even either.
const SLACK: u32 = 3;

/// The bytes of one question.
const QUESTION: u32 = 3;

/// Questions whose answers may still come; older ones are given up.
const MAX_ASKED: usize = 8;

/// What a connection has shown of its speed.
#[derive(Debug)]
pub(super) struct Pace {
    /// Bytes given to this connection.
    sent: u64,
    /// So many of them were certainly read by the printer, and since when that is known.
    read: u64,
    read_at: Tick,
    /// The port last took a byte.
    moved_at: Tick,
    /// Questions without an answer: the byte that each ends at, and when it was asked.
    asked: VecDeque<(u64, Tick)>,
    /// Per byte; zero while answers come in time.
    byte: Duration,
    /// For a printer that was silent although it is known to answer: the next time it is given longer.
    patience: Duration,
}

impl Pace {
    pub(super) fn new(now: Tick) -> Self {
        Self {
            sent: 0,
            read: 0,
            read_at: now,
            moved_at: now,
            asked: VecDeque::new(),
            byte: Duration::ZERO,
            patience: Duration::ZERO,
        }
    }

    /// The next connection to the same printer.
    pub(super) fn again(&self, now: Tick) -> Self {
        Self {
            byte: self.byte,
            patience: self.patience,
            ..Self::new(now)
        }
    }

    /// No answer from a printer that used to answer: busy, or slower than anybody thought.
    pub(super) fn unanswered(&mut self, limits: &Limits) {
        let most = limits.slowest_byte * QUESTION;
        self.patience = (self.patience.max(limits.answer) * 2).min(most);
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    pub(super) fn moved(&mut self, now: Tick) {
        self.moved_at = now;
    }

    pub(super) fn asked(&mut self, now: Tick) {
        if self.asked.len() == MAX_ASKED {
            self.asked.pop_front();
        }
        self.asked.push_back((self.sent, now));
    }

    /// The oldest question is answered.
    pub(super) fn answered(&mut self, now: Tick, limits: &Limits) {
        let Some((end, at)) = self.asked.pop_front() else {
            return;
        };
        let took = now.since(at.max(self.read_at));
        let bytes = u32::try_from(end.saturating_sub(self.read))
            .unwrap_or(u32::MAX)
            .max(1);
        let is_slow = now.since(at) > limits.answer;
        self.patience = Duration::ZERO;
        let least = self.byte / 2;
        self.byte = if is_slow {
            (took / bytes).max(least).min(limits.slowest_byte)
        } else {
            Duration::ZERO
        };
        (self.read, self.read_at) = (end.max(self.read), now);
    }

    /// What was asked is not waited for any more.
    pub(super) fn forget(&mut self) {
        self.asked.clear();
    }

    /// Whether its answers come later than those of any healthy printer.
    pub(super) fn is_slow(&self) -> bool {
        !self.byte.is_zero()
    }

    fn ahead(&self) -> usize {
        usize::try_from(self.sent.saturating_sub(self.read)).unwrap_or(usize::MAX)
    }
}

impl Machine {
    /// How long an answer to what was sent last may take.
    pub(super) fn answer_within(&self) -> Duration {
        let (limits, pace) = (&self.config.limits, &self.line.pace);
        if !pace.is_slow() {
            return limits.answer.max(pace.patience);
        }
        let ahead = pace.ahead();
        let expected = pace.byte.saturating_mul(u32::try_from(ahead).unwrap_or(u32::MAX));
        let slow = limits.answer + expected.saturating_mul(SLACK);
        slow.max(pace.patience).min(limits.slowest(ahead))
    }

    /// A question asked then stays unanswered from here on. What the port has not taken yet nobody can have
    /// answered: that wait is for the port, as long as it takes a byte now and then.
    pub(super) fn answer_by(&self, asked: Tick) -> Tick {
        let (limits, moved_at) = (&self.config.limits, self.line.pace.moved_at);
        if self.line.drained() {
            return asked.max(moved_at) + self.answer_within();
        }
        let answer = asked + limits.answer;
        if matches!(self.doing, Doing::Printing(_)) {
            // A ticket stands between: questions that wait for it would only queue up behind it.
            return answer;
        }
        answer.max(moved_at + limits.slowest_byte)
    }
}
