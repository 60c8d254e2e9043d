//! Limits on what one caller may ask: settings with their defaults, and the meter for requests.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// Wrong pairing codes an address may try in a minute. A person mistypes a few times; guessing a
/// code needs millions of tries.
const ENROLMENTS_PER_MINUTE: u32 = 20;

/// The limits of DIALECTS.md, "Default limits". 0 is off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Requests a second and token (or address, without one).
    pub requests_per_second: u32,
    /// Requests that may come at once.
    pub request_burst: u32,
    /// Frames a second and socket.
    pub frames_per_second: u32,
    /// Frames that may come at once.
    pub frame_burst: u32,
    /// Rooms that one socket may be in.
    pub rooms_per_socket: usize,
    /// Sockets that one outlet may hold.
    pub connections_per_outlet: usize,
    /// Connections of one address that have not shown a valid token.
    pub strangers_per_address: usize,
    /// Bytes of a frame.
    pub frame_bytes: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            requests_per_second: 100,
            request_burst: 500,
            frames_per_second: 50,
            frame_burst: 200,
            rooms_per_socket: 64,
            connections_per_outlet: 2_000,
            strangers_per_address: 128,
            frame_bytes: 256 * 1024,
            body_bytes: 1024 * 1024,
        }
    }
}

/// Who is metered: a token, or an address where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Outlet and subject of a token.
    Token(String),
    /// An address; of IPv6 the /64, which is what one customer gets.
    Address(IpAddr),
}

impl Caller {
    /// The caller at `address`.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self::Address(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(
                || IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
                IpAddr::V4,
            ),
        })
    }
}

/// Meters requests.
#[derive(Debug)]
pub struct Meter {
    clock: DefaultClock,
    requests: Option<DefaultKeyedRateLimiter<Caller>>,
    enrolments: Option<DefaultKeyedRateLimiter<Caller>>,
}

impl Meter {
    /// A meter with these limits; `off` lets everything pass (`--insecure-no-auth`).
    #[must_use]
    pub fn new(settings: &LimitSettings, off: bool) -> Self {
        let requests = NonZeroU32::new(settings.requests_per_second).map(|rate| {
            let burst = NonZeroU32::new(settings.request_burst).unwrap_or(rate);
            DefaultKeyedRateLimiter::keyed(Quota::per_second(rate).allow_burst(burst))
        });
        let enrolments = NonZeroU32::new(ENROLMENTS_PER_MINUTE)
            .map(|rate| DefaultKeyedRateLimiter::keyed(Quota::per_minute(rate)));
        Self {
            clock: DefaultClock::default(),
            requests: requests.filter(|_| !off),
            enrolments: enrolments.filter(|_| !off),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn request(&self, caller: &Caller) -> Result<(), Problem> {
        self.count(self.requests.as_ref(), caller)
    }

    /// Counts a try of a pairing code.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn enrolment(&self, address: IpAddr) -> Result<(), Problem> {
        self.count(self.enrolments.as_ref(), &Caller::at(address))
    }

    /// Forgets callers that have been quiet; to be called once a minute, so that memory is bounded
    /// by a minute's callers.
    pub fn forget_quiet(&self) {
        for limiter in [&self.requests, &self.enrolments].into_iter().flatten() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    fn count(
        &self,
        limiter: Option<&DefaultKeyedRateLimiter<Caller>>,
        caller: &Caller,
    ) -> Result<(), Problem> {
        let Some(limiter) = limiter else { return Ok(()) };
        limiter.check_key(caller).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Problem::rate_limited(wait.max(Duration::from_millis(1)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tight() -> LimitSettings {
        LimitSettings {
            requests_per_second: 1,
            request_burst: 2,
            ..LimitSettings::default()
        }
    }

    #[test]
    fn a_burst_passes_and_the_next_request_waits() {
        let meter = Meter::new(&tight(), false);
        let caller = Caller::at([10, 0, 0, 1].into());
        assert!(meter.request(&caller).is_ok());
        assert!(meter.request(&caller).is_ok());
        let refused = meter.request(&caller).unwrap_err();
        assert!(refused.retry_after.is_some());
        assert!(meter.request(&Caller::Token("demo/pos".into())).is_ok());
    }

    #[test]
    fn nothing_is_metered_where_limits_are_off() {
        let meter = Meter::new(&tight(), true);
        let caller = Caller::at([10, 0, 0, 1].into());
        assert!((0..10).all(|_| meter.request(&caller).is_ok()));
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_caller() {
        let one = Caller::at("2001:db8::1".parse().unwrap());
        assert_eq!(one, Caller::at("2001:db8::ffff".parse().unwrap()));
        assert_ne!(one, Caller::at("2001:db8:0:1::1".parse().unwrap()));
    }
}
