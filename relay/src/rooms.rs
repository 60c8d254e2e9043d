//! Who listens where. A change is encoded once per dialect and shared by everybody who hears it.
//!
//! A [`Seat`] is one connection's place in its outlet: it joins rooms and has an outbox. Dropping it
//! leaves everything. A seat whose outbox overflows is put out and never slows another down.

mod deliver;
mod outbox;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::outbox::{MAX_OUTBOX_BYTES, MAX_OUTBOX_MESSAGES, Outbox};
use crate::dialects::{self, Frame, Room, Wire};
use crate::order::Event;
use crate::store::OutletId;

/// Rooms that one socket may be in at a time.
pub const MAX_ROOMS: usize = 64;
/// Connections of one outlet: a big restaurant has some hundred screens.
pub const MAX_CONNECTIONS: usize = 2_000;

/// All outlets' rooms.
#[derive(Debug, Default)]
pub struct Hub {
    halls: Mutex<HashMap<OutletId, Arc<Mutex<Hall>>>>,
    last_id: AtomicU64,
}

/// One outlet's connections and rooms.
#[derive(Debug, Default)]
struct Hall {
    seats: HashMap<u64, Place>,
    rooms: HashMap<Room, Vec<u64>>,
}

/// A connection as its hall sees it.
#[derive(Debug)]
struct Place {
    wire: Wire,
    rooms: BTreeSet<Room>,
    outbox: outbox::Sender,
}

/// A connection's place in its outlet.
#[derive(Debug)]
pub struct Seat {
    hub: Arc<Hub>,
    outlet: OutletId,
    hall: Arc<Mutex<Hall>>,
    id: u64,
    /// What to write to the socket.
    pub outbox: Outbox,
}

/// Why a seat or a room was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// The outlet has [`MAX_CONNECTIONS`] already.
    #[error("this outlet has {MAX_CONNECTIONS} connections already; close some first")]
    Connections,
    /// The socket is in [`MAX_ROOMS`] already.
    #[error("this socket is in {MAX_ROOMS} rooms already; leave some first")]
    Rooms,
}

impl Hub {
    /// Takes a seat in an outlet.
    ///
    /// # Errors
    /// [`Full::Connections`].
    pub fn connect(self: &Arc<Self>, outlet: &OutletId, wire: Wire) -> Result<Seat, Full> {
        let mut halls = lock(&self.halls);
        let hall = Arc::clone(halls.entry(Arc::clone(outlet)).or_default());
        let id = self.last_id.fetch_add(1, Ordering::Relaxed);
        let (sender, outbox) = outbox::channel();
        let mut open = lock(&hall);
        if open.seats.len() >= MAX_CONNECTIONS {
            return Err(Full::Connections);
        }
        open.seats.insert(
            id,
            Place {
                wire,
                rooms: BTreeSet::new(),
                outbox: sender,
            },
        );
        drop(open);
        Ok(Seat {
            hub: Arc::clone(self),
            outlet: Arc::clone(outlet),
            hall,
            id,
            outbox,
        })
    }

    /// Hands an event to everybody who listens: each connection gets a frame at most once, with the
    /// union of the payloads that its rooms get.
    pub fn publish(&self, outlet: &str, epoch: u64, event: &Event) {
        let hall = lock(&self.halls).get(outlet).cloned();
        let Some(hall) = hall else { return };
        let mut open = lock(&hall);
        for wire in Wire::ALL {
            if open.seats.values().any(|place| place.wire == wire) {
                open.deliver(event.seq, epoch, &dialects::project(wire, outlet, event));
            }
        }
    }

    /// Hands a frame that no log keeps (a device came or went) to its rooms, but not to `except`.
    pub fn announce_except(&self, outlet: &str, frame: &Frame, except: Option<&Seat>) {
        let hall = lock(&self.halls).get(outlet).cloned();
        if let Some(hall) = hall {
            lock(&hall).announce(frame, except.map(|seat| seat.id));
        }
    }

    /// Open connections by dialect's wire, for metrics.
    #[must_use]
    pub fn connections(&self) -> HashMap<Wire, usize> {
        let halls: Vec<_> = lock(&self.halls).values().cloned().collect();
        let mut counts = HashMap::new();
        for hall in halls {
            for place in lock(&hall).seats.values() {
                *counts.entry(place.wire).or_default() += 1;
            }
        }
        counts
    }

    fn leave(&self, outlet: &OutletId, hall: &Arc<Mutex<Hall>>, id: u64) {
        let mut halls = lock(&self.halls);
        let mut open = lock(hall);
        open.remove(id);
        let empty = open.seats.is_empty();
        drop(open);
        if empty {
            halls.remove(outlet);
        }
    }
}

impl Seat {
    /// The outlet.
    #[must_use]
    pub fn outlet(&self) -> &OutletId {
        &self.outlet
    }

    /// Joins a room of the outlet; whether that was news.
    ///
    /// # Errors
    /// [`Full::Rooms`].
    pub fn join(&self, room: &Room) -> Result<bool, Full> {
        lock(&self.hall).join(self.id, room)
    }

    /// Leaves a room; whether the seat was in it.
    #[must_use]
    pub fn leave(&self, room: &Room) -> bool {
        lock(&self.hall).leave(self.id, room)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.leave(&self.outlet, &self.hall, self.id);
    }
}

impl Hall {
    fn join(&mut self, id: u64, room: &Room) -> Result<bool, Full> {
        let Some(place) = self.seats.get_mut(&id) else {
            return Ok(false);
        };
        if place.rooms.contains(room) {
            return Ok(false);
        }
        if place.rooms.len() >= MAX_ROOMS {
            return Err(Full::Rooms);
        }
        place.rooms.insert(room.clone());
        self.rooms.entry(room.clone()).or_default().push(id);
        Ok(true)
    }

    fn leave(&mut self, id: u64, room: &Room) -> bool {
        let was_in = self
            .seats
            .get_mut(&id)
            .is_some_and(|place| place.rooms.remove(room));
        if was_in {
            self.forget(id, room);
        }
        was_in
    }

    fn remove(&mut self, id: u64) {
        let Some(place) = self.seats.remove(&id) else {
            return;
        };
        for room in &place.rooms {
            self.forget(id, room);
        }
    }

    fn forget(&mut self, id: u64, room: &Room) {
        let Some(members) = self.rooms.get_mut(room) else {
            return;
        };
        members.retain(|member| *member != id);
        if members.is_empty() {
            self.rooms.remove(room);
        }
    }
}

/// A lock whose holder panicked still guards whole data: every change under it is a single step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
