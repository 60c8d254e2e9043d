//! Where requests come from: pages of other sites, and relays that ask for no token.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

use common::{Served, margherita};
use relay::order::Role;

#[tokio::test]
async fn without_tokens_the_outlet_is_the_one_that_is_named() {
    let relay = Served::insecure().await;
    let body = margherita().to_string();
    let named = [("x-outlet", "bistro".to_owned())];
    assert_eq!(
        relay
            .send("POST", "/api/orders", &named, body.clone())
            .await
            .status,
        201
    );
    assert_eq!(relay.send("POST", "/api/orders", &[], body).await.status, 201);
    let count = |answer: common::Answer| answer.json()["items"].as_array().unwrap().len();
    assert_eq!(count(relay.send("GET", "/api/orders", &named, "").await), 1);
    assert_eq!(
        count(relay.send("GET", "/api/orders?outlet=bistro", &[], "").await),
        1
    );
    assert_eq!(count(relay.send("GET", "/api/orders", &[], "").await), 1);
    assert_eq!(
        count(relay.send("GET", "/api/orders?outlet=empty", &[], "").await),
        0
    );
    let wrong = relay.send("GET", "/api/orders?outlet=a%20b", &[], "").await;
    assert_eq!(
        (wrong.status, wrong.json()["field"].as_str()),
        (422, Some("outlet"))
    );
    relay.stop().await;
}

#[tokio::test]
async fn without_tokens_no_other_address_than_loopback_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = relay::config::Config::new(dir.path());
    config.insecure_no_auth = true;
    config.listen = "0.0.0.0:0".parse().unwrap();
    let refused = relay::Relay::bind(config).await.unwrap_err();
    assert!(refused.to_string().contains("loopback"), "{refused}");
}

#[tokio::test]
async fn x4_pages_of_other_sites_are_refused() {
    let relay = Served::with(|config| config.allowed_origins = vec!["https://pos.example".into()]).await;
    let token = format!("Bearer {}", relay.token(Role::Pos));
    let asked = async |origin: &str| {
        let headers = [("authorization", token.clone()), ("origin", origin.to_owned())];
        relay.send("GET", "/api/orders", &headers, "").await
    };
    for origin in [
        "https://evil.example",
        "null",
        "https://pos.example.evil.example",
        "http://127.0.0.1.evil.example",
    ] {
        let refused = asked(origin).await;
        assert_eq!(
            (refused.status, refused.code()),
            (403, "FORBIDDEN".into()),
            "{origin}"
        );
        assert_eq!(refused.header("access-control-allow-origin"), "");
    }
    assert_eq!(asked(&format!("http://{}", relay.addr)).await.status, 200);
    let named = asked("https://pos.example").await;
    assert_eq!(
        (named.status, named.header("access-control-allow-origin")),
        (200, "https://pos.example")
    );
    relay.stop().await;
}
