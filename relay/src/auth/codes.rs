//! One-time codes for screens: eight letters that a cook types once instead of a token of three hundred.
//!
//! They lie in memory: whoever starts the relay anew makes another one. No clock here, no store.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::jwt::Claims;
use crate::order::Actor;

/// Crockford's base 32: no I, L, O or U, which people misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters of a code: 40 bits, of which a caller may try a few a minute.
const LETTERS: usize = 8;

/// Codes that may be open at once: a screen in every kitchen of a chain.
const MOST: usize = 1_000;

/// What a code is exchanged for.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The token's claims; its times are set when it is signed.
    pub claims: Claims,
    /// Who made the code.
    pub by: Actor,
    /// Until when it may be typed.
    pub until: Timestamp,
}

/// The open codes of this relay, kept as hashes.
#[derive(Debug, Default)]
pub struct Codes(Mutex<HashMap<[u8; 32], Waiting>>);

impl Codes {
    /// Makes a code of these random bytes; none where too many are open.
    pub fn open(&self, random: [u8; LETTERS], what: Waiting, now: Timestamp) -> Option<String> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, waiting| waiting.until > now);
        if open.len() >= MOST {
            return None;
        }
        let letters: String = random
            .iter()
            .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)))
            .map(|letter| char::from(*letter))
            .collect();
        open.insert(hash(&letters), what);
        let (one, other) = letters.split_at(LETTERS / 2);
        Some(format!("{one}-{other}"))
    }

    /// Takes a code, once.
    pub fn redeem(&self, typed: &str, now: Timestamp) -> Option<Waiting> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = open.remove(&hash(&normal(typed)));
        found.filter(|waiting| waiting.until > now)
    }
}

/// As people type it: without case, hyphens and spaces, `O` for 0, `I` and `L` for 1.
fn normal(typed: &str) -> String {
    let letters = typed.chars().filter(|letter| letter.is_alphanumeric());
    letters
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

fn hash(letters: &str) -> [u8; 32] {
    Sha256::digest(letters.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Role;

    fn what(until: i64) -> Waiting {
        let claims = Claims {
            iss: "printrail".to_owned(),
            aud: "printrail".to_owned(),
            sub: "grill".to_owned(),
            outlet: "demo".to_owned(),
            role: Role::Kitchen,
            table: None,
            iat: 0,
            exp: 0,
            jti: "1".to_owned(),
            operator: false,
        };
        let by = Actor {
            role: Role::Manager,
            subject: "anna".to_owned(),
        };
        Waiting {
            claims,
            by,
            until: at(until),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_code_opens_once_however_it_is_typed() {
        let codes = Codes::default();
        let code = codes
            .open([0, 1, 10, 31, 32, 33, 200, 255], what(100), at(0))
            .unwrap();
        assert_eq!(code, "01AZ-018Z");
        assert!(codes.redeem("01AZ-0180", at(1)).is_none());
        assert!(codes.redeem(" olaz oi8z", at(1)).is_some());
        assert!(codes.redeem("01AZ-018Z", at(1)).is_none());
    }

    #[test]
    fn a_code_ends_with_its_time_and_makes_room() {
        let codes = Codes::default();
        let code = codes.open([7; LETTERS], what(100), at(0)).unwrap();
        assert!(codes.redeem(&code, at(100)).is_none());
        for n in 0..MOST {
            let [a, b, ..] = n.to_le_bytes();
            let random = [a, a >> 5, b, 0, 0, 0, 0, 0];
            assert!(codes.open(random, what(100), at(0)).is_some());
        }
        assert!(codes.open([9; LETTERS], what(300), at(50)).is_none());
        assert!(codes.open([9; LETTERS], what(300), at(200)).is_some());
    }
}
