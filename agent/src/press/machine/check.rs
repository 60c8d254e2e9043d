//! One look at the printer: `DLE EOT` 1 to 4, one after another, so that each answer is known for what it is.

use protocol::Tick;

use super::attempt::Doing;
use super::{Machine, Voice};
use crate::press::health::Trouble;
use crate::press::{commands, star};

/// Nothing comes back, although the printer is known to answer.
const NO_ANSWER: &str =
    "the printer does not answer: busy with another program, or switched off behind its interface";

/// Flow control holds every byte back, a full buffer, or nobody at the other end.
pub(super) const TAKES_NOTHING: &str = "the printer takes no data";

/// It answers, but so late that a ticket takes minutes.
pub(super) const SLOW: &str =
    "the printer takes its data very slowly: is its cable or its interface at fault?";

/// A round of questions under way.
#[derive(Debug)]
pub(super) struct Check {
    n: u8,
    asked: Tick,
    repeated: bool,
    /// The attempt's barrier had been answered before this round began.
    after_barrier: bool,
}

/// What a round of questions found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Ready { after_barrier: bool },
    Trouble(Trouble),
    Silent,
}

impl Machine {
    pub(super) fn begin_check(&mut self) {
        // Whatever was half received long ago is no beginning of an answer.
        if self.now.since(self.line.heard) >= self.answer_within() {
            self.parser.forget();
            self.line.pace.forget();
        }
        let after_barrier = matches!(&self.doing, Doing::Printing(attempt) if attempt.barrier_heard);
        self.check = Some(Check {
            n: 1,
            asked: self.now,
            repeated: false,
            after_barrier,
        });
        self.ask(1);
    }

    fn ask(&mut self, n: u8) {
        let now = self.now;
        if let Some(check) = &mut self.check {
            check.n = n;
            check.asked = now;
        }
        self.parser.asked(n);
        let question = if self.config.speaks_star {
            star::STATUS
        } else {
            commands::status(n)
        };
        self.send(&question);
        self.line.pace.asked(now);
    }

    pub(super) fn check_deadline(&self) -> Option<Tick> {
        let check = self.check.as_ref()?;
        let told = check.asked + self.config.limits.proof(0);
        Some(self.answer_by(check.asked)).map(|at| if told > self.now { at.min(told) } else { at })
    }

    /// Tickets wait behind a question that a slow printer has not answered yet: a person hears of it, and the
    /// backup takes them.
    fn watch_slow_check(&mut self) {
        let Some(check) = &self.check else { return };
        let waits = !matches!(self.doing, Doing::Printing(_)) && self.candidate().is_some();
        if waits && self.now.since(check.asked) >= self.config.limits.proof(0) {
            self.obstruct(SLOW);
        }
    }

    pub(super) fn answered(&mut self, n: u8, bits: u8) {
        self.line.pace.answered(self.now, &self.config.limits);
        self.voice = Voice::Answers;
        self.health.answer(n, bits);
        if self.check.as_ref().is_some_and(|check| check.n == n) {
            self.ask_after(n);
        }
    }

    pub(super) fn ask_after(&mut self, n: u8) {
        let all = self.health.trouble().is_some();
        let next =
            (n + 1..=4).find(|n| all || !self.line.mute.get(usize::from(*n - 1)).copied().unwrap_or(true));
        if let Some(next) = next {
            return self.ask(next);
        }
        let after_barrier = self.check.take().is_some_and(|check| check.after_barrier);
        self.looked(match self.health.trouble() {
            Some(trouble) => Look::Trouble(trouble),
            None => Look::Ready { after_barrier },
        });
    }

    pub(super) fn watch_check(&mut self) {
        self.watch_slow_check();
        let Some(check) = &self.check else { return };
        if self.now < self.answer_by(check.asked) {
            return;
        }
        let Some(check) = &mut self.check else { return };
        let n = check.n;
        if n > 1 {
            // It answers, but not this one; its answer must not pass for the next.
            if let Some(mute) = self.line.mute.get_mut(usize::from(n - 1)) {
                *mute = true;
            }
            self.parser.forget();
            self.line.pace.forget();
            self.health.forget(n);
            return self.ask_after(n);
        }
        if !check.repeated && self.voice == Voice::Answers {
            check.repeated = true;
            return self.ask(1);
        }
        self.check = None;
        self.looked(Look::Silent);
    }

    /// An automatic status says at once what the next round would.
    pub(super) fn automatic(&mut self, group: [u8; 4]) {
        let before = self.health.trouble();
        self.health.automatic(group);
        self.said_by_itself(before);
    }

    pub(super) fn said_by_itself(&mut self, before: Option<Trouble>) {
        self.line.automatic = true;
        match self.health.trouble() {
            Some(trouble) => self.in_trouble(trouble),
            None if before.is_some() => self.out_of_trouble(),
            None => {}
        }
    }

    /// By its own word; the next look makes sure. A ticket still being written cannot be asked about.
    fn out_of_trouble(&mut self) {
        self.line.look_at = self.now;
        if let Doing::Printing(attempt) = &mut self.doing
            && !attempt.written
        {
            attempt.trouble = None;
            self.obstacle = None;
        }
    }

    fn looked(&mut self, look: Look) {
        self.line.look_at = self.now + self.look_pause(look);
        if look != Look::Silent {
            self.line.looked = Some(self.now);
        }
        match &self.doing {
            Doing::Printing(_) => self.looked_at_attempt(look),
            Doing::Probing(_) => self.looked_at_probe(look),
            Doing::Idle | Doing::Rendering(_) | Doing::Recording { .. } => {}
        }
        match look {
            Look::Ready { .. } => self.ready(),
            Look::Trouble(trouble) => self.in_trouble(trouble),
            Look::Silent => self.heard_nothing(),
        }
    }

    /// Questions lie in the buffer of a stopped printer: one that reports by itself is asked seldom.
    fn look_pause(&self, look: Look) -> std::time::Duration {
        match look {
            Look::Trouble(_) if self.line.automatic => self.config.limits.look * 10,
            Look::Trouble(_) | Look::Ready { .. } => self.config.limits.look,
            // More questions would only lengthen the queue in front of the answers.
            Look::Silent => self.config.limits.look.max(self.answer_within()),
        }
    }

    fn ready(&mut self) {
        if self.line.strangers < super::probe::STRANGERS {
            self.reached();
        }
        if self.resync.is_some_and(|resync| resync.sent) {
            self.resync = None;
        }
        self.late_barriers();
    }

    fn in_trouble(&mut self, trouble: Trouble) {
        self.obstruct(trouble.to_string());
        if let Doing::Printing(attempt) = &mut self.doing {
            attempt.trouble = Some(trouble);
        }
    }

    /// Silence before the first byte. While a ticket is in the printer, silence is the attempt's business.
    fn heard_nothing(&mut self) {
        if !self.is_idle() {
            return;
        }
        // A question that never left was not left unanswered.
        let why = match (self.line.drained(), self.voice) {
            (false, _) => Some(TAKES_NOTHING),
            (true, Voice::Answers) => Some(NO_ANSWER),
            (true, Voice::Unknown | Voice::Silent) => None,
        };
        if let Some(why) = why {
            if self.line.drained() {
                self.line.pace.unanswered(&self.config.limits);
            }
            self.close();
            self.back_off();
            self.health = super::Health::default();
            self.obstruct(why);
            return;
        }
        self.voice = Voice::Silent;
        self.reached();
    }
}
