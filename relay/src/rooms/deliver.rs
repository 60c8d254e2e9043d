//! One event to everybody in an outlet: every text is made once, every frame said once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Hall;
use crate::dialects::{Frame, Position, encode, union};
use crate::metrics;

/// Most frames that share a place in one event: the bits of a mask.
const MAX_SHARED: usize = 64;

impl Hall {
    /// Frames with the same `k` are one frame to whoever hears several of them.
    pub(super) fn deliver(&mut self, seq: u64, epoch: u64, frames: &[Frame]) {
        for shared in frames.chunk_by(|one, next| one.k == next.k) {
            self.deliver_shared(seq, epoch, shared.get(..MAX_SHARED).unwrap_or(shared));
        }
    }

    pub(super) fn announce(&mut self, frame: &Frame, except: Option<u64>) {
        let text = encode(frame.wire, &frame.name, &frame.data, None);
        for id in self.listeners(frame).into_iter().filter(|id| Some(*id) != except) {
            self.push(id, &text);
        }
    }

    /// The same set of frames, the same text.
    fn deliver_shared(&mut self, seq: u64, epoch: u64, frames: &[Frame]) {
        let mut wanted: BTreeMap<u64, u64> = BTreeMap::new();
        for (bit, frame) in frames.iter().enumerate() {
            for id in self.listeners(frame) {
                *wanted.entry(id).or_default() |= 1 << bit;
            }
        }
        if let Some(frame) = frames.first() {
            metrics::events_sent(&frame.name, wanted.len());
        }
        let mut texts: HashMap<u64, Arc<str>> = HashMap::new();
        for (id, mask) in wanted {
            let text = texts
                .entry(mask)
                .or_insert_with(|| text(seq, epoch, frames, mask));
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

/// The text for those who get the frames of `mask`.
fn text(seq: u64, epoch: u64, frames: &[Frame], mask: u64) -> Arc<str> {
    let chosen: Vec<&Frame> = (0..)
        .zip(frames)
        .filter(|(bit, _)| mask & (1 << bit) != 0)
        .map(|(_, frame)| frame)
        .collect();
    let Some(first) = chosen.first() else {
        return Arc::from("");
    };
    let position = Position {
        epoch,
        seq,
        k: first.k,
    }
    .to_string();
    if chosen.len() == 1 {
        return encode(first.wire, &first.name, &first.data, Some(&position));
    }
    let parts: Vec<&serde_json::Value> = chosen.iter().map(|frame| &frame.data).collect();
    encode(first.wire, &first.name, &union(&parts), Some(&position))
}
