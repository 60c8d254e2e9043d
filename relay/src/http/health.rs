//! `/healthz`, `/readyz`, `/metrics` and the public halves of the keys.

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use protocol::JobState;
use serde_json::json;

use super::door::ClientAddress;
use super::reply;
use super::stations::state_of;
use crate::auth::roles::{self, Act};
use crate::error::Problem;
use crate::metrics;
use crate::service::{App, SharedApp};

/// The process lives.
pub(super) async fn alive() -> Response {
    reply::json(&json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

/// Orders can be taken: the store writes.
pub(super) async fn ready(State(app): State<SharedApp>) -> Result<Response, Problem> {
    if app.stop.is_cancelled() {
        return Err(Problem::unavailable("the relay is stopping"));
    }
    app.store.readiness().await?;
    Ok(reply::json(&json!({"status": "ready"})))
}

/// Prometheus text; for this machine, or for a manager's token.
pub(super) async fn scrape(State(app): State<SharedApp>, request: Request) -> Result<Response, Problem> {
    let address = request.extensions().get::<ClientAddress>();
    let is_here = address.is_some_and(|ClientAddress(address)| address.is_loopback());
    // A proxy on this machine that nobody named speaks for the world.
    let is_proxied =
        app.config.trusted_proxies.is_empty() && request.headers().contains_key("x-forwarded-for");
    if !is_here || is_proxied {
        manager(&app, request.headers()).await?;
    }
    count(&app).await?;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], app.metrics.render()).into_response())
}

/// The keys that prove this relay's tokens.
pub(super) async fn jwks(State(app): State<SharedApp>) -> Response {
    reply::json(&app.auth.keys().jwks())
}

async fn manager(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let token = super::door::bearer(headers)
        .ok_or_else(|| Problem::unauthorized("metrics are for this machine, or a manager's token"))?;
    let who = app.auth.identify(&token, &app.store).await?;
    if roles::allows(who.role, Act::Settings) {
        return Ok(());
    }
    Err(Problem::forbidden(
        "metrics are for this machine, or a manager's token",
    ))
}

/// Sets the gauges that are counted rather than kept.
async fn count(app: &App) -> Result<(), Problem> {
    let counts = app.store.job_counts().await?;
    for state in JobState::ALL.into_iter().filter(|state| !state.is_final()) {
        let count = counts
            .iter()
            .find(|(its, _)| *its == state)
            .map_or(0, |(_, count)| *count);
        metrics::jobs(state.as_str(), count);
    }
    let mut printers = BTreeMap::new();
    for outlet in app.store.outlets().await? {
        for printer in app.store.printers(&outlet.id).await? {
            *printers.entry(state_of(&printer)).or_insert(0) += 1;
        }
    }
    metrics::printers(&printers);
    metrics::listeners(&app.hub.connections());
    Ok(())
}
