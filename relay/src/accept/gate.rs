//! How many strangers one address may bring (X2).
//!
//! A connection is a stranger until it shows a valid token. Where an address brings more strangers
//! than it may, its oldest stranger goes: so a flood cuts off itself, and an agent behind the same
//! address comes in, shows its token within milliseconds and is out of reach.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use crate::auth::peer::Network;

/// Counts strangers by address.
#[derive(Debug)]
pub struct Gate {
    /// 0: no limit.
    most: usize,
    /// Proxies bring everybody's connections.
    exempt: Vec<Network>,
    strangers: Strangers,
    next: AtomicU64,
}

type Strangers = Arc<Mutex<HashMap<IpAddr, VecDeque<(u64, CancellationToken)>>>>;

/// A connection's place among the strangers of its address.
#[derive(Debug)]
pub struct Entry {
    strangers: Strangers,
    address: IpAddr,
    id: u64,
    evicted: CancellationToken,
}

impl Gate {
    /// A gate for `most` strangers of one address (0: any number), trusted proxies excepted.
    #[must_use]
    pub fn new(most: usize, exempt: Vec<Network>) -> Self {
        Self {
            most,
            exempt,
            strangers: Strangers::default(),
            next: AtomicU64::new(0),
        }
    }

    /// A connection of that address comes in; its oldest stranger goes where there are too many.
    #[must_use]
    pub fn enter(&self, address: IpAddr) -> Entry {
        let entry = Entry {
            strangers: self.strangers.clone(),
            address,
            id: self.next.fetch_add(1, Ordering::Relaxed),
            evicted: CancellationToken::new(),
        };
        if self.most == 0 || self.exempt.iter().any(|network| network.contains(address)) {
            return entry;
        }
        let mut strangers = lock(&self.strangers);
        let here = strangers.entry(address).or_default();
        here.push_back((entry.id, entry.evicted.clone()));
        if here.len() > self.most
            && let Some((_, oldest)) = here.pop_front()
        {
            oldest.cancel();
        }
        drop(strangers);
        entry
    }
}

impl Entry {
    /// The connection has shown a valid token.
    pub fn is_known(&self) {
        let mut strangers = lock(&self.strangers);
        let Some(here) = strangers.get_mut(&self.address) else {
            return;
        };
        here.retain(|(id, _)| *id != self.id);
        if here.is_empty() {
            strangers.remove(&self.address);
        }
    }

    /// Waits until the connection must go.
    pub fn evicted(&self) -> WaitForCancellationFuture<'_> {
        self.evicted.cancelled()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.is_known();
    }
}

fn lock(strangers: &Strangers) -> MutexGuard<'_, HashMap<IpAddr, VecDeque<(u64, CancellationToken)>>> {
    strangers.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    fn gone(entry: &Entry) -> bool {
        entry.evicted.is_cancelled()
    }

    #[test]
    fn x2_the_oldest_stranger_of_an_address_makes_way() {
        let gate = Gate::new(2, vec![]);
        let first = gate.enter(HERE);
        let second = gate.enter(HERE);
        let elsewhere = gate.enter([198, 51, 100, 7].into());
        assert!(!gone(&first));
        let third = gate.enter(HERE);
        assert!(gone(&first));
        assert!(!gone(&second) && !gone(&third) && !gone(&elsewhere));
    }

    #[test]
    fn x2_whoever_has_shown_a_token_stays() {
        let gate = Gate::new(1, vec![]);
        let agent = gate.enter(HERE);
        agent.is_known();
        let flood: Vec<_> = (0..10).map(|_| gate.enter(HERE)).collect();
        assert!(!gone(&agent));
        assert_eq!(flood.iter().filter(|entry| gone(entry)).count(), 9);
    }

    #[test]
    fn proxies_are_not_counted_and_nothing_is_kept_of_who_left() {
        let gate = Gate::new(1, vec![Network::parse("203.0.113.0/24").unwrap()]);
        let entries: Vec<_> = (0..5).map(|_| gate.enter(HERE)).collect();
        assert!(entries.iter().all(|entry| !gone(entry)));
        let elsewhere = gate.enter([198, 51, 100, 7].into());
        drop(elsewhere);
        assert!(lock(&gate.strangers).is_empty());
    }
}
