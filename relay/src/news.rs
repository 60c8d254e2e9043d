//! Wakes whoever waits for an outlet's next event. A hint alone: who waits looks at the log.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::store::OutletId;

/// The newest event's number of each outlet that somebody waits for.
#[derive(Debug, Default)]
pub struct News(Mutex<HashMap<OutletId, watch::Sender<u64>>>);

impl News {
    /// Hears of the outlet's events from now on.
    #[must_use]
    pub fn listen(&self, outlet: &OutletId) -> watch::Receiver<u64> {
        let mut outlets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        outlets
            .entry(OutletId::clone(outlet))
            .or_insert_with(|| watch::Sender::new(0))
            .subscribe()
    }

    /// The outlet has an event of that number. Outlets for which nobody waits are forgotten.
    pub fn tell(&self, outlet: &OutletId, seq: u64) {
        let mut outlets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(listeners) = outlets.get(outlet) else {
            return;
        };
        if listeners.receiver_count() == 0 {
            outlets.remove(outlet);
        } else {
            listeners.send_replace(seq);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_hears_and_nobody_is_kept_for_no_one() {
        let news = News::default();
        let demo = OutletId::from("demo");
        let mut waiting = news.listen(&demo);
        news.tell(&OutletId::from("other"), 9);
        assert!(!waiting.has_changed().unwrap());
        news.tell(&demo, 4);
        assert_eq!(*waiting.borrow_and_update(), 4);
        drop(waiting);
        news.tell(&demo, 5);
        assert!(news.0.lock().unwrap().is_empty());
    }
}
