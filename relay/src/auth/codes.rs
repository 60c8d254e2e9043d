//! One-time codes for screens: eight letters that a cook types once instead of a token of three hundred.
//!
//! The store keeps a code's hash and what it stands for, so that it outlives the relay. No clock here, no store.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::jwt::Claims;
use crate::order::{Actor, Role};

/// Crockford's base 32: no I, L, O or U, which people misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters of a code: 40 bits, of which a caller may try a few a minute.
pub const LETTERS: usize = 8;

/// What a code is exchanged for, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The token's claims; its times are set when it is signed.
    pub claims: Claims,
    /// The role of who made the code.
    pub by_role: Role,
    /// And the name.
    pub by: String,
}

impl Waiting {
    /// Who made the code.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            role: self.by_role,
            subject: self.by.clone(),
        }
    }
}

/// A code of these random bytes, as people read it.
#[must_use]
pub fn code(random: [u8; LETTERS]) -> String {
    let letters: String = random
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter))
        .collect();
    let (one, other) = letters.split_at(LETTERS / 2);
    format!("{one}-{other}")
}

/// What is kept of a code, however it was typed: without case, hyphens and spaces, `O` for 0, `I` and `L` for 1.
#[must_use]
pub fn hash(typed: &str) -> [u8; 32] {
    let letters = typed.chars().filter(|letter| letter.is_alphanumeric());
    let normal: String = letters
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    Sha256::digest(normal.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let shown = code([0, 1, 10, 31, 32, 33, 200, 255]);
        assert_eq!(shown, "01AZ-018Z");
        for typed in ["01AZ-018Z", " olaz oi8z", "o1az018z"] {
            assert_eq!(hash(typed), hash(&shown), "{typed}");
        }
        assert_ne!(hash("01AZ-0180"), hash(&shown));
    }

    #[test]
    fn what_a_code_stands_for_is_read_back_as_it_was_kept() {
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
        let waiting = Waiting {
            claims,
            by_role: Role::Manager,
            by: "anna".to_owned(),
        };
        let kept = serde_json::to_string(&waiting).unwrap();
        assert_eq!(serde_json::from_str::<Waiting>(&kept).unwrap(), waiting);
        assert_eq!(waiting.actor().subject, "anna");
    }
}
