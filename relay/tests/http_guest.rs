//! Guests: the code on the table, the visit that it opens, and whose word counts for seat and price.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

use common::Served;
use relay::order::Role;
use serde_json::{Value, json};

/// A house with the tables A1 and C4 and tea on the menu.
async fn house() -> Served {
    let relay = Served::start().await;
    relay
        .manage("PUT", "/api/tables/1", &json!({"number": "A1"}), 200)
        .await;
    relay
        .manage("PUT", "/api/tables/12", &json!({"number": "C4"}), 200)
        .await;
    let tea = json!({"name": "Tea", "price": 3.50, "workstation": "bar"});
    relay.manage("PUT", "/api/menu/tea", &tea, 200).await;
    relay
}

async fn opened(relay: &Served, link: &str) -> (u16, Value) {
    let answer = relay
        .call_with(link, "POST", "/api/sessions", &json!({"tableNumber": "A1"}))
        .await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn the_code_on_a_table_opens_its_visit_until_staff_renew_it() {
    let relay = house().await;
    let made = relay
        .call(Role::Waiter, "POST", "/api/tables/12/link", &Value::Null)
        .await
        .json();
    let link = made["link"].as_str().unwrap();
    assert!(
        made["url"].as_str().unwrap().ends_with(&format!("/t/{link}")),
        "{made}"
    );
    let again = relay
        .call(
            Role::Waiter,
            "POST",
            "/api/tables/12/link",
            &json!({"renew": false}),
        )
        .await;
    assert_eq!(again.json()["link"], link);
    let (status, first) = opened(&relay, link).await;
    assert_eq!(
        (status, &first["tableNumber"]),
        (201, &json!("C4")),
        "the link says where, not the body"
    );
    let (_, second) = opened(&relay, link).await;
    assert_eq!(second["token"], first["token"], "all who scan it share one visit");
    let scanned = relay.send("GET", &format!("/t/{link}"), &[], "").await;
    let page = format!("/s/{}", first["token"].as_str().unwrap());
    assert_eq!((scanned.status, scanned.header("location")), (303, &*page));
    for path in ["/api/orders", "/api/menu", "/api/sync", "/api/sessions/x"] {
        assert_eq!(
            relay.call_with(link, "GET", path, &Value::Null).await.status,
            401,
            "{path}"
        );
    }
    assert_eq!(
        relay
            .call_with(link, "POST", "/api/orders", &common::margherita())
            .await
            .status,
        401
    );
    let renewed = relay
        .call(
            Role::Waiter,
            "POST",
            "/api/tables/12/link",
            &json!({"renew": true}),
        )
        .await
        .json();
    assert_ne!(renewed["link"], link);
    assert_eq!(opened(&relay, link).await.0, 401);
    assert_eq!(
        relay.send("GET", &format!("/t/{link}"), &[], "").await.status,
        404
    );
    let visit = first["token"].as_str().unwrap();
    assert_eq!(
        relay
            .call_with(visit, "GET", "/api/orders", &Value::Null)
            .await
            .status,
        200
    );
    let unknown = relay
        .call(Role::Waiter, "POST", "/api/tables/99/link", &Value::Null)
        .await;
    assert_eq!(unknown.status, 404);
    let stolen = relay
        .call(
            Role::Waiter,
            "POST",
            "/api/sessions",
            &json!({"session": "table-link:12"}),
        )
        .await;
    assert_eq!(
        (stolen.status, stolen.json()["field"].as_str()),
        (422, Some("session"))
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_guests_order_is_for_its_table_at_the_menus_prices() {
    let relay = house().await;
    let visit = relay
        .manage("POST", "/api/sessions", &json!({"tableNumber": "C4"}), 201)
        .await;
    let guest = visit["token"].as_str().unwrap();
    let order = async |body: Value| relay.call_with(guest, "POST", "/api/orders/create", &body).await;
    let made = order(json!({
        "tableNumber": "A1", "tableId": "1", "areaCode": "A", "priority": "vip", "discount": 3, "totalAmount": 0.01,
        "items": [{"name": "Tea", "menuItemId": "tea", "quantity": 2}, {"name": "tea"}, {"name": "Soup", "price": 5}],
    }))
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let kept = relay
        .get(Role::Manager, &format!("/api/orders/{id}"))
        .await
        .json();
    let seat = (
        &kept["tableNumber"],
        &kept["tableId"],
        &kept["areaCode"],
        &kept["priority"],
    );
    assert_eq!(seat, (&json!("C4"), &json!("12"), &json!("C"), &json!("normal")));
    assert_eq!(
        (&kept["totalAmount"], &kept["finalAmount"]),
        (&json!(15.5), &json!(15.5))
    );
    for (item, field) in [
        (json!({"name": "Tea", "price": 0.01}), "items[0].unitPrice"),
        (
            json!({"name": "Water", "menuItemId": "tea", "unitPrice": 1}),
            "items[0].unitPrice",
        ),
        (
            json!({"name": "Soup", "modifiers": [{"name": "x", "price": -5}]}),
            "items[0].modifiers[0].price",
        ),
    ] {
        let refused = order(json!({"items": [item]})).await;
        assert_eq!(
            (refused.status, refused.json()["field"].as_str()),
            (422, Some(field)),
            "{}",
            refused.text
        );
    }
    let till = json!({"items": [{"name": "Tea", "menuItemId": "tea", "price": 1}]});
    assert_eq!(
        relay.order(&till).await["status"],
        "pending",
        "a till's word on prices counts"
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_repeat_after_the_price_changed_is_still_a_repeat() {
    let relay = house().await;
    let visit = relay
        .manage("POST", "/api/sessions", &json!({"tableNumber": "C4"}), 201)
        .await;
    let guest = visit["token"].as_str().unwrap();
    let body = json!({"id": "mine", "items": [{"name": "Tea", "menuItemId": "tea"}]});
    let first = relay.call_with(guest, "POST", "/api/orders", &body).await;
    relay
        .manage("PUT", "/api/menu/tea", &json!({"price": 4}), 200)
        .await;
    let again = relay.call_with(guest, "POST", "/api/orders", &body).await;
    assert_eq!((first.status, again.status), (201, 200), "{}", again.text);
    assert_eq!(first.text, again.text);
    relay.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_owner_alone_may_read_the_store_and_the_keys() {
    use std::os::unix::fs::PermissionsExt;
    let relay = house().await;
    let mode = |path: std::path::PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for file in [
        "relay.db",
        "relay.db-wal",
        "relay.db-shm",
        "keys/0001.pem",
        "keys/0002.pem",
    ] {
        assert_eq!(mode(relay.dir.path().join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(relay.dir.path().join("keys")), 0o700);
    relay.stop().await;
}
