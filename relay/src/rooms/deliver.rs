//! One event to everybody in an outlet: every text is made once, every frame said once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::hall::Hall;
use super::outbox::Text;
use crate::dialects::{Frame, Position, encode, union, without_people};
use crate::metrics;
use crate::planted;

/// Most frames that share a place in one event: the bits of a mask.
const MAX_SHARED: usize = 64;
/// Kitchen statistics come at most twice a second (DIALECTS.md, D2).
const STATS_EVERY: Duration = Duration::from_millis(500);
/// The event's name.
pub(super) const STATS: &str = "kitchen:stats_update";

impl Hall {
    /// The next event is handed out.
    pub(super) fn begin(&mut self, seq: u64) {
        self.head = self.head.max(seq);
    }

    /// Frames with the same `k` are one frame to whoever hears several of them.
    pub(super) fn deliver(&mut self, seq: u64, epoch: u64, frames: &[Frame], now: Instant) {
        for shared in frames.chunk_by(|one, next| one.k == next.k) {
            match shared.first() {
                Some(stats) if stats.name == STATS => {
                    self.stats.waiting = Some(stats.clone());
                    self.say_stats(epoch, now);
                }
                _ => self.deliver_shared(seq, epoch, shared.get(..MAX_SHARED).unwrap_or(shared)),
            }
        }
    }

    /// Says the newest statistics where it is time. They stand at the end of the newest event, so
    /// that whoever resumes after them has seen all before.
    pub(super) fn say_stats(&mut self, epoch: u64, now: Instant) {
        let early = |said: Instant| now.saturating_duration_since(said) < STATS_EVERY;
        if self.stats.said.is_some_and(early) && !planted::is("statistics at every change") {
            if planted::is("the last statistics are lost") {
                self.stats.waiting = None;
            }
            return;
        }
        if let Some(stats) = self.stats.waiting.take() {
            self.stats.said = Some(now);
            self.deliver_shared(self.head, epoch, &[stats]);
        }
    }

    pub(super) fn announce(&mut self, frame: &Frame, except: Option<u64>) {
        let text = Text::new(frame.wire, &encode(frame.wire, &frame.name, &frame.data, None));
        let text = Arc::new(text);
        let listeners = self.listeners(frame, u64::MAX);
        for id in listeners.into_iter().filter(|id| Some(*id) != except) {
            self.push(id, &text);
        }
    }

    /// The same set of frames, the same text.
    fn deliver_shared(&mut self, seq: u64, epoch: u64, frames: &[Frame]) {
        let mut wanted: BTreeMap<u64, u64> = BTreeMap::new();
        for (bit, frame) in frames.iter().enumerate() {
            for id in self.listeners(frame, seq) {
                *wanted.entry(id).or_default() |= 1 << bit;
            }
        }
        if let Some(frame) = frames.first() {
            metrics::events_sent(&frame.name, wanted.len());
        }
        let mut texts: HashMap<(u64, bool), Arc<Text>> = HashMap::new();
        for (id, mask) in wanted {
            let is_guest = self.seats.get(&id).is_some_and(|place| place.guise.is_guest);
            let text = texts
                .entry((mask, is_guest))
                .or_insert_with(|| Arc::new(masked(seq, epoch, frames, mask, is_guest)));
            let text = Arc::clone(text);
            self.push(id, &text);
        }
    }

    fn listeners(&self, frame: &Frame, seq: u64) -> Vec<u64> {
        let hears = |id: &u64| {
            self.seats
                .get(id)
                .is_some_and(|place| place.hears(frame.wire, seq))
        };
        let mut ids: Vec<u64> = frame
            .rooms
            .iter()
            .filter_map(|room| self.rooms.get(room))
            .flatten()
            .copied()
            .filter(hears)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn push(&mut self, id: u64, text: &Arc<Text>) {
        let fits = self.seats.get(&id).is_some_and(|place| place.outbox.push(text));
        if !fits {
            self.remove(id);
        }
    }
}

/// The text for those who get the frames of `mask`.
fn masked(seq: u64, epoch: u64, frames: &[Frame], mask: u64, is_guest: bool) -> Text {
    let chosen = (0..).zip(frames).filter(|(bit, _)| mask & (1 << bit) != 0);
    text(
        seq,
        epoch,
        &chosen.map(|(_, frame)| frame).collect::<Vec<_>>(),
        is_guest,
    )
}

/// The one text of frames that share a place.
pub(super) fn text(seq: u64, epoch: u64, frames: &[&Frame], is_guest: bool) -> Text {
    let Some(first) = frames.first() else {
        return Text::Plain("".into());
    };
    let k = first.k;
    let position = Position { epoch, seq, k }.to_string();
    let say = |data: &serde_json::Value| {
        Text::new(
            first.wire,
            &encode(first.wire, &first.name, data, Some(&position)),
        )
    };
    if frames.len() == 1 && !is_guest {
        return say(&first.data);
    }
    let parts: Vec<&serde_json::Value> = frames.iter().map(|frame| &frame.data).collect();
    let whole = union(&parts);
    say(&if is_guest { without_people(&whole) } else { whole })
}
