//! What a manager does with computers: names, test prints, pairing codes, replacements.

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

#[tokio::test]
async fn a_computer_is_shown_renamed_and_tested() {
    let relay = Served::start().await;
    let device = relay.pair(&json!([{"name": "kitchen"}]), "PC-1").await;
    let id = device["deviceId"].as_str().unwrap();
    let path = format!("/api/devices/{id}");
    let early = relay
        .call(Role::Manager, "POST", &format!("{path}/test"), &Value::Null)
        .await;
    assert_eq!((early.status, early.code()), (409, "CONFLICT".into()));
    assert!(early.text.contains("start its agent"), "{}", early.text);
    let demo = "demo";
    relay
        .app
        .store
        .offers(demo, "kitchen", id, None, 0, 8)
        .await
        .unwrap();
    let status = serde_json::from_value(
        json!({"printer": "grill", "online": true, "paper": "out", "cover": "closed", "error": null}),
    );
    relay
        .app
        .store
        .printer_status(demo, id, status.unwrap())
        .await
        .unwrap();
    relay
        .manage("PATCH", &path, &json!({"name": " KITCHEN-PC "}), 200)
        .await;
    let shown = relay.manage("GET", "/api/devices", &Value::Null, 200).await["items"][0].clone();
    assert_eq!(
        (&shown["name"], &shown["online"]),
        (&json!("KITCHEN-PC"), &json!(false))
    );
    assert_eq!(shown["printsFor"], json!(["kitchen"]));
    assert_eq!(shown["printers"][0]["state"], "paper_out");
    let jobs = relay
        .manage("POST", &format!("{path}/test"), &Value::Null, 201)
        .await;
    assert_eq!(jobs["jobs"][0]["station"], "kitchen");
    let job = relay
        .manage(
            "GET",
            &format!("/api/jobs/{}", jobs["jobs"][0]["id"].as_str().unwrap()),
            &Value::Null,
            200,
        )
        .await;
    assert_eq!(
        (&job["kind"], &job["state"], &job["orderId"]),
        (&json!("test"), &json!("accepted"), &Value::Null)
    );
    let ticket = relay
        .get(
            Role::Manager,
            &format!("/api/jobs/{}/ticket.txt", job["id"].as_str().unwrap()),
        )
        .await;
    assert!(
        ticket.text.contains("columns") && ticket.text.contains("lines touch"),
        "{}",
        ticket.text
    );
    let elsewhere = relay
        .call(
            Role::Manager,
            "POST",
            &format!("{path}/test"),
            &json!({"station": "bar_depan"}),
        )
        .await;
    assert_eq!(elsewhere.status, 409, "{}", elsewhere.text);
    for (method, path, body, expected) in [
        (
            "PATCH",
            "/api/devices/nope",
            json!({"name": "x"}),
            (404, "NOT_FOUND", ""),
        ),
        (
            "POST",
            "/api/devices/nope/test",
            Value::Null,
            (404, "NOT_FOUND", ""),
        ),
        ("PATCH", &*path, json!({}), (422, "VALIDATION_ERROR", "name")),
        (
            "PATCH",
            &*path,
            json!({"name": "x".repeat(101)}),
            (422, "VALIDATION_ERROR", "name"),
        ),
    ] {
        let answer = relay.call(Role::Manager, method, path, &body).await;
        assert_eq!(
            refused(&answer),
            (expected.0, expected.1.into(), expected.2.into()),
            "{}",
            answer.text
        );
    }
    let lines = audit(&relay, "what=device").await;
    assert!(lines[0].1.contains("test ticket"), "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|(who, what)| who == "manager:tester" && what.contains("KITCHEN-PC")),
        "{lines:?}"
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_computer_that_shows_a_phrase_is_taken_in_by_it_once() {
    let relay = Served::with(|config| config.limits.requests_per_second = 0).await;
    let phrase = "7K3M-maple-river-otter-tulip";
    let enrol = async || {
        let body = json!({"code": phrase, "name": "GRILL-PC"}).to_string();
        relay.send("POST", "/api/enrol", &[], body).await
    };
    assert_eq!(
        refused(&enrol().await),
        (403, "CODE_UNKNOWN".into(), "code".into())
    );
    let adopt = |code: &str| json!({"stations": [{"name": "kitchen"}], "code": code});
    // Typed as people type it.
    let typed = adopt("7k3m Maple River OTTER tulip");
    let made = relay.manage("POST", "/api/enrolments", &typed, 201).await;
    assert_eq!(made["id"], "7K3M");
    let paired = enrol().await;
    assert_eq!(
        (paired.status, &paired.json()["stations"][0]["name"]),
        (200, &"kitchen".into())
    );
    assert_eq!(refused(&enrol().await), (410, "CODE_USED".into(), "code".into()));
    let cut_short = adopt("7K3M-maple");
    let weak = relay.manage("POST", "/api/enrolments", &cut_short, 422).await;
    assert_eq!(weak["field"], "code", "{weak}");
    relay.stop().await;
}

#[tokio::test]
async fn pairing_codes_say_why_they_are_not_taken() {
    let relay = Served::with(|config| config.limits.requests_per_second = 0).await;
    let make = json!({"stations": [{"name": "kitchen"}], "ttl": 1});
    let short = relay.manage("POST", "/api/enrolments", &make, 201).await;
    let code = short["code"].as_str().unwrap();
    assert_eq!(short["id"].as_str().unwrap(), &code[..4]);
    let enrol = async |code: &str| {
        relay
            .send(
                "POST",
                "/api/enrol",
                &[],
                json!({"code": code, "name": "PC"}).to_string(),
            )
            .await
    };
    let wrong = format!("{}-000000", &code[..4]);
    let unknown = enrol(&wrong).await;
    assert_eq!(refused(&unknown), (403, "CODE_UNKNOWN".into(), "code".into()));
    let begun = Instant::now();
    let late = loop {
        let listed = relay.manage("GET", "/api/enrolments", &Value::Null, 200).await;
        assert_eq!(listed["items"][0]["tries"], 1);
        if listed["items"][0]["state"] == "expired" {
            break enrol(code).await;
        }
        assert!(begun.elapsed() < common::PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(refused(&late), (410, "CODE_EXPIRED".into(), "code".into()));
    let fresh = relay
        .manage(
            "POST",
            "/api/enrolments",
            &json!({"stations": [{"name": "bar"}]}),
            201,
        )
        .await;
    let code = fresh["code"].as_str().unwrap();
    assert_eq!(enrol(code).await.status, 200);
    assert_eq!(
        refused(&enrol(code).await),
        (410, "CODE_USED".into(), "code".into())
    );
    relay.stop().await;
}

#[tokio::test]
async fn five_wrong_tries_lock_a_code_and_a_code_can_be_withdrawn() {
    let relay = Served::with(|config| config.limits.requests_per_second = 0).await;
    let make = json!({"stations": [{"name": "kitchen"}]});
    let made = relay.manage("POST", "/api/enrolments", &make, 201).await;
    let code = made["code"].as_str().unwrap();
    let enrol = async |code: &str| {
        relay
            .send("POST", "/api/enrol", &[], json!({"code": code}).to_string())
            .await
    };
    let mut codes = Vec::new();
    for number in 0..5 {
        codes.push(enrol(&format!("{}-00000{number}", &code[..4])).await.code());
    }
    assert_eq!(codes[3..], ["CODE_UNKNOWN", "CODE_LOCKED"]);
    assert_eq!(
        refused(&enrol(code).await),
        (403, "CODE_LOCKED".into(), "code".into())
    );
    let listed = relay.manage("GET", "/api/enrolments", &Value::Null, 200).await;
    assert_eq!(listed["items"][0]["state"], "locked");
    assert!(
        !listed.to_string().contains(code.split_once('-').unwrap().1),
        "{listed}"
    );
    let made = relay.manage("POST", "/api/enrolments", &make, 201).await;
    let path = format!("/api/enrolments/{}", made["id"].as_str().unwrap());
    relay.manage("DELETE", &path, &Value::Null, 204).await;
    assert_eq!(enrol(made["code"].as_str().unwrap()).await.code(), "CODE_UNKNOWN");
    relay.manage("DELETE", &path, &Value::Null, 404).await;
    relay.stop().await;
}

#[tokio::test]
async fn a_new_computer_takes_the_place_of_an_old_one() {
    let relay = Served::start().await;
    let old = relay
        .pair(
            &json!([{"name": "kitchen"}, {"name": "bar", "location": "depan"}]),
            "OLD",
        )
        .await;
    let id = old["deviceId"].as_str().unwrap();
    relay
        .app
        .store
        .offers("demo", "kitchen", id, None, 0, 8)
        .await
        .unwrap();
    let job = relay.order(&margherita()).await["jobs"][0]["id"].clone();
    let code = relay
        .manage("POST", "/api/enrolments", &json!({"replaces": id}), 201)
        .await;
    let body = json!({"code": code["code"], "name": "NEW"}).to_string();
    let new = relay.send("POST", "/api/enrol", &[], body).await.json();
    assert_eq!(new["stations"], old["stations"]);
    let old_token = old["token"].as_str().unwrap();
    assert_eq!(
        relay
            .call_with(old_token, "GET", "/api/jobs", &Value::Null)
            .await
            .status,
        401
    );
    let offered = relay
        .app
        .store
        .offers("demo", "kitchen", new["deviceId"].as_str().unwrap(), None, 0, 8)
        .await
        .unwrap();
    assert_eq!(json!(offered[0].header.id), job);
    let devices = relay.manage("GET", "/api/devices", &Value::Null, 200).await;
    let revoked = |name: &str| {
        let items = devices["items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).unwrap()["revoked"].clone()
    };
    assert_eq!((revoked("OLD"), revoked("NEW")), (json!(true), json!(false)));
    let unknown = relay
        .call(
            Role::Manager,
            "POST",
            "/api/enrolments",
            &json!({"replaces": "nope"}),
        )
        .await;
    assert_eq!(unknown.status, 404);
    relay.stop().await;
}
