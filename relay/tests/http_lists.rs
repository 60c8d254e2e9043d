//! Lists and jobs over HTTP: pages, filters, tickets as they print.

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
async fn a_list_is_cut_into_pages() {
    let relay = Served::start().await;
    for _ in 0..3 {
        relay.order(&margherita()).await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/orders?limit=2".to_owned();
    loop {
        let page = relay.call(Role::Pos, "GET", &path, &Value::Null).await.json();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|order| order["orderNumber"].to_string()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/orders?limit=2&cursor={next}");
    }
    assert_eq!(seen.len(), 3);
    seen.dedup();
    assert_eq!(seen.len(), 3, "{seen:?}");
    relay.stop().await;
}

#[tokio::test]
async fn bad_filters_are_named() {
    let relay = Served::start().await;
    for (path, field) in [
        ("/api/orders?status=eaten", "status"),
        ("/api/orders?limit=0", "limit"),
        ("/api/orders?limit=many", "limit"),
        ("/api/orders?cursor=rubbish", "cursor"),
        ("/api/orders?open=perhaps", "open"),
        ("/api/jobs?state=lost", "state"),
    ] {
        let refused = relay.call(Role::Manager, "GET", path, &Value::Null).await;
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
async fn jobs_are_listed_shown_and_settled() {
    let relay = Served::start().await;
    let order = relay.order(&margherita()).await;
    let job = order["jobs"][0]["id"].as_str().unwrap();
    let shown = relay
        .call(Role::Manager, "GET", &format!("/api/jobs/{job}"), &Value::Null)
        .await
        .json();
    let mut fields: Vec<_> = shown.as_object().unwrap().keys().cloned().collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "attempt",
            "banners",
            "createdAt",
            "detail",
            "evidence",
            "finishedAt",
            "history",
            "id",
            "kind",
            "number",
            "orderId",
            "orderNumber",
            "printer",
            "spooledAt",
            "startedAt",
            "state",
            "station"
        ]
    );
    assert_eq!(
        (&shown["state"], &shown["number"], &shown["kind"]),
        (&json!("accepted"), &json!(1), &json!("order"))
    );
    assert_eq!(shown["orderNumber"], order["orderNumber"]);
    let listed = relay
        .call(
            Role::Manager,
            "GET",
            "/api/jobs?state=accepted&station=kitchen",
            &Value::Null,
        )
        .await;
    assert_eq!(listed.json()["items"][0]["id"], job);
    let bad = relay
        .call(
            Role::Manager,
            "POST",
            &format!("/api/jobs/{job}/resolve"),
            &json!({}),
        )
        .await;
    assert_eq!((bad.status, bad.json()["field"].as_str()), (422, Some("printed")));
    let early = relay
        .call(
            Role::Manager,
            "POST",
            &format!("/api/jobs/{job}/resolve"),
            &json!({"printed": true}),
        )
        .await;
    assert_eq!(early.status, 409, "{}", early.text);
    let cancelled = relay
        .call(
            Role::Manager,
            "POST",
            &format!("/api/jobs/{job}/cancel"),
            &Value::Null,
        )
        .await;
    assert_eq!(
        (cancelled.status, &cancelled.json()["state"]),
        (200, &json!("cancelled"))
    );
    let gone = relay
        .call(Role::Manager, "GET", "/api/jobs/nope", &Value::Null)
        .await;
    assert_eq!(gone.status, 404);
    relay.stop().await;
}

#[tokio::test]
async fn a_jobs_ticket_is_shown_as_it_prints() {
    let relay = Served::start().await;
    let mut order = margherita();
    order["items"][0]["notes"] = json!("<script>alert(1)</script>");
    let order = relay.order(&order).await;
    let job = order["jobs"][0]["id"].as_str().unwrap();
    let get = async |kind: &str| {
        let answer = relay
            .call(
                Role::Manager,
                "GET",
                &format!("/api/jobs/{job}/ticket.{kind}"),
                &Value::Null,
            )
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer
    };
    let text = get("txt").await;
    assert!(
        text.text.contains("Margherita") && text.text.contains("KITCHEN"),
        "{}",
        text.text
    );
    let svg = get("svg").await;
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    assert!(!svg.text.contains("<script"), "{}", svg.text);
    let png = get("png").await;
    assert_eq!(png.header("content-type"), "image/png");
    assert!(png.text.starts_with("[137, 80, 78, 71"), "no PNG");
    let missing = relay
        .call(Role::Manager, "GET", "/api/jobs/nope/ticket.png", &Value::Null)
        .await;
    assert_eq!(missing.status, 404);
    relay.stop().await;
}
