//! Who listens where. A change is encoded once per dialect and shared by everybody who hears it.
//!
//! A [`Seat`] is one connection's place in its outlet: it joins rooms and gets their frames. Dropping
//! it leaves everything. A seat whose queue overflows is put out and never slows another down. A seat
//! that catches up with the log is held: live frames pass it by until the log was read to its end.

mod deliver;
mod hall;
mod outbox;
mod replay;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use self::hall::{Hall, Place};
pub use self::outbox::{Line, MAX_OUTBOX_BYTES, MAX_OUTBOX_MESSAGES, Outbox, Text};
pub use self::replay::{Ear, Replayed, replay, text_at};
use crate::dialects::{self, Dialect, Frame, Room, Wire};
use crate::order::Event;
use crate::store::OutletId;

/// Rooms that one socket may be in at a time, unless a setting says otherwise.
pub const MAX_ROOMS: usize = 64;
/// Connections of one outlet, unless a setting says otherwise: a big restaurant has some hundred screens.
pub const MAX_CONNECTIONS: usize = 2_000;

/// All outlets' rooms.
#[derive(Debug)]
pub struct Hub {
    halls: Mutex<HashMap<OutletId, Arc<Mutex<Hall>>>>,
    last_id: AtomicU64,
    most_rooms: usize,
    most_connections: usize,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new(MAX_ROOMS, MAX_CONNECTIONS)
    }
}

/// Who sits there, as far as rooms care.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guise {
    /// The token's subject.
    pub subject: String,
    /// A guest's session.
    pub session: Option<String>,
    /// The id of a token that can be taken back by it.
    pub token: Option<String>,
    /// A guest sees no names and no telephone numbers.
    pub is_guest: bool,
}

/// A connection's place in its outlet.
#[derive(Debug)]
pub struct Seat {
    hub: Arc<Hub>,
    outlet: OutletId,
    hall: Arc<Mutex<Hall>>,
    id: u64,
}

/// Why a seat or a room was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// The outlet has as many as it may.
    #[error("this outlet has {0} connections already; close some first")]
    Connections(usize),
    /// The socket is in as many as it may.
    #[error("this socket is in {0} rooms already; leave some first")]
    Rooms(usize),
}

impl Hub {
    /// A hub with these limits; 0 is none.
    #[must_use]
    pub fn new(most_rooms: usize, most_connections: usize) -> Self {
        let limit = |most: usize| if most == 0 { usize::MAX } else { most };
        Self {
            halls: Mutex::default(),
            last_id: AtomicU64::new(0),
            most_rooms: limit(most_rooms),
            most_connections: limit(most_connections),
        }
    }

    /// Takes a seat in an outlet, with a queue of its own.
    ///
    /// # Errors
    /// [`Full::Connections`].
    pub fn connect(
        self: &Arc<Self>,
        outlet: &OutletId,
        wire: Wire,
        guise: Guise,
    ) -> Result<(Seat, Outbox), Full> {
        let (sender, outbox) = outbox::channel();
        let seat = self.seat(outlet, Place::new(wire, guise, sender))?;
        Ok((seat, outbox))
    }

    /// Takes a seat in an outlet for a connection that keeps its own queue.
    ///
    /// # Errors
    /// [`Full::Connections`].
    pub fn connect_line(
        self: &Arc<Self>,
        outlet: &OutletId,
        wire: Wire,
        guise: Guise,
        line: Arc<dyn Line>,
    ) -> Result<Seat, Full> {
        self.seat(outlet, Place::new(wire, guise, outbox::Sender::Line(line)))
    }

    fn seat(self: &Arc<Self>, outlet: &OutletId, place: Place) -> Result<Seat, Full> {
        let mut halls = lock(&self.halls);
        let hall = Arc::clone(halls.entry(Arc::clone(outlet)).or_default());
        let id = self.last_id.fetch_add(1, Ordering::Relaxed);
        lock(&hall).enter(id, place, self.most_connections)?;
        Ok(Seat {
            hub: Arc::clone(self),
            outlet: Arc::clone(outlet),
            hall,
            id,
        })
    }

