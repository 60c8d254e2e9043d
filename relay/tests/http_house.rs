//! Tables, the menu and tables' visits over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

use common::{Answer, Served, margherita};
use relay::order::Role;
use serde_json::{Value, json};

async fn put(relay: &Served, role: Role, path: &str, body: Value) -> Answer {
    relay.call(role, "PUT", path, &body).await
}

async fn get(relay: &Served, role: Role, path: &str) -> Value {
    let answer = relay.call(role, "GET", path, &Value::Null).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// A visit of table C4; its token.
async fn visit(relay: &Served) -> String {
    let opened = relay
        .call(
            Role::Waiter,
            "POST",
            "/api/sessions",
            &json!({"tableNumber": "C4"}),
        )
        .await;
    assert_eq!(opened.status, 201, "{}", opened.text);
    let opened = opened.json();
    let token = opened["token"].as_str().unwrap().to_owned();
    assert!(token.len() >= 22, "{token} has less than 128 bits");
    assert!(
        opened["url"].as_str().unwrap().ends_with(&format!("/s/{token}")),
        "{opened}"
    );
    token
}

#[tokio::test]
async fn a_table_is_made_changed_and_taken_away_with_one_event_each() {
    let relay = Served::start().await;
    let made = put(
        &relay,
        Role::Pos,
        "/api/tables/12",
        json!({"number": "C4", "seats": 4}),
    )
    .await;
    assert_eq!(
        made.json(),
        json!({"id": "12", "number": "C4", "area": "C", "seats": 4, "status": "available"})
    );
    let taken = put(
        &relay,
        Role::Cashier,
        "/api/tables/12",
        json!({"status": "occupied"}),
    )
    .await
    .json();
    assert_eq!(
        (&taken["status"], &taken["seats"]),
        (&json!("occupied"), &json!(4))
    );
    let same = put(&relay, Role::Pos, "/api/tables/12", json!({"status": "occupied"})).await;
    assert_eq!(same.status, 200);
    assert_eq!(
        get(&relay, Role::Waiter, "/api/tables").await["items"],
        json!([taken])
    );
    let gone = relay
        .call(Role::Pos, "DELETE", "/api/tables/12", &Value::Null)
        .await;
    assert_eq!(gone.status, 204);
    assert_eq!(
        relay
            .call(Role::Pos, "GET", "/api/tables/12", &Value::Null)
            .await
            .status,
        404
    );
    let events = get(&relay, Role::Manager, "/api/events?after=0").await["events"].clone();
    let kinds: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].clone())
        .collect();
    assert_eq!(kinds, ["table.updated"; 3]);
    assert_eq!(events[2]["data"]["table"]["deleted"], true);
    let kitchen = get(&relay, Role::Kitchen, "/api/events?after=0").await;
    assert_eq!((&kitchen["events"], &kitchen["head"]), (&json!([]), &json!(3)));
    for (path, body, field) in [
        ("/api/tables/12", json!({"seats": 0}), "seats"),
        ("/api/tables/12", json!({"status": "burning"}), "status"),
        ("/api/tables/%0A", json!({}), "id"),
        ("/api/menu/tea", json!({}), "name"),
        ("/api/menu/tea", json!({"name": "Tea", "price": -1}), "price"),
    ] {
        let refused = put(&relay, Role::Manager, path, body).await;
        assert_eq!(
            (refused.status, refused.json()["field"].as_str()),
            (422, Some(field)),
            "{path}: {}",
            refused.text
        );
    }
    relay.stop().await;
}

