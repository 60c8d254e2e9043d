//! A vendor's keys behind an address (`jwks_url`, RFC 7517): fetched, kept, and fetched again.
//!
//! A fetch that fails keeps the keys that were there; one that succeeds replaces them all, so that a key
//! that the vendor took out is refused soon.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use tracing::{info, warn};

use super::fetch::{self, Address, FetchError};

/// How old keys may be before they are fetched again.
const FRESH_FOR: Duration = Duration::from_secs(600);

/// At most one fetch in this time: whoever sends tokens with made-up `kid`s shall not make this relay send
/// as many requests.
const AT_MOST_EVERY: Duration = Duration::from_secs(10);

/// Most keys of one vendor.
const MOST_KEYS: usize = 64;

/// Keys by their `kid`; one without has the empty one.
type Keys = HashMap<String, DecodingKey>;

/// The keys behind one address.
#[derive(Debug)]
pub(super) struct Remote {
    iss: String,
    address: Address,
    algorithm: Algorithm,
    known: Mutex<Known>,
    /// Held while one fetches, so that the others wait for it instead of asking too.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: Arc<Keys>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.keys()).finish()
    }
}

impl Remote {
    /// Keys of which none is known yet.
    pub(super) fn new(iss: &str, url: &str, algorithm: Algorithm) -> Result<Self, FetchError> {
        Ok(Self {
            iss: iss.to_owned(),
            address: Address::parse(url)?,
            algorithm,
            known: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        })
    }

    /// The key of that `kid`; where the token names none, the only one there is.
    pub(super) fn key(&self, kid: Option<&str>) -> Option<DecodingKey> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match kid {
            Some(kid) => known.keys.get(kid).cloned(),
            None if known.keys.len() == 1 => known.keys.values().next().cloned(),
            None => None,
        }
    }

    /// Fetches the keys where that of this `kid` is not known and nobody asked a moment ago.
    pub(super) async fn look_for(&self, kid: Option<&str>) {
        if self.key(kid).is_some() {
            return;
        }
        let _alone = self.fetching.lock().await;
        if self.key(kid).is_none() && self.may_ask(AT_MOST_EVERY) {
            self.fetch().await;
        }
    }

    /// Fetches the keys where they are old.
    pub(super) async fn refresh(&self) {
        let _alone = self.fetching.lock().await;
        if self.is_old() && self.may_ask(AT_MOST_EVERY) {
            self.fetch().await;
        }
    }

    fn is_old(&self) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.fetched.is_none_or(|at| at.elapsed() >= FRESH_FOR)
    }

    fn may_ask(&self, pause: Duration) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let may = known.tried.is_none_or(|at| at.elapsed() >= pause);
        if may {
            known.tried = Some(Instant::now());
        }
        may
    }

    async fn fetch(&self) {
        let iss = &self.iss;
        let read = match fetch::get(&self.address).await {
            Ok(body) => read(&body, self.algorithm),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(keys) => {
                info!(
                    iss,
                    keys = keys.len(),
                    "{} keys of issuer {iss} are known",
                    keys.len()
                );
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                known.keys = Arc::new(keys);
                known.fetched = Some(Instant::now());
            }
            Err(why) => warn!(
                iss,
                "the keys of issuer {iss} cannot be fetched, those that are known stay: {why}"
            ),
        }
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// The keys of a set that can prove tokens of this algorithm; others are passed over.
fn read(body: &[u8], algorithm: Algorithm) -> Result<Keys, String> {
    let set: Set = serde_json::from_slice(body).map_err(|error| format!("it is no key set: {error}"))?;
    let keys: Keys = set
        .keys
        .into_iter()
        .take(MOST_KEYS)
        .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
        .filter(|key| proves(key, algorithm))
        .filter_map(|key| {
            let kid = key.common.key_id.clone().unwrap_or_default();
            Some((kid, DecodingKey::from_jwk(&key).ok()?))
        })
        .collect();
    if keys.is_empty() {
        return Err(format!("it has no key for {algorithm:?}"));
    }
    Ok(keys)
}

/// Whether a key is for signatures of this algorithm and of no other.
fn proves(key: &Jwk, algorithm: Algorithm) -> bool {
    let signs = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let (named, fits) = match (algorithm, &key.algorithm) {
        (Algorithm::EdDSA, AlgorithmParameters::OctetKeyPair(pair)) => {
            (KeyAlgorithm::EdDSA, pair.curve == EllipticCurve::Ed25519)
        }
        (Algorithm::ES256, AlgorithmParameters::EllipticCurve(curve)) => {
            (KeyAlgorithm::ES256, curve.curve == EllipticCurve::P256)
        }
        (Algorithm::RS256, AlgorithmParameters::RSA(_)) => (KeyAlgorithm::RS256, true),
        _ => return false,
    };
    signs && fits && key.common.key_algorithm.is_none_or(|its| its == named)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The key of RFC 8037, appendix A.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn keys_of_another_kind_prove_nothing() {
        let ed = json!({"kty": "OKP", "crv": "Ed25519", "x": X, "kid": "a"});
        let with = |field: &str, value: &str| {
            let mut key = ed.clone();
            key[field] = json!(value);
            key
        };
        let set = |keys: Vec<Value>| json!({ "keys": keys }).to_string();
        let good = [ed.clone(), with("use", "sig"), with("alg", "EdDSA")];
        for key in good {
            assert!(
                read(set(vec![key.clone()]).as_bytes(), Algorithm::EdDSA).is_ok(),
                "{key}"
            );
        }
        let secret = json!({"kty": "oct", "k": "c2VjcmV0", "kid": "a"});
        for key in [
            secret,
            with("use", "enc"),
            with("alg", "ES256"),
            with("crv", "X25519"),
            json!(7),
        ] {
            assert!(
                read(set(vec![key.clone()]).as_bytes(), Algorithm::EdDSA).is_err(),
                "{key}"
            );
            assert_eq!(
                read(set(vec![key, ed.clone()]).as_bytes(), Algorithm::EdDSA)
                    .unwrap()
                    .len(),
                1
            );
        }
        for algorithm in [Algorithm::RS256, Algorithm::ES256] {
            assert!(read(set(vec![ed.clone()]).as_bytes(), algorithm).is_err());
        }
        assert!(read(b"<html>", Algorithm::EdDSA).is_err());
    }
}
