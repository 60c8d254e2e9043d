//! A Star printer's word: its status block answers every look, and its counter of `ETB` is the proof.

use protocol::{Evidence, JobId};

use super::attempt::{Attempt, Doing};
use super::{Machine, Voice};
use crate::press::star::{self, Said};

impl Machine {
    pub(super) fn star_said(&mut self, said: Said) {
        let before = self.health.trouble();
        self.health.star(said.bits);
        self.voice = Voice::Answers;
        self.line.told = said.count;
        self.counted(said.count);
        if self.check.is_some() {
            self.line.pace.answered(self.now, &self.config.limits);
            // It has said everything at once.
            self.ask_after(4);
        } else {
            self.said_by_itself(before);
        }
    }

    /// The counter goes on behind the ticket.
    pub(super) fn count_request(&mut self) -> Vec<u8> {
        let (bytes, count) = star::count_on(self.line.count);
        self.line.count = count;
        bytes
    }

    pub(super) fn awaited_count(&self, level: Evidence) -> Option<u8> {
        (self.config.speaks_star && level == Evidence::A).then_some(self.line.count)
    }

    pub(super) fn count_to(&mut self, count: u8) {
        self.line.count = count;
        let bytes = [star::AUTOMATIC_STATUS.to_vec(), star::count_to(count)].concat();
        self.send(&bytes);
    }

    /// Everything before that `ETB` is printed.
    fn counted(&mut self, count: u8) {
        match &self.doing {
            Doing::Probing(_) => return self.probe_count(count),
            Doing::Printing(attempt) if attempt.count == Some(count) => {
                if attempt.written {
                    self.settle_attempt(Evidence::A);
                }
                return;
            }
            Doing::Idle | Doing::Rendering(_) | Doing::Recording { .. } | Doing::Printing(_) => {}
        }
        let epoch = self.line.epoch;
        let is = |doubt: &super::Doubt| doubt.is_live(epoch) && doubt.count == Some(count);
        let late = self.doubts.iter().find(|(_, doubt)| is(doubt));
        if let Some(job) = late.map(|(job, _)| job.clone()) {
            self.late_count(&job);
        }
    }

    /// The first try is on paper: its copy is withdrawn where no byte of it has left.
    fn late_count(&mut self, job: &JobId) {
        match &mut self.doing {
            Doing::Rendering(draft) if draft.job == *job => self.doing = Doing::Idle,
            Doing::Recording { draft, .. } | Doing::Printing(Attempt { draft, .. }) if draft.job == *job => {
                draft.proven = Some(Evidence::A);
                return;
            }
            Doing::Idle
            | Doing::Probing(_)
            | Doing::Rendering(_)
            | Doing::Recording { .. }
            | Doing::Printing(_) => {}
        }
        self.settle_printed(job, Evidence::A, "confirmed late");
    }
}
