//! Tokens, roles and outlets over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

use common::{Served, claims, margherita};
use relay::auth::roles::{self, Access, Act, ROUTES};
use relay::order::Role;
use serde_json::{Value, json};

const ROLES: [Role; 8] = [
    Role::Pos,
    Role::Waiter,
    Role::Kitchen,
    Role::Bar,
    Role::Cashier,
    Role::Manager,
    Role::Guest,
    Role::Agent,
];

/// A path that the pattern matches.
fn path(pattern: &str) -> String {
    let parts = pattern
        .split('/')
        .map(|part| if part.starts_with('{') { "demo" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_route_asks_what_the_table_says() {
    let relay = Served::with(|config| config.limits.requests_per_second = 0).await;
    let device = relay.agent().await;
    let mut probes = 0;
    for (method, pattern, access) in ROUTES {
        let bare = relay.send(method, &path(pattern), &[], "").await;
        let needs_token = *access != Access::Open;
        assert_eq!(
            bare.status == 401,
            needs_token,
            "{method} {pattern}: {}",
            bare.text
        );
        for role in ROLES {
            let token = match role {
                Role::Agent => device.clone(),
                role => relay.token(role),
            };
            let answer = relay
                .call_with(&token, method, &path(pattern), &Value::Null)
                .await;
            let allowed = match access {
                Access::May(act) => roles::allows(role, *act),
                Access::Open | Access::Any => true,
            };
            assert_eq!(
                answer.status == 403,
                !allowed,
                "{role:?} {method} {pattern}: {} {}",
                answer.status,
                answer.text
            );
            assert!(
                answer.status < 500,
                "{role:?} {method} {pattern}: {}",
                answer.text
            );
            probes += 1;
        }
    }
    assert_eq!(probes, ROUTES.len() * ROLES.len());
    relay.stop().await;
}

#[tokio::test]
async fn every_route_of_the_table_is_there() {
    let relay = Served::with(|config| config.limits.requests_per_second = 0).await;
    for (method, pattern, _) in ROUTES {
        let answer = relay
            .call(Role::Manager, method, &path(pattern), &Value::Null)
            .await;
        let missing = answer.status == 404 && answer.text.contains("there is no page");
        assert!(
            !missing && answer.status != 405,
            "{method} {pattern}: {}",
            answer.text
        );
    }
    relay.stop().await;
}

#[tokio::test]
async fn x5_another_outlets_orders_are_not_there() {
    let relay = Served::start().await;
    let id = relay.order(&margherita()).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let stranger = relay.token_of("other", Role::Manager);
    for (method, path, body) in [
        ("GET", format!("/api/orders/{id}"), Value::Null),
        ("PATCH", format!("/api/orders/{id}"), json!({"status": "ready"})),
        ("POST", format!("/api/orders/{id}/cancel"), Value::Null),
    ] {
        let answer = relay.call_with(&stranger, method, &path, &body).await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
    }
    let list = relay
        .call_with(&stranger, "GET", "/api/orders", &Value::Null)
        .await;
    assert_eq!(list.json()["items"], json!([]));
    let mut named = margherita();
    named["outletId"] = json!("demo");
    let refused = relay.call_with(&stranger, "POST", "/api/orders", &named).await;
    assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN".into()));
    relay.stop().await;
}

#[tokio::test]
async fn a_token_for_an_outlet_that_is_not_there_is_refused() {
    let relay = Served::start().await;
    let token = relay.token_of("nowhere", Role::Manager);
    let answer = relay.call_with(&token, "GET", "/api/orders", &Value::Null).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("outlets add nowhere"), "{}", answer.text);
    relay.stop().await;
}

#[tokio::test]
async fn a_waiter_may_not_set_what_the_kitchen_sets() {
    let relay = Served::start().await;
    let id = relay.order(&margherita()).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/api/orders/{id}");
    for (role, body, status) in [
        (Role::Waiter, json!({"status": "ready"}), 403),
        (Role::Waiter, json!({"status": "cancelled"}), 403),
        (Role::Waiter, json!({"tableNumber": "D2"}), 403),
        (Role::Kitchen, json!({"status": "cancelled"}), 403),
        (Role::Kitchen, json!({"tableNumber": "D2"}), 403),
        (Role::Kitchen, json!({"status": "served"}), 403),
        (Role::Kitchen, json!({"status": "confirmed"}), 403),
        (Role::Kitchen, json!({"status": "preparing"}), 200),
        (Role::Waiter, json!({"status": "pending"}), 403),
        (Role::Kitchen, json!({"status": "pending"}), 200),
        (Role::Waiter, json!({"status": "served"}), 200),
        (Role::Kitchen, json!({"status": "pending"}), 403),
        (Role::Waiter, json!({"status": "pending"}), 200),
    ] {
        let answer = relay.call(role, "PATCH", &path, &body).await;
        assert_eq!(answer.status, status, "{role:?} {body}: {}", answer.text);
    }
    relay.stop().await;
}

#[tokio::test]
async fn too_many_requests_of_one_token_wait() {
    let relay = Served::with(|config| {
        config.limits.requests_per_second = 1;
        config.limits.request_burst = 3;
    })
    .await;
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(relay.call(Role::Pos, "GET", "/api/orders", &Value::Null).await);
    }
    let refused = codes.last().unwrap();
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED".into()));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    let mut other = claims("demo", Role::Pos);
    other.sub = "another till".into();
    let other = relay.app.auth.sign(&other).unwrap();
    assert_eq!(
        relay
            .call_with(&other, "GET", "/api/orders", &Value::Null)
            .await
            .status,
        200
    );
    relay.stop().await;
}

#[tokio::test]
async fn guessing_tokens_is_metered_by_address() {
    let relay = Served::with(|config| {
        config.limits.requests_per_second = 1;
        config.limits.request_burst = 3;
    })
    .await;
    let mut last = 0;
    for _ in 0..5 {
        last = relay
            .call_with("guess", "GET", "/api/orders", &Value::Null)
            .await
            .status;
    }
    assert_eq!(last, 429);
    assert_eq!(
        relay
            .call(Role::Pos, "GET", "/api/orders", &Value::Null)
            .await
            .status,
        200
    );
    relay.stop().await;
}

#[tokio::test]
async fn outlets_are_for_whoever_holds_the_keys() {
    let relay = Served::start().await;
    assert!(!roles::allows(Role::Manager, Act::Outlets));
    let mut operator = claims("any", Role::Manager);
    operator.operator = true;
    let operator = relay.app.auth.sign(&operator).unwrap();
    let made = relay
        .call_with(
            &operator,
            "POST",
            "/api/outlets",
            &json!({"id": "bistro", "timezone": "Asia/Jakarta"}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let again = relay
        .call_with(&operator, "POST", "/api/outlets", &json!({"id": "bistro"}))
        .await;
    assert_eq!(again.status, 409);
    for (body, field) in [
        (json!({}), "id"),
        (json!({"id": "a b"}), "id"),
        (json!({"id": "x", "timezone": "Mars/Base"}), "timezone"),
        (json!({"id": "x", "name": 7}), "name"),
    ] {
        let refused = relay.call_with(&operator, "POST", "/api/outlets", &body).await;
        assert_eq!(
            (refused.status, refused.json()["field"].as_str()),
            (422, Some(field)),
            "{}",
            refused.text
        );
    }
    relay.stop().await;
}
