//! One frame of a projection: a canonical event as one dialect's rooms get it, and its text.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

/// How a frame is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wire {
    /// D1: `{"event": NAME, "data": {…}, "seq": POSITION}`.
    Station,
    /// D2 to D4: a Socket.IO event packet, `2["NAME",{…},"POSITION"]`.
    SocketIo,
    /// D5: `{"type": NAME, …, "seq": POSITION}`.
    Register,
}

/// One frame of a projection.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Its place in the event's whole projection over all dialects: the `k` of a position `N.k`.
    pub k: u32,
    /// How it is written.
    pub wire: Wire,
    /// The rooms of the outlet that get it.
    pub rooms: Vec<String>,
    /// The event's name.
    pub name: Cow<'static, str>,
    /// Its payload, an object.
    pub data: Value,
}

impl Frame {
    /// The frame's text; `position` is left out where it is none (frames that no log keeps).
    #[must_use]
    pub fn encode(&self, position: Option<&str>) -> String {
        encode(self.wire, &self.name, &self.data, position)
    }
}

/// The text of a frame with this payload.
#[must_use]
pub fn encode(wire: Wire, name: &str, data: &Value, position: Option<&str>) -> String {
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
        assert_eq!(
            encode(Wire::Station, "new_order", &data, Some("4.1")),
            r#"{"event":"new_order","data":{"order_id":"7"},"seq":"4.1"}"#
        );
        assert_eq!(
            encode(Wire::SocketIo, "order:new", &data, Some("4.2")),
            r#"2["order:new",{"order_id":"7"},"4.2"]"#
        );
        assert_eq!(
            encode(Wire::Register, "order_created", &data, Some("4.9")),
            r#"{"type":"order_created","order_id":"7","seq":"4.9"}"#
        );
        assert_eq!(
            encode(Wire::Station, "pong", &json!({}), None),
            r#"{"event":"pong","data":{}}"#
        );
    }
}
