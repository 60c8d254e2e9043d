//! The wall clock, corrected by what the relay last said.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// This computer's clock and how far it is off. Copies share the correction.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    behind_ms: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that is known to be `behind_ms` milliseconds behind the relay's.
    #[must_use]
    pub fn new(behind_ms: i64) -> Self {
        Self {
            behind_ms: Arc::new(AtomicI64::new(behind_ms)),
        }
    }

    /// The time by the relay's clock, as far as it is known.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let own = Timestamp::now();
        own.checked_add(SignedDuration::from_millis(self.behind_ms()))
            .unwrap_or(own)
    }

    /// How far this computer's clock is behind the relay's, in milliseconds; negative: ahead.
    #[must_use]
    pub fn behind_ms(&self) -> i64 {
        self.behind_ms.load(Ordering::Relaxed)
    }

    /// The relay's clock says `relay_now`, `own_now` being this computer's uncorrected one.
    pub fn correct(&self, relay_now: Timestamp, own_now: Timestamp) {
        let behind = relay_now.duration_since(own_now).as_millis();
        self.behind_ms
            .store(i64::try_from(behind).unwrap_or(0), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_a_clock_that_is_a_day_off_tells_the_relays_time() {
        let clock = Clock::default();
        let own = Timestamp::now();
        let relay = own + SignedDuration::from_hours(24);
        clock.correct(relay, own);
        let copy = clock.clone();
        assert_eq!(copy.behind_ms(), 86_400_000);
        assert!(copy.now() >= relay);
    }
}
