//! What a D1 client says, as typed verbs.

use serde_json::Value;

use super::super::{Dialect, Mistake, Room};
use super::{CASHIER_ROOM, area_room, outlet_room, station_room};
use crate::order::input::Fields;
use crate::planted;
use crate::routing::Settings;

/// Longest name of a room, in characters: a prefix and the longest id.
const MAX_ROOM: usize = 200;
/// What begins a room's name and can therefore begin no station's.
const PREFIXES: [&str; 3] = ["area_", "outlet_", "order_"];

/// A verb of D1. What agents add is read by `protocol::AgentFrame::decode`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// `register_device`.
    Register(Device),
    /// `join_room`, by the room's name.
    Join(String),
    /// `leave_room`, by the room's name.
    Leave(String),
    /// A frame of the agent's part: `job_ack`, `job_update`, `printer_status`, `pong`.
    Agent,
}

/// The `data` of `register_device`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The device's id.
    pub device_id: String,
    /// `kitchen`, `bar`, `cashier` or any station of the outlet.
    pub role: String,
    /// Where it stands, such as `depan`; for a cashier the area.
    pub location: Option<String>,
    /// The outlet that it names.
    pub outlet_id: Option<String>,
    /// It is an agent: it prints.
    pub agent: bool,
}

/// Reads a frame.
///
/// # Errors
/// A [`Mistake`] that names the field.
pub fn read(text: &str) -> Result<Verb, Mistake> {
    let frame: Value = serde_json::from_str(text).map_err(|_| Mistake {
        code: "VALIDATION_ERROR",
        message: "the frame is not JSON; send {\"type\": VERB, …}".into(),
        field: None,
    })?;
    let fields = Fields::of(&frame, "")?;
    let verb = fields.need(&["type"])?;
    match verb.text(MAX_ROOM)?.as_str() {
        "register_device" => register(&fields).map(Verb::Register),
        "join_room" => room_name(&fields).map(Verb::Join),
        "leave_room" => room_name(&fields).map(Verb::Leave),
        "job_ack" | "job_update" | "printer_status" | "pong" => Ok(Verb::Agent),
        _ => Err(Mistake::invalid(
            "type",
            "is no verb of this dialect: register_device, join_room or leave_room",
        )),
    }
}

fn register(frame: &Fields<'_>) -> Result<Device, Mistake> {
    let data = frame.need(&["data"])?;
    let data = Fields::of(data.value, &data.path)?;
    let device = data.need(&["device_id"])?;
    let device_id = device.label()?;
    if device_id.is_empty() {
        return Err(Mistake::invalid(&device.path, "is empty"));
    }
    let role = data.need(&["role"])?;
    let name = role.text(MAX_ROOM)?.trim().to_lowercase();
    if !is_station(&name) {
        return Err(Mistake::invalid(
            &role.path,
            "is no station: kitchen, bar, cashier or one of the outlet's own",
        ));
    }
    Ok(Device {
        device_id,
        role: name,
        location: data.label(&["location"])?,
        outlet_id: data.label(&["outlet_id"])?,
        agent: data.get(&["agent"]).is_some(),
    })
}

/// `room` stands at the top; inside `data` it is taken too.
fn room_name(frame: &Fields<'_>) -> Result<String, Mistake> {
    let inner = frame.get(&["data"]).filter(|_| frame.get(&["room"]).is_none());
    if let Some(data) = inner {
        return Ok(Fields::of(data.value, &data.path)?
            .need(&["room"])?
            .text(MAX_ROOM)?);
    }
    Ok(frame.need(&["room"])?.text(MAX_ROOM)?)
}

/// Whether a name may be a station's: small letters, digits, `_` and `-`, and no room's prefix.
#[must_use]
pub(crate) fn is_station(name: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let reserved = PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || name.ends_with("_room");
    (1..=40).contains(&name.len()) && name.chars().all(letters) && !reserved
}

/// The room of that name in an outlet.
///
/// # Errors
/// `VALIDATION_ERROR` where there is no such room, `FORBIDDEN` for another outlet's.
pub fn room(name: &str, outlet: &str, settings: &Settings) -> Result<Room, Mistake> {
    let unknown = || {
        let known =
            "kitchen_room, bar_depan, bar_belakang, cashier_room, area_A to area_Z, outlet_{id}, order_{id}";
        Mistake::invalid("room", &format!("is no room; there are {known}"))
    };
    if let Some(named) = name.strip_prefix("outlet_") {
        if named != outlet {
            return Err(Mistake::forbidden("this room belongs to another outlet"));
        }
        return Ok(outlet_room(outlet));
    }
    if let Some(area) = name.strip_prefix("area_") {
        let fine = (1..=20).contains(&area.len()) && area.chars().all(char::is_alphanumeric);
        return if fine {
            Ok(area_room(&area.to_uppercase()))
        } else {
            Err(unknown())
        };
    }
    if let Some(order) = name.strip_prefix("order_") {
        let fine = !order.is_empty() && !order.chars().any(char::is_control);
        return if fine {
            Ok(Room::new(Dialect::Station, name))
        } else {
            Err(unknown())
        };
    }
    let station = settings
        .station_names()
        .into_iter()
        .map(|station| station_room(&station));
    station
        .into_iter()
        .find(|room| *room.name == *name)
        .ok_or_else(unknown)
}

/// The rooms that a device joins on registering: its outlet's, its station's, and a cashier's area.
#[must_use]
pub fn rooms_of(device: &Device, outlet: &str, settings: &Settings) -> Vec<Room> {
    let station = settings.station_for_device(&device.role, device.location.as_deref());
    let station = station_room(&station);
    let cashier = *station.name == *CASHIER_ROOM;
    let mut rooms = vec![outlet_room(outlet), station];
    if planted::is("devices miss their station") {
        rooms.truncate(1);
    }
    if let Some(area) = device
        .location
        .as_deref()
        .filter(|_| cashier && !planted::is("cashiers miss their area"))
    {
        rooms.push(area_room(&area.trim().to_uppercase()));
    }
    rooms
}
