//! Orders over HTTP: what is taken, what is refused and why, and what a repeat gets.

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
use serde_json::{Value, json};

#[tokio::test]
async fn an_order_is_taken_shown_and_listed() {
    let relay = Served::start().await;
    let taken = relay.order(&margherita()).await;
    assert_eq!(taken["status"], "pending");
    assert!(
        taken["orderNumber"].as_str().unwrap().starts_with("ORD-"),
        "{taken}"
    );
    assert_eq!(taken["jobs"][0]["station"], "kitchen");
    assert_eq!(taken["jobs"][0]["state"], "accepted");
    let id = taken["id"].as_str().unwrap();
    let shown = relay
        .call(Role::Pos, "GET", &format!("/api/orders/{id}"), &Value::Null)
        .await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.json()["items"][0]["name"], "Margherita");
    assert!(shown.text.contains("\"unitPrice\":12.5"), "{}", shown.text);
    let listed = relay
        .call(
            Role::Pos,
            "GET",
            "/api/orders?status=pending&table=C4",
            &Value::Null,
        )
        .await;
    assert_eq!(listed.json()["items"][0]["id"], id);
    let none = relay
        .call(Role::Pos, "GET", "/api/orders?status=ready", &Value::Null)
        .await;
    assert_eq!(none.json(), json!({"items": [], "next": null}));
    relay.stop().await;
}

#[tokio::test]
async fn the_same_order_again_gets_the_same_answer_and_prints_nothing() {
    let relay = Served::start().await;
    let mut order = margherita();
    order["id"] = json!(17);
    let first = relay.call(Role::Pos, "POST", "/api/orders", &order).await;
    assert_eq!(first.status, 201, "{}", first.text);
    order["id"] = json!("17");
    order["items"][0]["unitPrice"] = json!(12.5);
    let again = relay.call(Role::Pos, "POST", "/api/orders/create", &order).await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    order["items"][0]["quantity"] = json!(2);
    let other = relay.call(Role::Pos, "POST", "/api/orders", &order).await;
    assert_eq!((other.status, other.code()), (409, "CONFLICT".into()));
    let jobs = relay
        .call(Role::Pos, "GET", "/api/jobs", &Value::Null)
        .await
        .json();
    assert_eq!(jobs["items"].as_array().unwrap().len(), 1);
    relay.stop().await;
}

#[tokio::test]
async fn an_idempotency_key_makes_a_request_happen_once() {
    let relay = Served::start().await;
    let token = relay.token(Role::Pos);
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("idempotency-key", "k-1".to_owned()),
    ];
    let body = margherita().to_string();
    let first = relay.send("POST", "/api/orders", &headers, body.clone()).await;
    let again = relay.send("POST", "/api/orders", &headers, body).await;
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.text, again.text);
    let long = [headers[0].clone(), ("idempotency-key", "k".repeat(256))];
    let refused = relay
        .send("POST", "/api/orders", &long, margherita().to_string())
        .await;
    assert_eq!(
        (refused.status, refused.json()["field"].as_str()),
        (422, Some("Idempotency-Key"))
    );
    relay.stop().await;
}

