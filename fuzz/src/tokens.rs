//! Tokens: nobody's word is taken without a signature, and a signature alone is not enough.

use std::sync::LazyLock;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use relay::auth::issuer::{Issuer, IssuerSettings};
use relay::auth::jwt::{self, Claims, LEEWAY_SECONDS};
use relay::auth::keys::Keys;
use serde_json::Value;

/// The vendor's secret, 32 bytes.
const SECRET: &[u8] = b"a vendor's secret of 32 bytes...";

/// The one outlet that the vendor may name.
const OUTLET: &str = "bistro";

struct Door {
    keys: Keys,
    vendors: Vec<Issuer>,
}

static DOOR: LazyLock<Door> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    let vendor = IssuerSettings {
        iss: "vendor".to_owned(),
        alg: "HS256".to_owned(),
        secret_file: Some(secret),
        public_key_file: None,
        jwks_url: None,
        outlets: vec![OUTLET.to_owned()],
        outlet_claim: "outlet".to_owned(),
    };
    Door {
        keys: Keys::open(folder.path()).unwrap(),
        vendors: vec![Issuer::load(&vendor, jwt::ISSUER).unwrap()],
    }
});

/// `v` and claims: signed by the vendor. `o` and claims: signed by the relay itself. Anything else is a token as it came,
/// which nobody has signed.
pub(crate) fn token(bytes: &[u8]) {
    let door = &*DOOR;
    let verify = |token: &str| jwt::verify(token, &door.keys, &door.vendors);
    match bytes {
        [b'v', claims @ ..] => {
            let Ok(claims) = serde_json::from_slice::<Value>(claims) else {
                return;
            };
            let key = EncodingKey::from_secret(SECRET);
            let Ok(token) = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key) else {
                return;
            };
            if let Ok(identity) = verify(&token) {
                assert_eq!(identity.outlet.as_ref() as &str, OUTLET, "{claims}");
                assert!(claims["exp"].is_number() && claims["iss"] == "vendor", "{claims}");
                in_time(identity.expires.unwrap());
                assert!(!identity.operator, "{claims}");
            }
        }
        [b'o', claims @ ..] => {
            let Ok(claims) = serde_json::from_slice::<Claims>(claims) else {
                return;
            };
            let token = jwt::sign(&door.keys, &claims).unwrap();
            if let Ok(identity) = verify(&token) {
                in_time(identity.expires.unwrap());
                assert_eq!(claims.aud, jwt::AUDIENCE);
            }
            // One letter less, and nobody has signed it.
            assert!(verify(&token[..token.len() - 1]).is_err());
        }
        token => assert!(verify(&String::from_utf8_lossy(token)).is_err()),
    }
}

fn in_time(expires: Timestamp) {
    let leeway = jiff::SignedDuration::from_secs(i64::try_from(LEEWAY_SECONDS).unwrap() + 1);
    assert!(expires.saturating_add(leeway).unwrap() > Timestamp::now());
}
