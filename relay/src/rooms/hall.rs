//! One outlet's rooms and connections, under one lock.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::outbox::{Latest, Message, Sender};
use super::{ConnId, HubError};
use crate::dialects::{Dialect, Frame, Position, Room, Wire, encode, project, union, without_people};
use crate::order::Event;

/// The event of which only the last value counts.
const STATS: &str = "kitchen:stats_update";

#[derive(Debug, Default)]
pub(super) struct Hall {
    pub(super) members: HashMap<u64, Member>,
    rooms: HashMap<Room, HashSet<u64>>,
    wires: BTreeMap<Wire, usize>,
    head: u64,
}

#[derive(Debug)]
pub(super) struct Member {
    outbox: Sender,
    wire: Wire,
    guest: bool,
    rooms: HashSet<Room>,
    held: bool,
    seen: u64,
}

impl Member {
    pub(super) fn new(outbox: Sender, wire: Wire, guest: bool) -> Self {
        Self {
            outbox,
            wire,
            guest,
            rooms: HashSet::new(),
            held: false,
            seen: 0,
        }
    }
}

/// The room of every back-office connection with at least one subscription (`menu:updated`).
pub(crate) fn any_back_office() -> Room {
    Room::new(Dialect::BackOffice, "*")
}

impl Hall {
    pub(super) fn enter(&mut self, number: u64, member: Member) {
        *self.wires.entry(member.wire).or_default() += 1;
        self.members.insert(number, member);
    }

