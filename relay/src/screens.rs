//! Kitchen displays that are heard of: a station without a computer is served by its screen, and when that is dead its
//! tickets go to the backup's printer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::store::OutletId;

/// A screen that was not heard of for so long shows old orders, and says so itself (PRODUCT.md: red after 40 s).
pub const DEAD_AFTER: Duration = Duration::from_secs(40);
/// Longer than that nobody has missed it.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(12 * 3600);
/// Screens that are remembered.
const MOST: usize = 10_000;

/// When each station's screens were heard of last. One that shows every station stands under no name.
#[derive(Debug, Default)]
pub struct Screens(Mutex<HashMap<(OutletId, String), Instant>>);

impl Screens {
    /// A screen of that station shows what there is now.
    pub fn heard(&self, outlet: &OutletId, station: &str, now: Instant) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.len() >= MOST {
            heard.retain(|_, at| now.saturating_duration_since(*at) < DEAD_AFTER);
        }
        if heard.len() < MOST {
            heard.insert((OutletId::clone(outlet), station.to_owned()), now);
        }
    }

    /// A screen of that station was shut by a person: nobody waits for it.
    pub fn left(&self, outlet: &OutletId, station: &str) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.remove(&(OutletId::clone(outlet), station.to_owned()));
    }

    /// For how long nothing was heard of the screens that show a station; none where there is no such screen.
    #[must_use]
    pub fn silence(&self, outlet: &str, station: &str, now: Instant) -> Option<Duration> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = |name: &str| heard.get(&(OutletId::from(outlet), name.to_owned())).copied();
        let latest = at(station).max(at(""))?;
        Some(now.saturating_duration_since(latest)).filter(|silence| *silence < FORGOTTEN_AFTER)
    }

    /// Whether a screen shows that station now.
    #[must_use]
    pub fn shows(&self, outlet: &str, station: &str, now: Instant) -> bool {
        self.silence(outlet, station, now)
            .is_some_and(|silence| silence < DEAD_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_dead_after_forty_seconds_and_one_for_all_stations_counts_for_each() {
        let screens = Screens::default();
        let (demo, now) = (OutletId::from("demo"), Instant::now());
        let later = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(screens.silence("demo", "kitchen", now), None);
        screens.heard(&demo, "kitchen", now);
        assert!(screens.shows("demo", "kitchen", later(39)));
        assert!(!screens.shows("demo", "kitchen", later(40)));
        assert!(
            !screens.shows("other", "kitchen", later(1)),
            "another outlet's is none"
        );
        assert_eq!(screens.silence("demo", "bar_depan", later(1)), None);
        screens.heard(&demo, "", later(41));
        assert!(screens.shows("demo", "kitchen", later(42)) && screens.shows("demo", "bar_depan", later(42)));
        screens.left(&demo, "");
        assert!(!screens.shows("demo", "bar_depan", later(42)));
    }
}
