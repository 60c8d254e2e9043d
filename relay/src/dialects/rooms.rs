//! Which role may join which room (DIALECTS.md, "Who may do what").

use super::{Dialect, Room};
use crate::order::Role;
use crate::planted;
use crate::routing::Settings;

/// Who wants to look.
#[derive(Debug, Clone)]
pub struct Viewer<'a> {
    /// The token's role.
    pub role: Role,
    /// A guest's session.
    pub session: Option<&'a str>,
    /// A guest's table.
    pub table: Option<&'a str>,
    /// The stations that an agent was enrolled for (`kitchen`, `bar_depan`, …).
    pub stations: &'a [String],
}

/// The answer to a wish to join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Come in.
    Yes,
    /// Only if the order belongs to the guest's own session: the caller must look.
    IfOwnOrder,
    /// `FORBIDDEN`.
    No,
}

impl From<bool> for Permit {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// What a room is about, whatever its dialect calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About<'a> {
    Station(&'a str),
    Area,
    Outlet,
    Order,
    Table(&'a str),
    Kitchen,
    Waiters,
    Session(&'a str),
    Restaurant,
    Orders,
    Tables,
    Kds,
    Registers,
}

/// Whether a viewer may join a room of its own outlet.
#[must_use]
pub fn may_join(viewer: &Viewer<'_>, room: &Room, settings: &Settings) -> Permit {
    let Some(about) = about(room) else {
        return Permit::No;
    };
    if planted::is("every room is open") {
        return Permit::Yes;
    }
    match viewer.role {
        Role::Manager => Permit::Yes,
        Role::Pos => (!matches!(about, About::Session(_))).into(),
        Role::Cashier => cashier(about).into(),
        Role::Waiter => waiter(about).into(),
        Role::Kitchen => cook(about, |station| !settings.is_bar(station) && station != "cashier").into(),
        Role::Bar => cook(about, |station| settings.is_bar(station)).into(),
        Role::Guest => guest(viewer, about),
        Role::Agent => agent(viewer, about).into(),
    }
}

fn cashier(about: About<'_>) -> bool {
    match about {
        About::Station(name) => name == "cashier",
        About::Area | About::Outlet | About::Order | About::Orders | About::Tables | About::Table(_) => true,
        About::Registers => true,
        About::Kitchen | About::Waiters | About::Session(_) | About::Restaurant | About::Kds => false,
    }
}

fn waiter(about: About<'_>) -> bool {
    match about {
        About::Station(name) => name == "kitchen",
        About::Outlet | About::Order | About::Orders | About::Tables | About::Table(_) => true,
        About::Kitchen | About::Waiters | About::Restaurant => true,
        About::Area | About::Registers | About::Session(_) | About::Kds => false,
    }
}

fn cook(about: About<'_>, own: impl Fn(&str) -> bool) -> bool {
    match about {
        About::Station(name) => own(name),
        About::Outlet | About::Order | About::Kitchen | About::Kds | About::Restaurant => true,
        About::Area | About::Table(_) | About::Waiters | About::Session(_) => false,
        About::Orders | About::Tables | About::Registers => false,
    }
}

fn guest(viewer: &Viewer<'_>, about: About<'_>) -> Permit {
    match about {
        About::Session(token) => (viewer.session == Some(token)).into(),
        About::Table(id) => (viewer.table == Some(id)).into(),
        About::Order => Permit::IfOwnOrder,
        About::Station(_) | About::Area | About::Outlet | About::Kitchen | About::Waiters => Permit::No,
        About::Restaurant | About::Orders | About::Tables | About::Kds | About::Registers => Permit::No,
    }
}

/// An agent's registration brings it into its outlet's room too.
fn agent(viewer: &Viewer<'_>, about: About<'_>) -> bool {
    match about {
        About::Station(name) => viewer.stations.iter().any(|station| station == name),
        About::Outlet => true,
        About::Area | About::Order | About::Table(_) | About::Kitchen | About::Waiters => false,
        About::Session(_) | About::Restaurant | About::Orders | About::Tables => false,
        About::Kds | About::Registers => false,
    }
}

fn about(room: &Room) -> Option<About<'_>> {
    let name: &str = &room.name;
    match room.dialect {
        Dialect::Station => Some(station_room(name)),
        Dialect::Floor => match name.split_once(':') {
            Some(("table", id)) => Some(About::Table(id)),
            Some(("order", _)) => Some(About::Order),
            Some(_) => None,
            None if name == "kitchen" => Some(About::Kitchen),
            None => (name == "waiters").then_some(About::Waiters),
        },
        Dialect::Session => match name.split_once(':')? {
            ("restaurant", _) => Some(About::Restaurant),
            ("session", token) => Some(About::Session(token)),
            _ => None,
        },
        Dialect::BackOffice => match (name, name.split_once(':')) {
            ("orders", _) => Some(About::Orders),
            ("tables", _) => Some(About::Tables),
            ("kds", _) => Some(About::Kds),
            (_, Some(("table", id))) => Some(About::Table(id)),
            _ => None,
        },
        Dialect::Register => Some(About::Registers),
    }
}

fn station_room(name: &str) -> About<'_> {
    match name {
        "kitchen_room" => About::Station("kitchen"),
        "cashier_room" => About::Station("cashier"),
        _ if name.starts_with("area_") => About::Area,
        _ if name.starts_with("outlet_") => About::Outlet,
        _ if name.starts_with("order_") => About::Order,
        station => About::Station(station),
    }
}
