//! What the relay must hear of each job until it has settled it: the latest, in order, at a bounded pace.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::frames::{AgentFrame, JobUpdate};
use crate::job::JobId;
use crate::time::Tick;

/// Frames sent in one go. A spool full of a long outage must not flood the relay's clerk.
const BURST: usize = 64;
/// Time between two bursts: about 1,300 reports a second.
const BURST_EVERY: Duration = Duration::from_millis(50);
/// Final reports sent and not yet settled.
const IN_FLIGHT: usize = 64;
/// A final report that is not settled by then goes again: the relay may have failed to store it.
const RESEND_AFTER: Duration = Duration::from_secs(30);

/// Every job that is spooled and not settled.
#[derive(Debug, Default)]
pub(super) struct Reports {
    jobs: BTreeMap<JobId, Report>,
    /// Jobs with something to say, each once.
    due: VecDeque<JobId>,
    /// Final reports under way, oldest first; some may be settled by now.
    sent: VecDeque<(Tick, JobId)>,
    in_flight: usize,
    counter: u64,
    burst: Burst,
}

#[derive(Debug, Default)]
struct Report {
    order: u64,
    /// None: spooled, and nothing more.
    update: Option<JobUpdate>,
    ack_due: bool,
    update_due: bool,
    queued: bool,
    sent_at: Option<Tick>,
}

#[derive(Debug, Default)]
struct Burst {
    began: Tick,
    frames: usize,
}

impl Reports {
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(super) fn knows(&self, id: &JobId) -> bool {
        self.jobs.contains_key(id)
    }

    /// A job is in the spool: acknowledge it.
    pub(super) fn spooled(&mut self, id: JobId) {
        self.job(&id).ack_due = true;
        self.enqueue(id);
    }

    /// Something happened to a job.
    pub(super) fn report(&mut self, update: JobUpdate) {
        self.counter += 1;
        let (id, order) = (update.job_id.clone(), self.counter);
        let job = self.job(&id);
        job.order = order;
        job.update = Some(update);
        job.update_due = true;
        self.enqueue(id);
    }

    /// The relay offers a known job: it has missed what was said of it.
    pub(super) fn again(&mut self, id: &JobId) {
        let job = self.job(id);
        job.ack_due = true;
        job.update_due = job.update.is_some();
        self.enqueue(id.clone());
    }

    /// A new connection, on which the relay has heard nothing yet.
    pub(super) fn begin(&mut self) {
        self.sent.clear();
        self.in_flight = 0;
        self.burst = Burst::default();
        let mut order: Vec<_> = self
            .jobs
            .iter()
            .map(|(id, job)| (job.order, id.clone()))
            .collect();
        order.sort();
        self.due = order.into_iter().map(|(_, id)| id).collect();
        for job in self.jobs.values_mut() {
            job.ack_due = job.update.is_none();
            job.update_due = job.update.is_some();
            job.queued = true;
            job.sent_at = None;
        }
    }

    /// The relay has stored a final state. True if it is what this agent last said.
    pub(super) fn settled(&mut self, id: &JobId) -> bool {
        if !self.jobs.get(id).is_some_and(Report::is_final) {
            return false;
        }
        let removed = self.jobs.remove(id);
        if removed.is_some_and(|job| job.sent_at.is_some()) {
            self.in_flight -= 1;
        }
        true
    }

    /// The next frame that may go out now.
    pub(super) fn next(&mut self, now: Tick) -> Option<AgentFrame> {
        self.resend(now);
        while let Some(id) = self.due.front() {
            let Some(job) = self.jobs.get_mut(id) else {
                self.due.pop_front();
                continue;
            };
            let waits = job.is_final() && job.sent_at.is_none() && self.in_flight >= IN_FLIGHT;
            if (waits && !job.ack_due) || !self.burst.has_room(now) {
                return None;
            }
            self.burst.frames += 1;
            if std::mem::take(&mut job.ack_due) {
                return Some(AgentFrame::JobAck { job_id: id.clone() });
            }
            job.queued = false;
            let update = job.update.clone().filter(|_| std::mem::take(&mut job.update_due));
            if update.is_some() && job.is_final() {
                self.in_flight += usize::from(job.sent_at.replace(now).is_none());
                self.sent.push_back((now, id.clone()));
            }
            self.due.pop_front();
            match update {
                Some(update) => return Some(AgentFrame::JobUpdate(update)),
                None => self.burst.frames -= 1,
            }
        }
        None
    }

    /// When [`Self::next`] has something again.
    pub(super) fn timeout(&self) -> Option<Tick> {
        let resend = self.sent.front().map(|(at, _)| *at + RESEND_AFTER);
        let blocked = self.burst.frames >= BURST && !self.due.is_empty();
        let burst = blocked.then(|| self.burst.began + BURST_EVERY);
        resend.into_iter().chain(burst).min()
    }

    fn resend(&mut self, now: Tick) {
        while let Some((at, id)) = self.sent.pop_front_if(|(at, _)| *at + RESEND_AFTER <= now) {
            let Some(job) = self.jobs.get_mut(&id).filter(|job| job.sent_at == Some(at)) else {
                continue;
            };
            job.sent_at = None;
            job.update_due = true;
            self.in_flight -= 1;
            self.enqueue(id);
        }
    }

    fn job(&mut self, id: &JobId) -> &mut Report {
        self.counter += 1;
        let order = self.counter;
        self.jobs.entry(id.clone()).or_insert_with(|| Report {
            order,
            ..Report::default()
        })
    }

    fn enqueue(&mut self, id: JobId) {
        if let Some(job) = self.jobs.get_mut(&id)
            && !std::mem::replace(&mut job.queued, true)
        {
            self.due.push_back(id);
        }
    }
}

impl Report {
    fn is_final(&self) -> bool {
        self.update.as_ref().is_some_and(|update| update.state.is_final())
    }
}

impl Burst {
    fn has_room(&mut self, now: Tick) -> bool {
        if self.began + BURST_EVERY <= now {
            *self = Self {
                began: now,
                frames: 0,
            };
        }
        self.frames < BURST
    }
}
