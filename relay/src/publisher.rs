//! Hands what became durable to whoever waits for it: events to rooms, nudges to links.

use std::time::Duration;

use tokio::sync::mpsc;
use tracing::warn;

use crate::service::SharedApp;
use crate::store::Committed;

/// How often counters are folded and quiet callers forgotten.
const HOUSEKEEPING: Duration = Duration::from_secs(20);

/// Publishes commits in their order until the store is closed.
pub async fn run(app: SharedApp, mut committed: mpsc::Receiver<Committed>) {
    let epoch = app.store.epoch().await.unwrap_or_else(|error| {
        warn!("the store's epoch cannot be read: {error}");
        0
    });
    while let Some(commit) = committed.recv().await {
        publish(&app, epoch, &commit);
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
    }
    for (outlet, station) in &commit.nudges {
        app.links.nudge(outlet, station);
    }
    for (outlet, job, device, wish) in &commit.wishes {
        app.links.wish(outlet, device, job.clone(), *wish);
    }
}