    pub(super) fn join(&mut self, number: u64, room: &Room, most: usize) -> Result<(), HubError> {
        let Some(member) = self.members.get_mut(&number) else {
            return Err(HubError::Gone);
        };
        if member.rooms.contains(room) {
            return Ok(());
        }
        let own = member
            .rooms
            .iter()
            .filter(|room| **room != any_back_office())
            .count();
        if most > 0 && own >= most {
            return Err(HubError::TooManyRooms);
        }
        member.rooms.insert(room.clone());
        self.rooms.entry(room.clone()).or_default().insert(number);
        if room.dialect == Dialect::BackOffice && member.rooms.insert(any_back_office()) {
            self.rooms.entry(any_back_office()).or_default().insert(number);
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, number: u64, room: &Room) {
        let Some(member) = self.members.get_mut(&number) else {
            return;
        };
        if !member.rooms.remove(room) {
            return;
        }
        let any = any_back_office();
        let last = !member
            .rooms
            .iter()
            .any(|room| room.dialect == Dialect::BackOffice && *room != any);
        let idle = last && member.rooms.remove(&any);
        self.empty(number, room);
        if idle {
            self.empty(number, &any);
        }
    }

    fn empty(&mut self, number: u64, room: &Room) {
        let Some(inside) = self.rooms.get_mut(room) else {
            return;
        };
        inside.remove(&number);
        if inside.is_empty() {
            self.rooms.remove(room);
        }
    }

    pub(super) fn forget(&mut self, number: u64) {
        let Some(member) = self.members.remove(&number) else {
            return;
        };
        for room in &member.rooms {
            self.empty(number, room);
        }
    }

    pub(super) fn rooms_of(&self, number: u64) -> Vec<Room> {
        let rooms = self.members.get(&number).map(|member| &member.rooms);
        let mut rooms: Vec<Room> = rooms
            .into_iter()
            .flatten()
            .filter(|room| **room != any_back_office())
            .cloned()
            .collect();
        rooms.sort();
        rooms
    }

    pub(super) fn hold(&mut self, number: u64) {
        if let Some(member) = self.members.get_mut(&number) {
            member.held = true;
        }
    }

    pub(super) fn go_live(&mut self, number: u64, seen: u64) -> Result<(), u64> {
        if self.head > seen {
            return Err(self.head);
        }
        if let Some(member) = self.members.get_mut(&number) {
            member.held = false;
            member.seen = seen;
        }
        Ok(())
    }

    pub(super) fn publish(&mut self, outlet: &str, event: &Event, epoch: u64) {
        self.head = event.seq;
        for wire in Wire::ALL {
            if self.wires.get(&wire).is_none_or(|count| *count == 0) {
                continue;
            }
            let frames = project(wire, outlet, event);
            for same in frames.chunk_by(|one, other| one.k == other.k) {
                self.deliver(wire, same, event.seq, epoch);
            }
        }
    }

    /// Frames of one place: each connection gets them once, as the union of those that it matches.
    fn deliver(&self, wire: Wire, same: &[Frame], seq: u64, epoch: u64) {
        let Some(first) = same.first() else { return };
        let position = Position {
            epoch,
            seq,
            k: first.k,
        };
        let mut encoded: BTreeMap<(Vec<usize>, bool), Message> = BTreeMap::new();
        for (number, parts) in self.listeners(same) {
            let Some(member) = self.members.get(&number) else {
                continue;
            };
            if member.wire != wire || member.held || seq <= member.seen {
                continue;
            }
            if first.name == STATS {
                let data = Arc::new(first.data.clone());
                member.outbox.replace(Latest {
                    name: STATS,
                    data,
                    position,
                });
                continue;
            }
            let key = (parts, member.guest);
            let message = encoded.entry(key).or_insert_with_key(|(parts, guest)| {
                let parts: Vec<&Frame> = parts.iter().filter_map(|index| same.get(*index)).collect();
                message(&parts, *guest, position)
            });
            member.outbox.push(message.clone());
        }
    }

    /// Who hears which of these frames.
    fn listeners(&self, frames: &[Frame]) -> HashMap<u64, Vec<usize>> {
        let mut listeners: HashMap<u64, Vec<usize>> = HashMap::new();
        for (index, frame) in frames.iter().enumerate() {
            let inside = frame
                .rooms
                .iter()
                .filter_map(|room| self.rooms.get(room))
                .flatten();
            for number in inside {
                let parts = listeners.entry(*number).or_default();
                if parts.last() != Some(&index) {
                    parts.push(index);
                }
            }
        }
        listeners
    }

    pub(super) fn replay(
        &self,
        conn: &ConnId,
        event: &Event,
        only: Option<&[Room]>,
        epoch: u64,
    ) -> Vec<Message> {
        let Some(member) = self.members.get(&conn.number) else {
            return Vec::new();
        };
        let hears = |frame: &Frame| {
            let mut rooms = frame.rooms.iter();
            rooms.any(|room| only.map_or_else(|| member.rooms.contains(room), |only| only.contains(room)))
        };
        let frames = project(member.wire, &conn.outlet, event);
        let places = frames.chunk_by(|one, other| one.k == other.k);
        let messages = places.filter_map(|same| {
            let parts: Vec<&Frame> = same.iter().filter(|frame| hears(frame)).collect();
            let k = parts.first()?.k;
            Some(message(
                &parts,
                member.guest,
                Position {
                    epoch,
                    seq: event.seq,
                    k,
                },
            ))
        });
        messages.collect()
    }

    pub(super) fn announce(&self, room: &Room, text: &Arc<str>, except: Option<u64>) {
        for number in self.rooms.get(room).into_iter().flatten() {
            if Some(*number) != except {
                self.send(*number, Arc::clone(text));
            }
        }
    }

    pub(super) fn send(&self, number: u64, text: Arc<str>) {
        if let Some(member) = self.members.get(&number) {
            member.outbox.push(Message { text, position: None });
        }
    }
}

fn message(parts: &[&Frame], guest: bool, position: Position) -> Message {
    let place = position.to_string();
    let Some(first) = parts.first() else {
        return Message {
            text: "".into(),
            position: Some(position),
        };
    };
    let mut data: Value = match parts {
        [only] => only.data.clone(),
        many => union(&many.iter().map(|frame| &frame.data).collect::<Vec<_>>()),
    };
    if guest {
        data = without_people(&data);
    }
    Message {
        text: encode(first.wire, &first.name, &data, Some(&place)),
        position: Some(position),
    }
}
