//! Doubt: a byte has left and no proof came (DELIVERY.md, "Ambiguity").

use protocol::{Banner, Evidence, JobId, JobKind, JobState, Tick};

use super::attempt::{Attempt, Doing};
use super::{Machine, Resync};
use crate::config::OnUnconfirmed;
use crate::press::commands::LARGEST_COMMAND;
use crate::press::freshness::between;
use crate::spool::SpoolJob;

/// An open question about one job.
#[derive(Debug)]
pub(super) struct Doubt {
    /// Which attempt it is about.
    pub(super) attempt: u32,
    /// Nobody has answered by then: the station's rule decides.
    pub(super) ask_until: Tick,
    /// The connection that holds the whole ticket and may yet bring its proof.
    pub(super) epoch: Option<u64>,
    /// So long a printer that is alive on that connection may take.
    slow_until: Tick,
    pub(super) barrier_heard: bool,
    /// Its ticket's length in bytes.
    len: usize,
    /// Star's counter stands here when it is printed.
    pub(super) count: Option<u8>,
    /// A person wants it again, and that copy has not begun.
    again: bool,
}

impl Doubt {
    pub(super) fn is_live(&self, epoch: u64) -> bool {
        self.epoch == Some(epoch)
    }

    /// A person wants it once more.
    pub(super) fn is_asked_again(&self) -> bool {
        self.again
    }

    pub(super) fn deadlines(&self) -> [Tick; 2] {
        [self.ask_until, self.slow_until]
    }
}

impl Machine {
    /// Ends an attempt without a proof. `epoch` names the connection where it may still come; without one
    /// the connection broke, and a scrap may be in the printer.
    pub(super) fn doubt(&mut self, attempt: Attempt, why: &str, epoch: Option<u64>) {
        if epoch.is_none() {
            self.left_scraps(attempt.len);
        }
        if let Some(evidence) = attempt.draft.proven {
            return self.settle_printed(&attempt.draft.job, evidence, "the first try is confirmed");
        }
        self.open_doubt(&attempt, why, epoch);
    }

    /// The same while the ticket stays in progress.
    pub(super) fn doubt_in_place(&mut self, why: &str) {
        let Doing::Printing(attempt) = std::mem::replace(&mut self.doing, Doing::Idle) else {
            return;
        };
        self.open_doubt(&attempt, why, None);
        self.doing = Doing::Printing(attempt);
    }

    fn open_doubt(&mut self, attempt: &Attempt, why: &str, epoch: Option<u64>) {
        let number = attempt.draft.number;
        let known = self
            .doubts
            .get(&attempt.draft.job)
            .filter(|doubt| doubt.attempt == number);
        let limits = &self.config.limits;
        let doubt = Doubt {
            attempt: number,
            ask_until: known.map_or(self.now + limits.question, |doubt| doubt.ask_until),
            epoch,
            slow_until: attempt.waiting_since + limits.slowest(attempt.len),
            barrier_heard: false,
            len: attempt.len,
            count: attempt.count,
            again: known.is_some_and(|doubt| doubt.again),
        };
        let is_new = known.is_none();
        let job = attempt.draft.job.clone();
        self.doubts.insert(job.clone(), doubt);
        if is_new {
            self.unconfirmed(&job, why);
        }
    }

    fn unconfirmed(&mut self, job: &JobId, why: &str) {
        let Some(known) = self.job(job) else { return };
        let question = format!("did #{} of {} print? {why}", known.job.number, known.job.station);
        self.alarm(format!("{}: {question}", self.config.printer));
        self.step(job, JobState::Unconfirmed, |step| {
            step.detail = Some(why.to_owned())
        });
    }

    pub(super) fn left_scraps(&mut self, fill: usize) {
        let before = self.resync.map_or(0, |resync| resync.fill);
        self.resync = Some(Resync {
            fill: fill.max(before),
            sent: false,
        });
    }

