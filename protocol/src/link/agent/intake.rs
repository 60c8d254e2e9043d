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
    /// Per station the refused offer with the lowest `seq`. Later ones must not overtake it (I5): the relay
    /// offers all again, in order.
    floors: BTreeMap<String, u64>,
    bound: usize,
}

impl Intake {
    /// Takes at most `bound` offers.
    pub(super) fn new(bound: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            spooling: None,
            floors: BTreeMap::new(),
            bound,
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
        if under_way || !self.may_pass(&offer) {
            return;
        }
        self.queue.push_back(offer);
    }

    /// More offers than any honest relay makes.
    pub(super) fn is_flooded(&self) -> bool {
        self.queue.len() > self.bound || self.floors.len() > MAX_STATIONS
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

    /// The spool has it.
    pub(super) fn done(&mut self, id: &JobId) {
        self.spooling.take_if(|offer| offer.job.id == *id);
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
        let floor = self
            .floors
            .entry(offer.job.station.clone())
            .or_insert(offer.job.seq);
        *floor = offer.job.seq.min(*floor);
    }

    /// The connection is gone; the relay will offer again.
    pub(super) fn forget(&mut self) {
        self.queue.clear();
        self.floors.clear();
    }

    fn may_pass(&mut self, offer: &Offer) -> bool {
        match self.floors.get(&offer.job.station) {
            Some(floor) if offer.job.seq > *floor => false,
            Some(_) => {
                self.floors.remove(&offer.job.station);
                true
            }
            None => true,
        }
    }
}
