//! Faults planted on purpose, so that tests can be seen to catch them (`tests/sockets/mutations`).
//!
//! They exist in a build with the feature `planted` alone, which no release may have; elsewhere every
//! question here is answered with "no" at compile time. The environment names one fault for the process.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("faults are planted in debug builds alone: leave the feature `planted` out");

use crate::dialects::Frame;

/// Whether this fault is planted.
#[cfg(not(feature = "planted"))]
pub(crate) const fn is(_fault: &str) -> bool {
    false
}

/// The frames of one event, with the fault in them.
#[cfg(not(feature = "planted"))]
pub(crate) const fn in_frames(frames: Vec<Frame>) -> Vec<Frame> {
    frames
}

#[cfg(feature = "planted")]
pub(crate) use planted::{in_frames, is};

#[cfg(feature = "planted")]
mod planted {
    use std::sync::LazyLock;

    use serde_json::Value;

    use super::Frame;
    use crate::dialects::{Dialect, Room};

    /// The fault of this process.
    static FAULT: LazyLock<String> = LazyLock::new(|| std::env::var("PLANTED_FAULT").unwrap_or_default());

    pub(crate) fn is(fault: &str) -> bool {
        *FAULT == fault
    }

    /// `DIALECT EVENT KIND ARGUMENT`, such as `D2 order:created lost table:`.
    pub(crate) fn in_frames(mut frames: Vec<Frame>) -> Vec<Frame> {
        let parts: Vec<&str> = FAULT.splitn(4, ' ').collect();
        let &[dialect, name, kind, argument] = parts.as_slice() else {
            return frames;
        };
        let mut twice = Vec::new();
        for frame in &mut frames {
            let Some(own) = frame.rooms.first().map(|room| room.dialect) else {
                continue;
            };
            if frame.name == name && number(own) == dialect {
                change(frame, own, kind, argument);
                twice.extend((kind == "twice").then(|| Frame {
                    k: frame.k + 500,
                    ..frame.clone()
                }));
            }
        }
        frames.extend(twice);
        frames.retain(|frame| !frame.rooms.is_empty());
        frames.sort_by_key(|frame| frame.k);
        frames
    }

    fn number(dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Station => "D1",
            Dialect::Floor => "D2",
            Dialect::Session => "D3",
            Dialect::BackOffice => "D4",
            Dialect::Register => "D5",
        }
    }

    fn change(frame: &mut Frame, own: Dialect, kind: &str, argument: &str) {
        match kind {
            "lost" => frame
                .rooms
                .retain(|room| argument != "all" && !room.name.starts_with(argument)),
            "extra" => frame
                .rooms
                .extend(argument.split(' ').map(|name| Room::new(own, name))),
            "wrong" => {
                let (from, to) = argument.split_once('>').unwrap_or_default();
                let wrong = frame.rooms.iter_mut().filter(|room| room.name.starts_with(from));
                wrong.for_each(|room| *room = Room::new(own, to));
            }
            "named" => frame.name = argument.to_owned().into(),
            "without" => without(&mut frame.data, argument),
            "null" => set(&mut frame.data, argument, Value::Null),
            "says" => {
                let (field, value) = argument.split_once('=').unwrap_or_default();
                set(
                    &mut frame.data,
                    field,
                    serde_json::from_str(value).unwrap_or(value.into()),
                );
            }
            "place" => frame.k = argument.parse().unwrap_or(frame.k),
            _ => {}
        }
    }

    fn without(data: &mut Value, field: &str) {
        if let Some((outer, inner)) = field.split_once('.') {
            match data.get_mut(outer) {
                Some(Value::Array(list)) => list.iter_mut().for_each(|each| without(each, inner)),
                Some(other) => without(other, inner),
                None => {}
            }
        } else if let Some(fields) = data.as_object_mut() {
            fields.remove(field);
        }
    }

    fn set(data: &mut Value, field: &str, value: Value) {
        if let Some((outer, inner)) = field.split_once('.') {
            if let Some(within) = data.get_mut(outer) {
                set(within, inner, value);
            }
        } else if let Some(fields) = data.as_object_mut() {
            fields.insert(field.to_owned(), value);
        }
    }
}
