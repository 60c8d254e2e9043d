//! An item of an order as templates see it.

use super::escape::{put, put_value};
use super::money;
use super::names::named;
use super::reader::{Amount, Fields, number, plain, text};
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::Arc;

/// An item of an order.
#[derive(Debug)]
pub(super) struct Item {
    quantity: Value,
    previous: Option<Value>,
    name: Value,
    notes: Value,
    allergens: Vec<Value>,
    course: Value,
    modifiers: Vec<Modifier>,
    unrouted: bool,
    price: Amount,
    /// The quantity, for what amounts are multiplied by.
    times: Amount,
    currency: Arc<str>,
}

/// The items of an order.
#[derive(Debug)]
pub(super) struct Items(Vec<Arc<Item>>);

/// A wish about an item.
#[derive(Debug)]
struct Modifier {
    name: Value,
    price: Amount,
}

/// The same as templates see it.
#[derive(Debug)]
struct ModifierOf {
    item: Arc<Item>,
    place: usize,
}

named! {
    /// What an event says of an item.
    Key,
    Quantity: "quantity", "qty";
    Previous: "previous_quantity", "previousQuantity", "from_quantity", "old_quantity";
    Name: "name", "item_name", "itemName";
    Notes: "notes", "note", "comment";
    Allergens: "allergens", "allergies";
    Course: "course";
    Modifiers: "modifiers", "mods", "options";
    Unrouted: "unrouted";
    Price: "unitPrice", "unit_price", "price";
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

impl Object for Items {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let item = self.0.get(key.as_usize()?)?;
        Some(Value::from_dyn_object(item.clone()))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }
}

impl Items {
    pub(super) fn new(list: &[Json], currency: &Arc<str>) -> Self {
        Self(
            list.iter()
                .map(|item| Arc::new(Item::new(item, currency)))
                .collect(),
        )
    }

    /// How many things are ordered.
    pub(super) fn count(&self) -> i64 {
        let quantities = self.0.iter().map(|item| i64::try_from(item.quantity.clone()));
        quantities.filter_map(Result::ok).fold(0, i64::saturating_add)
    }

    /// Columns for the widest quantity in double width: "12x" and a blank.
    pub(super) fn quantity_columns(&self) -> usize {
        self.0.iter().map(|item| item.digits()).max().unwrap_or(1) * 2 + 3
    }

    /// All items as station tickets have them: a heading where the course changes, a blank line between two items.
    pub(super) fn lines(&self, out: &mut impl Write, sign: &str) -> fmt::Result {
        let columns = self.quantity_columns() + if sign.is_empty() { 0 } else { 2 };
        write!(out, "{{width: {columns} *; border:none}}")?;
        let mut course = None;
        for (place, item) in self.0.iter().enumerate() {
            if place > 0 {
                out.write_char('\n')?;
            }
            if item.course.is_true() && course != Some(&item.course) {
                course = Some(&item.course);
                out.write_str("\n{width:auto}\n\"_COURSE ")?;
                put_value(out, &item.course)?;
                write!(out, "\n{{width: {columns} *}}")?;
            }
            out.write_char('\n')?;
            item.lines(out, sign)?;
        }
        Ok(())
    }
}

impl Object for Item {
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(match key {
            "quantity" => self.quantity.clone(),
            "previous" => self.previous.clone()?,
            "name" => self.name.clone(),
            "notes" => self.notes.clone(),
            "allergens" => self.allergens.clone().into(),
            "course" => self.course.clone(),
            "modifiers" => {
                let of = |place| ModifierOf {
                    item: self.clone(),
                    place,
                };
                let list = (0..self.modifiers.len()).map(of).map(Value::from_object);
                list.collect::<Vec<_>>().into()
            }
            "unrouted" => Value::from(self.unrouted),
            "price" => money::shown(self.price.read(), &self.currency),
            "total" => money::shown(self.price.times(&self.times), &self.currency),
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

impl Object for ModifierOf {
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let (item, modifier) = (&self.item, self.item.modifiers.get(self.place)?);
        match key {
            "name" => Some(modifier.name.clone()),
            "total" if modifier.is_free() => Some(Value::from("")),
            "total" => Some(money::shown(modifier.price.times(&item.times), &item.currency)),
            _ => None,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["name", "total"])
    }
}

impl Modifier {
    fn new(modifier: &Json) -> Self {
        let name = plain(modifier).or_else(|| modifier.get("name").and_then(plain));
        Self {
            name: text(name),
            price: Amount::of(modifier.get("price")),
        }
    }

    fn is_free(&self) -> bool {
        self.price.read().is_some_and(|price| price.is_zero())
    }
}

impl Item {
    fn new(item: &Json, currency: &Arc<str>) -> Self {
        let fields = Fields::<{ Key::COUNT }>::read(Key::NAMES, item);
        let field = |key: Key| fields.get(key.place());
        let (quantity, times) = match field(Key::Quantity) {
            Some(quantity) => (number(quantity), Amount::of(Some(quantity))),
            None => (Value::from(1), Amount::default()),
        };
        let list = |key: Key| fields.list(key.place()).iter();
        let name = fields.text(Key::Name.place()).unwrap_or(Cow::Borrowed("?"));
        Self {
            quantity,
            previous: field(Key::Previous).map(number),
            name: Value::from(&*name),
            notes: text(fields.text(Key::Notes.place())),
            allergens: list(Key::Allergens)
                .filter_map(plain)
                .map(|name| Value::from(&*name))
                .collect(),
            course: field(Key::Course).map_or(Value::from(""), number),
            modifiers: list(Key::Modifiers).map(Modifier::new).collect(),
            unrouted: fields.flag(Key::Unrouted.place()),
            price: Amount::of(field(Key::Price)),
            times,
            currency: currency.clone(),
        }
    }

    /// Digits of the quantity.
    fn digits(&self) -> usize {
        match i64::try_from(self.quantity.clone()) {
            Ok(0..10) => 1,
            _ => self.quantity.to_string().len(),
        }
    }

    /// The item as station tickets have it: quantity and name large, what is to be noticed below, one line each. The
    /// columns before the name are for `sign` and the quantity.
    pub(super) fn lines(&self, out: &mut impl Write, sign: &str) -> fmt::Result {
        out.write_str("|\"^^^")?;
        put(out, sign)?;
        put_value(out, &self.quantity)?;
        out.write_str("x |\"^^")?;
        put_value(out, &self.name)?;
        out.write_str(" |")?;
        if let Some(previous) = self.previous.as_ref().filter(|p| p.is_true()) {
            between(out, "was ", "x", |out| put_value(out, previous))?;
        }
        for modifier in &self.modifiers {
            between(out, "+ ", "", |out| put_value(out, &modifier.name))?;
        }
        if self.notes.is_true() {
            between(out, "`~", "~", |out| put_value(out, &self.notes))?;
        }
        if !self.allergens.is_empty() {
            let names: Vec<String> = self.allergens.iter().map(Value::to_string).collect();
            let names = names.join(", ").to_uppercase();
            between(out, "`\"^^~!! ALLERGY: ", " !!~", |out| put(out, &names))?;
        }
        if self.unrouted {
            between(out, "`\"~UNROUTED: whose is this?~", "", |_| Ok(()))?;
        }
        Ok(())
    }
}

/// A line beside the column of quantities.
fn between<W: Write>(
    out: &mut W,
    before: &str,
    after: &str,
    middle: impl FnOnce(&mut W) -> fmt::Result,
) -> fmt::Result {
    out.write_str("\n| |")?;
    out.write_str(before)?;
    middle(out)?;
    out.write_str(after)?;
    out.write_str(" |")
}
