//! Tells people elsewhere what needs them: by webhook and by ntfy, within a minute, and once more when it is over.

mod bell;
mod log;
mod trouble;

pub use bell::Trouble;
pub use log::{Alarms, Delivery};

use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use protocol::JobState;
use serde_json::json;
use tracing::{info, warn};

use crate::auth::fetch::{self, Address, FetchError};
use crate::routing::settings::{Target, TargetKind};
use crate::service::{App, SharedApp};
use crate::store::{JobFilter, OutletId, StoreError};
use bell::News;
use trouble::Scene;

/// How often outlets are looked at. With the patience of the bell, trouble is told within 60 s.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Waits before the second and the third try.
const TRIES_AFTER: [Duration; 3] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(10)];

/// Tickets of one state that are looked at: more than anybody reads.
const LOOKED_AT: usize = 200;

/// Looks after every outlet that wants to be told, until the relay stops.
pub async fn run(app: SharedApp) {
    let looks = async || tokio::time::sleep(LOOK_EVERY).await;
    while app.stop.run_until_cancelled(looks()).await.is_some() {
        if let Err(error) = look(&app).await {
            warn!("nobody can be told what needs a person: {error}");
        }
    }
}

async fn look(app: &SharedApp) -> Result<(), StoreError> {
    for outlet in app.store.outlets().await? {
        let place = OutletId::from(outlet.id.as_str());
        let settings = app.store.settings(&place).await?;
        if settings.alerts.is_empty() {
            continue;
        }
        let wrong = scene(app, &place).await?.wrong(Timestamp::now());
        for news in app.alarms.look(&place, &wrong, Timestamp::now()) {
            for target in &settings.alerts {
                let delivery = app.alarms.note(&place, target, text_of(&news), news.is_over);
                app.tasks
                    .spawn(deliver(app.clone(), OutletId::clone(&place), delivery));
            }
        }
    }
    Ok(())
}

async fn scene(app: &App, outlet: &OutletId) -> Result<Scene, StoreError> {
    let settings = app.store.settings(outlet).await?;
    let holders = app.store.holders(outlet).await?;
    let mut open = Vec::new();
    for state in JobState::ALL.into_iter().filter(|state| !state.is_final()) {
        let filter = JobFilter {
            state: Some(state),
            limit: LOOKED_AT,
            ..JobFilter::default()
        };
        open.extend(app.store.list_jobs(outlet, filter).await?.items);
    }
    let is_held = |name: &str| holders.iter().any(|holder| holder.station == name);
    let shows = |name: &String| !is_held(name) && app.screens.shows(outlet, name, Instant::now());
    Ok(Scene {
        devices: app.store.devices(outlet).await?,
        online: app.links.connected(outlet),
        printers: app.store.printers(outlet).await?,
        on_screen: settings.station_names().into_iter().filter(shows).collect(),
        holders,
        open,
    })
}

fn text_of(news: &News) -> String {
    match news.is_over {
        true => format!("Over: {}", news.text),
        false => news.text.clone(),
    }
}

/// Tries three times, and writes down how it went.
async fn deliver(app: SharedApp, outlet: OutletId, delivery: Delivery) {
    let mut last = String::new();
    for (n, wait) in (1..).zip(TRIES_AFTER) {
        if app
            .stop
            .run_until_cancelled(tokio::time::sleep(wait))
            .await
            .is_none()
        {
            return;
        }
        match send(&outlet, &delivery).await {
            Ok(()) => {
                app.alarms.settle(&outlet, &delivery.id, n, None);
                return;
            }
            Err(error) => last = error.to_string(),
        }
    }
    let host = host_of(&delivery.target.url);
    warn!(outlet = %outlet, "nobody was told by {host}: {last}");
    app.alarms
        .settle(&outlet, &delivery.id, TRIES_AFTER.len(), Some(last));
}

/// Sends once, now; how it went.
pub async fn send_now(app: &App, outlet: &OutletId, target: &Target, text: String) -> Delivery {
    let delivery = app.alarms.note(outlet, target, text, false);
    let failed = send(outlet, &delivery).await.err().map(|error| error.to_string());
    info!(outlet = %outlet, "an alert was sent by hand");
    app.alarms.settle(outlet, &delivery.id, 1, failed);
    app.alarms.delivery(outlet, &delivery.id).unwrap_or(delivery)
}

async fn send(outlet: &OutletId, delivery: &Delivery) -> Result<(), FetchError> {
    let address = Address::parse(&delivery.target.url)?;
    let (kind, body) = match delivery.target.kind {
        TargetKind::Webhook => {
            let body = json!({"id": delivery.id, "outlet": &**outlet, "text": delivery.text, "over": delivery.over, "at": delivery.at});
            ("application/json", body.to_string())
        }
        TargetKind::Ntfy => ("text/plain; charset=utf-8", delivery.text.clone()),
    };
    fetch::post(
        &address,
        kind,
        &format!("Printrail: {}", &**outlet),
        Bytes::from(body),
    )
    .await
}

/// What logs may say of an address: a path is often a secret.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(&['/', '?'][..]).next().unwrap_or_default()
}
