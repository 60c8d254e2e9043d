//! What a kitchen display says of itself with each of its questions: which station it shows.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use protocol::JobState;

use crate::auth::Identity;
use crate::dialects::station::is_station;
use crate::error::Problem;
use crate::order::{Order, Role, Status};
use crate::service::App;
use crate::store::{JobFilter, JobWish};

/// A finished order may be taken back for a minute (DIALECTS.md); until then its ticket is kept.
const TAKEN_BACK_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// Tickets that are looked at with one question: an evening's of a station.
const LOOKED_AT: usize = 200;

/// Notes that a screen of `station` is there, and withdraws tickets that nobody needs any more: of a station that no
/// computer prints for, those whose orders its screen has finished. With an empty name it shows every station.
pub(super) async fn note(app: &App, who: &Identity, station: Option<String>) -> Result<(), Problem> {
    let Some(station) = station else { return Ok(()) };
    if !matches!(who.role, Role::Kitchen | Role::Bar | Role::Manager) {
        return Ok(());
    }
    if !station.is_empty() && !is_station(&station) {
        return Err(Problem::invalid(
            "screen",
            "`screen` must be a station's name such as kitchen, or empty",
        ));
    }
    let now = Instant::now();
    app.screens.heard(&who.outlet, &station, now);
    match station.is_empty() {
        true => Ok(()),
        false => finished(app, who, &station).await,
    }
}

async fn finished(app: &App, who: &Identity, station: &str) -> Result<(), Problem> {
    if app.store.holder(&who.outlet, station).await?.is_some() {
        return Ok(());
    }
    let filter = JobFilter {
        state: Some(JobState::Accepted),
        station: Some(station.to_owned()),
        limit: LOOKED_AT,
        ..JobFilter::default()
    };
    for job in app.store.list_jobs(&who.outlet, filter).await?.items {
        let Some(id) = &job.order_id else { continue };
        let order = app.store.get_order(&who.outlet, id).await?;
        if order.is_some_and(|order| is_finished(&order, Timestamp::now())) {
            let by = who.actor();
            app.store
                .wish(&who.outlet, &job.header.id, JobWish::Cancel, &by)
                .await?;
        }
    }
    Ok(())
}

fn is_finished(order: &Order, now: Timestamp) -> bool {
    matches!(order.status, Status::Served | Status::Completed)
        && now.duration_since(order.updated_at) > TAKEN_BACK_WITHIN
}
