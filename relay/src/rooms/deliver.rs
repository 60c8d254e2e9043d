//! One event to everybody in an outlet: every text is made once, every name said once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Hall;
use crate::dialects::frame::encode;
use crate::dialects::{Frame, Wire};

/// Frames of one event that share wire and name, as indices.
type Group = Vec<usize>;

impl Hall {
    pub(super) fn deliver(&mut self, position: &str, epoch: &str, frames: &[Frame]) {
        for group in groups(frames) {
            self.deliver_group(position, epoch, frames, &group);
        }
    }

    pub(super) fn announce(&mut self, frame: &Frame) {
        let text: Arc<str> = frame.encode(None).into();
        for id in self.listeners(frame) {
            self.push(id, &text);
        }
    }

    /// Who gets which of the group's frames: the same set, the same text.
    fn deliver_group(&mut self, position: &str, epoch: &str, frames: &[Frame], group: &Group) {
        let mut wanted: BTreeMap<u64, u64> = BTreeMap::new();
        for (bit, index) in group.iter().enumerate() {
            let Some(frame) = frames.get(*index) else { continue };
            for id in self.listeners(frame) {
                *wanted.entry(id).or_default() |= 1 << bit;
            }
        }
        let mut texts: HashMap<u64, Arc<str>> = HashMap::new();
        for (id, mask) in wanted {
            let text = texts
                .entry(mask)
                .or_insert_with(|| union(position, epoch, frames, group, mask));
            let text = Arc::clone(text);
            self.push(id, &text);
        }
    }

    fn listeners(&self, frame: &Frame) -> Vec<u64> {
        let mut ids: Vec<u64> = frame
            .rooms
            .iter()
            .filter_map(|room| self.rooms.get(room))
            .flatten()
            .copied()
            .filter(|id| self.seats.get(id).is_some_and(|place| place.wire == frame.wire))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn push(&mut self, id: u64, text: &Arc<str>) {
        let fits = self
            .seats
            .get(&id)
            .is_some_and(|place| place.outbox.push(Arc::clone(text)));
        if !fits {
            self.remove(id);
        }
    }
}

/// Most frames of one name in one event: the bits of a mask.
const MAX_GROUP: usize = 64;

fn groups(frames: &[Frame]) -> Vec<Group> {
    let mut found: Vec<((Wire, &str), Group)> = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        let key = (frame.wire, frame.name.as_ref());
        match found
            .iter_mut()
            .find(|(known, group)| *known == key && group.len() < MAX_GROUP)
        {
            Some((_, group)) => group.push(index),
            None => found.push((key, vec![index])),
        }
    }
    found.into_iter().map(|(_, group)| group).collect()
}

/// The text for those who get the frames of `mask`: the union of the payloads at the first one's place.
fn union(position: &str, epoch: &str, frames: &[Frame], group: &Group, mask: u64) -> Arc<str> {
    let mut chosen = group
        .iter()
        .enumerate()
        .filter(|(bit, _)| mask & (1 << bit) != 0)
        .filter_map(|(_, index)| frames.get(*index));
    let Some(first) = chosen.next() else {
        return Arc::from("");
    };
    let mut merged: Option<Map<String, Value>> = None;
    for frame in chosen {
        let Some(more) = frame.data.as_object() else {
            continue;
        };
        merged
            .get_or_insert_with(|| first.data.as_object().cloned().unwrap_or_default())
            .extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    let position = format!("{position}.{}{epoch}", first.k);
    match merged {
        Some(data) => encode(first.wire, &first.name, &Value::Object(data), Some(&position)).into(),
        None => first.encode(Some(&position)).into(),
    }
}
