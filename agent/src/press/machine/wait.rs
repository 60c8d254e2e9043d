//! The wait for a proof: looks at the printer meanwhile, limits that grow with the bytes, and what a fault
//! means for a ticket that is in the printer already.

use protocol::{Evidence, JobState, Tick};

use super::attempt::Doing;
use super::check::{Look, SLOW};
use super::{Machine, Voice};

impl Machine {
    pub(super) fn watch_proof(&mut self) {
        let Doing::Printing(attempt) = &self.doing else {
            return;
        };
        let looks = self.voice == Voice::Answers && self.line.readable;
        if !looks {
            if self.now >= self.printing_until() {
                self.settle_attempt(Evidence::C);
            }
            return;
        }
        if let Some(trouble) = attempt.trouble {
            self.note(format!("{trouble}; the rest of the ticket prints after that"));
        } else if self.now >= self.proof_limit() {
            if !self.is_only_slow() {
                return self.unproven();
            }
            self.obstruct(SLOW);
            self.note(SLOW.to_owned());
        }
        if self.check.is_none() && self.now >= self.look_time() {
            self.begin_check();
        }
    }

    /// A ticket without any proof ends with a clean look, and that is still on its way through a slow line: no
    /// doubt that nothing could ever answer, but a person hears of it.
    fn is_only_slow(&self) -> bool {
        let Doing::Printing(attempt) = &self.doing else {
            return false;
        };
        let unproven = matches!(attempt.level, Evidence::C | Evidence::Person);
        unproven && !attempt.silent && self.line.pace.is_slow() && self.check.is_some()
    }

    /// Without a trouble the proof is overdue.
    fn unproven(&mut self) {
        let Doing::Printing(attempt) = &mut self.doing else {
            return;
        };
        if !attempt.silent {
            let Doing::Printing(attempt) = std::mem::replace(&mut self.doing, Doing::Idle) else {
                return;
            };
            let epoch = self.line.epoch;
            return self.doubt(attempt, "the printer has not confirmed it yet", Some(epoch));
        }
        let slowest = self.config.limits.slowest(attempt.len);
        if self.now.since(attempt.waiting_since) >= slowest {
            self.close();
            self.back_off();
            return self.interrupted("the printer stopped answering with the ticket in it");
        }
        let why = "the printer stopped answering with the ticket in it";
        self.doubt_in_place(why);
        self.obstruct(why);
        if self.check.is_none() && self.now >= self.look_time() {
            self.begin_check();
        }
    }

    pub(super) fn looked_at_attempt(&mut self, look: Look) {
        let now = self.now;
        let Doing::Printing(attempt) = &mut self.doing else {
            return;
        };
        attempt.silent = look == Look::Silent;
        match look {
            // What it said before it fell silent is no longer known to hold.
            Look::Silent if attempt.trouble.take().is_some() => attempt.waiting_since = now,
            Look::Silent => {}
            Look::Trouble(trouble) => {
                attempt.trouble = Some(trouble);
                attempt.waiting_since = now;
            }
            Look::Ready { .. } if attempt.trouble.take().is_some() => {
                attempt.waiting_since = now;
                self.after_trouble();
            }
            Look::Ready { after_barrier } => self.clean(after_barrier),
        }
    }

    /// A round of questions found nothing wrong.
    fn clean(&mut self, after_barrier: bool) {
        let until = self.printing_until();
        let Doing::Printing(attempt) = &self.doing else {
            return;
        };
        match attempt.level {
            Evidence::B if after_barrier => self.settle_attempt(Evidence::B),
            Evidence::C | Evidence::Person if attempt.written && self.now >= until => {
                self.settle_attempt(Evidence::C);
            }
            Evidence::A | Evidence::B | Evidence::C | Evidence::Person => {}
        }
    }

    pub(super) fn printing_until(&self) -> Tick {
        let Doing::Printing(attempt) = &self.doing else {
            return self.now;
        };
        if !self.line.readable {
            // Nothing could be heard against it, however long the wait.
            return self.now;
        }
        attempt.waiting_since + self.config.limits.printing(attempt.len)
    }

    pub(super) fn proof_limit(&self) -> Tick {
        let Doing::Printing(attempt) = &self.doing else {
            return self.now;
        };
        attempt.waiting_since + self.config.limits.proof(attempt.len)
    }

    /// When to look next: at once after a barrier, else now and then.
    pub(super) fn look_time(&self) -> Tick {
        match &self.doing {
            Doing::Printing(attempt) if attempt.barrier_heard && attempt.trouble.is_none() => self.now,
            Doing::Printing(attempt) if attempt.level == Evidence::C && attempt.trouble.is_none() => {
                self.line.look_at.max(self.printing_until())
            }
            _ => self.line.look_at,
        }
    }

    /// Rule 1: the data is still in the printer. Said once, after a moment.
    pub(super) fn note(&mut self, detail: String) {
        let Some(obstacle) = &self.obstacle else { return };
        if self.now.since(obstacle.since) < self.config.limits.hold_after {
            return;
        }
        let Doing::Printing(attempt) = &mut self.doing else {
            return;
        };
        if attempt.noted.as_ref() == Some(&detail) {
            return;
        }
        attempt.noted = Some(detail.clone());
        let (job, doubted) = (
            attempt.draft.job.clone(),
            self.doubts.contains_key(&attempt.draft.job),
        );
        let state = if doubted {
            JobState::Unconfirmed
        } else {
            JobState::Printing
        };
        self.step(&job, state, |step| step.detail = Some(detail));
    }

    pub(super) fn doing_deadline(&self) -> Option<Tick> {
        let limits = &self.config.limits;
        match &self.doing {
            Doing::Idle | Doing::Rendering(_) | Doing::Recording { .. } => None,
            Doing::Probing(_) => self.probe_deadline(),
            Doing::Printing(attempt) if !attempt.written => {
                // Past the limit the next write's outcome wakes us.
                Some(attempt.progress + limits.proof(0)).filter(|at| *at > self.now)
            }
            Doing::Printing(_) if self.voice != Voice::Answers || !self.line.readable => {
                Some(self.printing_until())
            }
            Doing::Printing(_) => {
                let look = self.check.is_none().then(|| self.look_time());
                let limit = Some(self.proof_limit()).filter(|at| *at > self.now);
                look.into_iter().chain(limit).min()
            }
        }
    }
}
