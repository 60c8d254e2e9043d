//! D2 floor: Socket.IO for waiters, kitchen screens and tables.

use serde_json::{Map, Value, json};

use super::io::{frame, id};
use super::{Dialect, Frame, Mistake, Room};
use crate::order::event::{Change, Event, Stats, Subject};
use crate::order::model::{Item, ItemStatus, Order, Status, amount};

/// The room of a verb's name; none where there is no such verb.
pub(super) fn room(what: &str, argument: &Value) -> Option<Result<Room, Mistake>> {
    let numbered = |field: &str| Ok(named(&format!("{what}:{}", id(argument, field)?)));
    match what {
        "kitchen" | "waiters" => Some(Ok(named(what))),
        "table" => Some(numbered("tableId")),
        "order" => Some(numbered("orderId")),
        _ => None,
    }
}

fn named(name: &str) -> Room {
    Room::new(Dialect::Floor, name)
}

/// What an event says in D2 (DIALECTS.md, "What a change emits").
#[must_use]
pub fn project(event: &Event) -> Vec<Frame> {
    let Subject::Order {
        order,
        changes,
        stats,
        ..
    } = &event.subject
    else {
        return Vec::new();
    };
    let mut teller = Teller {
        order,
        frames: Vec::new(),
    };
    for change in changes {
        teller.tell(change);
    }
    if changes.iter().any(moves_status) {
        let data =
            teller.data(json!({"orderId": order.id, "tableId": order.table_id, "status": order.status}));
        teller.say(
            "order:status_changed",
            &[Kitchen, Waiters, Table, OrderRoom],
            data.clone(),
        );
        teller.say("order:status", &[Table], data);
    }
    if let Some(stats) = stats.filter(|_| Stats::follow(changes)) {
        teller.say("kitchen:stats_update", &[Kitchen], json!(stats));
    }
    teller.frames
}

/// Which room of this order.
#[derive(Debug, Clone, Copy)]
enum To {
    Kitchen,
    Waiters,
    Table,
    OrderRoom,
}
use To::{Kitchen, OrderRoom, Table, Waiters};

fn moves_status(change: &Change) -> bool {
    matches!(
        change,
        Change::Confirmed | Change::Status { .. } | Change::Cancelled { .. }
    )
}

struct Teller<'a> {
    order: &'a Order,
    frames: Vec<Frame>,
}

