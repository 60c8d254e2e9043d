//! D5 register: plain WebSocket, `/ws/restaurant-pos/{tenantId}`.

use serde_json::{Map, Value, json};

use super::{Dialect, Frame, Mistake, Room, Wire};
use crate::order::event::{Change, Event, Subject};
use crate::order::input::{Fields, named_outlet, parse_order, parse_patch};
use crate::order::model::Order;
use crate::order::{Command, Refusal};
use crate::planted;

/// Orders in `recentOrders`.
pub const RECENT: usize = 10;

/// A verb of D5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// `submit_order`: make this order. The sender gets its `order_created`, also of a repeat.
    Submit(Command),
    /// `update_order_status`: the order's id and what to do with it.
    Update {
        /// Which order (`Id::key`).
        order: String,
        /// `SetStatus`, or `Cancel` for `cancelled`.
        command: Command,
    },
}

/// Reads a frame of a register of that tenant.
///
/// # Errors
/// A [`Mistake`] that names the field; `FORBIDDEN` where the order names another tenant.
pub fn read(text: &str, tenant: &str) -> Result<Verb, Mistake> {
    let frame: Value = serde_json::from_str(text).map_err(|_| Mistake {
        code: "VALIDATION_ERROR",
        message: "the frame is not JSON; send {\"type\": NAME, …}".into(),
        field: None,
    })?;
    let fields = Fields::of(&frame, "")?;
    let verb = fields.need(&["type"])?;
    let foreign = named_outlet(&frame).is_some_and(|named| named != tenant);
    if foreign && !planted::is("another tenant is ours") {
        return Err(Mistake::forbidden("`tenantId` names another outlet"));
    }
    match verb.value.as_str() {
        Some("submit_order") => {
            fields.need(&["order"])?;
            Ok(Verb::Submit(Command::Create(Box::new(parse_order(&frame)?))))
        }
        Some("update_order_status") => {
            let order = fields.need(&["orderId"])?.id()?.key();
            fields.need(&["status"])?;
            let command = parse_patch(&status_only(&frame))?;
            Ok(Verb::Update { order, command })
        }
        _ => Err(Mistake::invalid(
            "type",
            "is none of submit_order and update_order_status",
        )),
    }
}

/// `status` and `reason`, whatever else the frame carries.
fn status_only(frame: &Value) -> Value {
    let kept = |name: &str| frame.get(name).map(|value| (name.to_owned(), value.clone()));
    Value::Object(["status", "reason"].into_iter().filter_map(kept).collect())
}

/// The room of a tenant's registers.
#[must_use]
pub fn room() -> Room {
    Room::new(Dialect::Register, "registers")
}

/// What an event says in D5 (DIALECTS.md, "What a change emits").
#[must_use]
pub fn project(outlet: &str, event: &Event) -> Vec<Frame> {
    let Subject::Order { order, changes, .. } = &event.subject else {
        return Vec::new();
    };
    let mut frames = Vec::new();
    if changes.contains(&Change::Created) {
        frames.push(frame(1, "order_created", created_data(outlet, order)));
    }
    let moves = |change: &Change| {
        matches!(
            change,
            Change::Confirmed | Change::Status { .. } | Change::Cancelled { .. }
        )
    };
    if changes.iter().any(moves) {
        let data = json!({"orderId": order.id, "orderNumber": order.order_number, "status": order.status,
            "updatedBy": event.by});
        frames.push(frame(2, "order_status_update", data));
    }
    frames
}

fn frame(k: u32, name: &'static str, data: Value) -> Frame {
    Frame {
        wire: Wire::Register,
        rooms: vec![room()],
        name: name.into(),
        data,
        k: Wire::Register.block() + k,
    }
}

/// The payload of `order_created`: also what a repeat's sender gets.
#[must_use]
pub fn created_data(outlet: &str, order: &Order) -> Value {
    let mut whole = json!(order);
    if let Value::Object(fields) = &mut whole {
        fields.insert("tenantId".into(), outlet.into());
    }
    json!({"order": whole, "kitchenOrder": kitchen_order(order)})
}

/// The one kitchen order of an order: its id is the order's.
fn kitchen_order(order: &Order) -> Value {
    json!({
        "id": order.id,
        "orderNumber": order.order_number,
        "status": order.status,
        "items": order.items,
        "tableNumber": order.table_number,
        "orderType": order.order_type,
        "priority": order.priority,
        "createdAt": order.created_at,
    })
}

/// History that cannot be replayed: too far back, or of another epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The outlet's newest event.
    pub head: u64,
    /// The store's epoch.
    pub epoch: u64,
}

/// The payload of `sync_state`: every open order as a kitchen order, and the last [`RECENT`] orders,
/// newest first. On a gap it is the same in every dialect.
#[must_use]
pub fn sync_state(open: &[Order], recent: &[Order], gap: Option<Gap>) -> Value {
    let active: Vec<Value> = open
        .iter()
        .filter(|order| order.status.is_open() && !planted::is("no active orders"))
        .map(kitchen_order)
        .collect();
    let mut data = Map::new();
    data.insert("activeOrders".into(), active.into());
    data.insert(
        "recentOrders".into(),
        recent
            .iter()
            .take(if planted::is("one recent order") {
                1
            } else {
                RECENT
            })
            .map(|order| json!(order))
            .collect(),
    );
    if let Some(gap) = gap {
        data.insert("reason".into(), "gap".into());
        data.insert("head".into(), gap.head.into());
        data.insert("epoch".into(), gap.epoch.into());
    }
    Value::Object(data)
}

/// The payload of `error`: the codes of this dialect alone.
#[must_use]
pub fn error_data(mistake: &Mistake) -> Value {
    const CODES: [&str; 6] = [
        "VALIDATION_ERROR",
        "FORBIDDEN",
        "NOT_FOUND",
        "CONFLICT",
        "RATE_LIMITED",
        "INTERNAL",
    ];
    let mut data = mistake.data();
    let known = CODES.contains(&mistake.code);
    if let (false, Value::Object(fields)) = (known, &mut data) {
        fields.insert("code".into(), "VALIDATION_ERROR".into());
    }
    data
}

/// The payload of `error` for a refused command.
#[must_use]
pub fn refusal_data(refusal: Refusal) -> Value {
    error_data(&refusal.into())
}
