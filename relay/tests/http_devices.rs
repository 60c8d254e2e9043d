//! Computers over HTTP: pairing, what an agent sees, and revoking.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

use common::{PATIENCE, Served, margherita};
use futures_util::{SinkExt as _, StreamExt as _};
use relay::order::Role;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_revoked_device_is_refused() {
    let relay = Served::start().await;
    let token = relay.agent().await;
    let jobs = relay.call_with(&token, "GET", "/api/jobs", &Value::Null).await;
    assert_eq!(jobs.status, 200, "{}", jobs.text);
    let devices = relay
        .call(Role::Manager, "GET", "/api/devices", &Value::Null)
        .await
        .json();
    assert_eq!(devices["items"][0]["name"], "KITCHEN-PC");
    let id = devices["items"][0]["id"].as_str().unwrap();
    let revoked = relay
        .call(
            Role::Manager,
            "POST",
            &format!("/api/devices/{id}/revoke"),
            &Value::Null,
        )
        .await;
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    let refused = relay.call_with(&token, "GET", "/api/jobs", &Value::Null).await;
    assert_eq!(refused.status, 401);
    relay.stop().await;
}

#[tokio::test]
async fn an_agent_sees_the_jobs_of_its_stations_alone() {
    let relay = Served::start().await;
    let token = relay.agent().await;
    let mut order = margherita();
    order["items"] = json!([
        {"name": "Margherita", "workstation": "kitchen"},
        {"name": "Coke", "workstation": "bar"},
    ]);
    let jobs = relay.order(&order).await["jobs"].as_array().unwrap().clone();
    assert_eq!(jobs.len(), 2);
    let listed = relay
        .call_with(&token, "GET", "/api/jobs", &Value::Null)
        .await
        .json();
    let stations: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["station"].clone())
        .collect();
    assert_eq!(stations, [json!("kitchen")]);
    let bar = jobs.iter().find(|job| job["station"] != "kitchen").unwrap();
    let path = format!("/api/jobs/{}", bar["id"].as_str().unwrap());
    assert_eq!(
        relay.call_with(&token, "GET", &path, &Value::Null).await.status,
        404
    );
    relay.stop().await;
}

/// The second and third registration must not fence the first, and the device must be gone once its socket is.
#[tokio::test]
async fn an_agent_that_registers_all_its_stations_at_once_is_one_device() {
    let relay = Served::insecure().await;
    let stream = TcpStream::connect(relay.addr).await.unwrap();
    let url = "ws://localhost/ws";
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    for role in ["kitchen", "bar", "cashier"] {
        let frame = json!({"type": "register_device", "data": {"device_id": "pc", "role": role,
            "outlet_id": "demo", "agent": {"version": "1", "protocol": 1}}});
        socket.feed(Message::text(frame.to_string())).await.unwrap();
    }
    relay.order(&margherita()).await;
    socket.flush().await.unwrap();
    let mut registered = 0;
    let mut acked = false;
    while registered < 3 || !acked {
        let frame = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
        let text = match frame {
            Message::Text(text) => text,
            Message::Close(why) => panic!("after {registered} registrations: {why:?}"),
            _ => continue,
        };
        let heard: Value = serde_json::from_str(&text).unwrap();
        let kind = heard["event"].as_str().unwrap_or_default();
        assert_ne!(kind, "goodbye", "{text}");
        registered += usize::from(kind == "device_registered");
        let job = &heard["data"]["job"]["id"];
        if job.is_string() && !acked {
            let ack = json!({"type": "job_ack", "job_id": job});
            socket.send(Message::text(ack.to_string())).await.unwrap();
            acked = true;
        }
    }
    assert_eq!(relay.app.links.connected("demo"), ["pc"]);
    drop(socket);
    timeout(PATIENCE, async {
        while !relay.app.links.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("a device that left is still listed");
    relay.stop().await;
}

#[tokio::test]
async fn a_pairing_code_works_once_and_guesses_are_metered() {
    let relay = Served::start().await;
    let stations = json!({"stations": [{"name": "bar", "location": "depan"}]});
    let code = relay
        .call(Role::Manager, "POST", "/api/enrolments", &stations)
        .await
        .json()["code"]
        .clone();
    let body = json!({"code": code, "name": "BAR-PC"}).to_string();
    let device = relay.send("POST", "/api/enrol", &[], body.clone()).await.json();
    assert_eq!(device["outlet"], "demo");
    assert_eq!(device["stations"], json!([{"name": "bar", "location": "depan"}]));
    let again = relay.send("POST", "/api/enrol", &[], body).await;
    assert_eq!((again.status, again.code()), (410, "CODE_USED".into()));
    let mut last = 0;
    for _ in 0..25 {
        last = relay
            .send("POST", "/api/enrol", &[], r#"{"code":"AAAA-BBBBBB"}"#)
            .await
            .status;
    }
    assert_eq!(last, 429);
    for body in [
        json!({}),
        json!({"stations": []}),
        json!({"stations": [{}]}),
        json!({"stations": [{"name": "bar"}], "ttl": "2d"}),
    ] {
        let refused = relay.call(Role::Manager, "POST", "/api/enrolments", &body).await;
        assert_eq!(refused.status, 422, "{body}: {}", refused.text);
        assert!(refused.json()["field"].is_string());
    }
    relay.stop().await;
}
