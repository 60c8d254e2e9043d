//! How long to wait before the next connection: full jitter, doubling to a cap, without an end.

use std::time::Duration;

use rand::{Rng, RngExt as _};

/// Upper end of the first wait: a relay that restarts at once is found at once.
pub const BASE: Duration = Duration::from_secs(1);
/// Upper end of every later wait, so that 1,000 agents are back within 60 s of a relay's return.
pub const CAP: Duration = Duration::from_secs(30);
/// The longest wait that a relay may ask for; a wrong number must not switch a kitchen off.
pub const ASKED_MAX: Duration = Duration::from_secs(120);

/// Counts failures and draws waits.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Draws the next wait: uniform between zero and the ceiling, which doubles from [`BASE`] to [`CAP`].
    ///
    /// Where the relay `asked` for a wait (at most [`ASKED_MAX`] is granted) it is kept in full, and the
    /// jitter comes on top: up to as much again, so that the relay decides how wide a crowd spreads.
    pub fn next_wait(&mut self, asked: Option<Duration>, rng: &mut impl Rng) -> Duration {
        let ceiling = self.ceiling();
        self.failures = self.failures.saturating_add(1);
        let asked = asked.unwrap_or_default().min(ASKED_MAX);
        asked + rng.random_range(Duration::ZERO..=ceiling.max(asked))
    }

    /// The link was useful: the next wait is a first one again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    fn ceiling(&self) -> Duration {
        BASE.saturating_mul(2_u32.saturating_pow(self.failures)).min(CAP)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng as _, rngs::SmallRng};

    use super::*;

    /// Waits are drawn until a connection succeeds; the relay is away for `outage`.
    fn reconnects_at(seed: u64, outage: Duration) -> Duration {
        let mut rng = SmallRng::seed_from_u64(seed);
        let (mut backoff, mut at) = (Backoff::default(), Duration::ZERO);
        while at < outage {
            at += backoff.next_wait(None, &mut rng);
        }
        at
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_wait_is_over_its_ceiling_and_they_never_end(seed: u64, failures in 0_u32..100) {
            let mut rng = SmallRng::seed_from_u64(seed);
            let mut backoff = Backoff::default();
            for failure in 0..failures {
                let ceiling = Duration::from_secs(1 << failure.min(10)).min(CAP);
                prop_assert!(backoff.next_wait(None, &mut rng) <= ceiling);
            }
            backoff.reset();
            prop_assert!(backoff.next_wait(None, &mut rng) <= BASE);
        }

        #[test]
        fn what_the_relay_asks_for_is_kept_and_spread(seed: u64, asked_ms in 0_u64..1_000_000) {
            let mut rng = SmallRng::seed_from_u64(seed);
            let asked = Duration::from_millis(asked_ms);
            let wait = Backoff::default().next_wait(Some(asked), &mut rng);
            let granted = asked.min(ASKED_MAX);
            prop_assert!(wait >= granted && wait <= granted + granted.max(BASE));
        }

        #[test]
        fn n9_a_thousand_agents_are_back_within_a_minute_and_not_at_once(seed: u64, outage_s in 60_u64..300) {
            let outage = Duration::from_secs(outage_s);
            let mut seconds = std::collections::BTreeMap::<u64, u32>::new();
            for agent in 0..1000 {
                let back = reconnects_at(seed.wrapping_add(agent), outage) - outage;
                prop_assert!(back <= Duration::from_secs(60), "one took {back:?}");
                *seconds.entry(back.as_secs()).or_default() += 1;
            }
            prop_assert!(seconds.values().all(|crowd| *crowd < 200), "a crowd in one second: {seconds:?}");
        }
    }

    #[test]
    fn waits_fill_the_whole_range_evenly() {
        let mut rng = SmallRng::seed_from_u64(1);
        let mut backoff = Backoff { failures: 10 };
        let waits: Vec<_> = (0..3000).map(|_| backoff.next_wait(None, &mut rng)).collect();
        for third in 0..3 {
            let within = |wait: &&Duration| wait.as_secs() / 10 == third;
            let share = waits.iter().filter(within).count();
            assert!(
                (850..1150).contains(&share),
                "{share} of 3000 waits in the {third}. third"
            );
        }
    }
}
