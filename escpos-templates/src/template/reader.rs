//! Looking fields up in an event, whatever spelling its sender has, in one pass over its keys.

use super::money;
use super::names::Names;
use minijinja::value::Value;
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::borrow::Cow;

/// The fields of an object: of several spellings the best that is not null.
pub(super) struct Fields<'a, const COUNT: usize> {
    found: [Option<(u8, &'a Json)>; COUNT],
}

impl<'a, const COUNT: usize> Fields<'a, COUNT> {
    /// Reads an object; anything else has no fields.
    pub(super) fn read(names: &Names, object: &'a Json) -> Self {
        let mut found = [None; COUNT];
        let members = object.as_object().into_iter().flatten();
        for (key, value) in members.filter(|(_, value)| !value.is_null()) {
            let Some((rank, field)) = names.find(key) else {
                continue;
            };
            match found.get_mut(field) {
                Some(Some((best, _))) if *best < rank => {}
                Some(slot) => *slot = Some((rank, value)),
                None => {}
            }
        }
        Self { found }
    }

    /// Fills what is missing from another object.
    pub(super) fn or(mut self, other: Self) -> Self {
        for (own, other) in self.found.iter_mut().zip(other.found) {
            *own = own.or(other);
        }
        self
    }

    pub(super) fn get(&self, field: usize) -> Option<&'a Json> {
        self.found.get(field).copied().flatten().map(|(_, value)| value)
    }

    pub(super) fn text(&self, field: usize) -> Option<Cow<'a, str>> {
        self.get(field).and_then(plain).filter(|text| !text.is_empty())
    }

    /// A name given as text, or as an object with one.
    pub(super) fn person(&self, field: usize) -> Option<Cow<'a, str>> {
        let value = self.get(field)?;
        plain(value)
            .or_else(|| value.get("name").and_then(plain))
            .filter(|name| !name.is_empty())
    }

    pub(super) fn list(&self, field: usize) -> &'a [Json] {
        let value = self.get(field);
        let value = value.and_then(|v| v.get("items").or(Some(v)));
        value.and_then(Json::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn flag(&self, field: usize) -> bool {
        self.get(field).and_then(Json::as_bool).unwrap_or(false)
    }
}

/// An amount that nobody has read yet: most tickets show none.
#[derive(Debug, Clone, Default)]
pub(super) struct Amount(Json);

impl Amount {
    /// An amount as it was sent, to be read when it is wanted.
    pub(super) fn of(sent: Option<&Json>) -> Self {
        match sent {
            Some(amount @ (Json::Number(_) | Json::String(_))) => Self(amount.clone()),
            _ => Self(Json::Null),
        }
    }

    pub(super) fn read(&self) -> Option<Decimal> {
        money::amount(&self.0)
    }

    /// The amount times a quantity.
    pub(super) fn times(&self, quantity: &Amount) -> Option<Decimal> {
        self.read()?.checked_mul(quantity.read().unwrap_or(Decimal::ONE))
    }
}

/// A string, number or flag as text.
pub(super) fn plain(value: &Json) -> Option<Cow<'_, str>> {
    match value {
        Json::String(text) => Some(Cow::Borrowed(text)),
        Json::Number(number) => Some(Cow::Owned(number.to_string())),
        Json::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        _ => None,
    }
}

/// A text for templates; nothing is an empty one.
pub(super) fn text(text: Option<Cow<'_, str>>) -> Value {
    Value::from(text.as_deref().unwrap_or(""))
}

/// A whole number as one, anything else as text.
pub(super) fn number(value: &Json) -> Value {
    match value.as_i64() {
        Some(n) => Value::from(n),
        None => text(plain(value)),
    }
}
