//! People: they look at the screens, answer questions truthfully, withdraw, release, print again and mend.

use protocol::{JobId, JobState};
use rand::RngExt as _;
use relay::store::{Job, JobFilter, JobWish};

use crate::event::Event;
use crate::store::{manager, ready};
use crate::world::{Phase, World};

/// Between two looks at the screens.
const LOOK_EVERY: u64 = 12_000;

impl World {
    pub(crate) fn people(&mut self) {
        if self.phase != Phase::Idle {
            self.people_look();
        }
        self.after(LOOK_EVERY, Event::People);
    }

    /// Every job that the relay knows, oldest first.
    pub(crate) fn jobs(&self) -> Vec<Job> {
        let mut jobs = Vec::new();
        for outlet in crate::setup::OUTLETS {
            let filter = JobFilter {
                limit: 200,
                ..JobFilter::default()
            };
            let page = self.read(|store| ready(store.list_jobs(outlet, filter)).unwrap());
            jobs.extend(page.into_iter().flat_map(|page| page.items.into_iter().rev()));
        }
        jobs
    }

    fn people_look(&mut self) {
        for job in self.jobs() {
            let id = job.header.id.clone();
            let always = self.phase == Phase::Answers;
            let wish = match job.state {
                JobState::Unconfirmed if always || self.rng.random_bool(0.4) => Some(self.truth(&id)),
                JobState::Held if self.is_stale(&job) && (always || self.rng.random_bool(0.5)) => {
                    Some(if self.rng.random_bool(0.5) {
                        JobWish::Release
                    } else {
                        JobWish::Cancel
                    })
                }
                JobState::Accepted | JobState::Spooled | JobState::Held
                    if !always && self.rng.random_bool(0.01) =>
                {
                    Some(JobWish::Cancel)
                }
                state if state.is_final() && !always && self.rng.random_bool(0.004) => Some(JobWish::Reprint),
                _ => None,
            };
            if let Some(wish) = wish {
                self.person_wishes(&job, wish);
            }
        }
    }

    /// Whoever is asked whether a ticket printed looks at the pass.
    fn truth(&self, id: &JobId) -> JobWish {
        if self.audit.is_on_paper(id) {
            JobWish::Printed
        } else {
            JobWish::Again
        }
    }

    pub(crate) fn is_stale(&self, job: &Job) -> bool {
        job.state == JobState::Held
            && job
                .detail
                .as_deref()
                .is_some_and(|detail| detail.contains("stale"))
    }

    fn person_wishes(&mut self, job: &Job, wish: JobWish) {
        let (outlet, id) = (job.outlet.to_string(), job.header.id.clone());
        self.say(|| format!("a person wants {wish:?} of {id}, which is {}", job.state));
        self.audit.wished.insert(id.clone());
        let done = self.write(|store| ready(store.wish(&outlet, &id, wish, &manager())));
        if let Some(Err(error)) = done {
            self.say(|| format!("and is told: {error}"));
        }
    }
}
