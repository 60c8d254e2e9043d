//! An item of an order as templates see it.

use super::money;
use super::reader::{Reader, number, plain};
use minijinja::value::{Enumerator, Object, Value};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An item of an order.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) quantity: Value,
    previous: Option<Value>,
    name: Value,
    notes: Value,
    allergens: Value,
    course: Value,
    modifiers: Value,
    unrouted: bool,
    price: Value,
    total: Value,
}

const ITEM_FIELDS: &[&str] = &[
    "quantity",
    "previous",
    "name",
    "notes",
    "allergens",
    "course",
    "modifiers",
    "unrouted",
    "price",
    "total",
];

impl Object for Item {
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(match key {
            "quantity" => self.quantity.clone(),
            "previous" => self.previous.clone()?,
            "name" => self.name.clone(),
            "notes" => self.notes.clone(),
            "allergens" => self.allergens.clone(),
            "course" => self.course.clone(),
            "modifiers" => self.modifiers.clone(),
            "unrouted" => Value::from(self.unrouted),
            "price" => self.price.clone(),
            "total" => self.total.clone(),
            _ => return None,
        })
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(ITEM_FIELDS)
    }
}

impl Item {
    pub(super) fn new(item: &Json, currency: &str) -> Self {
        let reader = Reader {
            data: item,
            order: None,
            job: None,
        };
        let quantity = reader
            .field(&["quantity", "qty"])
            .cloned()
            .unwrap_or(Json::from(1));
        let price = reader.amount(&["unitPrice", "unit_price", "price"]);
        let total = price.and_then(|p| p.checked_mul(money::amount(&quantity).unwrap_or(Decimal::ONE)));
        let written =
            |amount: Option<Decimal>| amount.map_or(Value::from(""), |a| money::written(a, currency).into());
        Self {
            quantity: number(&quantity),
            previous: reader
                .field(&[
                    "previous_quantity",
                    "previousQuantity",
                    "from_quantity",
                    "old_quantity",
                ])
                .map(number),
            name: reader
                .text(&["name", "item_name", "itemName"])
                .map_or(Value::from("?"), Value::from),
            notes: reader
                .text(&["notes", "note", "comment"])
                .map_or(Value::from(""), Value::from),
            allergens: reader
                .list(&["allergens", "allergies"])
                .iter()
                .filter_map(plain)
                .map(Value::from)
                .collect::<Vec<_>>()
                .into(),
            course: reader.field(&["course"]).map_or(Value::from(""), number),
            modifiers: modifiers(&reader, &quantity, currency).into(),
            unrouted: reader.flag(&["unrouted"]),
            price: written(price),
            total: written(total),
        }
    }
}

fn modifiers(reader: &Reader<'_>, quantity: &Json, currency: &str) -> Vec<Value> {
    let list = reader.list(&["modifiers", "mods", "options"]);
    let one = |modifier: &Json| {
        let reader = Reader {
            data: modifier,
            order: None,
            job: None,
        };
        let name = plain(modifier)
            .or_else(|| reader.text(&["name"]))
            .unwrap_or_default();
        let price = reader.amount(&["price"]).filter(|p| !p.is_zero());
        let total = price.and_then(|p| p.checked_mul(money::amount(quantity).unwrap_or(Decimal::ONE)));
        let total = total.map(|t| money::written(t, currency)).unwrap_or_default();
        Value::from(BTreeMap::from([
            ("name", Value::from(name)),
            ("total", Value::from(total)),
        ]))
    };
    list.iter().map(one).collect()
}
