//! D3 table session: Socket.IO for the kitchen display and the guest's page of one visit.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::io::{frame, id};
use super::{Dialect, Frame, Mistake, Room};
use crate::order::event::{Change, Event, Subject};
use crate::order::model::{Order, Status, amount};
use crate::planted;

/// The room of everybody in a restaurant, or of one visit.
pub(super) fn room(what: &str, argument: &Value, outlet: &str) -> Result<Room, Mistake> {
    if what == "session" {
        return Ok(session_room(&id(argument, "token")?));
    }
    if id(argument, "restaurantId")? != outlet && !planted::is("another restaurant is ours") {
        return Err(Mistake::forbidden("this restaurant is another outlet"));
    }
    Ok(restaurant_room(outlet))
}

fn restaurant_room(outlet: &str) -> Room {
    Room::new(Dialect::Session, format!("restaurant:{outlet}"))
}

fn session_room(token: &str) -> Room {
    Room::new(Dialect::Session, format!("session:{token}"))
}

/// A visit's public id: its token is a secret, and staff screens need none.
#[must_use]
pub fn session_id(token: &str) -> String {
    Sha256::digest(token.as_bytes())
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A status as this dialect spells it: `preparing` is `cooking`.
#[must_use]
pub fn status_name(status: Status) -> &'static str {
    match status {
        Status::Preparing if !planted::is("D3 says preparing") => "cooking",
        other => other.as_str(),
    }
}

/// What an event says in D3 (DIALECTS.md, "What a change emits").
#[must_use]
pub fn project(outlet: &str, event: &Event) -> Vec<Frame> {
    let Subject::Order {
        order,
        changes,
        session,
        ..
    } = &event.subject
    else {
        return Vec::new();
    };
    let mut frames = Vec::new();
    if changes.contains(&Change::Created) {
        let data = created(order, session.as_deref());
        frames.push(frame("order:created", vec![restaurant_room(outlet)], data));
    }
    let moves = |change: &Change| {
        matches!(
            change,
            Change::Confirmed | Change::Status { .. } | Change::Cancelled { .. }
        )
    };
    if !changes.iter().any(moves) {
        return frames;
    }
    let status = status_name(order.status);
    let data = json!({"orderId": order.id, "status": status, "tableNumber": order.table_number});
    frames.push(frame("order:status:updated", vec![restaurant_room(outlet)], data));
    if let Some(token) = session {
        let data = json!({"orderId": order.id, "status": status});
        frames.push(frame("order:status:updated", vec![session_room(token)], data));
    }
    frames
}

fn created(order: &Order, session: Option<&str>) -> Value {
    let customer = order
        .customer
        .as_ref()
        .and_then(|customer| customer.name.as_ref());
    json!({
        "order": {
            "id": order.id,
            "items": order.items,
            "totalAmount": amount(order.total_amount),
            "status": status_name(order.status),
            "tableNumber": order.table_number,
            "customerName": customer,
            "createdAt": order.created_at,
        },
        "session": session.map(|token| json!({"id": session_id(token), "tableNumber": order.table_number})),
    })
}
