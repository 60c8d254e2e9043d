//! From an event to what templates see of it, in whatever spelling its sender has.

use super::item::Items;
use super::moment::{self, Moment};
use super::names::named;
use super::reader::{Amount, Fields, plain, text};
use super::view::{Extra, Field, View};
use crate::banner::Banner;
use minijinja::Value;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

named! {
    /// What an event, or the order in it, may say.
    Key,
    Station: "station";
    Trigger: "print_trigger", "printTrigger";
    Kind: "kind";
    Number: "number";
    OrderId: "order_id", "orderId";
    OrderNumber: "order_number", "orderNumber";
    Table: "table_number", "tableNumber", "table", "table_id", "tableId";
    Area: "area_code", "areaCode";
    FromTable: "from_table", "fromTable", "previous_table", "from_table_number";
    OrderType: "order_type", "orderType";
    Source: "source";
    Priority: "priority";
    Message: "message", "reason", "detail";
    Printer: "printer";
    Profile: "profile";
    Outlet: "outlet_name", "outletName", "restaurant", "outlet";
    Lang: "lang", "language", "locale";
    Qr: "qr", "url", "receipt_url", "receiptUrl";
    Zone: "timezone", "time_zone", "timeZone";
    At: "timestamp", "created_at", "createdAt", "time";
    Banners: "banners";
    Currency: "currency";
    Items: "items", "order_items", "orderItems", "cart";
    Waiting: "waiting", "tickets", "jobs";
    Subtotal: "totalAmount", "total_amount", "subtotal";
    Discount: "discount";
    Tax: "tax";
    Total: "finalAmount", "final_amount", "total";
    Paid: "paidAmount", "paid_amount", "amountPaid", "paid";
    CashGiven: "tendered", "cashGiven", "cash_given";
    Change: "change";
    PaymentMethod: "payment_method", "paymentMethod";
    PaymentStatus: "payment_status", "paymentStatus";
    OpenBill: "is_open_bill", "isOpenBill";
    Waiter: "waiter", "server", "staff", "waiter_name", "waiterName";
    Customer: "customer";
    CustomerName: "customer_name", "customerName";
    Covers: "covers", "guests", "pax";
}

/// Keys of a ticket that waits.
mod waiting {
    use crate::template::names::named;

    named! {
        /// What a summary says of a ticket.
        Key,
        Number: "number";
        OrderNumber: "order_number", "orderNumber", "order";
        Table: "table_number", "tableNumber", "table";
        Minutes: "age_minutes", "minutes", "age_min";
        Age: "age_ms";
    }
}

type Found<'a> = Fields<'a, { Key::COUNT }>;

/// Texts that are shown as they came.
const PLAIN: [(Field, Key); 19] = [
    (Field::Trigger, Key::Trigger),
    (Field::OrderId, Key::OrderId),
    (Field::OrderNumber, Key::OrderNumber),
    (Field::Table, Key::Table),
    (Field::Area, Key::Area),
    (Field::FromTable, Key::FromTable),
    (Field::Source, Key::Source),
    (Field::Priority, Key::Priority),
    (Field::Message, Key::Message),
    (Field::Printer, Key::Printer),
    (Field::Profile, Key::Profile),
    (Field::Outlet, Key::Outlet),
    (Field::Lang, Key::Lang),
    (Field::Qr, Key::Qr),
    (Field::PaymentMethod, Key::PaymentMethod),
    (Field::PaymentStatus, Key::PaymentStatus),
    (Field::Waiter, Key::Waiter),
    (Field::Covers, Key::Covers),
    (Field::OrderType, Key::OrderType),
];

/// Amounts in the order of the view's fields.
const AMOUNTS: [Key; 7] = [
    Key::Subtotal,
    Key::Discount,
    Key::Tax,
    Key::Total,
    Key::Paid,
    Key::CashGiven,
    Key::Change,
];

impl View {
    /// Reads an event: the `data` of a print event, or the whole frame.
    pub(crate) fn new(event: &Json, extra: &Extra<'_>) -> Self {
        let data = data(event);
        let order = data.get("order").filter(|order| order.is_object());
        let fields = Found::read(Key::NAMES, data);
        let fields = match order {
            Some(order) => fields.or(Found::read(Key::NAMES, order)),
            None => fields,
        };
        let mut view = Self::empty();
        for (field, key) in PLAIN {
            view.set_text(field, fields.text(key.place()));
        }
        view.corrections(&fields, order);
        view.job(&fields, data.get("job"), event);
        view.times(&fields, data.get("job"), extra);
        view.people(&fields);
        view.currency = Arc::from(&*fields.text(Key::Currency.place()).unwrap_or_default());
        view.amounts = AMOUNTS.map(|key| Amount::of(fields.get(key.place())));
        view.set(Field::OpenBill, fields.flag(Key::OpenBill.place()).into());
        view.set(Field::Columns, Value::from(extra.columns));
        view.set_items(Items::new(fields.list(Key::Items.place()), &view.currency));
        let tickets = fields.list(Key::Waiting.place()).iter();
        let tickets: Vec<Value> = tickets.map(|w| Value::from(waiting_ticket(w))).collect();
        view.set(Field::Waiting, tickets.into());
        view
    }

