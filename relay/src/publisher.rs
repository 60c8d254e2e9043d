//! Hands what became durable to whoever waits for it: events to rooms, nudges to links.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::service::SharedApp;
use crate::store::Committed;

/// How often counters are folded and quiet callers forgotten.
const HOUSEKEEPING: Duration = Duration::from_secs(20);

/// Publishes commits in their order until the store is closed.
pub async fn run(app: SharedApp, mut committed: mpsc::Receiver<Committed>) {
    while let Some(commit) = committed.recv().await {
        publish(&app, &commit);
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

fn publish(app: &SharedApp, commit: &Committed) {
    for (outlet, station) in &commit.nudges {
        app.links.nudge(outlet, station);
    }
}
