//! One outlet's connections and rooms, under one lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use super::outbox::Sender;
use super::{Full, Guise};
use crate::dialects::{Dialect, Frame, Room, Wire, backoffice};

/// One outlet's connections and rooms.
#[derive(Debug, Default)]
pub(super) struct Hall {
    pub(super) seats: HashMap<u64, Place>,
    pub(super) rooms: HashMap<Room, Vec<u64>>,
    /// How many rooms of a dialect have members.
    counts: BTreeMap<Dialect, usize>,
    /// The number of the last event that was handed out.
    pub(super) head: u64,
    pub(super) stats: Stats,
}

/// Kitchen statistics: said at once where the last ones are old enough, else later.
#[derive(Debug, Default)]
pub(super) struct Stats {
    pub(super) said: Option<Instant>,
    pub(super) waiting: Option<Frame>,
}

/// A connection as its hall sees it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) wire: Wire,
    pub(super) guise: Guise,
    pub(super) rooms: BTreeSet<Room>,
    pub(super) outbox: Sender,
    /// It reads the log itself; live frames pass by.
    pub(super) held: bool,
    /// It has read the log up to here.
    pub(super) since: u64,
}

impl Place {
    pub(super) fn new(wire: Wire, guise: Guise, outbox: Sender) -> Self {
        Self {
            wire,
            guise,
            rooms: BTreeSet::new(),
            outbox,
            held: false,
            since: 0,
        }
    }

    /// Whether it hears the event of that number.
    pub(super) fn hears(&self, wire: Wire, seq: u64) -> bool {
        self.wire == wire && !self.held && seq > self.since
    }
}

impl Hall {
    pub(super) fn enter(&mut self, id: u64, place: Place, most: usize) -> Result<(), Full> {
        if self.seats.len() >= most {
            return Err(Full::Connections(most));
        }
        self.seats.insert(id, place);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    pub(super) fn count(&self, counts: &mut HashMap<Dialect, usize>) {
        for place in self.seats.values() {
            let spoken: BTreeSet<Dialect> = place.rooms.iter().map(|room| room.dialect).collect();
            for dialect in spoken {
                *counts.entry(dialect).or_default() += 1;
            }
        }
    }

    /// The dialects in one of whose rooms somebody is.
    pub(super) fn dialects(&self) -> Vec<Dialect> {
        let heard = |dialect: &Dialect| self.counts.contains_key(dialect);
        Dialect::ALL.into_iter().filter(heard).collect()
    }

    pub(super) fn join(&mut self, id: u64, room: &Room, most: usize) -> Result<bool, Full> {
        let Some(place) = self.seats.get_mut(&id) else {
            return Ok(false);
        };
        if place.rooms.contains(room) {
            return Ok(false);
        }
        let any = backoffice::any_room();
        let named = place.rooms.len() - usize::from(place.rooms.contains(&any));
        if named >= most {
            return Err(Full::Rooms(most));
        }
        self.enter_room(id, room);
        if room.dialect == Dialect::BackOffice {
            self.enter_room(id, &any);
        }
        Ok(true)
    }

    fn enter_room(&mut self, id: u64, room: &Room) {
        let new = self
            .seats
            .get_mut(&id)
            .is_some_and(|place| place.rooms.insert(room.clone()));
        if !new {
            return;
        }
        let members = self.rooms.entry(room.clone()).or_default();
        if members.is_empty() {
            *self.counts.entry(room.dialect).or_default() += 1;
        }
        members.push(id);
    }

    pub(super) fn leave(&mut self, id: u64, room: &Room) -> bool {
        let Some(place) = self.seats.get_mut(&id) else {
            return false;
        };
        if !place.rooms.remove(room) {
            return false;
        }
        let any = backoffice::any_room();
        let subscribed = |room: &Room| room.dialect == Dialect::BackOffice && *room != any;
        let last = subscribed(room) && !place.rooms.iter().any(subscribed);
        if last {
            place.rooms.remove(&any);
            self.forget(id, &any);
        }
        self.forget(id, room);
        true
    }

    pub(super) fn rooms_of(&self, id: u64) -> BTreeSet<Room> {
        self.seats
            .get(&id)
            .map(|place| place.rooms.clone())
            .unwrap_or_default()
    }

    pub(super) fn hold(&mut self, id: u64) -> u64 {
        let head = self.head;
        self.seats.get_mut(&id).map_or(head, |place| {
            place.held = true;
            head.max(place.since)
        })
    }

    pub(super) fn go_live(&mut self, id: u64, read: u64) -> bool {
        if self.head > read {
            return false;
        }
        if let Some(place) = self.seats.get_mut(&id) {
            place.held = false;
            place.since = read;
        }
        true
    }

    pub(super) fn dismiss(&mut self, gone: impl Fn(&Guise) -> bool) {
        let picked = self.seats.iter().filter(|(_, place)| gone(&place.guise));
        let ids: Vec<u64> = picked.map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(place) = self.seats.get(&id) {
                place.outbox.dismiss();
            }
            self.remove(id);
        }
    }

    pub(super) fn remove(&mut self, id: u64) {
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
        if !members.is_empty() {
            return;
        }
        self.rooms.remove(room);
        if let Some(count) = self.counts.get_mut(&room.dialect) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&room.dialect);
            }
        }
    }
}
