//! The queue as the spool has it: wishes, freshness, what is next, and every step to be recorded.

use std::time::Duration;

use protocol::{Banner, Evidence, JobId, JobState, Tick};

use super::{Machine, Output};
use crate::press::freshness::{STALE, lifetime};
use crate::spool::{SpoolJob, Step};

impl Machine {
    pub(super) fn queued(&mut self, jobs: Vec<SpoolJob>) {
        self.ages.see(&jobs, self.now, self.wall);
        self.jobs = jobs;
        let present = |id: &JobId| self.jobs.iter().any(|job| job.job.id == *id);
        self.doubts.retain(|id, _| present(id));
    }

    pub(super) fn job(&self, id: &JobId) -> Option<&SpoolJob> {
        self.jobs.iter().find(|job| job.job.id == *id)
    }

    /// Everything that needs no printer.
    pub(super) fn settle(&mut self) {
        for job in self.jobs.clone() {
            let id = &job.job.id;
            if self.unrecorded.iter().any(|step| step.job_id == *id) {
                continue;
            }
            match job.state {
                JobState::Accepted | JobState::Spooled | JobState::Held if !self.is_active(id) => {
                    self.settle_waiting(&job);
                }
                JobState::Printing if !self.is_active(id) => self.inherit(&job),
                JobState::Unconfirmed if !self.is_active(id) && self.is_expired(&job) => {
                    self.close_job(id, JobState::Expired, "nobody said whether it printed");
                }
                JobState::Unconfirmed if !self.doubts.contains_key(id) && !self.is_active(id) => {
                    self.inherit(&job);
                }
                JobState::Printing | JobState::Unconfirmed => self.hear_answer(&job),
                JobState::Accepted
                | JobState::Spooled
                | JobState::Held
                | JobState::Printed
                | JobState::Sent
                | JobState::Cancelled
                | JobState::Expired
                | JobState::Failed => {}
            }
        }
    }

    fn settle_waiting(&mut self, job: &SpoolJob) {
        let id = &job.job.id;
        if job.cancel_requested {
            self.close_job(id, JobState::Cancelled, "withdrawn before the first byte");
        } else if self.is_expired(job) {
            self.close_job(id, JobState::Expired, "it waited until nobody wanted it any more");
        } else if self.is_stale(job) && job.detail.as_deref() != Some(STALE) {
            self.alarm(format!(
                "{}: #{} of {} is stale",
                self.config.printer, job.job.number, job.job.station
            ));
            self.step(id, JobState::Held, |step| step.detail = Some(STALE.to_owned()));
        }
    }

    /// The next ticket, and what heads it if it is a copy: first in, first out, stepping over what waits
    /// for a person.
    pub(super) fn candidate(&self) -> Option<(&SpoolJob, Option<Banner>)> {
        self.jobs.iter().find_map(|job| match job.state {
            JobState::Accepted | JobState::Spooled | JobState::Held => {
                let waits = job.cancel_requested || self.is_stale(job) || self.would_overtake(job);
                let told = job
                    .job
                    .banners
                    .iter()
                    .any(|banner| matches!(banner, Banner::PossibleDuplicate { .. }));
                let tried = job.job.attempt > 0 && !told;
                (!waits).then(|| (job, tried.then(|| super::doubt::possible_duplicate(job))))
            }
            JobState::Unconfirmed => self.copy_heading(job).map(|heading| (job, Some(heading))),
            JobState::Printing
            | JobState::Printed
            | JobState::Sent
            | JobState::Cancelled
            | JobState::Expired
            | JobState::Failed => None,
        })
    }

    /// A VOID or CHANGE never comes out before its order, nor before the order's marked copy.
    fn would_overtake(&self, job: &SpoolJob) -> bool {
        if !job.is_correction() {
            return false;
        }
        let order = job.order_id();
        let earlier = self
            .jobs
            .iter()
            .take_while(|earlier| earlier.job.id != job.job.id);
        order.is_some()
            && earlier
                .filter(|earlier| earlier.order_id() == order)
                .any(|earlier| match earlier.state {
                    JobState::Unconfirmed => self.prints_copies(earlier) || earlier.answer == Some(false),
                    _ => !earlier.state.is_final(),
                })
    }

    pub(super) fn age(&self, job: &SpoolJob) -> Duration {
        self.ages.of(&job.job.id, self.now)
    }

