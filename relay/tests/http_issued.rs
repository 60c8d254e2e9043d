//! Tokens that a manager makes and takes back, the audit, and templates.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

use std::time::{Duration, Instant};

use common::{Served, audit, margherita, refused};
use relay::order::Role;
use serde_json::{Value, json};

/// Revocation is heard of within 5 s.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_token_is_made_listed_and_taken_back() {
    let relay = Served::start().await;
    let made = relay
        .manage(
            "POST",
            "/api/tokens",
            &json!({"role": "pos", "name": "till 2", "ttl": "1h"}),
            201,
        )
        .await;
    let token = made["token"].as_str().unwrap();
    let orders = async || {
        relay
            .call_with(token, "GET", "/api/orders", &Value::Null)
            .await
            .status
    };
    assert_eq!(orders().await, 200);
    let listed = relay.manage("GET", "/api/tokens", &Value::Null, 200).await["items"][0].clone();
    assert_eq!(
        (&listed["name"], &listed["role"], &listed["madeBy"]),
        (&json!("till 2"), &json!("pos"), &json!("manager:tester"))
    );
    assert!(!listed.to_string().contains(token));
    let stream = async {
        let headers = [("accept", "text/event-stream".to_owned())];
        relay
            .send("GET", &format!("/api/events?token={token}"), &headers, "")
            .await
    };
    let revoke = async {
        let path = format!("/api/tokens/{}/revoke", made["id"].as_str().unwrap());
        relay.manage("POST", &path, &Value::Null, 200).await;
        Instant::now()
    };
    let (ended, revoked) = tokio::join!(stream, revoke);
    assert!(ended.status == 200 || ended.status == 401, "{}", ended.text);
    assert!(revoked.elapsed() < REVOKED_WITHIN);
    assert_eq!(orders().await, 401);
    let listed = relay.manage("GET", "/api/tokens", &Value::Null, 200).await;
    assert_eq!(listed["items"][0]["revoked"], true);
    let lines = audit(&relay, "what=token&limit=2").await;
    assert!(
        lines[0].1.contains("revoked") && lines[1].1.contains("till 2"),
        "{lines:?}"
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_token_made_beside_the_relay_can_be_taken_back_too() {
    let relay = Served::start().await;
    let mut claims = common::claims("demo", Role::Waiter);
    claims.jti = "lost-tablet".into();
    let lost = relay.app.auth.sign(&claims).unwrap();
    let others = common::claims("other", Role::Waiter);
    let others = relay
        .app
        .auth
        .sign(&relay::auth::jwt::Claims {
            jti: "lost-tablet".into(),
            ..others
        })
        .unwrap();
    for token in [&lost, &others] {
        assert_eq!(
            relay
                .call_with(token, "GET", "/api/orders", &Value::Null)
                .await
                .status,
            200
        );
    }
    relay
        .manage("POST", "/api/tokens/lost-tablet/revoke", &Value::Null, 200)
        .await;
    let refused = relay.call_with(&lost, "GET", "/api/orders", &Value::Null).await;
    assert_eq!(refused.status, 401);
    assert!(refused.text.contains("revoked"), "{}", refused.text);
    assert_eq!(
        relay
            .call_with(&others, "GET", "/api/orders", &Value::Null)
            .await
            .status,
        200
    );
    relay.stop().await;
}

#[tokio::test]
async fn tokens_that_are_none_of_a_managers_are_refused() {
    let relay = Served::start().await;
    for (body, field) in [
        (json!({}), "role"),
        (json!({"role": "owner"}), "role"),
        (json!({"role": "guest"}), "role"),
        (json!({"role": "agent"}), "role"),
        (json!({"role": 7}), "role"),
        (json!({"role": "pos", "ttl": "401d"}), "ttl"),
        (json!({"role": "pos", "ttl": 0}), "ttl"),
        (json!({"role": "pos", "name": ["x"]}), "name"),
    ] {
        let answer = relay.call(Role::Manager, "POST", "/api/tokens", &body).await;
        assert_eq!(
            refused(&answer),
            (422, "VALIDATION_ERROR".into(), field.into()),
            "{body}: {}",
            answer.text
        );
    }
    relay.stop().await;
}

#[tokio::test]
async fn the_audit_says_who_did_what_page_by_page() {
    let relay = Served::start().await;
    let order = relay.order(&margherita()).await;
    let (id, job) = (
        order["id"].as_str().unwrap(),
        order["jobs"][0]["id"].as_str().unwrap(),
    );
    relay
        .call(
            Role::Cashier,
            "POST",
            &format!("/api/orders/{id}/payments"),
            &json!({"amount": 12.50, "method": "cash"}),
        )
        .await;
    relay
        .manage("POST", &format!("/api/jobs/{job}/cancel"), &Value::Null, 200)
        .await;
    relay
        .manage(
            "POST",
            &format!("/api/orders/{id}/cancel"),
            &json!({"reason": "left"}),
            200,
        )
        .await;
    relay
        .manage("PUT", "/api/menu/tea", &json!({"name": "Tea", "price": 3}), 200)
        .await;
    relay
        .manage("PUT", "/api/routing", &json!({"currency": "EUR"}), 200)
        .await;
    let lines = audit(&relay, "").await;
    let number = order["orderNumber"].as_str().unwrap();
    let expected = [
        ("manager:tester", "the settings were changed".to_owned()),
        ("manager:tester", "menu item tea was set".to_owned()),
        ("manager:tester", format!("order {number} was cancelled")),
        ("manager:tester", "ticket 1 of kitchen was withdrawn".to_owned()),
        ("cashier:tester", format!("order {number} was paid 12.5 (cash)")),
    ];
    let expected = expected.map(|(who, what)| (who.to_owned(), what));
    assert_eq!(lines, expected);
    assert_eq!(audit(&relay, "who=cashier").await, expected[4..]);
    let first = relay.manage("GET", "/api/audit?limit=3", &Value::Null, 200).await;
    let next = format!("limit=3&cursor={}", first["next"].as_str().unwrap());
    assert_eq!(audit(&relay, &next).await, expected[3..]);
    relay.stop().await;
}

#[tokio::test]
async fn a_template_is_drawn_as_it_would_print() {
    let relay = Served::start().await;
    let preview = async |body: Value| relay.manage("POST", "/api/templates/preview", &body, 200).await;
    let names = relay.manage("GET", "/api/templates", &Value::Null, 200).await;
    for name in names["templates"].as_array().unwrap() {
        let drawn = preview(json!({"template": name, "paper": 58, "png": true})).await;
        assert_eq!(
            (&drawn["template"], &drawn["columns"], &drawn["problems"]),
            (name, &json!(32), &json!([])),
            "{drawn}"
        );
        assert!(
            drawn["svg"].as_str().unwrap().starts_with("<svg")
                && drawn["png"].as_str().unwrap().starts_with("iVBOR")
        );
    }
    let wide = preview(json!({})).await;
    assert!(
        wide["text"].as_str().unwrap().contains("Margherita") && wide["columns"] != 32,
        "{wide}"
    );
    let own = preview(json!({"template": "mine", "source": "Order {{ order_number }}"})).await;
    assert!(
        own["text"].as_str().unwrap().contains("Order ORD-20261120-042"),
        "{own}"
    );
    let broken = preview(json!({"template": "mine", "source": "{% if %}"})).await;
    assert_ne!(broken["problems"], json!([]));
    let job = relay.order(&margherita()).await["jobs"][0]["id"].clone();
    let real = preview(json!({"job": job})).await;
    assert!(real["text"].as_str().unwrap().contains("Margherita"), "{real}");
    for (body, field) in [
        (json!({"template": "nope"}), "template"),
        (json!({"paper": 70}), "paper"),
        (json!({"profile": "../x"}), "profile"),
        (json!({"columns": 7}), "columns"),
        (json!({"event": "x"}), "event"),
        (json!({"source": "x".repeat(65537)}), "source"),
    ] {
        let answer = relay
            .call(Role::Manager, "POST", "/api/templates/preview", &body)
            .await;
        assert_eq!(
            refused(&answer),
            (422, "VALIDATION_ERROR".into(), field.into()),
            "{}",
            answer.text
        );
    }
    relay.stop().await;
}
