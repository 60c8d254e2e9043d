//! One attempt at one ticket: rendered, its intent recorded, written, and waiting for its proof.

use protocol::{Banner, Evidence, JobId, JobState, Tick};

use super::probe::Probe;
use super::{Machine, Voice};
use crate::press::health::Trouble;
use crate::press::{commands, star};
use crate::spool::Step;

/// What the press is at.
#[derive(Debug)]
pub(super) enum Doing {
    Idle,
    Probing(Probe),
    Rendering(Draft),
    Recording { draft: Draft, data: Vec<u8> },
    Printing(Attempt),
}

/// A ticket of which no byte has left.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) job: JobId,
    /// This attempt's number, from 1.
    pub(super) number: u32,
    /// An earlier attempt may have reached the paper.
    pub(super) is_copy: bool,
    /// The agent's banners before and with this attempt.
    pub(super) before: Vec<Banner>,
    pub(super) banners: Vec<Banner>,
    /// An earlier attempt was proven meanwhile: the copy is withdrawn.
    pub(super) proven: Option<Evidence>,
}

/// A ticket on its way to the printer.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) draft: Draft,
    pub(super) level: Evidence,
    pub(super) len: usize,
    pub(super) sent: usize,
    /// Every byte is out; only the proof is missing.
    pub(super) written: bool,
    /// The last byte that was taken.
    pub(super) progress: Tick,
    /// The wait for the proof began; starts over when a fault is gone.
    pub(super) waiting_since: Tick,
    pub(super) trouble: Option<Trouble>,
    /// The printer stopped answering while the ticket was in it.
    pub(super) silent: bool,
    pub(super) barrier_heard: bool,
    /// Star's counter stands here when it is printed.
    pub(super) count: Option<u8>,
    /// What was written to the spool about it, beyond that it is printing.
    pub(super) noted: Option<String>,
}

