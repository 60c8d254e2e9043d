//! How old a ticket is, by monotonic time as long as the agent runs (DELIVERY.md, "Freshness").

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use protocol::{JobId, Tick};

use crate::spool::SpoolJob;

/// Why a job is held that waited too long.
pub const STALE: &str = "stale: it waited too long; release it to print, or cancel it";

/// The ages of the jobs in a queue.
#[derive(Debug, Default)]
pub struct Ages {
    seen: BTreeMap<JobId, (Duration, Tick)>,
    /// The first look at the queue has been taken: what comes from now on was offered just now.
    running: bool,
}

impl Ages {
    /// Notes every job at its first sight and forgets those that are gone.
    pub fn see(&mut self, jobs: &[SpoolJob], now: Tick, wall: Timestamp) {
        let mut seen = BTreeMap::new();
        for job in jobs {
            let known = self.seen.remove(&job.job.id);
            let age = known.unwrap_or_else(|| (self.at_first_sight(job, wall), now));
            seen.insert(job.job.id.clone(), age);
        }
        self.seen = seen;
        self.running = true;
    }

    /// The age of a job that was seen.
    #[must_use]
    pub fn of(&self, job: &JobId, now: Tick) -> Duration {
        self.seen
            .get(job)
            .map_or(Duration::ZERO, |(age, since)| *age + now.since(*since))
    }

    /// What the relay said at the offer; after a restart also what the wall clock says has passed since.
    fn at_first_sight(&self, job: &SpoolJob, wall: Timestamp) -> Duration {
        let offered = Duration::from_millis(job.job.age_ms);
        if self.running {
            return offered;
        }
        offered + between(job.spooled_at, wall)
    }
}

/// How long a job is wanted: from due to expiry, both by the relay's clock.
#[must_use]
pub fn lifetime(job: &SpoolJob) -> Duration {
    between(job.job.due, job.job.expires)
}

/// Zero where the clock went back.
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}
