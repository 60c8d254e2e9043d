//! `/api/devices`: the computers that print, how they are, and what a manager does with them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::input::{Named, Payload, Who, text};
use super::reply::{List, json as reply, with_status};
use super::stations::{PrinterView, printer_view};
use crate::error::Problem;
use crate::service::SharedApp;
use crate::store::{Device, Holder, Printer};

/// A station that a computer is enrolled for.
#[derive(Serialize)]
pub(super) struct StationView<'a> {
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
    /// Its agent is connected to this relay.
    online: bool,
    /// The stations whose jobs it gets now.
    prints_for: Vec<&'a str>,
    printers: Vec<PrinterView<'a>>,
}

/// `GET /api/devices`.
pub(super) async fn list(State(app): State<SharedApp>, Who(who): Who) -> Result<Response, Problem> {
    let devices = app.store.devices(&who.outlet).await?;
    let holders = app.store.holders(&who.outlet).await?;
    let printers = app.store.printers(&who.outlet).await?;
    let online = app.links.connected(&who.outlet);
    let views = devices
        .iter()
        .map(|device| view(device, &holders, &printers, &online));
    Ok(reply(&List::all(views.collect())))
}

/// `PATCH /api/devices/{id}`: `{name}`.
pub(super) async fn rename(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let name = text(&body, "name", "name")?
        .ok_or_else(|| Problem::invalid("name", "`name` is missing; send {\"name\": \"KITCHEN-PC\"}"))?;
    app.store
        .rename_device(&who.outlet, &id, name, &who.actor())
        .await?;
    Ok(reply(&json!({"id": id, "name": name})))
}

/// `POST /api/devices/{id}/revoke`: its token is refused from now on, and its sockets end.
pub(super) async fn revoke(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    app.store.revoke_device(&who.outlet, &id, &who.actor()).await?;
    app.cut_off(&who.outlet, &id);
    tracing::info!(outlet = %who.outlet, device = id, by = who.subject, "device {id} was revoked");
    Ok(reply(&json!({"id": id, "revoked": true})))
}

/// `POST /api/devices/{id}/test`: `{station?, identify?}` → `{jobs: [{id, station, state}]}`: a test ticket at each
/// station that it prints for, or a short slip with the computer's name and a beep.
pub(super) async fn test(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let station = text(&body, "station", "station")?.map(str::to_owned);
    let identify = match body.get("identify") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(identify)) => *identify,
        Some(_) => {
            return Err(Problem::invalid(
                "identify",
                "`identify` is neither true nor false",
            ));
        }
    };
    let qr = app.config.public_url.clone();
    let jobs = app
        .store
        .test_print(&who.outlet, &id, station, qr, identify, &who.actor())
        .await?;
    Ok(with_status(StatusCode::CREATED, &json!({ "jobs": jobs })))
}

/// Stations as answers show them.
pub(super) fn stations_of(stations: &[(String, Option<String>)]) -> Vec<StationView<'_>> {
    stations
        .iter()
        .map(|(name, location)| StationView {
            name,
            location: location.as_deref(),
        })
        .collect()
}

fn view<'a>(
    device: &'a Device,
    holders: &'a [Holder],
    printers: &'a [Printer],
    online: &[String],
) -> DeviceView<'a> {
    let held = holders.iter().filter(|held| held.device == device.id);
    let own = printers.iter().filter(|printer| printer.device == device.id);
    DeviceView {
        id: &device.id,
        name: &device.name,
        stations: stations_of(&device.stations),
        revoked: device.revoked,
        online: online.contains(&device.id),
        prints_for: held.map(|held| held.station.as_str()).collect(),
        printers: own.map(printer_view).collect(),
    }
}
