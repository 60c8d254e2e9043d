//! An event as templates see it: one spelling for every field, amounts and times already written.

use super::item::Item;
use super::moment::{self, Zones};
use super::money;
use super::reader::{Reader, number, plain};
use crate::banner::Banner;
use minijinja::value::{Enumerator, Object, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What rendering adds to an event.
pub(crate) struct Extra<'a> {
    pub(crate) banners: &'a [Banner],
    pub(crate) columns: u16,
    pub(crate) zones: &'a Zones,
}

/// The fields of an event.
#[derive(Debug)]
pub(crate) struct View {
    fields: BTreeMap<&'static str, Value>,
    event: Json,
}

impl Object for View {
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match self.fields.get(key) {
            Some(value) => Some(value.clone()),
            None if key == "event" => Some(whole(&self.event)),
            None => None,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.fields.keys().map(|k| Value::from(*k)).collect())
    }
}

impl View {
    /// Reads an event: the `data` of a print event, or the whole frame.
    pub(crate) fn new(event: &Json, extra: &Extra<'_>) -> Self {
        let data = data(event);
        let reader = Reader {
            data,
            order: data.get("order").filter(|o| o.is_object()),
            job: data.get("job"),
        };
        let mut view = Self {
            fields: BTreeMap::new(),
            event: Json::Null,
        };
        view.places(&reader, event);
        view.times(&reader, extra);
        let currency = reader.text(&["currency"]).unwrap_or_default();
        view.things(&reader, &currency);
        view.money(&reader, &currency);
        view.people(&reader);
        view.set("columns", Value::from(extra.columns));
        view
    }

    /// Makes the raw event reachable as `event`, for templates that want what is not among the fields.
    pub(crate) fn with_event(mut self, event: &Json) -> Self {
        self.event = data(event).clone();
        self
    }

    /// The template that this event asks for.
    pub(crate) fn template(&self) -> String {
        let text = |key: &str| {
            self.fields
                .get(key)
                .and_then(|v| v.as_str().map(str::to_lowercase))
                .unwrap_or_default()
        };
        let station = text("station");
        match text("kind").as_str() {
            "" | "order" if station.starts_with("bar") => "bar".to_owned(),
            "" | "order" => "kitchen".to_owned(),
            kind => kind.to_owned(),
        }
    }

    /// A field as text.
    pub(crate) fn text(&self, key: &str) -> String {
        self.fields.get(key).map(ToString::to_string).unwrap_or_default()
    }

    /// The items, for the plain ticket.
    pub(crate) fn items(&self) -> Vec<Value> {
        self.list("items")
    }

    /// The banners, written.
    pub(crate) fn banners(&self) -> Vec<String> {
        self.list("banners").iter().map(ToString::to_string).collect()
    }

    fn list(&self, key: &str) -> Vec<Value> {
        self.fields
            .get(key)
            .and_then(|v| v.try_iter().ok())
            .map(Iterator::collect)
            .unwrap_or_default()
    }

    fn set(&mut self, key: &'static str, value: Value) {
        self.fields.insert(key, value);
    }

    fn text_field(&mut self, key: &'static str, value: Option<String>) {
        self.set(key, value.map_or(Value::from(""), Value::from));
    }

    fn places(&mut self, reader: &Reader<'_>, event: &Json) {
        let job = |key: &str| reader.job.and_then(|j| j.get(key));
        let station = job("station")
            .and_then(plain)
            .or_else(|| reader.text(&["station"]));
        let station = station.unwrap_or_else(|| station_of(event).to_owned());
        let trigger = reader
            .text(&["print_trigger", "printTrigger"])
            .unwrap_or_default();
        let kind = job("kind").and_then(plain).or_else(|| reader.text(&["kind"]));
        self.text_field("kind", kind.or_else(|| kind_of(&trigger).map(str::to_owned)));
        self.text_field("trigger", Some(trigger));
        self.set("station", Value::from(station));
        self.text_field(
            "number",
            job("number").and_then(plain).or_else(|| reader.text(&["number"])),
        );
        let id = job("id").and_then(plain);
        self.text_field("job", id.map(|id| short(&id).to_owned()));
        self.text_field(
            "order_id",
            reader
                .text(&["order_id", "orderId"])
                .or_else(|| reader.of_order(&["id"])),
        );
        self.text_field("order_number", reader.text(&["order_number", "orderNumber"]));
        let table = reader.text(&["table_number", "tableNumber", "table", "table_id", "tableId"]);
        self.text_field("table", table);
        self.text_field("area", reader.text(&["area_code", "areaCode"]));
        self.text_field(
            "from_table",
            reader.text(&["from_table", "fromTable", "previous_table", "from_table_number"]),
        );
        self.text_field(
            "order_type",
            reader
                .text(&["order_type", "orderType"])
                .map(|t| t.to_lowercase()),
        );
        self.text_field("source", reader.text(&["source"]));
        self.text_field("priority", reader.text(&["priority"]).filter(|p| p != "normal"));
        self.text_field("message", reader.text(&["message", "reason", "detail"]));
        self.text_field("printer", reader.text(&["printer"]));
        self.text_field("profile", reader.text(&["profile"]));
        self.text_field(
            "outlet",
            reader.text(&["outlet_name", "outletName", "restaurant", "outlet"]),
        );
        self.text_field("qr", reader.text(&["qr", "url", "receipt_url", "receiptUrl"]));
    }

