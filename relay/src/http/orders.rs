//! `/api/orders`: take, show and change orders.

use axum::extract::{MatchedPath, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::input::{Key, Named, Params, Payload, Who};
use super::reply::{List, json, text_of_json};
use crate::auth::Identity;
use crate::dialects::without_people;
use crate::error::Problem;
use crate::order::input::{
    named_outlet, parse_acknowledge, parse_cancel, parse_cancel_reject, parse_cancel_request,
    parse_item_patch, parse_items, parse_order, parse_patch, parse_payment, parse_reprint, parse_station,
    parse_status,
};
use crate::order::{Command, Order, Role};
use crate::service::{App, SharedApp};
use crate::store::{OrderFilter, OrderReply};

/// `POST /api/orders`: 201; a repeat 200 with the same body.
pub(super) async fn create(
    State(app): State<SharedApp>,
    Who(who): Who,
    key: Option<Key>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    own_outlet(&who, &body)?;
    let order = parse_order(&body)?;
    let command = Command::Create(Box::new(order));
    match app.order(&who, None, command, key.map(|Key(key)| key)).await? {
        OrderReply::Done { body, .. } => Ok(text_of_json(StatusCode::CREATED, body.to_string())),
        OrderReply::Replayed { body } => Ok(text_of_json(StatusCode::OK, body.to_string())),
        OrderReply::Refused(refusal) => Err(refusal.into()),
    }
}

/// `GET /api/orders`: filters `status`, `open`, `table`; `{items, next}`.
pub(super) async fn list(
    State(app): State<SharedApp>,
    Who(who): Who,
    params: Params,
) -> Result<Response, Problem> {
    if who.role == Role::Guest {
        let orders = of_guest(&app, &who).await?;
        return Ok(json(&List::all(orders.iter().map(for_guest).collect())));
    }
    let filter = OrderFilter {
        status: params.parsed("status", "an order's status such as preparing", parse_status)?,
        open: params
            .parsed("open", "true or false", |value| value.parse().ok())?
            .unwrap_or(false),
        table: params.text("table"),
        cursor: params.text("cursor").or_else(|| params.text("next")),
        limit: params.limit()?,
    };
    let page = app.store.list_orders(&who.outlet, filter).await?;
    Ok(json(&List::of(page, |order| order)))
}

/// `GET /api/orders/{id}`.
pub(super) async fn one(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    if who.role == Role::Guest {
        let orders = of_guest(&app, &who).await?;
        let own = orders.iter().find(|order| order.id.key() == id);
        return own
            .map(|order| json(&for_guest(order)))
            .ok_or_else(|| Problem::not_found("order", &id));
    }
    let order = app.store.get_order(&who.outlet, &id).await?;
    order
        .map(|order| json(&order))
        .ok_or_else(|| Problem::not_found("order", &id))
}

/// `PATCH /api/orders/{id}`: one of `{status}`, `{priority}`, `{tableNumber}`.
pub(super) async fn change(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
    key: Option<Key>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let command = parse_patch(&body)?;
    ask(&app, &who, id, command, key).await
}

/// `POST /api/orders/{id}/items`.
pub(super) async fn add_items(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
    key: Option<Key>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let command = Command::AddItems {
        items: parse_items(&body)?,
    };
    ask(&app, &who, id, command, key).await
}

/// `PATCH /api/orders/{id}/items/{item}`: `{status}` or `{quantity}`.
pub(super) async fn change_item(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named((id, item)): Named<(String, String)>,
    key: Option<Key>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let command = parse_item_patch(&item, &body)?;
    ask(&app, &who, id, command, key).await
}

/// `POST /api/orders/{id}/VERB`: the path's last part says which command the body is read as.
pub(super) async fn verb(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
    path: MatchedPath,
    key: Option<Key>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let verb = path.as_str().rsplit('/').next().unwrap_or_default();
    let command = command(verb, &body)?;
    ask(&app, &who, id, command, key).await
}

fn command(verb: &str, body: &Value) -> Result<Command, Problem> {
    let command = match verb {
        "cancel-request" => parse_cancel_request(body)?,
        "cancel-accept" => Command::CancelAccept,
        "cancel-reject" => parse_cancel_reject(body)?,
        "cancel" => parse_cancel(body)?,
        "acknowledge" => parse_acknowledge(body)?,
        "station" => parse_station(body)?,
        "payments" => parse_payment(body)?,
        "reprint" => parse_reprint(body)?,
        "receipt" => Command::Receipt,
        other => return Err(Problem::not_found("verb", other)),
    };
    Ok(command)
}

async fn ask(
    app: &App,
    who: &Identity,
    id: String,
    command: Command,
    key: Option<Key>,
) -> Result<Response, Problem> {
    match app.order(who, Some(id), command, key.map(|Key(key)| key)).await? {
        OrderReply::Done { body, .. } | OrderReply::Replayed { body } => {
            Ok(text_of_json(StatusCode::OK, body.to_string()))
        }
        OrderReply::Refused(refusal) => Err(refusal.into()),
    }
}

/// The orders of a guest's own visit.
pub(super) async fn of_guest(app: &App, who: &Identity) -> Result<Vec<Order>, Problem> {
    let Some(session) = &who.session else {
        return Ok(Vec::new());
    };
    Ok(app.store.session_orders(&who.outlet, session).await?)
}

/// An order without names and telephone numbers.
pub(super) fn for_guest(order: &Order) -> Value {
    without_people(&serde_json::to_value(order).unwrap_or_default())
}

/// A body may name its outlet, but no other than the caller's.
fn own_outlet(who: &Identity, body: &Value) -> Result<(), Problem> {
    match named_outlet(body) {
        Some(outlet) if outlet != *who.outlet => {
            tracing::warn!(outlet = %who.outlet, named = outlet, who = who.label(),
                "refused: {} named another outlet", who.label());
            Err(Problem {
                field: Some("outlet".to_owned()),
                ..Problem::forbidden("the body names another outlet than the token's")
            })
        }
        _ => Ok(()),
    }
}
