//! What a D1 client hears.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::{Frame, Room, Wire};
use super::{CASHIER_ROOM, Device, area_room, order_room, outlet_room, station_room};
use crate::dialects::Dialect;
use crate::order::event::{Change, Event, Subject};
use crate::order::model::{Order, Status};
use crate::routing::Ticket;
use crate::store::Job;

/// Places of D1's events in every projection; tickets follow from `TICKETS` on.
mod place {
    pub(super) const NEW_ORDER: u32 = 1;
    pub(super) const NEW_ORDER_IN_AREA: u32 = 2;
    pub(super) const ORDER_CONFIRMED: u32 = 3;
    pub(super) const ORDER_STATUS_UPDATE: u32 = 4;
    pub(super) const TICKETS: u32 = 10;
}

/// What an event says in D1 (DIALECTS.md, "What a change emits").
#[must_use]
pub fn project(outlet: &str, event: &Event) -> Vec<Frame> {
    let Subject::Order {
        order,
        changes,
        tickets,
        ..
    } = &event.subject
    else {
        return Vec::new();
    };
    let mut frames = Vec::new();
    if changes.contains(&Change::Created) {
        created(order, event.at, &mut frames);
    }
    let room = order_room(&order.id);
    if changes.contains(&Change::Confirmed) {
        let rooms = vec![room.clone(), outlet_room(outlet)];
        let data = status_data(order, changes, event.at);
        frames.push(frame(place::ORDER_CONFIRMED, "order_confirmed", rooms, data));
    }
    if changes.iter().any(tells_status) {
        let data = status_data(order, changes, event.at);
        frames.push(frame(
            place::ORDER_STATUS_UPDATE,
            "order_status_update",
            vec![room],
            data,
        ));
    }
    let heard = tickets.iter().filter(|ticket| ticket.rooms);
    frames.extend((place::TICKETS..).zip(heard).map(|(k, ticket)| print(k, ticket)));
    frames
}

fn frame(k: u32, name: impl Into<Cow<'static, str>>, rooms: Vec<Room>, data: Value) -> Frame {
    Frame {
        wire: Wire::Station,
        rooms,
        name: name.into(),
        data,
        k: Wire::Station.block() + k,
    }
}

fn created(order: &Order, at: Timestamp, frames: &mut Vec<Frame>) {
    let data = json!({
        "order_id": order.id,
        "table_number": order.table_number,
        "area_code": order.area_code,
        "source": order.source,
        "payment_method": order.payment_method,
        "timestamp": at,
        "message": match &order.table_number {
            Some(table) => format!("New order {} at table {table}", order.order_number),
            None => format!("New order {}", order.order_number),
        },
    });
    let area = order.area_code.as_deref().map(area_room);
    let mut rooms = vec![Room::new(Dialect::Station, CASHIER_ROOM)];
    rooms.extend(area.clone());
    frames.push(frame(place::NEW_ORDER, "new_order", rooms, data.clone()));
    if let Some(area) = area {
        frames.push(frame(
            place::NEW_ORDER_IN_AREA,
            "new_order_in_area",
            vec![area],
            data,
        ));
    }
}

fn tells_status(change: &Change) -> bool {
    match change {
        Change::Confirmed | Change::Status { .. } | Change::Cancelled { .. } | Change::Paid { .. } => true,
        Change::Created
        | Change::ItemsAdded { .. }
        | Change::ItemQuantity { .. }
        | Change::ItemStatus { .. }
        | Change::ItemCancelled { .. }
        | Change::CancelRequested { .. }
        | Change::CancelRejected { .. }
        | Change::Acknowledged { .. }
        | Change::Priority { .. }
        | Change::StationAssigned { .. }
        | Change::Moved { .. }
        | Change::Reprinted { .. }
        | Change::ReceiptAsked => false,
    }
}

fn status_data(order: &Order, changes: &[Change], at: Timestamp) -> Value {
    json!({
        "order_id": order.id,
        "order_status": order.status,
        "payment_status": order.payment_status,
        "message": message(order, changes),
        "timestamp": at,
    })
}

fn message(order: &Order, changes: &[Change]) -> String {
    let number = &order.order_number;
    let moved = changes
        .iter()
        .any(|change| !matches!(change, Change::Paid { .. }) && tells_status(change));
    let paid = changes.iter().find_map(|change| match change {
        Change::Paid { in_full, .. } if !moved => Some(*in_full),
        _ => None,
    });
    match (paid, order.status) {
        (Some(true), _) => format!("Order {number} is paid"),
        (Some(false), _) => format!("Order {number} is paid in part"),
        (None, Status::Pending) => format!("Order {number} is waiting for confirmation"),
        (None, Status::Confirmed) => format!("Order {number} is confirmed"),
        (None, Status::Preparing) => format!("Order {number} is being prepared"),
        (None, Status::Ready) => format!("Order {number} is ready"),
        (None, Status::Served) => format!("Order {number} is served"),
        (None, Status::Completed) => format!("Order {number} is completed"),
        (None, Status::Cancelled) => format!("Order {number} is cancelled"),
    }
}

fn print(k: u32, ticket: &Ticket) -> Frame {
    frame(
        k,
        ticket.event.clone(),
        vec![station_room(&ticket.station)],
        ticket.data.clone(),
    )
}

/// The payload of `device_registered` and `device_disconnected`; `station` is said to agents.
#[must_use]
pub fn device_data(device: &Device, outlet: &str, station: Option<&str>) -> Value {
    let mut data = Map::new();
    data.insert("device_id".into(), device.device_id.as_str().into());
    data.insert("role".into(), device.role.as_str().into());
    data.insert("location".into(), json!(device.location));
    data.insert("outlet_id".into(), outlet.into());
    data.extend(station.map(|station| ("station".to_owned(), station.into())));
    Value::Object(data)
}

/// A job as an agent is offered it: the event's name and its `data` with `job`, as JSON text.
#[must_use]
pub fn offer_data(job: &Job, now: Timestamp) -> (String, String) {
    let mut header = job.header.clone();
    let age = now.duration_since(header.due).as_millis();
    header.age_ms = u64::try_from(age).unwrap_or(0);
    let header = serde_json::to_string(&header).unwrap_or_default();
    let columns = job.data.trim_end().strip_suffix('}').unwrap_or("{").trim_end();
    let comma = if columns.ends_with('{') { "" } else { "," };
    (job.event.clone(), format!("{columns}{comma}\"job\":{header}}}"))
}
