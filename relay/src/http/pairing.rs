//! `/api/enrolments` and `/api/enrol`: computers come in by a one-time code.

use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::devices::stations_of;
use super::door::ClientAddress;
use super::input::{Named, Payload, Who, lifetime, text};
use super::reply::{List, json as reply, with_status};
use crate::error::Problem;
use crate::service::SharedApp;
use crate::store::{OpenCode, OutletId, Redeemed, is_strong};

/// How long a pairing code holds where nobody says.
const DEFAULT_TTL: Duration = Duration::from_secs(15 * 60);

/// The longest that a pairing code may hold: it is a key under the mat.
const LONGEST_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// Most stations of one computer.
const MOST_STATIONS: usize = 32;

/// Wrong tries after which a code is dead, as the store has it.
const MOST_TRIES: u32 = 5;

/// `GET /api/enrolments`: codes of the last day without their secret part.
pub(super) async fn list(State(app): State<SharedApp>, Who(who): Who) -> Result<Response, Problem> {
    let codes = app.store.enrolments(&who.outlet).await?;
    let now = Timestamp::now();
    let views: Vec<Value> = codes.iter().map(|code| view(code, now)).collect();
    Ok(reply(&List::all(views)))
}

/// `POST /api/enrolments`: `{stations: [{name, location?}], replaces?, ttl?, code?}` → `{id, code, expires}`. `code` is
/// the phrase that a computer shows which waits to be taken in.
pub(super) async fn open(
    State(app): State<SharedApp>,
    Who(who): Who,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let replaces = text(&body, "replaces", "replaces")?.map(str::to_owned);
    let stations = match body.get("stations") {
        None | Some(Value::Null) if replaces.is_some() => Vec::new(),
        _ => stations(&body)?,
    };
    let ttl = lifetime(&body, DEFAULT_TTL, LONGEST_TTL, "1 s to 24 h")?;
    let (outlet, by) = (&who.outlet, who.actor());
    let (code, expires) = match text(&body, "code", "code")? {
        None => {
            let made = app.store.create_enrolment(outlet, stations, replaces, ttl, &by);
            made.await?
        }
        Some(phrase) if is_strong(phrase) => {
            let made = app.store.adopt(outlet, stations, replaces, ttl, &by, phrase);
            made.await?
        }
        Some(_) => {
            let why = "`code` is not the whole phrase: expected four letters and four words, as the computer shows it";
            return Err(Problem::invalid("code", why));
        }
    };
    let id = code.split('-').next().unwrap_or_default();
    Ok(with_status(
        StatusCode::CREATED,
        &json!({"id": id, "code": code, "expires": expires}),
    ))
}

/// `DELETE /api/enrolments/{id}`: the code opens nothing any more.
pub(super) async fn withdraw(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    app.store
        .withdraw_enrolment(&who.outlet, &id, &who.actor())
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/enrol`: `{code, name}` → `{deviceId, token, outlet, stations}`. Needs no token: the
/// code is one, for once.
pub(super) async fn enrol(
    State(app): State<SharedApp>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    app.meter.enrolment(address)?;
    let code = text(&body, "code", "code")?.ok_or_else(|| Problem::invalid("code", "`code` is missing"))?;
    let name = text(&body, "name", "name")?.unwrap_or("unnamed");
    let Redeemed {
        device,
        token,
        replaced,
    } = app.store.redeem(code, name).await?;
    tracing::info!(outlet = device.outlet, device = device.id, %address,
        "{} is enrolled as device {}", device.name, device.id);
    let outlet = OutletId::from(device.outlet.as_str());
    app.links.paired(&outlet, &device.id, Instant::now());
    if let Some(old) = replaced {
        app.cut_off(&outlet, &old);
    }
    Ok(reply(&json!({
        "deviceId": device.id,
        "token": token,
        "outlet": device.outlet,
        "stations": stations_of(&device.stations),
    })))
}

fn view(code: &OpenCode, now: Timestamp) -> Value {
    let state = match code {
        code if code.used => "used",
        code if code.tries >= MOST_TRIES => "locked",
        code if code.expires <= now => "expired",
        _ => "open",
    };
    json!({"id": code.id, "stations": stations_of(&code.stations), "replaces": code.replaces,
           "expires": code.expires, "state": state, "tries": code.tries})
}

fn stations(body: &Value) -> Result<Vec<(String, Option<String>)>, Problem> {
    let list = body
        .get("stations")
        .and_then(Value::as_array)
        .filter(|list| !list.is_empty() && list.len() <= MOST_STATIONS)
        .ok_or_else(|| {
            Problem::invalid(
                "stations",
                format!(
                    "`stations` must be a list of 1 to {MOST_STATIONS}, such as [{{\"name\": \"kitchen\"}}]"
                ),
            )
        })?;
    list.iter()
        .enumerate()
        .map(|(index, station)| {
            let field = |name: &str| format!("stations[{index}].{name}");
            let name = text(station, "name", &field("name"))?
                .ok_or_else(|| Problem::invalid(field("name"), format!("`{}` is missing", field("name"))))?;
            let location = text(station, "location", &field("location"))?;
            Ok((name.to_owned(), location.map(str::to_owned)))
        })
        .collect()
}
