//! An event as templates see it: one spelling for every field, amounts and times already written.

use super::item::Items;
use super::moment::{Moment, Zones};
use super::money;
use super::names::named;
use super::reader::{Amount, number};
use crate::banner::Banner;
use minijinja::value::{Enumerator, Object, Value};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::sync::Arc;

/// What rendering adds to an event.
pub(crate) struct Extra<'a> {
    pub(crate) banners: &'a [Banner],
    pub(crate) columns: u16,
    pub(crate) zones: &'a Zones,
}

named! {
    /// The fields of a view, by the names that templates use.
    Field,
    Station: "station";
    StationTitle: "station_title";
    Kind: "kind";
    Trigger: "trigger";
    Number: "number";
    Job: "job";
    OrderId: "order_id";
    OrderNumber: "order_number";
    Table: "table";
    Area: "area";
    FromTable: "from_table";
    OrderType: "order_type";
    Source: "source";
    Priority: "priority";
    Message: "message";
    Printer: "printer";
    Profile: "profile";
    Outlet: "outlet";
    Lang: "lang";
    Qr: "qr";
    Time: "time";
    Date: "date";
    Day: "day";
    Banners: "banners";
    Count: "count";
    QuantityColumns: "quantity_columns";
    Items: "items";
    Waiting: "waiting";
    Subtotal: "subtotal";
    Discount: "discount";
    Tax: "tax";
    Total: "total";
    Paid: "paid";
    CashGiven: "cash_given";
    Change: "change";
    Currency: "currency";
    PaymentMethod: "payment_method";
    PaymentStatus: "payment_status";
    OpenBill: "open_bill";
    Waiter: "waiter";
    Customer: "customer";
    Phone: "phone";
    Covers: "covers";
    Columns: "columns";
    // What the built-in templates set for the parts that they include; empty where they do not.
    Headline: "headline";
    Sign: "sign";
    Event: "event";
}

/// The fields of an event.
#[derive(Debug)]
pub(crate) struct View {
    values: [Value; Field::COUNT],
    pub(super) moment: Moment,
    /// From `subtotal` to `change`, to be written where a template shows them.
    pub(super) amounts: [Amount; AMOUNTS],
    pub(super) currency: Arc<str>,
    event: Json,
}

/// How many fields are amounts.
const AMOUNTS: usize = Field::Change.place() - Field::Subtotal.place() + 1;

impl Object for View {
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let (_, place) = Field::NAMES.find(key)?;
        Field::ALL.get(place).and_then(|field| self.value(*field))
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let shown = |field: &&Field| !matches!(field, Field::Event | Field::Headline | Field::Sign);
        let name = |field: &Field| Field::LIST.get(field.place()).map(|(name, _)| Value::from(*name));
        Enumerator::Values(Field::ALL.iter().filter(shown).filter_map(name).collect())
    }
}

impl View {
    /// A view in which every field is empty.
    pub(super) fn empty() -> Self {
        Self {
            values: std::array::from_fn(|_| Value::from("")),
            moment: Moment::default(),
            amounts: Default::default(),
            currency: Arc::from(""),
            event: Json::Null,
        }
    }

    /// Makes the raw event reachable as `event`, for templates that want what is not among the fields.
    pub(crate) fn with_event(mut self, event: &Json) -> Self {
        self.event = super::read::data(event).clone();
        self
    }

    /// The template that this event asks for.
    pub(crate) fn template(&self) -> String {
        let text = |field| self.stored(field).and_then(Value::as_str).unwrap_or("");
        let of_bar = |station: &str| station.get(..3).is_some_and(|s| s.eq_ignore_ascii_case("bar"));
        match text(Field::Kind).to_lowercase().as_str() {
            "" | "order" if of_bar(text(Field::Station)) => "bar".to_owned(),
            "" | "order" => "kitchen".to_owned(),
            kind => kind.to_owned(),
        }
    }

    /// A field as text.
    pub(super) fn text(&self, field: Field) -> String {
        self.value(field).map(|v| v.to_string()).unwrap_or_default()
    }

    /// The items, for the plain ticket.
    pub(super) fn items(&self) -> Vec<Value> {
        self.list(Field::Items)
    }

    /// The banners, written.
    pub(super) fn banners(&self) -> Vec<String> {
        self.list(Field::Banners)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn list(&self, field: Field) -> Vec<Value> {
        let list = self.value(field);
        list.and_then(|v| v.try_iter().ok())
            .map(Iterator::collect)
            .unwrap_or_default()
    }

    pub(super) fn set(&mut self, field: Field, value: Value) {
        if let Some(slot) = self.values.get_mut(field.place()) {
            *slot = value;
        }
    }

    pub(super) fn set_text(&mut self, field: Field, text: Option<Cow<'_, str>>) {
        if let Some(text) = text {
            self.set(field, Value::from(&*text));
        }
    }

    /// Sets the items and what is counted about them.
    pub(super) fn set_items(&mut self, items: Items) {
        self.set(Field::Count, Value::from(items.count()));
        self.set(Field::QuantityColumns, Value::from(items.quantity_columns()));
        self.set(Field::Items, Value::from_object(items));
    }

    fn value(&self, field: Field) -> Option<Value> {
        Some(match field {
            Field::StationTitle => {
                let station = self.stored(Field::Station)?.as_str().unwrap_or("");
                Value::from(station.to_uppercase().replace('_', " "))
            }
            Field::Time => self.moment.time(),
            Field::Date => self.moment.date(),
            Field::Day => self.moment.day(),
            Field::Currency => Value::from(&*self.currency),
            Field::Subtotal | Field::Total => self.amount(field, |_| true),
            Field::Discount | Field::Tax | Field::Paid | Field::CashGiven | Field::Change => {
                self.amount(field, |amount| !amount.is_zero())
            }
            Field::Event => whole(&self.event),
            _ => self.stored(field)?.clone(),
        })
    }

    fn stored(&self, field: Field) -> Option<&Value> {
        self.values.get(field.place())
    }

    fn amount(&self, field: Field, wanted: impl Fn(&rust_decimal::Decimal) -> bool) -> Value {
        let amount = self.amounts.get(field.place() - Field::Subtotal.place());
        money::shown(amount.and_then(Amount::read).filter(wanted), &self.currency)
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
