//! `/api/tables` and `/api/menu`: what the house has. A change is one event for the back office.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::input::{Named, Payload, Who};
use super::reply::{List, json};
use crate::error::Problem;
use crate::service::SharedApp;

/// Longest id that a caller may choose, in characters: it stands in paths and rooms.
const LONGEST_ID: usize = 128;

/// `GET /api/tables`.
pub(super) async fn tables(State(app): State<SharedApp>, Who(who): Who) -> Result<Response, Problem> {
    Ok(json(&List::all(app.store.tables(&who.outlet).await?)))
}

/// `GET /api/tables/{id}`.
pub(super) async fn table(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let table = app.store.table(&who.outlet, &id).await?;
    table
        .map(|table| json(&table))
        .ok_or_else(|| Problem::not_found("table", &id))
}

/// `PUT /api/tables/{id}`: creates or changes; what is not named stays.
pub(super) async fn put_table(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    is_id(&id)?;
    let table = app
        .store
        .put_table(&who.outlet, &id, body, &who.actor())
        .await??;
    Ok(json(&table))
}

/// `DELETE /api/tables/{id}`.
pub(super) async fn delete_table(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    app.store.delete_table(&who.outlet, &id, &who.actor()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /api/menu`.
pub(super) async fn menu(State(app): State<SharedApp>, Who(who): Who) -> Result<Response, Problem> {
    Ok(json(&List::all(app.store.menu(&who.outlet).await?)))
}

/// `GET /api/menu/{id}`.
pub(super) async fn menu_item(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let item = app.store.menu_item(&who.outlet, &id).await?;
    item.map(|item| json(&item))
        .ok_or_else(|| Problem::not_found("menu item", &id))
}

/// `PUT /api/menu/{id}`: creates or changes; what is not named stays. Prices are the manager's.
pub(super) async fn put_menu(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    is_id(&id)?;
    let item = app.store.put_menu(&who.outlet, &id, body, &who.actor()).await??;
    Ok(json(&item))
}

/// `DELETE /api/menu/{id}`.
pub(super) async fn delete_menu(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    app.store.delete_menu(&who.outlet, &id, &who.actor()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn is_id(id: &str) -> Result<(), Problem> {
    if id.trim().is_empty() || id.chars().count() > LONGEST_ID || id.chars().any(char::is_control) {
        return Err(Problem::invalid(
            "id",
            format!("`id` must be 1 to {LONGEST_ID} visible characters"),
        ));
    }
    Ok(())
}
