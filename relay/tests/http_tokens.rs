//! X6: tokens that nobody signed for this relay are refused, one by one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Served, claims};
use ed25519_dalek::pkcs8::{EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding};
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use relay::auth::issuer::IssuerSettings;
use relay::order::Role;
use serde_json::{Value, json};

const SECRET: &str = "a secret of thirty-two bytes, no less";

/// The relay's own key, the vendors' keys, and what is wrong in between.
struct Forge {
    own: SigningKey,
    kid: String,
    stranger: SigningKey,
    vendor: SigningKey,
}

impl Forge {
    fn own_header(&self) -> Value {
        json!({"typ": "JWT", "alg": "EdDSA", "kid": self.kid})
    }

    /// A token signed by the relay's own key, whatever it says.
    fn own(&self, header: &Value, claims: &Value) -> String {
        sealed(&self.own, header, claims)
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn sealed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let text = format!("{}.{}", part(header), part(claims));
    let signature = key.sign(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn hmac(secret: &[u8], algorithm: Algorithm, kid: Option<&str>, claims: &Value) -> String {
    let mut header = Header::new(algorithm);
    header.kid = kid.map(str::to_owned);
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

fn good() -> Value {
    serde_json::to_value(claims("demo", Role::Pos)).unwrap()
}

fn of_vendor(iss: &str) -> Value {
    let mut claims = good();
    claims["iss"] = json!(iss);
    claims
}

fn with(field: &str, value: Value) -> Value {
    let mut claims = good();
    claims[field] = value;
    claims
}

fn without(field: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(field);
    claims
}

fn own_key(data: &Path) -> SigningKey {
    use ed25519_dalek::pkcs8::DecodePrivateKey;
    let pem = std::fs::read_to_string(data.join("keys/0002.pem")).unwrap();
    SigningKey::from_pkcs8_pem(&pem).unwrap()
}

/// A relay that takes the tokens of `acme` (HS256) and `orbis` (EdDSA).
async fn relay() -> (Served, Forge) {
    let vendors = tempfile::tempdir().unwrap();
    let vendor = SigningKey::from_bytes(&[7; 32]);
    let secret_file = vendors.path().join("acme.secret");
    let public_key_file = vendors.path().join("orbis.pem");
    std::fs::write(&secret_file, SECRET).unwrap();
    let pem = vendor.verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
    std::fs::write(&public_key_file, pem).unwrap();
    let issuer = |iss: &str, alg: &str| IssuerSettings {
        iss: iss.into(),
        alg: alg.into(),
        secret_file: None,
        public_key_file: None,
        jwks_url: None,
        outlets: vec!["demo".into()],
        outlet_claim: "outlet".into(),
    };
    let relay = Served::with(|config| {
        config.limits.requests_per_second = 0;
        config.issuers = vec![
            IssuerSettings {
                secret_file: Some(secret_file),
                ..issuer("acme", "HS256")
            },
            IssuerSettings {
                public_key_file: Some(public_key_file),
                ..issuer("orbis", "EdDSA")
            },
        ];
    })
    .await;
    let forge = Forge {
        own: own_key(relay.dir.path()),
        kid: relay.app.auth.keys().signing().kid.clone(),
        stranger: SigningKey::from_bytes(&[9; 32]),
        vendor,
    };
    (relay, forge)
}

fn forged(forge: &Forge) -> Vec<(&'static str, String)> {
    let now = Timestamp::now().as_second();
    let header = forge.own_header();
    let own = |claims: &Value| forge.own(&header, claims);
    let good_token = own(&good());
    let (text, signature) = good_token.rsplit_once('.').unwrap();
    let public = forge.own.verifying_key().to_bytes();
    let head = |field: &str, value: Value| {
        let mut header = header.clone();
        header[field] = value;
        header
    };
    let unsigned = |alg: &str| {
        format!(
            "{}.{}.",
            part(&json!({"alg": alg, "kid": forge.kid})),
            part(&good())
        )
    };
    let mut outlet = of_vendor("acme");
    outlet["outlet"] = json!("other");
    let mut expired = of_vendor("acme");
    expired["exp"] = json!(now - 31);
    let pem = forge.own.to_pkcs8_pem(LineEnding::LF).unwrap();
    vec![
        ("none", unsigned("none")),
        ("None", unsigned("None")),
        ("NONE", unsigned("NONE")),
        ("no signature", format!("{text}.")),
        ("half a signature", format!("{text}.{}", &signature[..40])),
        (
            "a stranger's key under our kid",
            sealed(&forge.stranger, &header, &good()),
        ),
        (
            "a stranger's key and kid",
            sealed(&forge.stranger, &head("kid", json!("0011223344556677")), &good()),
        ),
        ("our key, no kid", forge.own(&json!({"alg": "EdDSA"}), &good())),
        (
            "our key, a path as kid",
            forge.own(&head("kid", json!("../../keys/0002.pem")), &good()),
        ),
        (
            "our key, a kid that is no text",
            forge.own(&head("kid", json!(7)), &good()),
        ),
        (
            "HS256 with our public key",
            hmac(&public, Algorithm::HS256, Some(&forge.kid), &good()),
        ),
        (
            "HS256 with our kid",
            hmac(forge.kid.as_bytes(), Algorithm::HS256, Some(&forge.kid), &good()),
        ),
        (
            "HS512 with our PEM",
            hmac(pem.as_bytes(), Algorithm::HS512, Some(&forge.kid), &good()),
        ),
        (
            "another algorithm named",
            forge.own(&head("alg", json!("ES256")), &good()),
        ),
        ("crit", forge.own(&head("crit", json!(["exp"])), &good())),
        ("no exp", own(&without("exp"))),
        ("exp as text", own(&with("exp", json!((now + 600).to_string())))),
        ("exp as null", own(&with("exp", Value::Null))),
        ("exp as a list", own(&with("exp", json!([now + 600])))),
        ("exp as true", own(&with("exp", json!(true)))),
        ("exp negative", own(&with("exp", json!(-1)))),
        ("exp beyond time", own(&with("exp", json!(1e300)))),
        ("expired", own(&with("exp", json!(now - 31)))),
        ("not yet", {
            let mut claims = good();
            claims["nbf"] = json!(now + 600);
            own(&claims)
        }),
        ("nbf as text", own(&with("nbf", json!("now")))),
        ("no aud", own(&without("aud"))),
        ("another aud", own(&with("aud", json!("other-service")))),
        ("aud as a prefix", own(&with("aud", json!("printrail-staging")))),
        ("aud in other case", own(&with("aud", json!("Printrail")))),
        ("no iss", own(&without("iss"))),
        ("an unknown iss", own(&with("iss", json!("evil")))),
        ("iss as a list", own(&with("iss", json!(["printrail", "acme"])))),
        ("no sub", own(&without("sub"))),
        ("no outlet", own(&without("outlet"))),
        ("outlet as a list", own(&with("outlet", json!(["demo", "other"])))),
        (
            "outlet that is none",
            own(&with("outlet", json!("demo/../other"))),
        ),
        ("no role", own(&without("role"))),
        ("a role that is none", own(&with("role", json!("owner")))),
        ("a signed agent", own(&with("role", json!("agent")))),
        ("claims changed after signing", {
            let head = text.split('.').next().unwrap();
            format!("{head}.{}.{signature}", part(&with("role", json!("manager"))))
        }),
        ("a vendor's iss under our key", own(&of_vendor("acme"))),
        (
            "our iss under a vendor's secret",
            hmac(SECRET.as_bytes(), Algorithm::HS256, Some(&forge.kid), &good()),
        ),
        (
            "a vendor's token with another algorithm",
            hmac(SECRET.as_bytes(), Algorithm::HS384, None, &of_vendor("acme")),
        ),
        (
            "a vendor's token with another secret",
            hmac(b"guessed", Algorithm::HS256, None, &of_vendor("acme")),
        ),
        (
            "a vendor's token for an outlet that is not theirs",
            hmac(SECRET.as_bytes(), Algorithm::HS256, None, &outlet),
        ),
        (
            "a vendor's expired token",
            hmac(SECRET.as_bytes(), Algorithm::HS256, None, &expired),
        ),
        (
            "HS256 with another vendor's public key",
            hmac(
                &forge.vendor.verifying_key().to_bytes(),
                Algorithm::HS256,
                None,
                &of_vendor("orbis"),
            ),
        ),
        (
            "one vendor's key under another's iss",
            sealed(&forge.vendor, &json!({"alg": "EdDSA"}), &of_vendor("acme")),
        ),
        ("not base64", "a!.b!.c!".to_owned()),
        ("not JSON", format!("{0}.{0}.{0}", URL_SAFE_NO_PAD.encode("no"))),
        ("too long", format!("{good_token}{}", "a".repeat(5_000))),
        ("opaque and unknown", URL_SAFE_NO_PAD.encode([1; 32])),
        ("two dots", "..".to_owned()),
        ("four parts", format!("{good_token}.{signature}")),
    ]
}

#[tokio::test]
async fn x6_forged_tokens_are_refused() {
    let (relay, forge) = relay().await;
    let forged = forged(&forge);
    assert!(forged.len() >= 30);
    for (name, token) in forged {
        let answer = relay.call_with(&token, "GET", "/api/orders", &Value::Null).await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "UNAUTHORIZED".into()),
            "{name}: {}",
            answer.text
        );
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"printrail\"");
    }
    relay.stop().await;
}

#[tokio::test]
async fn good_tokens_are_taken() {
    let (relay, forge) = relay().await;
    let now = Timestamp::now().as_second();
    let header = forge.own_header();
    let mut fraction = of_vendor("acme");
    fraction["exp"] = json!(now as f64 + 600.5);
    let older = {
        let pem = std::fs::read_to_string(relay.dir.path().join("keys/0001.pem")).unwrap();
        <SigningKey as ed25519_dalek::pkcs8::DecodePrivateKey>::from_pkcs8_pem(&pem).unwrap()
    };
    let older_kid = relay.app.auth.keys().jwks()["keys"][1]["kid"].clone();
    let good = [
        ("our own", forge.own(&header, &good())),
        (
            "the older key",
            sealed(&older, &json!({"alg": "EdDSA", "kid": older_kid}), &good()),
        ),
        (
            "expired within the leeway",
            forge.own(&header, &with("exp", json!(now - 20))),
        ),
        (
            "a vendor's secret",
            hmac(SECRET.as_bytes(), Algorithm::HS256, None, &of_vendor("acme")),
        ),
        (
            "a vendor's fraction of a second",
            hmac(SECRET.as_bytes(), Algorithm::HS256, None, &fraction),
        ),
        (
            "a vendor's key",
            sealed(&forge.vendor, &json!({"alg": "EdDSA"}), &of_vendor("orbis")),
        ),
    ];
    for (name, token) in good {
        let answer = relay.call_with(&token, "GET", "/api/orders", &Value::Null).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
    }
    relay.stop().await;
}

#[tokio::test]
async fn a_token_in_a_query_is_for_sockets_alone() {
    let (relay, _) = relay().await;
    let token = relay.token(Role::Pos);
    let answer = relay
        .send("GET", &format!("/api/orders?token={token}"), &[], "")
        .await;
    assert_eq!(answer.status, 401);
    relay.stop().await;
}
