//! Looking fields up in an event, whatever spelling its sender has.

use super::money;
use minijinja::value::Value;
use rust_decimal::Decimal;
use serde_json::Value as Json;

/// Looks fields up in an event, then in its `order`, in either spelling.
pub(super) struct Reader<'a> {
    pub(super) data: &'a Json,
    pub(super) order: Option<&'a Json>,
    pub(super) job: Option<&'a Json>,
}

impl<'a> Reader<'a> {
    pub(super) fn field(&self, keys: &[&str]) -> Option<&'a Json> {
        let given = |source: &'a Json| {
            keys.iter()
                .find_map(|key| source.get(key).filter(|v| !v.is_null()))
        };
        given(self.data).or_else(|| self.order.and_then(given))
    }

    pub(super) fn text(&self, keys: &[&str]) -> Option<String> {
        self.field(keys).and_then(plain).filter(|text| !text.is_empty())
    }

    pub(super) fn of_order(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.order?.get(key)).and_then(plain)
    }

    /// A name given as text, or as an object with one.
    pub(super) fn person(&self, keys: &[&str]) -> Option<String> {
        let value = self.field(keys)?;
        plain(value)
            .or_else(|| value.get("name").and_then(plain))
            .filter(|name| !name.is_empty())
    }

    pub(super) fn list(&self, keys: &[&str]) -> &'a [Json] {
        let value = self.field(keys);
        let value = value.and_then(|v| v.get("items").or(Some(v)));
        value.and_then(Json::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn amount(&self, keys: &[&str]) -> Option<Decimal> {
        self.field(keys).and_then(money::amount)
    }

    pub(super) fn flag(&self, keys: &[&str]) -> bool {
        self.field(keys).and_then(Json::as_bool).unwrap_or(false)
    }
}

/// A string, number or flag as text.
pub(super) fn plain(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

pub(super) fn number(value: &Json) -> Value {
    match value.as_i64() {
        Some(n) => Value::from(n),
        None => Value::from(plain(value).unwrap_or_default()),
    }
}
