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
            out.push('{');
            // The map is sorted by its names.
            for (name, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                quoted(name, out);
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
        Value::Number(number) if is_id(key) => quoted(&number.to_string(), out),
        Value::Number(number) if number.is_f64() => out.push_str(&plain(&number.to_string())),
        Value::String(text) => quoted(text, out),
        Value::Number(_) | Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
    }
}

/// A text as JSON.
fn quoted(text: &str, out: &mut String) {
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.extend(["\"", text, "\""]);
    } else {
        out.push_str(&Value::from(text).to_string());
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
