//! One station on one connection: what was offered and not acknowledged, and where to look next.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::WINDOW;
use crate::frames::Offer;
use crate::job::JobId;
use crate::time::Tick;

/// Time between two looks at the store: what a lost nudge costs at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// An offer without an acknowledgement goes again after so long, with all behind it: the agent's disk may
/// have been full.
const OFFER_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// Free places that make it worth asking for more of a long queue.
const REFILL: usize = WINDOW / 2;

/// The window over one station's jobs. Dies with the connection.
#[derive(Debug)]
pub(super) struct Lane {
    cursor: u64,
    open: BTreeMap<u64, Open>,
    /// The cursor of the question under way.
    asked: Option<u64>,
    more: bool,
    nudged: bool,
    look_at: Tick,
}

#[derive(Debug)]
struct Open {
    id: JobId,
    at: Tick,
}

impl Lane {
    pub(super) fn new(now: Tick) -> Self {
        Self {
            cursor: 0,
            open: BTreeMap::new(),
            asked: None,
            more: false,
            nudged: false,
            look_at: now,
        }
    }

    pub(super) fn nudge(&mut self) {
        self.nudged = true;
    }

    /// What to ask the store for now: jobs after this `seq`, at most so many.
    pub(super) fn ask(&mut self, now: Tick) -> Option<(u64, usize)> {
        if self.offered_until().is_some_and(|until| until <= now) {
            self.open.clear();
            self.cursor = 0;
            self.nudged = true;
        }
        if self.open.is_empty() && self.asked.is_none() {
            // Nothing is under way, so whatever is not acknowledged must be offered, however old.
            self.cursor = 0;
        }
        let room = WINDOW - self.open.len();
        let due = self.nudged || self.look_at <= now || (self.more && room >= REFILL);
        if self.asked.is_some() || room == 0 || !due {
            return None;
        }
        self.asked = Some(self.cursor);
        self.more = false;
        self.nudged = false;
        Some((self.cursor, room))
    }

    /// The store's answer; returns what to offer, in order.
    pub(super) fn answer(&mut self, mut offers: Vec<Offer>, more: bool, now: Tick) -> Vec<Offer> {
        self.look_at = now + LOOK_EVERY;
        if self.asked.take() != Some(self.cursor) {
            self.nudged = true;
            return Vec::new();
        }
        offers.retain(|offer| offer.job.seq > self.cursor);
        offers.sort_by_key(|offer| offer.job.seq);
        let room = WINDOW - self.open.len();
        self.more = more || offers.len() > room;
        offers.truncate(room);
        for offer in &offers {
            self.cursor = offer.job.seq;
            self.open.insert(
                offer.job.seq,
                Open {
                    id: offer.job.id.clone(),
                    at: now,
                },
            );
        }
        offers
    }

    /// The job is in the agent's spool, or needs no spool any more.
    pub(super) fn close(&mut self, id: &JobId) {
        self.open.retain(|_, open| open.id != *id);
    }

    pub(super) fn timeout(&self) -> Option<Tick> {
        let room = self.asked.is_none() && self.open.len() < WINDOW;
        self.offered_until()
            .into_iter()
            .chain(room.then_some(self.look_at))
            .min()
    }

    fn offered_until(&self) -> Option<Tick> {
        self.open
            .values()
            .map(|open| open.at)
            .min()
            .map(|at| at + OFFER_AGAIN_AFTER)
    }
}
