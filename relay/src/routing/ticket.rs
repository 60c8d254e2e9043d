//! Makes tickets: D1's columns and all that paper needs beyond them.

use jiff::Timestamp;
use protocol::{Banner, JobId, JobKind};
use serde_json::{Value, json};

use super::settings::Settings;
use super::{Line, Ticket, Trigger};
use crate::order::model::{Item, Order, OrderType, amount};

/// The print event of food.
pub const KITCHEN_EVENT: &str = "kitchen_immediate_print";
/// The print event of drinks.
pub const BAR_EVENT: &str = "beverage_immediate_print";
/// The print event of bills.
pub const RECEIPT_EVENT: &str = "receipt_immediate_print";

/// The print event of test tickets; agents alone get it.
pub const TEST_EVENT: &str = "test_print";

/// A test ticket for a station. `qr` is what its code leads to.
#[must_use]
pub fn test_ticket(
    station: &str,
    job: JobId,
    settings: &Settings,
    now: Timestamp,
    qr: Option<&str>,
    message: Option<&str>,
) -> Ticket {
    Ticket {
        station: station.to_owned(),
        kind: JobKind::Test,
        trigger: Trigger::Immediate,
        lines: Vec::new(),
        banners: Vec::new(),
        copies: 1,
        job: Some(job),
        rooms: false,
        event: TEST_EVENT.to_owned(),
        data: json!({
            "order_id": "test",
            "order_number": "TEST",
            "station": station,
            "order_items": [],
            "timestamp": now,
            "timezone": settings.timezone,
            "outlet_name": settings.outlet_name,
            "qr": qr,
            "message": message,
        }),
    }
}

/// What one ticket is made of.
pub(super) struct Draft<'a> {
    pub(super) order: &'a Order,
    pub(super) settings: &'a Settings,
    pub(super) station: &'a str,
    pub(super) kind: JobKind,
    pub(super) trigger: Trigger,
    /// What it shows.
    pub(super) shown: Vec<Line>,
    /// What it adds (VOID: takes away).
    pub(super) lines: Vec<Line>,
    pub(super) job: Option<JobId>,
    pub(super) rooms: bool,
    /// Columns beyond the usual ones.
    pub(super) extra: Vec<(&'static str, Value)>,
}

impl Draft<'_> {
    pub(super) fn ticket(self) -> Ticket {
        let mut banners = Vec::new();
        if self.trigger == Trigger::Reprint {
            banners.push(Banner::Reprint);
        }
        if self.shown.iter().any(|line| line.unrouted) {
            banners.push(Banner::Unrouted);
        }
        Ticket {
            station: self.station.to_owned(),
            kind: self.kind,
            trigger: self.trigger,
            banners,
            copies: self.settings.station(self.station).copies.clamp(1, 9),
            job: self.job.clone(),
            rooms: self.rooms,
            event: self.event().to_owned(),
            data: self.data(),
            lines: self.lines,
        }
    }

    fn event(&self) -> &'static str {
        match self.kind {
            JobKind::Receipt => RECEIPT_EVENT,
            _ if self.settings.is_bar(self.station) => BAR_EVENT,
            _ => KITCHEN_EVENT,
        }
    }

    fn data(&self) -> Value {
        let order = self.order;
        let taken = self.kind == JobKind::Order || self.kind == JobKind::Receipt;
        let timestamp = if taken { order.created_at } else { order.updated_at };
        let shown: Vec<Value> = self.shown.iter().filter_map(|line| self.item(line)).collect();
        let mut data = json!({
            "order_id": order.id,
            "order_number": order.order_number,
            "station": self.station,
            "table_number": order.table_number,
            "area_code": order.area_code,
            "order_items": shown,
            "source": order.source,
            "order_type": order_type(order.order_type),
            "timestamp": timestamp,
            "print_trigger": self.trigger,
            "payment_method": order.payment_method,
            "is_open_bill": order.is_open_bill,
            "priority": order.priority,
            "customer": order.customer.as_ref().and_then(|customer| customer.name.as_ref()),
            "waiter": order.waiter,
            "timezone": self.settings.timezone,
            "currency": self.settings.currency,
            "outlet_name": self.settings.outlet_name,
        });
        if let Value::Object(columns) = &mut data {
            columns.extend(
                self.extra
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.clone())),
            );
        }
        data
    }

    fn item(&self, line: &Line) -> Option<Value> {
        let item = self.order.items.iter().find(|item| item.id == line.item)?;
        Some(order_item(item, line))
    }
}

fn order_item(item: &Item, line: &Line) -> Value {
    let modifiers: Vec<Value> = item
        .modifiers
        .iter()
        .map(|modifier| json!({"name": modifier.name, "price": amount(modifier.price)}))
        .collect();
    json!({
        "id": item.id,
        "name": item.name,
        "quantity": line.quantity,
        "workstation": item.workstation,
        "main_category": item.main_category,
        "notes": item.notes,
        "modifiers": modifiers,
        "allergens": item.allergens,
        "course": item.course,
        "unitPrice": amount(item.unit_price),
        "unrouted": line.unrouted,
    })
}

/// The order type's name on the wire.
pub(crate) fn order_type(kind: OrderType) -> &'static str {
    match kind {
        OrderType::DineIn => "dine-in",
        OrderType::Takeout => "takeout",
        OrderType::Delivery => "delivery",
    }
}
