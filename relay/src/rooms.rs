//! Who listens where. A change is projected and encoded once per wire and shared by all who hear it.
//!
//! The hub starts no task: whoever publishes pushes into bounded outboxes, and each socket drains its
//! own. A consumer that cannot keep up is closed and never slows another down.

mod hall;
mod outbox;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::dialects::{Position, Room, Wire, encode};
use crate::order::Event;
use crate::store::{Committed, OutletId};
use hall::{Hall, Member};
pub use outbox::{Closed, MAX_BYTES, MAX_MESSAGES, Message, Outbox};

/// Rooms that one socket may hold.
pub const MAX_ROOMS: usize = 64;
/// Connections that one outlet may hold.
pub const MAX_CONNECTIONS: usize = 2_000;

/// Limits of the hub; 0 is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rooms of one socket.
    pub rooms: usize,
    /// Connections of one outlet.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rooms: MAX_ROOMS,
            connections: MAX_CONNECTIONS,
        }
    }
}

/// A connection at the hub.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConnId {
    outlet: OutletId,
    number: u64,
}

impl ConnId {
    /// The outlet that it belongs to.
    #[must_use]
    pub fn outlet(&self) -> &OutletId {
        &self.outlet
    }
}

/// Why the hub said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// The outlet holds as many connections as it may.
    #[error("this outlet has too many connections; close one or raise the limit")]
    TooManyConnections,
    /// The socket holds as many rooms as it may.
    #[error("this connection is in too many rooms; leave one")]
    TooManyRooms,
    /// The connection is closed.
    #[error("this connection is closed")]
    Gone,
}

/// Who listens where, for all outlets.
#[derive(Debug)]
pub struct Hub {
    halls: Mutex<HashMap<OutletId, Arc<Mutex<Hall>>>>,
    next: AtomicU64,
    epoch: u64,
    limits: Limits,
}

impl Hub {
    /// An empty hub for a store of that epoch.
    #[must_use]
    pub fn new(epoch: u64, limits: Limits) -> Self {
        Self {
            halls: Mutex::default(),
            next: AtomicU64::new(1),
            epoch,
            limits,
        }
    }

    /// A new connection, in no room yet. A guest gets its frames without names and phones.
    ///
    /// # Errors
    /// [`HubError::TooManyConnections`].
    pub fn connect(&self, outlet: &OutletId, wire: Wire, guest: bool) -> Result<(ConnId, Outbox), HubError> {
        let mut halls = lock(&self.halls);
        let hall = Arc::clone(halls.entry(Arc::clone(outlet)).or_default());
        let mut hall = lock(&hall);
        if self.limits.connections > 0 && hall.members.len() >= self.limits.connections {
            return Err(HubError::TooManyConnections);
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let outbox = Outbox::new(wire);
        hall.enter(number, Member::new(outbox.sender(), wire, guest));
        Ok((
            ConnId {
                outlet: Arc::clone(outlet),
                number,
            },
            outbox,
        ))
    }

    /// Joins a room; twice is once.
    ///
    /// # Errors
    /// [`HubError::TooManyRooms`], [`HubError::Gone`].
    pub fn join(&self, conn: &ConnId, room: &Room) -> Result<(), HubError> {
        let most = self.limits.rooms;
        self.with(conn, |hall| hall.join(conn.number, room, most))
            .unwrap_or(Err(HubError::Gone))
    }

    /// Leaves a room; nothing where it was not in it.
    pub fn leave(&self, conn: &ConnId, room: &Room) {
        self.with(conn, |hall| hall.leave(conn.number, room));
    }

    /// The rooms of a connection.
    #[must_use]
    pub fn rooms(&self, conn: &ConnId) -> Vec<Room> {
        self.with(conn, |hall| hall.rooms_of(conn.number))
            .unwrap_or_default()
    }

    /// Forgets a connection.
    pub fn drop(&self, conn: &ConnId) {
        let mut halls = lock(&self.halls);
        let Some(hall) = halls.get(&conn.outlet).cloned() else {
            return;
        };
        let mut hall = lock(&hall);
        hall.forget(conn.number);
        if hall.members.is_empty() {
            halls.remove(&conn.outlet);
        }
    }

    /// Stops live events for a connection while it reads what it missed from the store.
    pub fn hold(&self, conn: &ConnId) {
        self.with(conn, |hall| hall.hold(conn.number));
    }

    /// Live events again, from after event `seen` on.
    ///
    /// # Errors
    /// The head, where events after `seen` went by in the meantime: read up to it and ask again.
    pub fn go_live(&self, conn: &ConnId, seen: u64) -> Result<(), u64> {
        self.with(conn, |hall| hall.go_live(conn.number, seen))
            .unwrap_or(Ok(()))
    }

    /// Hands what was committed to those who listen.
    pub fn publish(&self, committed: &Committed) {
        for (outlet, event) in &committed.events {
            self.publish_event(outlet, event);
        }
    }

    /// Hands one event to those who listen.
    pub fn publish_event(&self, outlet: &OutletId, event: &Event) {
        let hall = lock(&self.halls).get(outlet).cloned();
        let Some(hall) = hall else { return };
        lock(&hall).publish(outlet, event, self.epoch);
    }

    /// What a connection would have heard of an event from the store, after a position. With `only`,
    /// as a member of those rooms alone.
    #[must_use]
    pub fn replay(
        &self,
        conn: &ConnId,
        event: &Event,
        only: Option<&[Room]>,
        after: Option<Position>,
    ) -> Vec<Message> {
        let replay = |hall: &mut Hall| hall.replay(conn, event, only, self.epoch);
        let mut messages = self.with(conn, replay).unwrap_or_default();
        messages.retain(|message| after.is_none_or(|after| message.position > Some(after)));
        messages
    }

    /// Says something that is not in the log (a device came or went) to all in a room but one.
    pub fn announce(
        &self,
        outlet: &OutletId,
        room: &Room,
        name: &str,
        data: &Value,
        except: Option<&ConnId>,
    ) {
        let hall = lock(&self.halls).get(outlet).cloned();
        let Some(hall) = hall else { return };
        let text = encode(room.dialect.wire(), name, data, None);
        lock(&hall).announce(room, &text, except.map(|conn| conn.number));
    }

    /// Sends one connection a frame of its own, in order with everything else.
    pub fn send(&self, conn: &ConnId, text: Arc<str>) {
        self.with(conn, |hall| hall.send(conn.number, text));
    }

    /// Open connections of an outlet.
    #[must_use]
    pub fn connections(&self, outlet: &OutletId) -> usize {
        let hall = lock(&self.halls).get(outlet).cloned();
        hall.map_or(0, |hall| lock(&hall).members.len())
    }

    fn with<T>(&self, conn: &ConnId, act: impl FnOnce(&mut Hall) -> T) -> Option<T> {
        let hall = lock(&self.halls).get(&conn.outlet).cloned()?;
        let mut hall = lock(&hall);
        hall.members.contains_key(&conn.number).then(|| act(&mut hall))
    }
}

/// A panic elsewhere must not silence the house: what a poisoned lock holds is still whole, since
/// every change under it is a push or a removal.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
