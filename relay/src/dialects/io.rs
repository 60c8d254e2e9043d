//! What D2, D3 and D4 share: Socket.IO, its verbs and the places of its events.
//!
//! Every verb of the three works on both paths; what a socket gets is decided by the verbs with
//! which it joined.

use serde_json::Value;

use super::{Dialect, Frame, Mistake, Room, Wire, backoffice, floor, session};
use crate::order::input::MAX_ID;
use crate::planted;

/// The events of D2 to D4 in the order in which one change tells them: a name's place is its index
/// in the wire's block. New names are added at the end; statistics come last of all.
const PLACES: [&str; 25] = [
    "order:new",
    "order:created",
    "order:confirmed",
    "kitchen:cancel_accepted",
    "order:cancelled",
    "kitchen:order_preparing",
    "kitchen:preparing",
    "kitchen:order_ready",
    "kitchen:ready",
    "kitchen:order_completed",
    "order:status_changed",
    "order:status",
    "order:status:updated",
    "order:items_added",
    "order:item_status_changed",
    "order:cancel_request",
    "kitchen:cancel_rejected",
    "kitchen:order_acknowledged",
    "kitchen:acknowledged",
    "kitchen:priority_changed",
    "kitchen:station_assigned",
    "order:updated",
    "payment:completed",
    "table:updated",
    "menu:updated",
];
/// The place of statistics: after everything that a change says.
const STATS: u32 = 999;

/// Longest argument of a verb, in characters: an id, or a session's token.
const MAX_ARGUMENT: usize = 2 * MAX_ID;

/// A frame of D2, D3 or D4 in its fixed place.
pub(super) fn frame(name: &'static str, rooms: Vec<Room>, data: Value) -> Frame {
    let place = (0..).zip(PLACES).find(|(_, known)| *known == name);
    let k = Wire::SocketIo.block() + place.map_or(STATS, |(place, _)| place);
    Frame {
        wire: Wire::SocketIo,
        rooms,
        name: name.into(),
        data,
        k,
    }
}

/// A verb of D2 to D4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// `join:…`, `join`, `subscribe:…`.
    Join(Room),
    /// `leave:…`, `leave`, `unsubscribe:…`.
    Leave(Room),
}

impl Verb {
    /// The room that it names.
    #[must_use]
    pub fn room(&self) -> &Room {
        match self {
            Self::Join(room) | Self::Leave(room) => room,
        }
    }
}

/// Reads an event that a client sent: its name and arguments, a callback left out.
///
/// # Errors
/// A [`Mistake`]: an unknown verb, a missing or wrong argument, another outlet's room.
pub fn read(name: &str, arguments: &[Value], outlet: &str) -> Result<Verb, Mistake> {
    let (verb, what) = name.split_once(':').unwrap_or((name, ""));
    let argument = arguments.first().unwrap_or(&Value::Null);
    let dialect = match verb {
        "join" | "leave" => None,
        "subscribe" | "unsubscribe" => Some(Dialect::BackOffice),
        _ => return Err(unknown(name)),
    };
    let room = match (dialect, what) {
        (Some(_), what) => backoffice::room(what, argument).ok_or_else(|| unknown(name))??,
        (None, "restaurant" | "session") => session::room(what, argument, outlet)?,
        (None, "") => named_room(argument, outlet)?,
        (None, what) => floor::room(what, argument).ok_or_else(|| unknown(name))??,
    };
    let stays = planted::is("who leaves stays") && room.dialect != Dialect::Session;
    Ok(match verb {
        "leave" | "unsubscribe" if stays => Verb::Join(room),
        "join" | "subscribe" => Verb::Join(room),
        _ => Verb::Leave(room),
    })
}

/// `join` with the room's own name: `kitchen`, `waiters`, `table:{id}`, `order:{id}`.
fn named_room(argument: &Value, outlet: &str) -> Result<Room, Mistake> {
    let name = id(argument, "room")?;
    let (what, rest) = name.split_once(':').unwrap_or((name.as_str(), ""));
    let rest = Value::from(rest);
    if matches!(what, "restaurant" | "session") {
        return session::room(what, &rest, outlet);
    }
    let unknown = || {
        Mistake::invalid(
            "room",
            "is no room; there are kitchen, waiters, table:{id} and order:{id}",
        )
    };
    floor::room(what, &rest).ok_or_else(unknown)?
}

/// `tableId` as `table_id`.
fn snake(field: &str) -> String {
    let parts = field.chars().flat_map(|c| match c {
        'A'..='Z' => [Some('_'), Some(c.to_ascii_lowercase())],
        _ => [Some(c), None],
    });
    parts.flatten().collect()
}

fn unknown(name: &str) -> Mistake {
    let shown: String = name.chars().take(50).collect();
    Mistake::invalid(
        "event",
        &format!("is `{shown}`, which is no verb: join:…, leave:…, subscribe:… or unsubscribe:…"),
    )
}

/// An argument that is an id: a text or an integer, or an object with `id` or the field's own name in
/// either case style.
pub(super) fn id(argument: &Value, field: &str) -> Result<String, Mistake> {
    let argument = argument
        .get("id")
        .or_else(|| argument.get(field))
        .or_else(|| argument.get(snake(field)))
        .unwrap_or(argument);
    let text = match argument {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) if number.is_i64() => number.to_string(),
        Value::Null => return Err(Mistake::invalid(field, "is missing")),
        _ => return Err(Mistake::invalid(field, "is neither text nor an integer")),
    };
    if text.is_empty() {
        return Err(Mistake::invalid(field, "is empty"));
    }
    if text.chars().nth(MAX_ARGUMENT).is_some() || text.chars().any(char::is_control) {
        return Err(Mistake::invalid(field, "is no id"));
    }
    Ok(text)
}
