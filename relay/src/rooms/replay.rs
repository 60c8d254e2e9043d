//! What one connection missed of an event: the same frames, the same texts, as if it had listened.

use std::collections::BTreeSet;

use super::deliver::{STATS, text};
use super::outbox::Text;
use crate::dialects::{Frame, Position, Room};

/// What a connection that catches up listens to.
#[derive(Debug, Default)]
pub struct Ear {
    /// The rooms that it catches up with.
    pub rooms: BTreeSet<Room>,
    /// Rooms in which it has heard these events already.
    pub heard_in: BTreeSet<Room>,
    /// It sees no names and no telephone numbers.
    pub is_guest: bool,
}

/// What it gets.
#[derive(Debug, Default)]
pub struct Replayed {
    /// The texts, in order.
    pub texts: Vec<(String, Text)>,
    /// Statistics: only the newest of all are worth saying, at the end.
    pub stats: Option<Frame>,
}

/// The one text of a frame at that position of the log.
#[must_use]
pub fn text_at(seq: u64, epoch: u64, frame: &Frame, is_guest: bool) -> Text {
    text(seq, epoch, &[frame], is_guest)
}

/// The texts of an event's frames (in order of `k`) after a position.
#[must_use]
pub fn replay(seq: u64, epoch: u64, frames: &[Frame], after: Position, ear: &Ear) -> Replayed {
    let mut replayed = Replayed::default();
    let hears = |frame: &&Frame| frame.rooms.iter().any(|room| ear.rooms.contains(room));
    let heard = |frame: &Frame| frame.rooms.iter().any(|room| ear.heard_in.contains(room));
    for shared in frames.chunk_by(|one, next| one.k == next.k) {
        let Some(first) = shared.first() else { continue };
        let seen = (seq, first.k) <= (after.seq, after.k);
        let wanted: Vec<&Frame> = shared.iter().filter(hears).collect();
        if seen || wanted.is_empty() || shared.iter().any(heard) {
            continue;
        }
        if first.name == STATS {
            replayed.stats = Some(first.clone());
        } else {
            let name = first.name.clone().into_owned();
            replayed
                .texts
                .push((name, text(seq, epoch, &wanted, ear.is_guest)));
        }
    }
    replayed
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::dialects::{Dialect, Wire};

    fn room(name: &str) -> Room {
        Room::new(Dialect::Floor, name)
    }

    fn frame(k: u32, name: &'static str, rooms: &[&str], data: Value) -> Frame {
        Frame {
            wire: Wire::SocketIo,
            rooms: rooms.iter().map(|name| room(name)).collect(),
            name: name.into(),
            data,
            k,
        }
    }

    fn event() -> Vec<Frame> {
        vec![
            frame(1, "a", &["kitchen"], json!({"x": 1})),
            frame(
                2,
                "b",
                &["kitchen", "table:1"],
                json!({"customer": {"name": "Ayu"}}),
            ),
            frame(2, "b", &["table:1"], json!({"y": 2})),
            frame(999, STATS, &["kitchen"], json!({"total": 1})),
        ]
    }

    fn missed(after: &str, rooms: &[&str], heard_in: &[&str], is_guest: bool) -> Vec<String> {
        let set = |names: &[&str]| names.iter().map(|name| room(name)).collect();
        let ear = Ear {
            rooms: set(rooms),
            heard_in: set(heard_in),
            is_guest,
        };
        let replayed = replay(7, 0, &event(), Position::parse(after).unwrap(), &ear);
        let texts = replayed.texts.iter();
        texts.map(|(_, text)| text.as_str().to_owned()).collect()
    }

    #[test]
    fn a_replay_says_what_was_said_live_from_within_an_event_on() {
        let all = [
            r#"2["a",{"x":1},"7.1"]"#,
            r#"2["b",{"customer":{"name":"Ayu"}},"7.2"]"#,
        ];
        assert_eq!(missed("6", &["kitchen"], &[], false), all);
        assert_eq!(missed("7.0", &["kitchen"], &[], false), all);
        assert_eq!(missed("7.1", &["kitchen"], &[], false), all[1..]);
        assert!(missed("7.2", &["kitchen"], &[], false).is_empty());
        assert!(missed("7", &["kitchen"], &[], false).is_empty());
        assert!(missed("6", &["waiters"], &[], false).is_empty());
    }

    #[test]
    fn rooms_are_united_a_guest_sees_no_names_and_what_was_heard_is_not_said_again() {
        assert_eq!(
            missed("6", &["table:1"], &[], false),
            [r#"2["b",{"customer":{"name":"Ayu"},"y":2},"7.2"]"#]
        );
        assert_eq!(missed("6", &["table:1"], &[], true), [r#"2["b",{"y":2},"7.2"]"#]);
        assert!(missed("6", &["table:1"], &["kitchen"], false).is_empty());
    }

    #[test]
    fn statistics_are_kept_apart() {
        let ear = Ear {
            rooms: [room("kitchen")].into(),
            ..Ear::default()
        };
        let replayed = replay(7, 0, &event(), Position::parse("7.2").unwrap(), &ear);
        assert!(replayed.texts.is_empty());
        assert_eq!(replayed.stats.map(|stats| stats.k), Some(999));
    }
}
