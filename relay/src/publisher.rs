//! Hands what became durable to whoever waits for it: events to rooms, nudges to links.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tracing::warn;

use crate::metrics;
use crate::service::SharedApp;
use crate::store::Committed;

/// How often counters are folded and quiet callers forgotten.
const HOUSEKEEPING: Duration = Duration::from_secs(20);

/// How often statistics that had to wait are looked at: they come twice a second at most.
const LOOK_EVERY: Duration = Duration::from_millis(100);

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

/// Keeps the memory of meters and metrics bounded, until the relay stops.
pub async fn housekeeping(app: SharedApp) {
    while app
        .stop
        .run_until_cancelled(tokio::time::sleep(HOUSEKEEPING))
        .await
        .is_some()
    {
        app.metrics.upkeep();
        app.meter.forget_quiet();
    }
}

fn publish(app: &SharedApp, epoch: u64, commit: &Committed) {
    for (outlet, event) in &commit.events {
        app.hub.publish(outlet, epoch, event);
        let took = Timestamp::now().duration_since(event.at);
        metrics::order_to_event(took.try_into().unwrap_or_default());
    }
    for (outlet, station) in &commit.nudges {
        app.links.nudge(outlet, station);
    }
    for (outlet, job, device, wish) in &commit.wishes {
        app.links.wish(outlet, device, job.clone(), *wish);
    }
}