    pub(super) fn is_stale(&self, job: &SpoolJob) -> bool {
        !job.released && self.age(job) > self.config.limits.stale
    }

    fn is_expired(&self, job: &SpoolJob) -> bool {
        self.age(job) >= lifetime(job)
    }

    /// Says of every waiting job why it waits, once that has lasted a moment.
    pub(super) fn hold_waiting(&mut self) {
        let Some(obstacle) = &self.obstacle else { return };
        if self.now.since(obstacle.since) < self.config.limits.hold_after || !self.unrecorded.is_empty() {
            return;
        }
        let reason = obstacle.reason.clone();
        let waits = |job: &&SpoolJob| {
            matches!(job.state, JobState::Accepted | JobState::Spooled | JobState::Held)
                && !self.is_stale(job)
                && !self.is_active(&job.job.id)
                && job.detail.as_ref() != Some(&reason)
        };
        let waiting: Vec<JobId> = self
            .jobs
            .iter()
            .filter(waits)
            .map(|job| job.job.id.clone())
            .collect();
        for id in waiting {
            self.step(&id, JobState::Held, |step| step.detail = Some(reason.clone()));
        }
    }

    pub(super) fn settle_printed(&mut self, id: &JobId, evidence: Evidence, detail: &str) {
        self.doubts.remove(id);
        self.step(id, JobState::Printed, |step| {
            step.evidence = Some(evidence);
            step.detail = (!detail.is_empty()).then(|| detail.to_owned());
        });
    }

    /// Level C: the bytes were taken and nothing was said against them. It is no answer to a doubt.
    pub(super) fn settle_sent(&mut self, id: &JobId) {
        if self.job(id).is_none_or(|job| job.state != JobState::Printing) {
            return;
        }
        self.doubts.remove(id);
        self.step(id, JobState::Sent, |step| {
            step.evidence = Some(Evidence::C);
            step.detail = Some("sent, not verified".to_owned());
        });
    }

    fn close_job(&mut self, id: &JobId, state: JobState, detail: &str) {
        self.doubts.remove(id);
        self.step(id, state, |step| step.detail = Some(detail.to_owned()));
    }

    /// Records a step that differs from where the job stands as `change` says.
    pub(super) fn step(&mut self, id: &JobId, state: JobState, change: impl FnOnce(&mut Step)) {
        let wall = self.wall;
        let Some(job) = self.jobs.iter_mut().find(|job| job.job.id == *id) else {
            return;
        };
        let mut step = Step {
            job_id: id.clone(),
            state,
            attempt: job.attempt,
            evidence: None,
            detail: None,
            printer: self.config.printer.clone(),
            at: wall,
            banners: job.banners.clone(),
        };
        change(&mut step);
        if state == JobState::Printing {
            job.first_try = job.first_try.or(Some(wall));
            job.answer = None;
        }
        job.state = state;
        job.attempt = step.attempt;
        job.detail.clone_from(&step.detail);
        job.banners.clone_from(&step.banners);
        job.at = wall;
        if state.is_final() {
            self.jobs.retain(|job| job.job.id != *id);
        }
        self.outputs.push_back(Output::Record(Box::new(step)));
    }

    pub(super) fn record_again(&mut self) {
        if self.unrecorded.is_empty() || self.now < self.record_at {
            return;
        }
        self.record_at = self.now + self.config.limits.retry;
        let again = self
            .unrecorded
            .iter()
            .map(|step| Output::Record(Box::new(step.clone())));
        self.outputs.extend(again);
    }

    pub(super) fn queue_deadline(&self) -> Option<Tick> {
        let limits = &self.config.limits;
        let passes = self.jobs.iter().flat_map(|job| {
            let age = self.age(job);
            let stale = (!job.released).then(|| limits.stale + Duration::from_millis(1));
            [stale, Some(lifetime(job))]
                .into_iter()
                .flatten()
                .filter(move |at| *at > age)
                .map(move |at| at - age)
        });
        let asked = self.doubts.values().flat_map(|doubt| doubt.deadlines());
        let held = self
            .obstacle
            .as_ref()
            .map(|obstacle| obstacle.since + limits.hold_after);
        let later = asked.chain(held).filter(|at| *at > self.now);
        passes.map(|wait| self.now + wait).chain(later).min()
    }
}
