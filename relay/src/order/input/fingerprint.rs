//! What a request means, hashed, so that a repeat is told from another request under the same key.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::order::command::Command;

/// SHA-256 of what a command means for an order (`Id::key`; none for a new one). Fields that the
/// relay ignores do not count, 12.5 is 12.50, and 17 is "17" where it is an id.
#[must_use]
pub fn fingerprint_of(order: Option<&str>, command: &Command) -> [u8; 32] {
    let meaning = serde_json::to_value(command).unwrap_or_default();
    let mut text = order.unwrap_or_default().to_owned();
    text.push('\n');
    canonical(&meaning, "", &mut text);
    Sha256::digest(text.as_bytes()).into()
}

/// SHA-256 of a body as canonical JSON: sorted keys, numbers by value, ids as text, no nulls.
/// For bodies without a command of their own; see [`fingerprint_of`].
#[must_use]
pub fn fingerprint(body: &Value) -> [u8; 32] {
    let mut text = String::new();
    canonical(body, "", &mut text);
    Sha256::digest(text.as_bytes()).into()
}

fn canonical(value: &Value, key: &str, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().filter(|(_, value)| !value.is_null()).collect();
            entries.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (name, value) in entries {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                canonical(value, name, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for value in list {
                canonical(value, key, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Number(number) if is_id(key) => out.push_str(&Value::from(number.to_string()).to_string()),
        Value::Number(number) => out.push_str(&plain(&number.to_string())),
        Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
}

fn is_id(key: &str) -> bool {
    key == "id" || key.ends_with("Id") || key.ends_with("_id")
}

fn plain(number: &str) -> String {
    let exact = rust_decimal::Decimal::from_str_exact(number)
        .or_else(|_| rust_decimal::Decimal::from_scientific(number));
    exact.map_or_else(|_| number.to_owned(), |amount| amount.normalize().to_string())
}
