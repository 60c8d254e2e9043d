//! `/api/devices` and `/api/enrolments`: computers come in by a one-time code, and go by revoking.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::door::ClientAddress;
use super::input::{Named, Payload, Who};
use super::reply::{List, json as reply, with_status};
use crate::config::duration;
use crate::error::Problem;
use crate::service::SharedApp;
use crate::store::{Device, Redeemed};

/// How long a pairing code holds where nobody says.
const DEFAULT_TTL: Duration = Duration::from_secs(15 * 60);

/// The longest that a pairing code may hold: it is a key under the mat.
const LONGEST_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// Most stations of one computer.
const MOST_STATIONS: usize = 32;

/// Longest name of a station, a location or a computer, in characters.
const LONGEST_NAME: usize = 100;

/// A station that a computer is enrolled for.
#[derive(Serialize)]
struct StationView<'a> {
    name: &'a str,
    location: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceView<'a> {
    id: &'a str,
    name: &'a str,
    stations: Vec<StationView<'a>>,
    revoked: bool,
}

/// `GET /api/devices`.
pub(super) async fn list(State(app): State<SharedApp>, Who(who): Who) -> Result<Response, Problem> {
    let devices = app.store.devices(&who.outlet).await?;
    Ok(reply(&List::all(devices.iter().map(view).collect())))
}

/// `POST /api/devices/{id}/revoke`: its token is refused from now on, and its sockets end.
pub(super) async fn revoke(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    app.store.revoke_device(&who.outlet, &id, &who.actor()).await?;
    app.links.revoked(&who.outlet, &id);
    app.hub.dismiss(&who.outlet, |guise| guise.subject == id);
    tracing::info!(outlet = %who.outlet, device = id, by = who.subject, "device {id} was revoked");
    Ok(reply(&json!({"id": id, "revoked": true})))
}

/// `POST /api/enrolments`: `{stations: [{name, location?}], ttl?}` → `{code, expires}`.
pub(super) async fn open_enrolment(
    State(app): State<SharedApp>,
    Who(who): Who,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let stations = stations(&body)?;
    let ttl = ttl(&body)?;
    let (code, expires) = app.store.create_enrolment(&who.outlet, stations, ttl).await?;
    Ok(with_status(
        StatusCode::CREATED,
        &json!({"code": code, "expires": expires}),
    ))
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
    let Redeemed { device, token } = app.store.redeem(code, name).await?;
    tracing::info!(outlet = device.outlet, device = device.id, %address,
        "{} is enrolled as device {}", device.name, device.id);
    let stations = view(&device).stations;
    Ok(reply(&json!({
        "deviceId": device.id,
        "token": token,
        "outlet": device.outlet,
        "stations": stations,
    })))
}

fn view(device: &Device) -> DeviceView<'_> {
    let stations = device.stations.iter();
    DeviceView {
        id: &device.id,
        name: &device.name,
        stations: stations
            .map(|(name, location)| StationView {
                name,
                location: location.as_deref(),
            })
            .collect(),
        revoked: device.revoked,
    }
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

/// `ttl` in seconds, or as text such as `15m`.
fn ttl(body: &Value) -> Result<Duration, Problem> {
    let wanted = match body.get("ttl") {
        None | Some(Value::Null) => return Ok(DEFAULT_TTL),
        Some(Value::String(text)) => duration::parse(text).ok(),
        Some(value) => value.as_u64().map(Duration::from_secs),
    };
    wanted
        .filter(|ttl| !ttl.is_zero() && *ttl <= LONGEST_TTL)
        .ok_or_else(|| {
            Problem::invalid(
                "ttl",
                "`ttl` must be 1 s to 24 h, in seconds or as text such as 15m",
            )
        })
}

fn text<'a>(body: &'a Value, name: &str, field: &str) -> Result<Option<&'a str>, Problem> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= LONGEST_NAME => Ok(Some(text.trim())),
        Some(Value::String(_)) => Err(Problem::invalid(
            field,
            format!("`{field}` is longer than {LONGEST_NAME} characters"),
        )),
        Some(_) => Err(Problem::invalid(field, format!("`{field}` is no text"))),
    }
}
