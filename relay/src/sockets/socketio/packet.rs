//! Packets of Socket.IO (protocol 5) as text: `TYPE[N-][/namespace,][ack][JSON]`. Pure.

use serde_json::{Value, json};

/// Longest name of an event, in characters, that is looked at.
const MAX_NAME: usize = 100;

/// What a client sent.
#[derive(Debug, PartialEq)]
pub enum Packet {
    /// It wants in.
    Connect(Value),
    /// It wants into a namespace that is not there.
    Elsewhere(String),
    /// It leaves.
    Disconnect,
    /// An event; with `ack` it awaits an answer.
    Event {
        /// The answer's number.
        ack: Option<u64>,
        /// Its name, such as `join:kitchen`.
        name: String,
        /// What follows the name.
        arguments: Vec<Value>,
    },
    /// An event with binary parts, which follow as messages of their own.
    Binary {
        /// The answer's number.
        ack: Option<u64>,
    },
    /// An answer to an event of ours; we never ask for one.
    Answer,
}

/// Reads a packet.
///
/// # Errors
/// What is wrong with it.
pub fn read(text: &str) -> Result<Packet, &'static str> {
    let mut chars = text.chars();
    let kind = chars.next().ok_or("an empty packet")?;
    let mut rest = chars.as_str();
    if matches!(kind, '5' | '6') {
        let (count, after) = rest.split_once('-').ok_or("no count of attachments")?;
        count.parse::<u32>().map_err(|_| "no count of attachments")?;
        rest = after;
    }
    let (namespace, rest) = namespace(rest);
    if let Some(name) = namespace.filter(|name| !is_main(name)) {
        return Ok(match kind {
            '0' => Packet::Elsewhere(name.to_owned()),
            _ => Packet::Answer,
        });
    }
    let (ack, body) = acknowledged(rest)?;
    match kind {
        '0' if body.is_empty() => Ok(Packet::Connect(json!({}))),
        '0' => parse(body).map(Packet::Connect),
        '1' => Ok(Packet::Disconnect),
        '2' => event(ack, body),
        '5' => Ok(Packet::Binary { ack }),
        '3' | '6' => Ok(Packet::Answer),
        _ => Err("a packet of an unknown type"),
    }
}

/// The answer to a packet that wanted in.
pub(super) fn connected(sid: &str, pid: &str) -> String {
    format!("0{}", json!({"sid": sid, "pid": pid}))
}

/// The refusal of one.
pub(super) fn refused(namespace: Option<&str>, message: &str) -> String {
    let namespace = namespace.map(|name| format!("{name},")).unwrap_or_default();
    format!("4{namespace}{}", json!({"message": message}))
}

/// The answer to an event.
pub(super) fn answer(ack: u64, data: &Value) -> String {
    format!("3{ack}{}", json!([data]))
}

fn namespace(rest: &str) -> (Option<&str>, &str) {
    if !rest.starts_with('/') {
        return (None, rest);
    }
    match rest.split_once(',') {
        Some((name, rest)) => (Some(name), rest),
        None => (Some(rest), ""),
    }
}

fn is_main(name: &str) -> bool {
    name == "/" || name.starts_with("/?")
}

fn acknowledged(rest: &str) -> Result<(Option<u64>, &str), &'static str> {
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (ack, body) = rest.split_at(digits);
    if ack.is_empty() {
        return Ok((None, body));
    }
    let ack = ack
        .parse()
        .map_err(|_| "a number of an answer that is too long")?;
    Ok((Some(ack), body))
}

fn event(ack: Option<u64>, body: &str) -> Result<Packet, &'static str> {
    let Value::Array(parts) = parse(body)? else {
        return Err("an event that is no list");
    };
    let mut parts = parts.into_iter();
    let Some(Value::String(name)) = parts.next() else {
        return Err("an event without a name");
    };
    if name.chars().nth(MAX_NAME).is_some() {
        return Err("an event whose name is too long");
    }
    Ok(Packet::Event {
        ack,
        name,
        arguments: parts.collect(),
    })
}

fn parse(body: &str) -> Result<Value, &'static str> {
    serde_json::from_str(body).map_err(|_| "a packet that is not JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_read_as_the_protocol_writes_them() {
        let event = |ack, name: &str, arguments| Packet::Event {
            ack,
            name: name.to_owned(),
            arguments,
        };
        let cases = [
            ("0", Packet::Connect(json!({}))),
            (r#"0{"token":"t"}"#, Packet::Connect(json!({"token": "t"}))),
            (r#"0/?a=1,{"token":"t"}"#, Packet::Connect(json!({"token": "t"}))),
            (r#"0/admin,{"token":"t"}"#, Packet::Elsewhere("/admin".to_owned())),
            ("0/admin", Packet::Elsewhere("/admin".to_owned())),
            ("1", Packet::Disconnect),
            (r#"2["join:kitchen"]"#, event(None, "join:kitchen", vec![])),
            (
                r#"212["join:table",7]"#,
                event(Some(12), "join:table", vec![json!(7)]),
            ),
            (
                r#"51-3["x",{"_placeholder":true,"num":0}]"#,
                Packet::Binary { ack: Some(3) },
            ),
            ("31[1]", Packet::Answer),
        ];
        for (text, packet) in cases {
            assert_eq!(read(text), Ok(packet), "{text}");
        }
    }

    #[test]
    fn what_is_no_packet_is_an_error() {
        for text in [
            "",
            "9",
            "2",
            "2{}",
            "2[7]",
            "2[]",
            "2[",
            "5x",
            "0[",
            "299999999999999999999[\"a\"]",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn answers_are_frozen_text() {
        assert_eq!(connected("s", "p"), r#"0{"pid":"p","sid":"s"}"#);
        assert_eq!(
            refused(None, "Authentication error"),
            r#"4{"message":"Authentication error"}"#
        );
        assert_eq!(
            refused(Some("/x"), "Invalid namespace"),
            r#"4/x,{"message":"Invalid namespace"}"#
        );
        assert_eq!(answer(12, &json!({"ok": true})), r#"312[{"ok":true}]"#);
    }
}
