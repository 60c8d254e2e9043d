//! Frames a second and socket, and the patience with one that sends more.

use std::time::{Duration, Instant};

use crate::auth::Identity;
use crate::limits::LimitSettings;
use crate::order::Role;
use crate::planted;
use crate::service::App;

/// How long a socket may go on over its rate before it is closed with 1008 (DIALECTS.md).
const PATIENCE: Duration = Duration::from_secs(10);

/// A token bucket for one socket.
#[derive(Debug)]
pub(in crate::sockets) struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    at: Instant,
    over_since: Option<Instant>,
}

/// What to do with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sockets) enum Verdict {
    /// Take it.
    Take,
    /// Answer `RATE_LIMITED`.
    Refuse,
    /// Close the socket.
    Close,
}

impl Bucket {
    /// The bucket of that caller's socket. An agent that comes back after an outage tells of every job
    /// it printed meanwhile at once (more than a thousand frames a second), and its link has limits of
    /// its own; without tokens there are none.
    pub(in crate::sockets) fn of(app: &App, who: &Identity, now: Instant) -> Self {
        Self::for_role(&app.config.limits, who.role, app.auth.is_insecure(), now)
    }

    fn for_role(limits: &LimitSettings, role: Role, is_insecure: bool, now: Instant) -> Self {
        if is_insecure || role == Role::Agent || planted::is("no frame rate") {
            return Self::new(0, 0, now);
        }
        Self::new(limits.frames_per_second, limits.frame_burst, now)
    }

    /// So many frames a second and at once; a rate of 0 is no limit.
    pub(in crate::sockets) fn new(rate: u32, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst.max(1));
        Self {
            rate: f64::from(rate),
            burst,
            tokens: burst,
            at: now,
            over_since: None,
        }
    }

    /// A frame came.
    pub(in crate::sockets) fn frame(&mut self, now: Instant) -> Verdict {
        if self.rate <= 0.0 {
            return Verdict::Take;
        }
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.burst);
        self.at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            if self.tokens > self.burst / 2.0 {
                self.over_since = None;
            }
            return Verdict::Take;
        }
        let since = *self.over_since.get_or_insert(now);
        if now.saturating_duration_since(since) >= PATIENCE {
            Verdict::Close
        } else {
            Verdict::Refuse
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_not_metered_and_a_screen_is() {
        let limits = LimitSettings {
            frames_per_second: 1,
            frame_burst: 1,
            ..LimitSettings::default()
        };
        let now = Instant::now();
        let bucket = |role, is_insecure| {
            let mut bucket = Bucket::for_role(&limits, role, is_insecure, now);
            bucket.frame(now);
            bucket.frame(now)
        };
        assert_eq!(bucket(Role::Agent, false), Verdict::Take);
        assert_eq!(bucket(Role::Kitchen, false), Verdict::Refuse);
        assert_eq!(bucket(Role::Manager, true), Verdict::Take);
    }

    #[test]
    fn a_burst_passes_the_rest_is_refused_and_ten_seconds_of_it_close() {
        let begun = Instant::now();
        let mut bucket = Bucket::new(50, 200, begun);
        for _ in 0..200 {
            assert_eq!(bucket.frame(begun), Verdict::Take);
        }
        assert_eq!(bucket.frame(begun), Verdict::Refuse);
        let mut closed_at = None;
        for step in 1..1_200_u64 {
            let now = begun + Duration::from_millis(step * 10);
            if bucket.frame(now) == Verdict::Close && closed_at.is_none() {
                closed_at = Some(step);
            }
        }
        assert!((995..1_010).contains(&closed_at.unwrap()), "{closed_at:?}");
    }

    #[test]
    fn who_calms_down_is_forgiven_and_no_rate_is_no_limit() {
        let begun = Instant::now();
        let mut bucket = Bucket::new(50, 200, begun);
        for _ in 0..201 {
            bucket.frame(begun);
        }
        let later = begun + Duration::from_secs(9);
        assert_eq!(bucket.frame(later), Verdict::Take);
        for _ in 0..250 {
            bucket.frame(later);
        }
        assert_eq!(bucket.frame(later + Duration::from_secs(2)), Verdict::Take);
        let mut free = Bucket::new(0, 0, begun);
        assert!((0..10_000).all(|_| free.frame(begun) == Verdict::Take));
    }
}
