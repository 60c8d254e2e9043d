//! Five client dialects on one set of orders: verb in, projection out. Pure.
//!
//! A canonical event becomes [`Frame`]s. A frame's place `k` is fixed by its name, the same for every
//! connection: each wire owns a block of a thousand. Frames with the same `k` are one frame to a
//! connection that matches several of them, with the union of their fields.

pub mod backoffice;
pub mod floor;
pub mod io;
pub mod position;
pub mod register;
pub mod rooms;
#[cfg(test)]
pub(crate) mod samples;
pub mod session;
pub mod station;
#[cfg(test)]
mod tests;
mod wire;

use std::borrow::Cow;
use std::sync::Arc;

pub use position::Position;
pub use rooms::{Permit, Viewer, may_join};
use serde_json::{Map, Value};
pub use wire::encode;

use crate::order::{Event, Refusal};
use crate::planted;

/// A family of clients (DIALECTS.md, D1 to D5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// D1: plain WebSocket, `/ws`.
    Station,
    /// D2: Socket.IO, floor and kitchen.
    Floor,
    /// D3: Socket.IO, table sessions.
    Session,
    /// D4: Socket.IO, back office.
    BackOffice,
    /// D5: plain WebSocket, registers.
    Register,
}

/// How frames are spelled: D2 to D4 share Socket.IO, and a socket may hold rooms of all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wire {
    /// `{"event": NAME, "data": {…}, "seq": "N.k"}`.
    Station,
    /// A Socket.IO packet `2["NAME",{…},"N.k"]`.
    SocketIo,
    /// `{"type": NAME, …, "seq": "N.k"}`.
    Register,
}

impl Dialect {
    /// Every dialect, in the order in which they tell one event.
    pub const ALL: [Self; 5] = [
        Self::Station,
        Self::Floor,
        Self::Session,
        Self::BackOffice,
        Self::Register,
    ];

    /// How its frames are spelled.
    #[must_use]
    pub fn wire(self) -> Wire {
        match self {
            Self::Station => Wire::Station,
            Self::Floor | Self::Session | Self::BackOffice => Wire::SocketIo,
            Self::Register => Wire::Register,
        }
    }
}

impl Wire {
    /// Every wire.
    pub const ALL: [Self; 3] = [Self::Station, Self::SocketIo, Self::Register];

    /// The first place of its block; a block holds a thousand.
    pub(crate) const fn block(self) -> u32 {
        match self {
            Self::Station => 0,
            Self::SocketIo => 1_000,
            Self::Register => 2_000,
        }
    }
}

/// A room inside one outlet. Rooms of the same name in two dialects are two rooms, since what a
/// socket gets is decided by the verb with which it joined.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Room {
    /// Whose payloads it gets.
    pub dialect: Dialect,
    /// Its name in that dialect, such as `kitchen_room` or `table:12`.
    pub name: Arc<str>,
}

impl Room {
    /// A room of a dialect.
    #[must_use]
    pub fn new(dialect: Dialect, name: impl Into<Arc<str>>) -> Self {
        Self {
            dialect,
            name: name.into(),
        }
    }
}

/// One event of one dialect, for the rooms that hear it.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// How it is spelled.
    pub wire: Wire,
    /// Who hears it: members of any of these rooms.
    pub rooms: Vec<Room>,
    /// The event's name.
    pub name: Cow<'static, str>,
    /// Its payload, an object.
    pub data: Value,
    /// Its fixed place in the event's whole projection over all dialects.
    pub k: u32,
}

/// A mistake in what a client sent, for an `error` frame or a refused acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Mistake {
    /// `VALIDATION_ERROR`, `FORBIDDEN`, `NOT_FOUND`, `CONFLICT`, `RATE_LIMITED` or `INTERNAL`.
    pub code: &'static str,
    /// What is wrong and what to do; names the field.
    pub message: String,
    /// The field at fault.
    pub field: Option<String>,
}

impl Mistake {
    /// A field is missing, of the wrong type or out of range.
    #[must_use]
    pub fn invalid(field: &str, problem: &str) -> Self {
        Self {
            code: "VALIDATION_ERROR",
            message: format!("`{field}` {problem}"),
            field: Some(field.to_owned()),
        }
    }

    /// The token does not allow it.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self {
            code: "FORBIDDEN",
            message: message.into(),
            field: None,
        }
    }

    /// Its payload: `{code, message, field?}`.
    #[must_use]
    pub fn data(&self) -> Value {
        let mut data = Map::new();
        data.insert("code".into(), self.code.into());
        data.insert("message".into(), self.message.as_str().into());
        if let Some(field) = &self.field {
            data.insert("field".into(), field.as_str().into());
        }
        Value::Object(data)
    }
}

impl From<Refusal> for Mistake {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        let (code, field) = match refusal {
            Refusal::Invalid { field, .. } => ("VALIDATION_ERROR", Some(field)),
            Refusal::NotFound { .. } => ("NOT_FOUND", None),
            Refusal::Conflict(_) => ("CONFLICT", None),
            Refusal::Forbidden(_) => ("FORBIDDEN", None),
            Refusal::Unavailable { field, .. } => ("ITEM_UNAVAILABLE", Some(field)),
        };
        Self { code, message, field }
    }
}

/// What an event says on one wire, in order of `k`.
#[must_use]
pub fn project(wire: Wire, outlet: &str, event: &Event) -> Vec<Frame> {
    project_for(&Dialect::ALL, wire, outlet, event)
}

/// What an event says on one wire to rooms of these dialects, in order of `k`: what nobody hears is not made.
#[must_use]
pub fn project_for(heard: &[Dialect], wire: Wire, outlet: &str, event: &Event) -> Vec<Frame> {
    let spoken = heard.iter().filter(|dialect| dialect.wire() == wire);
    let frames = spoken
        .flat_map(|dialect| match dialect {
            Dialect::Station => station::project(outlet, event),
            Dialect::Floor => floor::project(event),
            Dialect::Session => session::project(outlet, event),
            Dialect::BackOffice => backoffice::project(event),
            Dialect::Register => register::project(outlet, event),
        })
        .collect();
    let mut frames: Vec<Frame> = planted::in_frames(frames);
    frames.sort_by_key(|frame| frame.k);
    frames
}

/// The union of payloads of frames that share a place.
#[must_use]
pub fn union(parts: &[&Value]) -> Value {
    let mut all = Map::new();
    let told = if planted::is("no union") { 1 } else { parts.len() };
    for part in parts.iter().take(told) {
        let fields = part.as_object().into_iter().flatten();
        all.extend(fields.map(|(name, value)| (name.clone(), value.clone())));
    }
    Value::Object(all)
}

/// Takes names and telephone numbers of people out of a payload: what a guest may see.
#[must_use]
pub fn without_people(data: &Value) -> Value {
    if planted::is("guests see people") {
        return data.clone();
    }
    const PEOPLE: [&str; 8] = [
        "customer",
        "customerName",
        "phone",
        "waiter",
        "chefId",
        "chefName",
        "staffId",
        "updatedBy",
    ];
    match data {
        Value::Object(map) => {
            let kept = map.iter().filter(|(name, _)| !PEOPLE.contains(&name.as_str()));
            Value::Object(
                kept.map(|(name, value)| (name.clone(), without_people(value)))
                    .collect(),
            )
        }
        Value::Array(list) => Value::Array(list.iter().map(without_people).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => data.clone(),
    }
}
