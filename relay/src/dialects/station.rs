//! D1 station: plain WebSocket, `/ws`; also the agents' dialect.

mod out;
#[cfg(test)]
mod tests;
mod verbs;

pub use out::{device_data, offer_data, project};
pub(crate) use verbs::is_station;
pub use verbs::{Device, Verb, read, room, rooms_of};

use super::{Dialect, Room};
use crate::order::Id;

/// The room of kitchen screens.
pub const KITCHEN_ROOM: &str = "kitchen_room";
/// The room of cashiers.
pub const CASHIER_ROOM: &str = "cashier_room";

/// The room of a station: `kitchen_room`, `cashier_room`, or the station's own name.
#[must_use]
pub fn station_room(station: &str) -> Room {
    Room::new(
        Dialect::Station,
        match station {
            "kitchen" => KITCHEN_ROOM,
            "cashier" => CASHIER_ROOM,
            other => other,
        },
    )
}

/// The room of everybody in an outlet.
#[must_use]
pub fn outlet_room(outlet: &str) -> Room {
    Room::new(Dialect::Station, format!("outlet_{outlet}"))
}

fn area_room(area: &str) -> Room {
    Room::new(Dialect::Station, format!("area_{area}"))
}

fn order_room(order: &Id) -> Room {
    Room::new(Dialect::Station, format!("order_{}", order.key()))
}
