//! What one connection missed of an event: the same frames, the same texts, as if it had listened.

use std::collections::BTreeSet;

use super::deliver::{STATS, text};
use super::outbox::Text;
use crate::dialects::{Frame, Position, Room};

/// What a connection that catches up listens to.
#[derive(Debug, Default)]
pub struct Ear {
    /// The rooms that it catches up with.
    pub rooms: BTreeSet<Room>,
    /// Rooms in which it has heard these events already.
    pub heard_in: BTreeSet<Room>,
    /// It sees no names and no telephone numbers.
    pub is_guest: bool,
}

/// What it gets.
#[derive(Debug, Default)]
pub struct Replayed {
    /// The texts, in order.
    pub texts: Vec<(String, Text)>,
    /// Statistics: only the newest of all are worth saying, at the end.
    pub stats: Option<Frame>,
}

/// The one text of a frame at that position of the log.
#[must_use]
pub fn text_at(seq: u64, epoch: u64, frame: &Frame, is_guest: bool) -> Text {
    text(seq, epoch, &[frame], is_guest)
}

/// The texts of an event's frames (in order of `k`) after a position.
#[must_use]
pub fn replay(seq: u64, epoch: u64, frames: &[Frame], after: Position, ear: &Ear) -> Replayed {
    let mut replayed = Replayed::default();
    let hears = |frame: &&Frame| frame.rooms.iter().any(|room| ear.rooms.contains(room));
    let heard = |frame: &Frame| frame.rooms.iter().any(|room| ear.heard_in.contains(room));
    for shared in frames.chunk_by(|one, next| one.k == next.k) {
        let Some(first) = shared.first() else { continue };
        let seen = (seq, first.k) <= (after.seq, after.k);
        let wanted: Vec<&Frame> = shared.iter().filter(hears).collect();
        if seen || wanted.is_empty() || shared.iter().any(heard) {
            continue;
        }
        if first.name == STATS {
            replayed.stats = Some(first.clone());
        } else {
            let name = first.name.clone().into_owned();
            replayed
                .texts
                .push((name, text(seq, epoch, &wanted, ear.is_guest)));
        }
    }
    replayed
}
