//! How long a kitchen takes: learnt from orders as they become ready, told to guests as a window.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::order::event::Change;
use crate::order::{Event, Status, Subject};
use crate::store::OutletId;

/// Orders that count: about an hour of a small kitchen, so that a rush shows soon.
const LATEST: usize = 30;
/// Of fewer nobody can say anything.
const FEWEST: usize = 3;
/// Outlets that are remembered; past it, all are learnt anew.
const MOST_OUTLETS: usize = 10_000;
/// A window is this wide at least, in minutes: nobody cooks to the minute.
const NARROWEST_MIN: i64 = 5;

/// Seconds from an order to its being ready, of each outlet's latest orders.
#[derive(Debug, Default)]
pub struct Pace(Mutex<HashMap<OutletId, VecDeque<i64>>>);

impl Pace {
    /// Learns from an event.
    pub fn learn(&self, outlet: &OutletId, event: &Event) {
        let Some(took) = took(event) else { return };
        let mut outlets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if outlets.len() >= MOST_OUTLETS && !outlets.contains_key(outlet) {
            outlets.clear();
        }
        let latest = outlets.entry(OutletId::clone(outlet)).or_default();
        latest.push_back(took);
        if latest.len() > LATEST {
            latest.pop_front();
        }
    }

    /// When an order that was made at `since` is likely ready: half of the latest took a time within that window.
    #[must_use]
    pub fn window(&self, outlet: &OutletId, since: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let outlets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut took: Vec<i64> = outlets.get(outlet)?.iter().copied().collect();
        if took.len() < FEWEST {
            return None;
        }
        took.sort_unstable();
        let part = |share: usize| took.get((took.len() - 1) * share / 4).copied();
        let from = part(1)? / 60;
        let until = (part(3)? + 59) / 60;
        let at = |minutes| since.checked_add(SignedDuration::from_mins(minutes)).ok();
        Some((at(from)?, at(until.max(from + NARROWEST_MIN))?))
    }
}

/// Seconds from the order to its being ready, of an event that says so.
fn took(event: &Event) -> Option<i64> {
    let Subject::Order { order, changes, .. } = &event.subject else {
        return None;
    };
    let is_ready = changes.iter().any(|change| {
        matches!(change, Change::Status { from, to, back: false, .. } if *from < Status::Ready && *to == Status::Ready)
    });
    is_ready.then(|| event.at.duration_since(order.created_at).as_secs().max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(minutes: &[i64]) -> Pace {
        let pace = Pace::default();
        let latest = minutes.iter().map(|minutes| minutes * 60).collect();
        pace.0.lock().unwrap().insert(OutletId::from("demo"), latest);
        pace
    }

    #[test]
    fn a_window_holds_the_middle_of_the_latest_orders_and_is_never_narrow() {
        let minutes = |latest: &[i64]| {
            let (from, until) = of(latest).window(&OutletId::from("demo"), Timestamp::UNIX_EPOCH)?;
            Some((from.as_second() / 60, until.as_second() / 60))
        };
        assert_eq!(minutes(&[4, 8]), None, "two orders say nothing");
        assert_eq!(minutes(&[60, 10, 20, 12, 16]), Some((12, 20)));
        assert_eq!(minutes(&[9, 9, 9]), Some((9, 14)));
        assert_eq!(
            of(&[9, 9, 9]).window(&OutletId::from("other"), Timestamp::UNIX_EPOCH),
            None
        );
    }
}
