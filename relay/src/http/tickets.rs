//! `/api/jobs/{id}/ticket.{txt,svg,png}`: the ticket as it prints.

use axum::extract::State;
use axum::response::Response;

use super::input::{Named, Who};
use super::jobs;
use crate::error::Problem;
use crate::service::SharedApp;

/// `GET …/ticket.txt`.
pub(super) async fn text(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    jobs::find(&app, &who, &id).await?;
    Err(Problem::unavailable("tickets cannot be shown yet"))
}

/// `GET …/ticket.svg`.
pub(super) async fn svg(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    jobs::find(&app, &who, &id).await?;
    Err(Problem::unavailable("tickets cannot be shown yet"))
}

/// `GET …/ticket.png`.
pub(super) async fn png(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    jobs::find(&app, &who, &id).await?;
    Err(Problem::unavailable("tickets cannot be shown yet"))
}
