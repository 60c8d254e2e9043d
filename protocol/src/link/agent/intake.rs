//! Offers on their way into the spool: one at a time, in order, none behind a refused one.

use std::collections::{BTreeMap, VecDeque};

use super::super::MAX_STATIONS;
use crate::frames::Offer;
use crate::job::JobId;

/// Offers that are not in the spool yet.
#[derive(Debug)]
pub(super) struct Intake {
    queue: VecDeque<Box<Offer>>,
    /// With the spool; outlives the connection.
    spooling: Option<Box<Offer>>,
    /// Stations of which an offer was refused, with the last `seq` seen. What comes behind must not overtake
    /// it (I5): nothing is taken until the relay begins to offer from the front again.
    blocked: BTreeMap<String, u64>,
    bound: usize,
}

impl Intake {
    /// Takes at most `bound` offers.
    pub(super) fn new(bound: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            spooling: None,
            blocked: BTreeMap::new(),
            bound,
        }
    }

    /// An offer came, known or not. In one pass they come by ascending `seq`; a step back is a new pass.
    pub(super) fn see(&mut self, offer: &Offer) {
        let Some(last) = self.blocked.get_mut(&offer.job.station) else {
            return;
        };
        if offer.job.seq > *last {
            *last = offer.job.seq;
        } else {
            self.blocked.remove(&offer.job.station);
        }
    }

    /// An offer came that is not known.
    pub(super) fn offer(&mut self, offer: Box<Offer>) {
        let id = &offer.job.id;
        let under_way = self
            .spooling
            .iter()
            .chain(&self.queue)
            .any(|other| other.job.id == *id);
        if !under_way && !self.blocked.contains_key(&offer.job.station) {
            self.queue.push_back(offer);
        }
    }

    /// More offers than any honest relay makes.
    pub(super) fn is_flooded(&self) -> bool {
        self.queue.len() > self.bound || self.blocked.len() > MAX_STATIONS
    }

    /// The offer to spool now; nothing while one is being spooled.
    pub(super) fn next(&mut self) -> Option<Box<Offer>> {
        if self.spooling.is_some() {
            return None;
        }
        let offer = self.queue.pop_front()?;
        self.spooling = Some(offer.clone());
        Some(offer)
    }

    /// The spool has it. False if it was not asked, or has said so already.
    pub(super) fn done(&mut self, id: &JobId) -> bool {
        self.spooling.take_if(|offer| offer.job.id == *id).is_some()
    }

    /// The spool could not take it: nor shall it take what came behind.
    pub(super) fn refused(&mut self, id: &JobId) {
        let Some(offer) = self.spooling.take_if(|offer| offer.job.id == *id) else {
            return;
        };
        self.refuse(&offer);
        for offer in std::mem::take(&mut self.queue) {
            self.refuse(&offer);
        }
    }

    /// Leaves an offer at the relay.
    pub(super) fn refuse(&mut self, offer: &Offer) {
        let last = self.blocked.entry(offer.job.station.clone()).or_default();
        *last = offer.job.seq.max(*last);
    }

    /// The connection is gone; the relay will offer again.
    pub(super) fn forget(&mut self) {
        self.queue.clear();
        self.blocked.clear();
    }
}
