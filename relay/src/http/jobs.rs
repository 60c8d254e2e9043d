//! `/api/jobs`: where every ticket stands, and what a person may ask of it.

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use protocol::{Banner, Evidence, JobId, JobKind, JobState};
use serde::Serialize;
use serde_json::Value;

use super::input::{Named, Params, Payload, Who};
use super::reply::{List, json};
use crate::auth::Identity;
use crate::error::Problem;
use crate::order::Role;
use crate::service::{App, SharedApp};
use crate::store::{Job, JobFilter, JobWish, Step};

/// A job as PRODUCT.md shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobView {
    id: JobId,
    order_id: Option<String>,
    order_number: Option<String>,
    station: String,
    number: u64,
    kind: JobKind,
    state: JobState,
    attempt: u32,
    printer: Option<String>,
    evidence: Option<Evidence>,
    detail: Option<String>,
    banners: Vec<Banner>,
    created_at: Timestamp,
    spooled_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    history: Vec<Step>,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        Self {
            id: job.header.id,
            order_id: job.order_id,
            order_number: job.order_number,
            station: job.header.station,
            number: job.header.number,
            kind: job.header.kind,
            state: job.state,
            attempt: job.header.attempt,
            printer: job.printer,
            evidence: job.evidence,
            detail: job.detail,
            banners: job.header.banners,
            created_at: job.created_at,
            spooled_at: job.spooled_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            history: job.history,
        }
    }
}

/// `GET /api/jobs`: filters `state`, `station`, `order`; `{items, next}`.
pub(super) async fn list(
    State(app): State<SharedApp>,
    Who(who): Who,
    params: Params,
) -> Result<Response, Problem> {
    let filter = JobFilter {
        state: params.parsed("state", "a job's state such as held", JobState::parse)?,
        station: params.text("station"),
        order: params.text("order"),
        cursor: params.text("cursor").or_else(|| params.text("next")),
        limit: params.limit()?,
    };
    let mut page = app.store.list_jobs(&who.outlet, filter).await?;
    page.items.retain(|job| is_theirs(&who, job));
    Ok(json(&List::of(page, JobView::from)))
}

/// `GET /api/jobs/{id}`.
pub(super) async fn one(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let job = find(&app, &who, &id).await?;
    Ok(json(&JobView::from(job)))
}

/// `POST /api/jobs/{id}/resolve`: `{printed: true}` or `{printed: false}`.
pub(super) async fn resolve(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let printed = body.get("printed").and_then(Value::as_bool).ok_or_else(|| {
        Problem::invalid(
            "printed",
            "`printed` must be true (it is on paper) or false (print it again)",
        )
    })?;
    let wish = if printed { JobWish::Printed } else { JobWish::Again };
    ask(&app, &who, id, wish).await
}

/// `POST /api/jobs/{id}/reprint`: a new job with the same ticket; with `{station}` at that one's printer.
pub(super) async fn reprint(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    match body.get("station") {
        None | Some(Value::Null) => ask(&app, &who, id, JobWish::Reprint).await,
        Some(Value::String(to)) => {
            let sent = app
                .store
                .send(&who.outlet, &JobId::new(id), to, &who.actor())
                .await?;
            Ok(json(&JobView::from(sent)))
        }
        Some(_) => Err(Problem::invalid(
            "station",
            "`station` must be a station's name such as bar",
        )),
    }
}

/// `POST /api/jobs/{id}/cancel`.
pub(super) async fn cancel(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    ask(&app, &who, id, JobWish::Cancel).await
}

/// `POST /api/jobs/{id}/release`: prints a stale job.
pub(super) async fn release(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    ask(&app, &who, id, JobWish::Release).await
}

/// A job that the caller may see.
pub(super) async fn find(app: &App, who: &Identity, id: &str) -> Result<Job, Problem> {
    let job = app.store.get_job(&who.outlet, id).await?;
    job.filter(|job| is_theirs(who, job))
        .ok_or_else(|| Problem::not_found("job", id))
}

async fn ask(app: &App, who: &Identity, id: String, wish: JobWish) -> Result<Response, Problem> {
    let job = app
        .store
        .wish(&who.outlet, &JobId::new(id), wish, &who.actor())
        .await?;
    Ok(json(&JobView::from(job)))
}

/// An agent sees the jobs of the stations that it was enrolled for.
fn is_theirs(who: &Identity, job: &Job) -> bool {
    who.role != Role::Agent
        || who.device.as_ref().is_some_and(|device| {
            device
                .stations
                .iter()
                .any(|(name, location)| serves(name, location.as_deref(), &job.header.station))
        })
}

/// D1: a bar in `depan` is `bar_depan`, anywhere else `bar_belakang`; the others are their name.
fn serves(name: &str, location: Option<&str>, station: &str) -> bool {
    match (name, location) {
        ("bar", Some("depan")) => station == "bar_depan",
        ("bar", _) => station.starts_with("bar"),
        (name, _) => station == name,
    }
}