impl Teller<'_> {
    fn tell(&mut self, change: &Change) {
        match change {
            Change::Created => self.created(),
            Change::Confirmed => {
                let data = json!({"orderId": self.order.id, "tableId": self.order.table_id,
                    "orderNumber": self.order.order_number, "confirmedAt": self.order.confirmed_at});
                self.say("order:confirmed", &[Kitchen, Waiters, Table], data);
            }
            Change::Status {
                to,
                back: false,
                prep_minutes,
                ..
            } => self.kitchen_moves(*to, *prep_minutes),
            Change::Cancelled { reason, accepted } => self.cancelled(reason, *accepted),
            Change::ItemsAdded { items } => self.items(items),
            Change::ItemQuantity { item, .. } => {
                let changed: Vec<Item> = self
                    .order
                    .items
                    .iter()
                    .filter(|entry| entry.id == *item)
                    .cloned()
                    .collect();
                self.items(&changed);
            }
            Change::ItemStatus { item, status } => self.item(item, *status),
            Change::ItemCancelled { item } => self.item(item, ItemStatus::Cancelled),
            Change::CancelRequested { reason, staff_id } => {
                let data = json!({"orderId": self.order.id, "tableId": self.order.table_id, "reason": reason,
                    "staffId": staff_id});
                let data = self.data(data);
                self.say("order:cancel_request", &[Kitchen, OrderRoom], data);
            }
            Change::CancelRejected { reason } => {
                let data = self.kitchen_data([("reason", json!(reason))]);
                self.say("kitchen:cancel_rejected", &[Kitchen, Waiters, OrderRoom], data);
            }
            Change::Acknowledged { chef_id, chef_name } => {
                let data = json!({"kitchenOrderId": self.order.id, "orderId": self.order.id, "chefId": chef_id,
                    "chefName": chef_name});
                self.say(
                    "kitchen:order_acknowledged",
                    &[Kitchen, Waiters, OrderRoom],
                    data.clone(),
                );
                self.say("kitchen:acknowledged", &[OrderRoom], data);
            }
            Change::Priority { priority } => {
                let data =
                    json!({"kitchenOrderId": self.order.id, "orderId": self.order.id, "priority": priority});
                self.say("kitchen:priority_changed", &[Kitchen], data);
            }
            Change::StationAssigned {
                station_id,
                station_name,
            } => {
                let data = json!({"kitchenOrderId": self.order.id, "orderId": self.order.id,
                    "stationId": station_id, "stationName": station_name});
                self.say("kitchen:station_assigned", &[Kitchen], data);
            }
            Change::Status { back: true, .. }
            | Change::Paid { .. }
            | Change::Moved { .. }
            | Change::Reprinted { .. }
            | Change::ReceiptAsked => {}
        }
    }

    fn created(&mut self) {
        let order = self.order;
        let data = json!({
            "orderId": order.id,
            "tableId": order.table_id,
            "orderNumber": order.order_number,
            "status": order.status,
            "totalAmount": amount(order.total_amount),
            "finalAmount": amount(order.final_amount),
            "items": order.items,
        });
        self.say("order:new", &[Kitchen], data.clone());
        self.say("order:created", &[Kitchen, Waiters, Table], data);
    }

    fn kitchen_moves(&mut self, to: Status, prep_minutes: Option<u32>) {
        let data = self.kitchen_data([]);
        match to {
            Status::Preparing => {
                self.say(
                    "kitchen:order_preparing",
                    &[Kitchen, Waiters, Table],
                    data.clone(),
                );
                self.say("kitchen:preparing", &[Table], data);
            }
            Status::Ready => {
                self.say(
                    "kitchen:order_ready",
                    &[Kitchen, Waiters, Table, OrderRoom],
                    data.clone(),
                );
                self.say("kitchen:ready", &[Table, OrderRoom], data);
            }
            Status::Completed => {
                let data = self.kitchen_data([("prepTime", json!(prep_minutes.unwrap_or(0)))]);
                self.say("kitchen:order_completed", &[Kitchen, Waiters, Table], data);
            }
            Status::Pending | Status::Confirmed | Status::Served | Status::Cancelled => {}
        }
    }

    fn cancelled(&mut self, reason: &str, accepted: bool) {
        if accepted {
            let data = self.kitchen_data([]);
            self.say("kitchen:cancel_accepted", &[Kitchen, Waiters, OrderRoom], data);
        }
        let data = json!({"orderId": self.order.id, "tableId": self.order.table_id, "reason": reason});
        self.say("order:cancelled", &[Kitchen, Waiters, Table, OrderRoom], data);
    }

    fn items(&mut self, items: &[Item]) {
        let data = json!({
            "orderId": self.order.id,
            "tableId": self.order.table_id,
            "items": items,
            "newTotalAmount": amount(self.order.total_amount),
            "newFinalAmount": amount(self.order.final_amount),
        });
        self.say("order:items_added", &[Kitchen, Table, OrderRoom], data);
    }

    fn item(&mut self, item: &str, status: ItemStatus) {
        let data = json!({"orderId": self.order.id, "itemId": item, "status": status});
        self.say("order:item_status_changed", &[Waiters, Table, OrderRoom], data);
    }

    fn kitchen_data<const N: usize>(&self, more: [(&str, Value); N]) -> Value {
        let mut data = Map::new();
        data.insert("kitchenOrderId".into(), json!(self.order.id));
        data.insert("orderId".into(), json!(self.order.id));
        data.insert("tableId".into(), json!(self.order.table_id));
        data.extend(more.map(|(name, value)| (name.to_owned(), value)));
        Value::Object(data)
    }

    /// Optional fields (`tableId?`, `staffId?`) are left out where there is nothing.
    fn data(&self, mut data: Value) -> Value {
        if let Value::Object(fields) = &mut data {
            fields.retain(|_, value| !value.is_null());
        }
        data
    }

    fn say(&mut self, name: &'static str, to: &[To], data: Value) {
        let rooms: Vec<Room> = to.iter().filter_map(|to| self.room(*to)).collect();
        if !rooms.is_empty() {
            self.frames.push(frame(name, rooms, data));
        }
    }

    fn room(&self, to: To) -> Option<Room> {
        match to {
            Kitchen => Some(named("kitchen")),
            Waiters => Some(named("waiters")),
            Table => self
                .order
                .table_id
                .as_ref()
                .map(|id| named(&format!("table:{id}"))),
            OrderRoom => Some(named(&format!("order:{}", self.order.id.key()))),
        }
    }
}
