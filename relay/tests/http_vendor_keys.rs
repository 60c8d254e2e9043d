//! Vendors' keys behind an address: fetched, turned over, kept when the address fails, and never led astray.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{PATIENCE, Served, claims};
use ed25519_dalek::{Signer, SigningKey};
use relay::auth::issuer::IssuerSettings;
use relay::order::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// A vendor's server: what it says to every request, and how many there were.
struct Vendor {
    addr: SocketAddr,
    says: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
    _tasks: TaskTracker,
}

impl Vendor {
    async fn open(says: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (says, asked) = (Arc::new(Mutex::new(says)), Arc::new(AtomicUsize::new(0)));
        let tasks = TaskTracker::new();
        let (answer, count) = (Arc::clone(&says), Arc::clone(&asked));
        tasks.spawn(async move {
            // Who is asked and says nothing keeps the line open.
            let mut silent = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 2048]).await;
                let text = answer.lock().unwrap().clone();
                match text {
                    Some(text) => drop(stream.write_all(text.as_bytes()).await),
                    None => silent.push(stream),
                }
            }
        });
        Self {
            addr,
            says,
            asked,
            _tasks: tasks,
        }
    }

    fn now_says(&self, text: String) {
        *self.says.lock().unwrap() = Some(text);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer(status: &str, more: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n{body}",
        body.len()
    )
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn set(numbers: &[u8]) -> String {
    let keys: Vec<Value> = numbers
        .iter()
        .map(|number| {
            let x = URL_SAFE_NO_PAD.encode(key(*number).verifying_key().to_bytes());
            json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": format!("k{number}"), "x": x})
        })
        .collect();
    answer(
        "200 OK",
        "Content-Type: application/json\r\n",
        &json!({ "keys": keys }).to_string(),
    )
}

fn token(number: u8, kid: &str) -> String {
    let mut claims = serde_json::to_value(claims("demo", Role::Pos)).unwrap();
    claims["iss"] = json!("orbis");
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&json!({"alg": "EdDSA", "kid": kid})), part(&claims));
    let signature = key(number).sign(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

async fn relay(vendor: &Vendor) -> Served {
    let settings = IssuerSettings {
        iss: "orbis".into(),
        alg: "EdDSA".into(),
        secret_file: None,
        public_key_file: None,
        jwks_url: Some(format!("http://{}/keys.json", vendor.addr)),
        outlets: vec!["demo".into()],
        outlet_claim: "outlet".into(),
    };
    Served::with(|config| {
        config.limits.requests_per_second = 0;
        config.issuers = vec![settings];
    })
    .await
}

async fn status(relay: &Served, token: &str) -> u16 {
    relay
        .call_with(token, "GET", "/api/orders", &Value::Null)
        .await
        .status
}

#[tokio::test]
async fn keys_turn_over_and_stay_when_the_address_fails() {
    let vendor = Vendor::open(Some(set(&[1, 2]))).await;
    let relay = relay(&vendor).await;
    let (first, second, third) = (token(1, "k1"), token(2, "k2"), token(3, "k3"));
    assert_eq!(status(&relay, &first).await, 200);
    assert_eq!(status(&relay, &second).await, 200);
    assert_eq!(vendor.asked(), 1);
    for (forged, why) in [
        (token(3, "k1"), "another's key under a known kid"),
        (token(1, "../k1"), "a path as kid"),
        (common::margherita().to_string(), "no token at all"),
    ] {
        assert_eq!(status(&relay, &forged).await, 401, "{why}");
    }
    for number in 0..20 {
        assert_eq!(status(&relay, &token(1, &format!("guess-{number}"))).await, 401);
    }
    assert_eq!(vendor.asked(), 1, "guesses make no requests");
    vendor.now_says(answer("500 Internal Server Error", "", "down"));
    let begun = Instant::now();
    while vendor.asked() == 1 {
        assert!(begun.elapsed() < PATIENCE);
        assert_eq!(status(&relay, &third).await, 401);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(
        status(&relay, &token(1, "k1")).await,
        200,
        "the keys that were known stay"
    );
    vendor.now_says(set(&[3]));
    let begun = Instant::now();
    while status(&relay, &third).await != 200 {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(
        status(&relay, &token(2, "k2")).await,
        401,
        "a key that was taken out"
    );
    relay.stop().await;
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let inside = Vendor::open(Some(set(&[1]))).await;
    let location = format!("Location: http://{}/keys.json\r\n", inside.addr);
    let vendor = Vendor::open(Some(answer("302 Found", &location, ""))).await;
    let relay = relay(&vendor).await;
    assert_eq!(status(&relay, &token(1, "k1")).await, 401);
    assert_eq!((vendor.asked(), inside.asked()), (1, 0));
    relay.stop().await;
}

#[tokio::test]
async fn endless_silent_and_senseless_answers_are_given_up() {
    let junk = answer("200 OK", "", &"x".repeat(65 * 1024));
    let symmetric = answer(
        "200 OK",
        "",
        r#"{"keys": [{"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}]}"#,
    );
    for says in [Some(junk), Some(symmetric), Some("no HTTP".to_owned()), None] {
        let vendor = Vendor::open(says).await;
        let relay = relay(&vendor).await;
        let begun = Instant::now();
        assert_eq!(status(&relay, &token(1, "k1")).await, 401);
        assert!(begun.elapsed() < Duration::from_secs(7), "{:?}", begun.elapsed());
        assert_eq!(vendor.asked(), 1);
        assert_eq!(relay.get(Role::Pos, "/api/orders").await.status, 200);
        relay.stop().await;
    }
}

#[tokio::test]
async fn an_issuers_settings_name_one_place_for_its_keys() {
    let good = IssuerSettings {
        iss: "orbis".into(),
        alg: "EdDSA".into(),
        secret_file: None,
        public_key_file: None,
        jwks_url: Some("https://id.orbis.example/keys".into()),
        outlets: vec!["demo".into()],
        outlet_claim: "outlet".into(),
    };
    let load = |settings: &IssuerSettings| relay::auth::issuer::Issuer::load(settings, "printrail");
    assert!(load(&good).is_ok());
    for (bad, named) in [
        (
            IssuerSettings {
                alg: "HS256".into(),
                ..good.clone()
            },
            "secret_file",
        ),
        (
            IssuerSettings {
                jwks_url: None,
                ..good.clone()
            },
            "jwks_url",
        ),
        (
            IssuerSettings {
                jwks_url: Some("http://10.0.0.1/keys".into()),
                ..good.clone()
            },
            "jwks_url",
        ),
        (
            IssuerSettings {
                public_key_file: Some("x.pem".into()),
                ..good.clone()
            },
            "one of",
        ),
    ] {
        let refused = load(&bad).unwrap_err();
        assert!(refused.contains(named) && refused.contains("orbis"), "{refused}");
    }
}
