//! What was told to whom, and how it went: the latest of each outlet, in memory.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::bell::{Bell, News, Trouble};
use crate::routing::settings::Target;
use crate::store::OutletId;

/// Deliveries of an outlet that are shown.
const LATEST: usize = 50;
/// Outlets that are remembered; past it, all begin anew.
const MOST_OUTLETS: usize = 10_000;

/// Something that was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Its id, the same however often it is tried.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// To whom.
    #[serde(flatten)]
    pub target: Target,
    /// What.
    pub text: String,
    /// That something is over.
    pub over: bool,
    /// Whether it arrived; none while it is tried.
    pub delivered: Option<bool>,
    /// How often it was tried.
    pub tries: usize,
    /// Why it did not arrive.
    pub detail: Option<String>,
}

/// Troubles and deliveries of all outlets.
#[derive(Debug, Default)]
pub struct Alarms(Mutex<HashMap<OutletId, House>>);

#[derive(Debug, Default)]
struct House {
    bell: Bell,
    latest: VecDeque<Delivery>,
}

impl Alarms {
    /// What is new and what is over.
    pub(super) fn look(
        &self,
        outlet: &OutletId,
        wrong: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Vec<News> {
        self.with(outlet, |house| house.bell.look(wrong, now))
    }

    /// What is wrong now.
    #[must_use]
    pub fn open(&self, outlet: &OutletId) -> Vec<Trouble> {
        self.with(outlet, |house| house.bell.open())
    }

    /// Writes down that something is about to be told.
    pub(super) fn note(&self, outlet: &OutletId, target: &Target, text: String, over: bool) -> Delivery {
        let delivery = Delivery {
            id: Uuid::now_v7().to_string(),
            at: Timestamp::now(),
            target: target.clone(),
            text,
            over,
            delivered: None,
            tries: 0,
            detail: None,
        };
        self.with(outlet, |house| {
            house.latest.push_front(delivery.clone());
            house.latest.truncate(LATEST);
        });
        delivery
    }

    /// Writes down how it went.
    pub(super) fn settle(&self, outlet: &OutletId, id: &str, tries: usize, failed: Option<String>) {
        self.with(outlet, |house| {
            if let Some(found) = house.latest.iter_mut().find(|known| known.id == id) {
                found.delivered = Some(failed.is_none());
                found.tries += tries;
                found.detail = failed;
            }
        });
    }

    /// One of them.
    #[must_use]
    pub fn delivery(&self, outlet: &OutletId, id: &str) -> Option<Delivery> {
        self.with(outlet, |house| {
            house.latest.iter().find(|known| known.id == id).cloned()
        })
    }

    /// The latest, the newest first.
    #[must_use]
    pub fn deliveries(&self, outlet: &OutletId) -> Vec<Delivery> {
        self.with(outlet, |house| house.latest.iter().cloned().collect())
    }

    fn with<T>(&self, outlet: &OutletId, work: impl FnOnce(&mut House) -> T) -> T {
        let mut houses: MutexGuard<'_, HashMap<OutletId, House>> =
            self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if houses.len() >= MOST_OUTLETS && !houses.contains_key(outlet) {
            houses.clear();
        }
        work(houses.entry(OutletId::clone(outlet)).or_default())
    }
}
