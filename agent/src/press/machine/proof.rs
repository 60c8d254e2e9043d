//! Proof: marks and barriers behind the last byte, each for its own attempt and no other.

use protocol::{Evidence, JobId};

use super::Machine;
use super::attempt::{Doing, Draft};
use crate::press::commands::{self, Fact};

/// The head of a `GS I` text.
const TEXT: u8 = 0x5F;

/// A row of `GS r` behind a ticket of a printer without a name; answers come in order.
#[derive(Debug)]
pub(super) struct Papers {
    job: JobId,
    attempt: u32,
    answers: usize,
}

impl Machine {
    /// What goes out right behind the ticket.
    pub(super) fn proof_request(&mut self, draft: &Draft, level: Evidence) -> Vec<u8> {
        match level {
            Evidence::A if self.config.speaks_star => self.count_request(),
            Evidence::A => commands::mark_request(commands::mark(&draft.job, draft.number)),
            Evidence::B => self.barrier(&draft.job, draft.number),
            Evidence::C | Evidence::Person => Vec::new(),
        }
    }

    fn barrier(&mut self, job: &JobId, attempt: u32) -> Vec<u8> {
        let facts = self.names();
        if facts.is_empty() {
            let (job, answers) = (job.clone(), 0);
            self.line.papers.push_back(Papers {
                job,
                attempt,
                answers,
            });
            return commands::paper_barrier();
        }
        let code = commands::code(job, attempt, &facts);
        code.into_iter().flat_map(commands::identify).collect()
    }

    /// The names that the printer answers with, each different from the other.
    fn names(&self) -> Vec<Fact> {
        let Some(known) = &self.known else {
            return Vec::new();
        };
        let mut facts: Vec<Fact> = [Fact::Maker, Fact::Model]
            .into_iter()
            .filter(|fact| known.fact(*fact).is_some())
            .collect();
        facts.dedup_by(|one, other| known.fact(*one) == known.fact(*other));
        facts
    }

    /// A fault between the barrier and the clean status spoils it: the printer is asked once more.
    pub(super) fn after_trouble(&mut self) {
        let Doing::Printing(attempt) = &mut self.doing else {
            return;
        };
        if !std::mem::take(&mut attempt.barrier_heard) {
            return;
        }
        let (job, number) = (attempt.draft.job.clone(), attempt.draft.number);
        let bytes = self.barrier(&job, number);
        self.send(&bytes);
    }

    pub(super) fn block(&mut self, block: &[u8]) {
        let Some((&TEXT, text)) = block.split_first() else {
            return;
        };
        let text = String::from_utf8_lossy(text);
        self.probe_text(&text);
        let facts = self.names();
        let said = |fact: &&Fact| self.known.as_ref().and_then(|known| known.fact(**fact)) == Some(&*text);
        let Some(fact) = facts.iter().find(said).copied() else {
            self.line.names.clear();
            return;
        };
        if self.line.names.len() == commands::CODE {
            self.line.names.pop_front();
        }
        self.line.names.push_back(fact);
        self.code_heard(&facts);
    }

    /// Whose row of answers was that?
    fn code_heard(&mut self, facts: &[Fact]) {
        let heard = &self.line.names;
        let is = |job: &JobId, attempt: u32| *heard == commands::code(job, attempt, facts);
        let active = match &self.doing {
            Doing::Printing(attempt) => Some((&attempt.draft.job, attempt.draft.number)),
            Doing::Idle | Doing::Probing(_) | Doing::Rendering(_) | Doing::Recording { .. } => None,
        };
        // Of a doubt on this connection alone: ten bits are too few to know an older one by.
        let live = self
            .doubts
            .iter()
            .filter(|(_, doubt)| doubt.is_live(self.line.epoch));
        let doubted = live.map(|(job, doubt)| (job, doubt.attempt));
        let proven = active
            .into_iter()
            .chain(doubted)
            .find(|(job, attempt)| is(job, *attempt));
        if let Some((job, attempt)) = proven {
            let job = job.clone();
            self.line.names.clear();
            self.barrier_passed(&job, attempt);
        }
    }

    pub(super) fn short(&mut self, byte: u8) {
        if matches!(self.doing, Doing::Probing(_)) {
            return self.probe_short(byte);
        }
        let Some(papers) = self.line.papers.front_mut() else {
            return;
        };
        if !commands::is_paper_answer(byte) {
            return;
        }
        papers.answers += 1;
        if papers.answers == commands::PAPER_ANSWERS
            && let Some(papers) = self.line.papers.pop_front()
        {
            self.barrier_passed(&papers.job, papers.attempt);
        }
    }

    /// All before it was processed, with the printer online.
    fn barrier_passed(&mut self, job: &JobId, number: u32) {
        match &mut self.doing {
            Doing::Printing(attempt) if attempt.draft.job == *job => {
                attempt.barrier_heard = attempt.written && attempt.draft.number == number;
            }
            _ => {
                if let Some(doubt) = self.doubts.get_mut(job) {
                    doubt.barrier_heard = doubt.attempt == number;
                }
            }
        }
        if self.is_idle() {
            self.begin_check();
        }
    }

    pub(super) fn marked(&mut self, mark: [u8; 4]) {
        self.probe_mark(mark);
        let is = |job: &JobId, attempt: u32| commands::mark(job, attempt) == mark;
        match &mut self.doing {
            Doing::Printing(attempt) if is(&attempt.draft.job, attempt.draft.number) => {
                if attempt.written {
                    self.settle_attempt(Evidence::A);
                }
                return;
            }
            Doing::Rendering(draft) if (1..draft.number).any(|earlier| is(&draft.job, earlier)) => {
                // Not one byte of the copy has left: as if nobody had begun it.
                self.doing = Doing::Idle;
            }
            Doing::Recording { draft, .. } | Doing::Printing(super::attempt::Attempt { draft, .. })
                if (1..draft.number).any(|earlier| is(&draft.job, earlier)) =>
            {
                draft.proven = Some(Evidence::A);
                return;
            }
            Doing::Idle
            | Doing::Probing(_)
            | Doing::Rendering(_)
            | Doing::Recording { .. }
            | Doing::Printing(_) => {}
        }
        let late = self
            .doubts
            .iter()
            .find(|(job, doubt)| (1..=doubt.attempt).any(|attempt| is(job, attempt)));
        if let Some((job, _)) = late {
            let job = job.clone();
            self.settle_printed(&job, Evidence::A, "confirmed late");
        }
    }

    /// A round of questions found nothing wrong: doubts whose barrier was answered are closed.
    pub(super) fn late_barriers(&mut self) {
        let proven = |(job, doubt): (&JobId, &super::Doubt)| doubt.barrier_heard.then(|| job.clone());
        let late: Vec<JobId> = self.doubts.iter().filter_map(proven).collect();
        for job in late {
            self.settle_printed(&job, Evidence::B, "confirmed late");
        }
    }

    /// The proof of a ticket is an ordered reply behind all that went over this connection before it.
    pub(super) fn later_proof(&mut self) {
        let epoch = self.line.epoch;
        let live = |(job, doubt): (&JobId, &super::Doubt)| doubt.is_live(epoch).then(|| job.clone());
        let earlier: Vec<JobId> = self.doubts.iter().filter_map(live).collect();
        for job in earlier {
            self.settle_printed(
                &job,
                Evidence::B,
                "the ticket after it was confirmed on the same connection",
            );
        }
    }
}