#[tokio::test]
async fn every_bad_order_is_refused_with_its_field_named() {
    let relay = Served::start().await;
    let item = |field: &str, value: Value| {
        let mut order = margherita();
        order["items"][0][field] = value;
        order
    };
    let order = |field: &str, value: Value| {
        let mut order = margherita();
        order[field] = value;
        order
    };
    let bad = [
        (order("items", json!([])), "items"),
        (order("items", json!("two pizzas")), "items"),
        (order("items", Value::Null), "items"),
        (order("items", json!([7])), "items[0]"),
        (item("quantity", json!(0)), "items[0].quantity"),
        (item("quantity", json!(-1)), "items[0].quantity"),
        (item("quantity", json!(1.5)), "items[0].quantity"),
        (item("quantity", json!("two")), "items[0].quantity"),
        (item("name", Value::Null), "items[0].name"),
        (item("name", json!(5)), "items[0].name"),
        (item("unitPrice", json!("free")), "items[0].unitPrice"),
        (item("modifiers", json!("extra cheese")), "items[0].modifiers"),
        (order("orderType", json!("teleport")), "orderType"),
        (order("paymentStatus", json!("maybe")), "paymentStatus"),
        (order("isOpenBill", json!("yes")), "isOpenBill"),
        (order("priority", json!("now")), "priority"),
        (order("totalAmount", json!({})), "totalAmount"),
        (order("customer", json!(7)), "customer"),
        (order("id", json!([1])), "id"),
    ];
    for (body, field) in bad {
        let refused = relay.call(Role::Pos, "POST", "/api/orders", &body).await;
        assert_eq!(refused.status, 422, "{body}: {}", refused.text);
        assert_eq!(refused.code(), "VALIDATION_ERROR");
        assert_eq!(refused.json()["field"], field, "{body}: {}", refused.text);
        assert!(
            refused.json()["detail"].as_str().unwrap().contains(field),
            "{}",
            refused.text
        );
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    relay.stop().await;
}

#[tokio::test]
async fn what_is_no_order_at_all_is_refused() {
    let relay = Served::start().await;
    let headers = [("authorization", format!("Bearer {}", relay.token(Role::Pos)))];
    let broken = relay
        .send("POST", "/api/orders", &headers, "{\n \"items\": [}")
        .await;
    assert_eq!((broken.status, broken.code()), (400, "INVALID_JSON".into()));
    assert!(broken.text.contains("line 2, column 12"), "{}", broken.text);
    for body in ["", "null", "[]", "\"order\"", "7"] {
        let refused = relay.send("POST", "/api/orders", &headers, body).await;
        assert_eq!(
            (refused.status, refused.json()["field"].as_str()),
            (422, Some("body")),
            "{body}: {}",
            refused.text
        );
    }
    let large = relay
        .send("POST", "/api/orders", &headers, vec![b' '; 1024 * 1024 + 1])
        .await;
    assert_eq!((large.status, large.code()), (413, "TOO_LARGE".into()));
    let most = relay
        .send("POST", "/api/orders", &headers, vec![b' '; 1024 * 1024])
        .await;
    assert_eq!(most.status, 422);
    relay.stop().await;
}

#[tokio::test]
async fn an_order_goes_its_way_by_verbs() {
    let relay = Served::start().await;
    let id = relay.order(&margherita()).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let steps = [
        (Role::Waiter, "PATCH", "", json!({"status": "confirmed"}), 200),
        (
            Role::Kitchen,
            "POST",
            "/acknowledge",
            json!({"chefName": "Rina"}),
            200,
        ),
        (Role::Kitchen, "PATCH", "", json!({"status": "cooking"}), 200),
        (Role::Kitchen, "PATCH", "", json!({"priority": "vip"}), 200),
        (
            Role::Kitchen,
            "POST",
            "/station",
            json!({"stationId": "grill"}),
            200,
        ),
        (
            Role::Waiter,
            "POST",
            "/items",
            json!([{"name": "Coke", "workstation": "bar", "unitPrice": 3}]),
            200,
        ),
        (
            Role::Waiter,
            "POST",
            "/cancel-request",
            json!({"reason": "left"}),
            200,
        ),
        (
            Role::Kitchen,
            "POST",
            "/cancel-reject",
            json!({"reason": "on the plate"}),
            200,
        ),
        (Role::Kitchen, "PATCH", "", json!({"status": "ready"}), 200),
        (Role::Waiter, "PATCH", "", json!({"status": "served"}), 200),
        (
            Role::Cashier,
            "POST",
            "/payments",
            json!({"amount": 15.5, "method": "cash"}),
            200,
        ),
        (Role::Cashier, "POST", "/receipt", Value::Null, 200),
        (Role::Pos, "POST", "/reprint", json!({"station": "kitchen"}), 200),
        (Role::Pos, "PATCH", "", json!({"tableNumber": "D1"}), 200),
        (Role::Pos, "PATCH", "", json!({"status": "completed"}), 200),
        (Role::Pos, "POST", "/cancel", Value::Null, 409),
    ];
    for (role, method, verb, body, status) in steps {
        let answer = relay
            .call(role, method, &format!("/api/orders/{id}{verb}"), &body)
            .await;
        assert_eq!(answer.status, status, "{method} {verb} {body}: {}", answer.text);
    }
    let order = relay
        .call(Role::Pos, "GET", &format!("/api/orders/{id}"), &Value::Null)
        .await
        .json();
    assert_eq!(order["status"], "completed");
    assert_eq!(order["paymentStatus"], "paid");
    assert_eq!(order["tableNumber"], "D1");
    relay.stop().await;
}

#[tokio::test]
async fn a_verb_with_a_bad_body_names_the_field() {
    let relay = Served::start().await;
    let order = relay.order(&margherita()).await;
    let id = order["id"].as_str().unwrap();
    let bad = [
        ("PATCH", "", json!({"status": "eaten"}), "status"),
        ("PATCH", "", json!({}), "status"),
        ("PATCH", "", json!({"priority": 5}), "priority"),
        ("POST", "/payments", json!({"amount": -5}), "amount"),
        ("POST", "/payments", json!({}), "amount"),
        ("POST", "/items", json!({"items": []}), "items"),
        ("POST", "/station", json!({}), "stationId"),
        ("POST", "/cancel", json!({"reason": 7}), "reason"),
    ];
    for (method, verb, body, field) in bad {
        let refused = relay
            .call(Role::Manager, method, &format!("/api/orders/{id}{verb}"), &body)
            .await;
        assert_eq!(
            (refused.status, refused.json()["field"].as_str()),
            (422, Some(field)),
            "{verb} {body}: {}",
            refused.text
        );
    }
    let unknown = relay
        .call(
            Role::Pos,
            "PATCH",
            "/api/orders/nope",
            &json!({"status": "ready"}),
        )
        .await;
    assert_eq!((unknown.status, unknown.code()), (404, "NOT_FOUND".into()));
    let no_item = relay
        .call(
            Role::Pos,
            "PATCH",
            &format!("/api/orders/{id}/items/nope"),
            &json!({"quantity": 2}),
        )
        .await;
    assert_eq!(no_item.status, 404, "{}", no_item.text);
    relay.stop().await;
}

#[tokio::test]
async fn fifty_at_once_make_one_order() {
    let relay = Served::with(|config| config.limits.requests_per_second = 0).await;
    let mut order = margherita();
    order["id"] = json!("A-17");
    let answers =
        futures_util::future::join_all((0..50).map(|_| relay.call(Role::Pos, "POST", "/api/orders", &order)))
            .await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 49);
    assert!(answers.iter().all(|answer| answer.text == answers[0].text));
    relay.stop().await;
}