impl Machine {
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.doing, Doing::Idle) && self.check.is_none()
    }

    pub(super) fn is_active(&self, job: &JobId) -> bool {
        match &self.doing {
            Doing::Idle | Doing::Probing(_) => false,
            Doing::Rendering(draft) | Doing::Recording { draft, .. } => draft.job == *job,
            Doing::Printing(attempt) => attempt.draft.job == *job,
        }
    }

    pub(super) fn rendered(&mut self, ticket: Result<Vec<u8>, String>) {
        let Doing::Rendering(draft) = std::mem::replace(&mut self.doing, Doing::Idle) else {
            return;
        };
        let why = match ticket {
            Ok(ticket) if !ticket.is_empty() => return self.intend(draft, ticket),
            Ok(_) => "its template makes an empty ticket".to_owned(),
            Err(why) => why,
        };
        // It would fail every time: set aside, so that the queue moves on.
        self.alarm(format!(
            "{}: a ticket cannot be rendered and is set aside: {why}",
            self.config.printer
        ));
        self.step(&draft.job, JobState::Failed, |step| step.detail = Some(why));
    }

    /// The intent is on disk before the first byte leaves.
    fn intend(&mut self, draft: Draft, ticket: Vec<u8>) {
        if draft.proven.is_some() {
            return;
        }
        let data = match self.level() {
            Evidence::A | Evidence::B if self.config.speaks_star => {
                [star::AUTOMATIC_STATUS.as_slice(), &ticket].concat()
            }
            Evidence::A | Evidence::B => commands::with_automatic_status(ticket),
            Evidence::C | Evidence::Person => ticket,
        };
        let (number, banners) = (draft.number, draft.banners.clone());
        self.step(&draft.job, JobState::Printing, |step| {
            step.attempt = number;
            step.banners = banners;
            step.detail = None;
        });
        self.doing = Doing::Recording { draft, data };
    }

    /// The strongest proof that this printer gives.
    pub(super) fn level(&self) -> Evidence {
        match (&self.known, self.voice) {
            (Some(known), Voice::Answers) => known.level,
            _ => Evidence::C,
        }
    }

    pub(super) fn recorded(&mut self, job: &JobId) {
        if self.unrecorded.iter().any(|step| step.job_id == *job) {
            // Where it stands comes with the next look at the queue.
            self.unrecorded.retain(|step| step.job_id != *job);
            self.jobs.retain(|known| known.job.id != *job);
        }
        let Doing::Recording { draft, .. } = &self.doing else {
            return;
        };
        if draft.job != *job {
            return;
        }
        let Doing::Recording { draft, mut data } = std::mem::replace(&mut self.doing, Doing::Idle) else {
            return;
        };
        if let Some(evidence) = draft.proven {
            return self.settle_printed(&draft.job, evidence, "confirmed late; the copy was withdrawn");
        }
        // A withdrawal stops the copies that come by themselves, and none that a person asked for.
        let asked = self.doubts.get(job).is_some_and(super::Doubt::is_asked_again);
        let cancelled = !asked && self.job(job).is_some_and(|job| job.cancel_requested);
        if cancelled || !self.line.is_open() {
            return self.untouched(&draft, "the printer went away before the first byte");
        }
        let level = self.level();
        data.extend(self.proof_request(&draft, level));
        self.send(&data);
        self.doing = Doing::Printing(Attempt {
            draft,
            level,
            len: data.len(),
            sent: 0,
            written: false,
            progress: self.now,
            waiting_since: self.now,
            trouble: None,
            silent: false,
            barrier_heard: false,
            count: self.awaited_count(level),
            noted: None,
        });
    }

    /// Certainly not one byte has left: back to where it was, and this attempt never was.
    pub(super) fn untouched(&mut self, draft: &Draft, why: &str) {
        let state = if draft.is_copy {
            JobState::Unconfirmed
        } else {
            JobState::Held
        };
        let (attempt, banners) = (draft.number.saturating_sub(1), draft.before.clone());
        self.step(&draft.job, state, |step| {
            step.attempt = attempt;
            step.banners = banners;
            step.detail = Some(why.to_owned());
        });
    }

    pub(super) fn progressed(&mut self, bytes: usize) {
        self.line.used = self.now;
        let (drained, now) = (self.line.drained(), self.now);
        let Doing::Printing(attempt) = &mut self.doing else {
            return;
        };
        if attempt.written || bytes == 0 {
            return;
        }
        attempt.sent += bytes;
        attempt.progress = now;
        if drained {
            attempt.written = true;
            attempt.waiting_since = now;
            self.line.look_at = now + self.config.limits.look;
        }
    }

    /// The connection broke under whatever was going on.
    pub(super) fn interrupted(&mut self, why: &str) {
        match std::mem::replace(&mut self.doing, Doing::Idle) {
            Doing::Idle | Doing::Probing(_) => {}
            // Their answers come yet, and find the line closed.
            doing @ (Doing::Rendering(_) | Doing::Recording { .. }) => self.doing = doing,
            Doing::Printing(attempt) if attempt.sent == 0 => self.untouched(&attempt.draft, why),
            Doing::Printing(attempt) => self.doubt(attempt, why, None),
        }
    }

    pub(super) fn watch_doing(&mut self) {
        match &self.doing {
            Doing::Idle | Doing::Rendering(_) | Doing::Recording { .. } => {}
            Doing::Probing(_) => self.watch_probe(),
            Doing::Printing(attempt) if attempt.written => self.watch_proof(),
            Doing::Printing(_) => self.watch_writing(),
        }
    }

    /// The port takes nothing. Once a byte is out the ticket is never aborted; before that it is held.
    fn watch_writing(&mut self) {
        let limit = self.config.limits.proof(0);
        let Doing::Printing(attempt) = &self.doing else {
            return;
        };
        if self.now.since(attempt.progress) < limit {
            return;
        }
        let untouched = attempt.sent == 0;
        let why = super::check::TAKES_NOTHING;
        self.obstruct(why);
        if !untouched {
            return self.note(why.to_owned());
        }
        self.close();
        self.back_off();
        self.interrupted(why);
    }

    /// The attempt is over.
    pub(super) fn settle_attempt(&mut self, evidence: Evidence) {
        let Doing::Printing(attempt) = std::mem::replace(&mut self.doing, Doing::Idle) else {
            return;
        };
        self.line.used = self.now;
        if evidence != Evidence::C && self.health.trouble().is_none() {
            // It has just printed.
            self.obstacle = None;
        }
        let job = attempt.draft.job;
        match attempt.draft.proven {
            Some(earlier) => self.settle_printed(
                &job,
                earlier,
                "the first try is confirmed; a marked copy came too",
            ),
            None if evidence == Evidence::C => self.settle_sent(&job),
            None => {
                self.settle_printed(&job, evidence, "");
                self.later_proof();
            }
        }
    }

    pub(super) fn not_recorded(&mut self, step: Step, again: bool) {
        let is_intent = matches!(&self.doing, Doing::Recording { draft, .. } if draft.job == step.job_id);
        if is_intent || !again {
            // Where it really stands comes with the next look at the queue.
            self.jobs.retain(|job| job.job.id != step.job_id);
            self.unrecorded.retain(|known| known.job_id != step.job_id);
        }
        if is_intent {
            self.doing = Doing::Idle;
            if !again {
                self.record_at = self.now + self.config.limits.retry;
                return;
            }
            self.record_at = self.now + self.config.limits.retry_most;
            self.obstruct("the spool takes nothing, so nothing is printed: is the disk full?");
        } else if again {
            self.record_at = self.now + self.config.limits.retry;
            let same = |known: &Step| (&known.job_id, known.state) == (&step.job_id, step.state);
            if !self.unrecorded.iter().any(same) {
                self.unrecorded.push_back(step);
            }
        }
    }
}
