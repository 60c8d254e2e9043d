//! Hands what became durable to whoever waits for it: events to rooms, nudges to links.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use protocol::{JobId, JobState};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tracing::warn;

use crate::metrics;
use crate::service::SharedApp;
use crate::store::{Committed, OutletId};
use crate::trail;

/// How often counters are folded, quiet callers forgotten and overdue jobs expired. Expiry is
/// measured in hours.
const HOUSEKEEPING: Duration = Duration::from_secs(20);

/// How often statistics that had to wait are looked at: they come twice a second at most.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How often old events, jobs and audit lines are deleted.
const TRIM_EVERY: Duration = Duration::from_secs(60 * 60);

/// Publishes commits in their order until the store is closed.
pub async fn run(app: SharedApp, mut committed: mpsc::Receiver<Committed>) {
    let epoch = app.store.epoch().await.unwrap_or_else(|error| {
        warn!("the store's epoch cannot be read: {error}");
        0
    });
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            commit = committed.recv() => match commit {
                Some(commit) => publish(&app, epoch, &commit),
                None => return,
            },
            _ = looks.tick() => app.hub.say_what_waited(epoch, Instant::now()),
        }
    }
}

/// Keeps memory and disk bounded and expires what is too old, until the relay stops.
pub async fn housekeeping(app: SharedApp) {
    let mut trimmed = Instant::now();
    while app
        .stop
        .run_until_cancelled(tokio::time::sleep(HOUSEKEEPING))
        .await
        .is_some()
    {
        app.auth.refresh().await;
        app.metrics.upkeep();
        app.meter.forget_quiet();
        if let Err(error) = app.store.expire_overdue(Timestamp::now()).await {
            warn!("jobs that are too old cannot be expired: {error}");
        }
        if trimmed.elapsed() >= TRIM_EVERY {
            trimmed = Instant::now();
            if let Err(error) = app.store.trim().await {
                warn!("what is old enough to go cannot be deleted: {error}");
            }
        }
    }
}

fn publish(app: &SharedApp, epoch: u64, commit: &Committed) {
    for (outlet, event) in &commit.events {
        app.pace.learn(outlet, event);
        app.hub.publish(outlet, epoch, event);
        app.news.tell(outlet, event.seq);
        metrics::order_to_event(between(event.at, Timestamp::now()));
    }
    trail::of(commit);
    for (outlet, station) in &commit.nudges {
        app.links.nudge(outlet, station);
    }
    for (outlet, job, _, state) in &commit.jobs {
        if matches!(state, JobState::Printed | JobState::Sent) {
            app.tasks
                .spawn(on_paper(app.clone(), outlet.clone(), job.clone()));
        }
    }
    for (outlet, job, device, wish) in &commit.wishes {
        app.links.wish(outlet, device, job.clone(), *wish);
    }
}

/// Measures how long a ticket took; beside the publisher, who must not wait for it.
async fn on_paper(app: SharedApp, outlet: OutletId, job: JobId) {
    if let Ok(Some(job)) = app.store.get_job(&outlet, job.as_str()).await
        && let Some(finished) = job.finished_at
    {
        metrics::order_to_paper(between(job.created_at, finished));
    }
}

/// A clock that was set back counts as no time.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
