//! `/api/outlets`: for the command line beside a running relay, which holds its keys.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::input::Payload;
use super::reply::{List, json, with_status};
use crate::auth::is_outlet_id;
use crate::error::{Code, Problem};
use crate::service::SharedApp;
use crate::store::Outlet;

/// `GET /api/outlets`.
pub(super) async fn list(State(app): State<SharedApp>) -> Result<Response, Problem> {
    let outlets = app.store.outlets().await?;
    Ok(json(&List::all(outlets)))
}

/// `POST /api/outlets`: `{id, name?, timezone?}`.
pub(super) async fn add(State(app): State<SharedApp>, Payload(body): Payload) -> Result<Response, Problem> {
    let outlet = parse(&body)?;
    if app.store.outlet(&outlet.id).await?.is_some() {
        return Err(Problem::new(
            Code::Conflict,
            format!("there is an outlet {} already", outlet.id),
        ));
    }
    app.store.add_outlet(outlet.clone()).await?;
    app.known.add(&outlet.id);
    Ok(with_status(StatusCode::CREATED, &outlet))
}

/// Checks an outlet as a person names it.
pub(crate) fn checked(id: &str, name: Option<&str>, timezone: Option<&str>) -> Result<Outlet, Problem> {
    if !is_outlet_id(id) {
        return Err(Problem::invalid(
            "id",
            "`id` must be 1 to 64 letters, digits, `-`, `_` or `.`",
        ));
    }
    let timezone = timezone.unwrap_or("UTC");
    if jiff::tz::TimeZone::get(timezone).is_err() {
        return Err(Problem::invalid(
            "timezone",
            format!("`timezone` is `{timezone}`, expected an IANA name such as Asia/Jakarta"),
        ));
    }
    Ok(Outlet {
        id: id.to_owned(),
        name: name.unwrap_or(id).to_owned(),
        timezone: timezone.to_owned(),
    })
}

fn parse(body: &Value) -> Result<Outlet, Problem> {
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(Problem::invalid(name, format!("`{name}` is no text"))),
    };
    let id = text("id")?.ok_or_else(|| Problem::invalid("id", "`id` is missing"))?;
    checked(id, text("name")?, text("timezone")?)
}
