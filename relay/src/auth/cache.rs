//! Signed tokens that were proven before: checking a signature takes longer than the rest of a
//! request, and a till sends the same token all day.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::Identity;

/// Tokens remembered. A chain's staff and tablets fit; past it, all are forgotten and proven anew.
const CAPACITY: usize = 4_096;

/// How long a proof stands: a token that was taken back, at whichever node, is refused within 5 s.
const STANDS: SignedDuration = SignedDuration::from_secs(4);

/// Identities and when they were proven, by the hash of their token, so that no token lies in memory for
/// long.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<HashMap<[u8; 32], (Identity, Timestamp)>>);

impl Cache {
    /// The identity that this token was proven for a moment ago, unless it has expired since.
    pub(super) fn get(&self, token: &str, now: Timestamp) -> Option<Identity> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = hash(token);
        let (identity, proven) = known.get(&key)?;
        let is_over = identity.expires.is_none_or(|expires| expires <= now);
        if is_over || now.duration_since(*proven).abs() >= STANDS {
            known.remove(&key);
            return None;
        }
        Some(identity.clone())
    }

    /// Forgets them all.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Remembers a proven token.
    pub(super) fn put(&self, token: &str, identity: Identity, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(hash(token), (identity, now));
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Role;

    #[test]
    fn a_proven_token_is_remembered_until_it_expires() {
        let cache = Cache::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let identity = Identity::of_token("demo".into(), Role::Pos, "till".into(), at(100)).unwrap();
        cache.put("a.b.c", identity.clone(), at(98));
        assert_eq!(cache.get("a.b.c", at(99)), Some(identity.clone()));
        assert_eq!(cache.get("a.b.d", at(99)), None);
        assert_eq!(cache.get("a.b.c", at(100)), None);
        cache.put("a.b.c", identity, at(50));
        assert!(cache.get("a.b.c", at(53)).is_some());
        assert_eq!(cache.get("a.b.c", at(54)), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let cache = Cache::default();
        let far = Timestamp::from_second(4_000_000_000).unwrap();
        let identity = Identity::of_token("demo".into(), Role::Pos, "till".into(), far).unwrap();
        for number in 0..=CAPACITY {
            cache.put(&format!("{number}"), identity.clone(), far);
        }
        assert_eq!(cache.0.lock().unwrap().len(), 1);
    }
}
