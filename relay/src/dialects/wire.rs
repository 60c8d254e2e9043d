//! A frame's text on each wire.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::Wire;
use crate::planted;

/// The text of a frame as it goes over the wire; `position` is its place in the outlet's log, none
/// for what is not in the log (answers, errors, devices).
#[must_use]
pub fn encode(wire: Wire, name: &str, data: &Value, position: Option<&str>) -> Arc<str> {
    let position = position.filter(|_| !planted::is("no positions"));
    match wire {
        Wire::Station => text(&Station {
            event: name,
            data,
            seq: position,
        }),
        Wire::SocketIo => match position {
            Some(position) => format!("2{}", text(&(name, data, position))),
            None => format!("2{}", text(&(name, data))),
        },
        Wire::Register => text(&Register {
            r#type: name,
            data,
            seq: position,
        }),
    }
    .into()
}

/// A value that always has a text: strings, numbers and objects with string keys.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[derive(Serialize)]
struct Station<'a> {
    event: &'a str,
    data: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<&'a str>,
}

#[derive(Serialize)]
struct Register<'a> {
    r#type: &'a str,
    #[serde(flatten)]
    data: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_wire_has_its_own_spelling() {
        let data = json!({"order_id": "7"});
        let cases = [
            (
                Wire::Station,
                r#"{"event":"new_order","data":{"order_id":"7"},"seq":"4.1"}"#,
            ),
            (Wire::SocketIo, r#"2["new_order",{"order_id":"7"},"4.1"]"#),
            (
                Wire::Register,
                r#"{"type":"new_order","order_id":"7","seq":"4.1"}"#,
            ),
        ];
        for (wire, expected) in cases {
            assert_eq!(&*encode(wire, "new_order", &data, Some("4.1")), expected);
        }
        assert_eq!(
            &*encode(Wire::Station, "pong", &json!({}), None),
            r#"{"event":"pong","data":{}}"#
        );
    }
}