    fn times(&mut self, reader: &Reader<'_>, extra: &Extra<'_>) {
        let zone = extra
            .zones
            .zone(reader.text(&["timezone", "time_zone", "timeZone"]).as_deref());
        let at = reader.text(&["timestamp", "created_at", "createdAt", "time"]);
        let moment = at.map(|at| moment::written(&at, &zone)).unwrap_or_default();
        self.set("time", Value::from(moment.time));
        self.set("date", Value::from(moment.date));
        self.set("day", Value::from(moment.day));
        let own = reader
            .job
            .and_then(|j| j.get("banners"))
            .or_else(|| reader.data.get("banners"));
        let own = own.and_then(Json::as_array).map(Vec::as_slice).unwrap_or(&[]);
        let mut banners: Vec<Banner> = own
            .iter()
            .filter_map(|b| serde::Deserialize::deserialize(b).ok())
            .collect();
        for banner in extra
            .banners
            .iter()
            .filter(|b| !own.iter().any(|o| serde_json::to_value(b).is_ok_and(|v| v == *o)))
        {
            banners.push(banner.clone());
        }
        let written = |banner: &Banner| Value::from(banner_text(banner, &zone));
        self.set(
            "banners",
            Value::from(banners.iter().map(written).collect::<Vec<_>>()),
        );
    }

    fn things(&mut self, reader: &Reader<'_>, currency: &str) {
        let list = reader.list(&["items", "order_items", "orderItems", "cart"]);
        let items: Vec<Item> = list.iter().map(|item| Item::new(item, currency)).collect();
        let count: i64 = items
            .iter()
            .filter_map(|i| i64::try_from(i.quantity.clone()).ok())
            .fold(0, i64::saturating_add);
        let digits = items
            .iter()
            .map(|i| i.quantity.to_string().len())
            .max()
            .unwrap_or(1);
        self.set("count", Value::from(count));
        // "12x" in double width, and a blank.
        self.set("quantity_columns", Value::from(digits * 2 + 3));
        self.set(
            "items",
            items
                .into_iter()
                .map(Value::from_object)
                .collect::<Vec<_>>()
                .into(),
        );
        let waiting = reader.list(&["waiting", "tickets", "jobs"]);
        self.set(
            "waiting",
            waiting
                .iter()
                .map(|w| Value::from(waiting_ticket(w)))
                .collect::<Vec<_>>()
                .into(),
        );
    }

    fn money(&mut self, reader: &Reader<'_>, currency: &str) {
        let fields = [
            ("subtotal", &["totalAmount", "total_amount", "subtotal"][..]),
            ("discount", &["discount"]),
            ("tax", &["tax"]),
            ("total", &["finalAmount", "final_amount", "total"]),
            ("paid", &["paidAmount", "paid_amount", "amountPaid", "paid"]),
            ("cash_given", &["tendered", "cashGiven", "cash_given"]),
            ("change", &["change"]),
        ];
        for (field, keys) in fields {
            let amount = reader
                .amount(keys)
                .filter(|a| field == "total" || field == "subtotal" || !a.is_zero());
            self.text_field(field, amount.map(|a| money::written(a, currency)));
        }
        self.text_field("currency", Some(currency.to_owned()));
        self.text_field(
            "payment_method",
            reader.text(&["payment_method", "paymentMethod"]),
        );
        self.text_field(
            "payment_status",
            reader.text(&["payment_status", "paymentStatus"]),
        );
        self.set(
            "open_bill",
            Value::from(reader.flag(&["is_open_bill", "isOpenBill"])),
        );
    }

    fn people(&mut self, reader: &Reader<'_>) {
        self.text_field(
            "waiter",
            reader.text(&["waiter", "server", "staff", "waiter_name", "waiterName"]),
        );
        self.text_field(
            "customer",
            reader
                .person(&["customer"])
                .or_else(|| reader.text(&["customer_name", "customerName"])),
        );
        self.text_field(
            "phone",
            reader
                .field(&["customer"])
                .and_then(|c| c.get("phone"))
                .and_then(plain),
        );
        self.text_field("covers", reader.text(&["covers", "guests", "pax"]));
    }
}

/// A ticket on a summary: its number, its table, its age in minutes.
fn waiting_ticket(ticket: &Json) -> BTreeMap<&'static str, Value> {
    let reader = Reader {
        data: ticket,
        order: None,
        job: ticket.get("job"),
    };
    let minutes = reader
        .field(&["age_minutes", "minutes", "age_min"])
        .and_then(Json::as_u64);
    let age = minutes.or_else(|| {
        reader
            .field(&["age_ms"])
            .and_then(Json::as_u64)
            .map(|ms| ms / 60_000)
    });
    let text = |keys: &[&str]| Value::from(reader.text(keys).unwrap_or_default());
    BTreeMap::from([
        ("number", text(&["number"])),
        ("order_number", text(&["order_number", "orderNumber", "order"])),
        ("table", text(&["table_number", "tableNumber", "table"])),
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
                moment::written(first_try, zone).time
            )
        }
        Banner::Reprint => "REPRINT".to_owned(),
        Banner::Backup { station } => format!("BACKUP FROM {}", station.to_uppercase()),
        Banner::Unrouted => "UNROUTED".to_owned(),
    }
}

/// The `data` of a frame, or the event itself.
fn data(event: &Json) -> &Json {
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

/// JSON as a template's value.
fn whole(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(()),
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(_) | Json::String(_) => number(value),
        Json::Array(list) => list.iter().map(whole).collect::<Vec<_>>().into(),
        Json::Object(map) => Value::from_pairs(map.iter().map(|(key, value)| (key.clone(), whole(value)))),
    }
}

/// The last eight characters of an id: those that differ.
fn short(id: &str) -> &str {
    let start = id.char_indices().rev().nth(7).map_or(0, |(at, _)| at);
    id.get(start..).unwrap_or(id)
}