    /// The connection that held tickets in doubt is gone: none of them is proven any more, and of the last a
    /// scrap may hang in the printer, where the power went.
    pub(super) fn forget_doubts(&mut self) {
        let held = self.doubts.values_mut().filter_map(|doubt| {
            doubt.epoch.take()?;
            Some(doubt.len)
        });
        if let Some(len) = held.max() {
            self.left_scraps(len);
        }
    }

    /// A job that was printing or in doubt when the agent stopped.
    pub(super) fn inherit(&mut self, job: &SpoolJob) {
        let question = self.config.limits.question;
        let was_printing = job.state == JobState::Printing;
        let asked = if was_printing {
            std::time::Duration::ZERO
        } else {
            between(job.at, self.wall).min(question)
        };
        let ask_until = self.now + (question - asked);
        let doubt = Doubt {
            attempt: job.attempt,
            ask_until,
            epoch: None,
            slow_until: ask_until,
            barrier_heard: false,
            len: LARGEST_COMMAND,
            count: None,
            again: false,
        };
        self.doubts.insert(job.job.id.clone(), doubt);
        self.left_scraps(LARGEST_COMMAND);
        if was_printing {
            self.unconfirmed(&job.job.id, "the agent stopped while it was printing");
        }
    }

    /// What a person said about a job in doubt.
    pub(super) fn hear_answer(&mut self, job: &SpoolJob) {
        let id = &job.job.id;
        match (job.answer, &self.doing) {
            (None, _) => {}
            // A ticket that is still being written is written to its end first.
            (Some(_), Doing::Printing(attempt)) if attempt.draft.job == *id && !attempt.written => {}
            (Some(true), doing) => {
                if matches!(doing, Doing::Printing(attempt) if attempt.draft.job == *id) {
                    self.doing = Doing::Idle;
                }
                self.settle_printed(id, Evidence::Person, "");
            }
            (Some(false), Doing::Printing(attempt)) if attempt.draft.job == *id => {
                let Doing::Printing(attempt) = std::mem::replace(&mut self.doing, Doing::Idle) else {
                    return;
                };
                let epoch = self.line.epoch;
                self.doubt(attempt, "a person wants it again", Some(epoch));
            }
            (Some(false), _) => {}
        }
        if let (Some(false), Some(doubt)) = (job.answer, self.doubts.get_mut(id)) {
            doubt.again = true;
        }
    }

    /// The heading under which a job in doubt prints once more now, if it does.
    pub(super) fn copy_heading(&self, job: &SpoolJob) -> Option<Banner> {
        let doubt = self.doubts.get(&job.job.id)?;
        if doubt.again {
            return Some(Banner::Reprint);
        }
        let mut until = doubt.ask_until;
        if self.line.is_open() && doubt.is_live(self.line.epoch) {
            // It is alive and has it all: slow is not lost.
            until = until.max(doubt.slow_until);
        }
        (self.prints_copies(job) && self.now >= until).then(|| possible_duplicate(job))
    }

    /// Whether this job is printed once more by itself: once, not a bill, not when nobody cooks it any more.
    pub(super) fn prints_copies(&self, job: &SpoolJob) -> bool {
        let station = &job.job.station;
        let rule = self.config.on_unconfirmed.get(station).copied();
        let rule = rule.unwrap_or_else(|| OnUnconfirmed::default_of(station));
        let tried = job.attempt.max(job.job.attempt);
        rule == OnUnconfirmed::ReprintMarked
            && !matches!(
                job.job.kind,
                JobKind::Receipt | JobKind::Summary | JobKind::Alarm | JobKind::Test
            )
            && tried <= 1
            && !job.cancel_requested
            && !self.is_stale(job)
    }
}

/// The banner of whatever may be on paper already.
pub(super) fn possible_duplicate(job: &SpoolJob) -> Banner {
    Banner::PossibleDuplicate {
        first_try: job.first_try.unwrap_or(job.at),
    }
}
