//! Templates that a manager publishes, alerts, ETA windows and screens, over HTTP.

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
async fn a_published_template_goes_with_the_next_ticket_and_is_its_picture() {
    let relay = Served::start().await;
    let job = async |relay: &Served| {
        let order = relay.order(&margherita()).await;
        order["jobs"][0]["id"].as_str().unwrap().to_owned()
    };
    let before = job(&relay).await;
    let own = json!({"source": "OUR HOUSE\n{% for item in items %}{{ item.name }}\n{% endfor %}"});
    let made = relay.manage("PUT", "/api/templates/kitchen", &own, 200).await;
    assert_eq!(made["versions"][0]["version"], 1);
    assert!(made["builtin"].as_str().unwrap().contains("items"));
    let after = job(&relay).await;
    let text = async |id: &str| {
        relay
            .get(Role::Manager, &format!("/api/jobs/{id}/ticket.txt"))
            .await
            .text
    };
    assert!(
        !text(&before).await.contains("OUR HOUSE"),
        "an older ticket keeps its look"
    );
    assert!(text(&after).await.contains("OUR HOUSE"));
    relay
        .manage("PUT", "/api/templates/kitchen", &json!({"source": null}), 200)
        .await;
    let again = job(&relay).await;
    assert!(
        !text(&again).await.contains("OUR HOUSE"),
        "the built-in one is back"
    );
    let shown = relay
        .manage("GET", "/api/templates/kitchen", &Value::Null, 200)
        .await;
    assert_eq!(shown["source"], Value::Null);
    assert_eq!(shown["versions"].as_array().unwrap().len(), 2);
    let settings = relay.manage("GET", "/api/routing", &Value::Null, 200).await;
    assert!(settings.get("templates").is_none() && settings.get("alerts").is_none());
    relay
        .manage(
            "PUT",
            "/api/routing",
            &json!({"templates": {"kitchen": []}, "currency": "EUR"}),
            200,
        )
        .await;
    let shown = relay
        .manage("GET", "/api/templates/kitchen", &Value::Null, 200)
        .await;
    assert_eq!(
        shown["versions"].as_array().unwrap().len(),
        2,
        "the settings do not touch templates"
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_template_that_cannot_print_is_refused() {
    let relay = Served::start().await;
    for source in [json!("{% if %}"), json!("x".repeat(20_000)), json!(7)] {
        let refused = relay
            .manage("PUT", "/api/templates/kitchen", &json!({"source": source}), 422)
            .await;
        assert_eq!(refused["field"], "source");
    }
    relay
        .manage("PUT", "/api/templates/nosuch", &json!({"source": "x"}), 404)
        .await;
    relay
        .manage("PUT", "/api/templates/kitchen", &json!({}), 422)
        .await;
    relay.stop().await;
}

#[tokio::test]
async fn alerts_go_to_https_addresses_alone() {
    let relay = Served::start().await;
    let put = async |url: &str, status| {
        let body = json!({"targets": [{"kind": "webhook", "url": url}]});
        relay.manage("PUT", "/api/alerts", &body, status).await
    };
    put("https://hooks.example/one", 200).await;
    for url in [
        "http://127.0.0.1:9/x",
        "http://10.0.0.1/x",
        "file:///etc/passwd",
        "https://me@example/x",
    ] {
        assert_eq!(put(url, 422).await["field"], "targets", "{url}");
    }
    let shown = relay.manage("GET", "/api/alerts", &Value::Null, 200).await;
    assert_eq!(shown["targets"][0]["url"], "https://hooks.example/one");
    relay
        .manage("POST", "/api/alerts/deliveries/none/resend", &json!({}), 404)
        .await;
    relay.stop().await;
}

#[tokio::test]
async fn a_guest_sees_a_window_once_the_kitchen_has_shown_its_pace() {
    let relay = Served::start().await;
    let visit = relay
        .manage("POST", "/api/sessions", &json!({"tableNumber": "C4"}), 201)
        .await;
    let token = visit["token"].as_str().unwrap().to_owned();
    let mut order = margherita();
    order["sessionToken"] = json!(token);
    let mine = async || {
        relay
            .manage("GET", &format!("/api/sessions/{token}"), &Value::Null, 200)
            .await["orders"][0]
            .clone()
    };
    relay.order(&order).await;
    assert_eq!(mine().await.get("eta"), None);
    for _ in 0..3 {
        let made = relay.order(&margherita()).await;
        let path = format!("/api/orders/{}", made["id"].as_str().unwrap());
        relay
            .manage("PATCH", &path, &json!({"status": "ready"}), 200)
            .await;
    }
    let order = mine().await;
    let (from, until) = (
        order["eta"]["from"].as_str().unwrap(),
        order["eta"]["until"].as_str().unwrap(),
    );
    assert!(from < until);
    let path = format!("/api/orders/{}", order["id"].as_str().unwrap());
    relay
        .manage("PATCH", &path, &json!({"status": "ready"}), 200)
        .await;
    assert_eq!(
        mine().await.get("eta"),
        None,
        "what is ready is not expected any more"
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_display_is_heard_of_by_its_questions() {
    let relay = Served::start().await;
    let station = async || {
        let found = relay.manage("GET", "/api/stations", &Value::Null, 200).await;
        let items = found["items"].as_array().unwrap().clone();
        items
            .into_iter()
            .find(|station| station["name"] == "kitchen")
            .unwrap()["screen"]
            .clone()
    };
    assert_eq!(station().await, Value::Null);
    assert_eq!(
        relay.get(Role::Waiter, "/api/events?screen=kitchen").await.status,
        200
    );
    assert_eq!(
        station().await,
        Value::Null,
        "a waiter's tablet is no kitchen display"
    );
    assert_eq!(
        relay
            .get(Role::Kitchen, "/api/events?screen=kitchen")
            .await
            .status,
        200
    );
    assert_eq!(station().await, json!(true));
    assert_eq!(
        relay.get(Role::Kitchen, "/api/events?screen=../x").await.status,
        422
    );
    relay.stop().await;
}