    /// Hands an event to everybody who listens: each connection gets a frame at most once, with the
    /// union of the payloads that its rooms get.
    pub fn publish(&self, outlet: &str, epoch: u64, event: &Event) {
        let Some(hall) = self.hall(outlet) else { return };
        let heard = lock(&hall).dialects();
        let mut frames = project(&heard, outlet, event);
        let mut open = lock(&hall);
        // Seldom: a dialect's first room was joined meanwhile.
        let now = open.dialects();
        if now != heard {
            frames = project(&now, outlet, event);
        }
        open.begin(event.seq);
        for frames in &frames {
            open.deliver(event.seq, epoch, frames, Instant::now());
        }
    }

    /// Says the statistics that had to wait (twice a second at most); to be called some ten times a second.
    pub fn say_what_waited(&self, epoch: u64, now: Instant) {
        let halls: Vec<_> = lock(&self.halls).values().cloned().collect();
        for hall in halls {
            lock(&hall).say_stats(epoch, now);
        }
    }

    /// Hands a frame that no log keeps (a device came or went) to its rooms, but not to `except`.
    pub fn announce_except(&self, outlet: &str, frame: &Frame, except: Option<&Seat>) {
        if let Some(hall) = self.hall(outlet) {
            lock(&hall).announce(frame, except.map(|seat| seat.id));
        }
    }

    /// Puts out whoever `gone` picks: a token was revoked, a visit has ended. Their sockets are closed.
    pub fn dismiss(&self, outlet: &str, gone: impl Fn(&Guise) -> bool) {
        if let Some(hall) = self.hall(outlet) {
            lock(&hall).dismiss(gone);
        }
    }

    /// Connections by the dialects in whose rooms they are, for metrics: one may speak several.
    #[must_use]
    pub fn connections(&self) -> HashMap<Dialect, usize> {
        let halls: Vec<_> = lock(&self.halls).values().cloned().collect();
        let mut counts = HashMap::new();
        for hall in halls {
            lock(&hall).count(&mut counts);
        }
        counts
    }

    fn hall(&self, outlet: &str) -> Option<Arc<Mutex<Hall>>> {
        lock(&self.halls).get(outlet).cloned()
    }

    fn leave(&self, outlet: &OutletId, hall: &Arc<Mutex<Hall>>, id: u64) {
        let mut halls = lock(&self.halls);
        let mut open = lock(hall);
        open.remove(id);
        let empty = open.is_empty();
        drop(open);
        // A hall that was emptied and made anew meanwhile is another one.
        let same = halls.get(outlet).is_some_and(|kept| Arc::ptr_eq(kept, hall));
        if empty && same {
            halls.remove(outlet);
        }
    }
}

/// What an event says to rooms of these dialects, wire by wire.
fn project(heard: &[Dialect], outlet: &str, event: &Event) -> Vec<Vec<Frame>> {
    let of = |wire| dialects::project_for(heard, wire, outlet, event);
    Wire::ALL.into_iter().map(of).collect()
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
        lock(&self.hall).join(self.id, room, self.hub.most_rooms)
    }

    /// Leaves a room; whether the seat was in it.
    #[must_use]
    pub fn leave(&self, room: &Room) -> bool {
        lock(&self.hall).leave(self.id, room)
    }

    /// The rooms that this seat hears.
    #[must_use]
    pub fn rooms(&self) -> BTreeSet<Room> {
        lock(&self.hall).rooms_of(self.id)
    }

    /// From now on live frames pass by, until [`Self::go_live`]. Returns the number of the last event
    /// that this seat's rooms have heard.
    #[must_use]
    pub fn hold(&self) -> u64 {
        lock(&self.hall).hold(self.id)
    }

    /// Hears live frames again, of events after `read`: false where a newer one passed by meanwhile
    /// and has to be read first.
    #[must_use]
    pub fn go_live(&self, read: u64) -> bool {
        lock(&self.hall).go_live(self.id, read)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.leave(&self.outlet, &self.hall, self.id);
    }
}

/// A lock whose holder panicked still guards whole data: every change under it is a single step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
