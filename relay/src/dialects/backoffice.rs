//! D4 back office: Socket.IO with whole orders, tables and menu items.

use serde_json::{Value, json};

use super::io::{frame, id};
use super::{Dialect, Frame, Mistake, Room};
use crate::order::event::{Change, Event, Subject};
use crate::order::model::{Order, amount};

/// The room of a subscription; none where there is no such one.
pub(super) fn room(what: &str, argument: &Value) -> Option<Result<Room, Mistake>> {
    match what {
        "orders" | "tables" | "kds" => Some(Ok(named(what))),
        "table" => Some(id(argument, "tableId").map(|id| table_room(&id))),
        _ => None,
    }
}

/// The room of every socket with at least one subscription of this dialect: it hears `menu:updated`.
/// Sockets do not name it; they are in it while they are in another room of this dialect.
#[must_use]
pub fn any_room() -> Room {
    named("*")
}

fn named(name: &str) -> Room {
    Room::new(Dialect::BackOffice, name)
}

fn table_room(id: &str) -> Room {
    named(&format!("table:{id}"))
}

/// What an event says in D4 (DIALECTS.md, "What a change emits").
#[must_use]
pub fn project(event: &Event) -> Vec<Frame> {
    match &event.subject {
        Subject::Order { order, changes, .. } => order_frames(event, order, changes),
        Subject::Table(table) => {
            let mut rooms = vec![named("tables")];
            rooms.extend(table.get("id").and_then(key).map(|id| table_room(&id)));
            vec![frame("table:updated", rooms, table.clone())]
        }
        Subject::Menu(item) => vec![frame("menu:updated", vec![any_room()], item.clone())],
    }
}

fn key(id: &Value) -> Option<String> {
    id.as_str()
        .map(str::to_owned)
        .or_else(|| id.as_i64().map(|id| id.to_string()))
}

fn order_frames(event: &Event, order: &Order, changes: &[Change]) -> Vec<Frame> {
    let mut frames = Vec::new();
    if let Some(name) = row(changes) {
        frames.push(frame(name, rooms(order, changes), json!(order)));
    }
    let paid = changes.iter().find_map(|change| match change {
        Change::Paid {
            method,
            in_full: true,
            ..
        } => Some(method),
        _ => None,
    });
    if let Some(method) = paid {
        let data = json!({"orderId": order.id, "amount": amount(order.paid_amount), "method": method,
            "paidAt": event.at});
        let mut rooms = vec![named("orders")];
        rooms.extend(order.table_id.as_deref().map(table_room));
        frames.push(frame("payment:completed", rooms, data));
    }
    frames
}

fn rooms(order: &Order, changes: &[Change]) -> Vec<Room> {
    let mut rooms = vec![named("orders"), named("kds")];
    rooms.extend(order.table_id.as_deref().map(table_room));
    for change in changes {
        if let Change::Moved {
            from_table_id: Some(id),
            ..
        } = change
        {
            rooms.push(table_room(id));
        }
    }
    rooms
}

/// Creation and cancellation have names of their own; paper alone has none.
fn row(changes: &[Change]) -> Option<&'static str> {
    let paper = |change: &Change| matches!(change, Change::Reprinted { .. } | Change::ReceiptAsked);
    if changes.contains(&Change::Created) {
        return Some("order:created");
    }
    if changes
        .iter()
        .any(|change| matches!(change, Change::Cancelled { .. }))
    {
        return Some("order:cancelled");
    }
    changes
        .iter()
        .any(|change| !paper(change))
        .then_some("order:updated")
}