    /// What is not shown quite as it came.
    fn corrections(&mut self, fields: &Found<'_>, order: Option<&Json>) {
        if let Some(kind) = fields.text(Key::OrderType.place()) {
            self.set(Field::OrderType, Value::from(kind.to_lowercase()));
        }
        if fields.text(Key::Priority.place()).as_deref() == Some("normal") {
            self.set(Field::Priority, Value::from(""));
        }
        if fields.text(Key::OrderId.place()).is_none() {
            self.set_text(Field::OrderId, order.and_then(|o| o.get("id")).and_then(plain));
        }
    }

    /// What the job says goes before what the event says.
    fn job(&mut self, fields: &Found<'_>, job: Option<&Json>, event: &Json) {
        let said = |key: &str| job.and_then(|j| j.get(key)).and_then(plain);
        let or = |key: &str, field: Key| said(key).or_else(|| fields.text(field.place()));
        let station = or("station", Key::Station).unwrap_or_else(|| station_of(event).into());
        self.set_text(Field::Station, Some(station));
        self.set_text(Field::Number, or("number", Key::Number));
        let trigger = fields.text(Key::Trigger.place()).unwrap_or_default();
        let kind = or("kind", Key::Kind).or_else(|| kind_of(&trigger).map(Cow::Borrowed));
        self.set_text(Field::Kind, kind);
        if let Some(id) = said("id") {
            self.set(Field::Job, Value::from(short(&id)));
        }
    }

    fn times(&mut self, fields: &Found<'_>, job: Option<&Json>, extra: &Extra<'_>) {
        let zone = extra.zones.zone(fields.text(Key::Zone.place()).as_deref());
        let at = fields.text(Key::At.place());
        self.moment = at.map_or(Moment::default(), |at| moment::read(&at, &zone));
        let own = job
            .and_then(|j| j.get("banners"))
            .or_else(|| fields.get(Key::Banners.place()));
        let own = own.and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let read = |banner: &Json| serde::Deserialize::deserialize(banner).ok();
        let new = |banner: &&Banner| {
            !own.iter()
                .any(|o| serde_json::to_value(banner).is_ok_and(|v| v == *o))
        };
        let banners = own.iter().filter_map(read);
        let banners = banners.chain(extra.banners.iter().filter(new).cloned());
        let written = |banner: Banner| Value::from(banner_text(&banner, &zone));
        self.set(Field::Banners, banners.map(written).collect::<Vec<_>>().into());
    }

    fn people(&mut self, fields: &Found<'_>) {
        let customer = fields.person(Key::Customer.place());
        let customer = customer.or_else(|| fields.text(Key::CustomerName.place()));
        self.set_text(Field::Customer, customer);
        let phone = fields.get(Key::Customer.place()).and_then(|c| c.get("phone"));
        self.set_text(Field::Phone, phone.and_then(plain));
    }
}

/// A ticket on a summary: its number, its table, its age in minutes.
fn waiting_ticket(ticket: &Json) -> BTreeMap<&'static str, Value> {
    use waiting::Key;
    let fields = Fields::<{ Key::COUNT }>::read(Key::NAMES, ticket);
    let whole = |key: Key| fields.get(key.place()).and_then(Json::as_u64);
    let age = whole(Key::Minutes).or_else(|| whole(Key::Age).map(|ms| ms / 60_000));
    BTreeMap::from([
        ("number", text(fields.text(Key::Number.place()))),
        ("order_number", text(fields.text(Key::OrderNumber.place()))),
        ("table", text(fields.text(Key::Table.place()))),
        ("age", age.map_or(Value::from(""), Value::from)),
    ])
}

fn banner_text(banner: &Banner, zone: &jiff::tz::TimeZone) -> String {
    match banner {
        Banner::Late { minutes } => format!("LATE {minutes} min"),
        Banner::PossibleDuplicate { first_try } if first_try.is_empty() => "POSSIBLE DUPLICATE".to_owned(),
        Banner::PossibleDuplicate { first_try } => {
            format!(
                "POSSIBLE DUPLICATE first try {}",
                moment::read(first_try, zone).time()
            )
        }
        Banner::Reprint => "REPRINT".to_owned(),
        Banner::Backup { station } => format!("BACKUP FROM {}", station.to_uppercase()),
        Banner::Unrouted => "UNROUTED".to_owned(),
    }
}

/// The `data` of a frame, or the event itself.
pub(super) fn data(event: &Json) -> &Json {
    match (event.get("event"), event.get("data")) {
        (Some(Json::String(_)), Some(data)) if data.is_object() => data,
        _ => event,
    }
}

/// The station that a frame's name means, where nothing else says it.
fn station_of(event: &Json) -> &'static str {
    match event.get("event").and_then(Json::as_str) {
        Some(name) if name.starts_with("beverage") => "bar",
        _ => "kitchen",
    }
}

fn kind_of(trigger: &str) -> Option<&'static str> {
    match trigger {
        "added" => Some("add"),
        "changed" => Some("change"),
        "void" => Some("void"),
        _ => None,
    }
}

/// The last eight characters of an id: those that differ.
fn short(id: &str) -> &str {
    let start = id.char_indices().rev().nth(7).map_or(0, |(at, _)| at);
    id.get(start..).unwrap_or(id)
}