#[tokio::test]
async fn an_item_that_is_switched_off_is_refused_in_orders() {
    let relay = Served::start().await;
    let tea = json!({"name": "Tea", "price": 3.5, "mainCategory": "beverage"});
    assert_eq!(
        put(&relay, Role::Pos, "/api/menu/tea", tea.clone()).await.status,
        403
    );
    assert_eq!(put(&relay, Role::Manager, "/api/menu/tea", tea).await.status, 200);
    let mut order = margherita();
    order["items"][0]["menuItemId"] = json!("tea");
    let id = relay.order(&order).await["id"].as_str().unwrap().to_owned();
    let off = put(&relay, Role::Pos, "/api/menu/tea", json!({"available": false})).await;
    assert_eq!(
        (off.status, &off.json()["available"]),
        (200, &json!(false)),
        "{}",
        off.text
    );
    let refused = relay.call(Role::Pos, "POST", "/api/orders", &order).await;
    assert_eq!((refused.status, refused.code()), (422, "ITEM_UNAVAILABLE".into()));
    assert_eq!(refused.json()["field"], "items[0].menuItemId");
    let added = relay
        .call(
            Role::Pos,
            "POST",
            &format!("/api/orders/{id}/items"),
            &json!([{"name": "Tea", "menuItemId": "tea"}]),
        )
        .await;
    assert_eq!(added.code(), "ITEM_UNAVAILABLE");
    let second = get(&relay, Role::Pos, "/api/orders").await["items"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(second, 1);
    put(&relay, Role::Pos, "/api/menu/tea", json!({"available": true})).await;
    let numbered = relay.order(&order).await;
    assert!(
        numbered["orderNumber"].as_str().unwrap().ends_with("-002"),
        "{numbered}"
    );
    assert_eq!(
        get(&relay, Role::Guest, "/api/menu").await["items"][0]["name"],
        "Tea"
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_guest_orders_for_its_own_visit_and_sees_nothing_else() {
    let relay = Served::start().await;
    let guest = visit(&relay).await;
    let neighbour = visit(&relay).await;
    let other = relay.order(&margherita()).await;
    let mut order = margherita();
    order.as_object_mut().unwrap().remove("tableNumber");
    order["customerName"] = json!("Ana");
    let own = relay
        .call_with(&guest, "POST", "/api/orders/create", &order)
        .await;
    assert_eq!(own.status, 201, "{}", own.text);
    let id = own.json()["id"].as_str().unwrap().to_owned();
    order["sessionToken"] = json!(neighbour);
    let foreign = relay.call_with(&guest, "POST", "/api/orders", &order).await;
    assert_eq!(foreign.status, 403, "{}", foreign.text);
    order["customerName"] = json!("Budi");
    let by_staff = relay.order(&order).await;
    let shown = relay
        .call_with(&guest, "GET", &format!("/api/sessions/{guest}"), &Value::Null)
        .await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(
        !shown.text.contains("Ana") && !shown.text.contains(&guest),
        "{}",
        shown.text
    );
    let shown = shown.json();
    assert_eq!(shown["orders"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&shown["orders"][0]["id"], &shown["orders"][0]["tableNumber"]),
        (&json!(id), &json!("C4"))
    );
    assert_eq!(
        (&shown["bill"]["finalAmount"], &shown["session"]["tableNumber"]),
        (&json!(12.5), &json!("C4"))
    );
    let bare = relay
        .send("GET", &format!("/api/sessions/{guest}"), &[], "")
        .await;
    assert_eq!(bare.json(), shown);
    let listed = relay
        .call_with(&guest, "GET", "/api/orders", &Value::Null)
        .await
        .json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let events = relay
        .call_with(&guest, "GET", "/api/events?after=0", &Value::Null)
        .await;
    assert_eq!(events.json()["events"].as_array().unwrap().len(), 1);
    assert!(
        !events.text.contains("Ana") && !events.text.contains(&guest),
        "{}",
        events.text
    );
    let synced = relay.call_with(&guest, "GET", "/api/sync", &Value::Null).await;
    assert_eq!(synced.json()["activeOrders"].as_array().unwrap().len(), 1);
    assert!(!synced.text.contains("Ana"));
    for hidden in [&other["id"], &by_staff["id"]] {
        let path = format!("/api/orders/{}", hidden.as_str().unwrap());
        assert_eq!(
            relay.call_with(&guest, "GET", &path, &Value::Null).await.status,
            404
        );
    }
    for (method, path) in [
        ("GET", format!("/api/sessions/{neighbour}")),
        ("DELETE", format!("/api/sessions/{guest}")),
        ("POST", "/api/sessions".to_owned()),
        ("PATCH", format!("/api/orders/{id}")),
        ("POST", format!("/api/orders/{id}/cancel")),
        ("GET", "/api/jobs".to_owned()),
        ("GET", "/api/tables".to_owned()),
    ] {
        let body = json!({"status": "ready", "tableNumber": "C4"});
        let refused = relay.call_with(&guest, method, &path, &body).await;
        assert!(
            [403, 404].contains(&refused.status),
            "{method} {path}: {}",
            refused.text
        );
    }
    relay.stop().await;
}

#[tokio::test]
async fn a_visit_that_was_ended_opens_nothing() {
    let relay = Served::start().await;
    let guest = visit(&relay).await;
    let mut order = margherita();
    order["sessionToken"] = json!(guest);
    relay.order(&order).await;
    let ended = relay
        .call(
            Role::Waiter,
            "DELETE",
            &format!("/api/sessions/{guest}"),
            &Value::Null,
        )
        .await;
    assert_eq!(ended.status, 204, "{}", ended.text);
    assert_eq!(
        relay
            .call_with(&guest, "GET", "/api/orders", &Value::Null)
            .await
            .status,
        401
    );
    assert_eq!(
        relay
            .send("GET", &format!("/api/sessions/{guest}"), &[], "")
            .await
            .status,
        401
    );
    order["id"] = json!("late");
    let late = relay.call(Role::Pos, "POST", "/api/orders", &order).await;
    assert_eq!(
        (late.status, late.json()["field"].as_str()),
        (422, Some("sessionToken")),
        "{}",
        late.text
    );
    let kept = get(&relay, Role::Waiter, &format!("/api/sessions/{guest}")).await;
    assert_eq!(kept["orders"].as_array().unwrap().len(), 1);
    relay.stop().await;
}

#[tokio::test]
async fn a_visit_ends_by_itself() {
    let relay = Served::start().await;
    let guest = visit(&relay).await;
    put(&relay, Role::Manager, "/api/routing", json!({"session_ttl_s": 0})).await;
    let over = relay.call_with(&guest, "GET", "/api/orders", &Value::Null).await;
    assert_eq!(over.status, 401);
    assert!(over.text.contains("over"), "{}", over.text);
    relay.stop().await;
}

#[tokio::test]
async fn x5_another_outlets_tables_menu_and_visits_are_not_there() {
    let relay = Served::start().await;
    let guest = visit(&relay).await;
    put(&relay, Role::Manager, "/api/tables/12", json!({})).await;
    put(&relay, Role::Manager, "/api/menu/tea", json!({"name": "Tea"})).await;
    let stranger = relay.token_of("other", Role::Manager);
    for (method, path) in [
        ("GET", "/api/tables/12".to_owned()),
        ("DELETE", "/api/tables/12".to_owned()),
        ("GET", "/api/menu/tea".to_owned()),
        ("DELETE", "/api/menu/tea".to_owned()),
        ("GET", format!("/api/sessions/{guest}")),
        ("DELETE", format!("/api/sessions/{guest}")),
    ] {
        let refused = relay.call_with(&stranger, method, &path, &Value::Null).await;
        assert_eq!(refused.status, 404, "{method} {path}: {}", refused.text);
    }
    let mut order = margherita();
    order["sessionToken"] = json!(guest);
    let refused = relay.call_with(&stranger, "POST", "/api/orders", &order).await;
    assert_eq!(
        (refused.status, refused.json()["field"].as_str()),
        (422, Some("sessionToken"))
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_named_visit_is_found_again() {
    let relay = Served::start().await;
    let open = async || {
        relay
            .call(
                Role::Manager,
                "POST",
                "/api/sessions",
                &json!({"session": "evening"}),
            )
            .await
            .json()
    };
    let first = open().await["token"].clone();
    assert_eq!(open().await["token"], first);
    relay
        .call(
            Role::Manager,
            "DELETE",
            &format!("/api/sessions/{}", first.as_str().unwrap()),
            &Value::Null,
        )
        .await;
    assert_ne!(open().await["token"], first);
    let missing = relay
        .call(Role::Manager, "POST", "/api/sessions", &json!({}))
        .await;
    assert_eq!(
        (missing.status, missing.json()["field"].as_str()),
        (422, Some("tableNumber"))
    );
    relay.stop().await;
}
