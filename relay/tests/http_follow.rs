//! Settings of an outlet, and what happens in it, over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

use common::{PATIENCE, Served, margherita};
use relay::order::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;

/// An event stream, read line by line.
struct Stream(Lines<BufReader<TcpStream>>);

impl Stream {
    async fn open(relay: &Served, path: &str, last: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(relay.addr).await.unwrap();
        let token = relay.token(Role::Pos);
        let last = last
            .map(|last| format!("last-event-id: {last}\r\n"))
            .unwrap_or_default();
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n{last}\r\n",
            relay.addr
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(BufReader::new(stream).lines())
    }

    /// The next event: its name, its id, its data.
    async fn next(&mut self) -> (String, String, Value) {
        let (mut name, mut id) = (String::new(), String::new());
        loop {
            let line = tokio::time::timeout(PATIENCE, self.0.next_line())
                .await
                .expect("an event in time");
            let line = line.unwrap().expect("the stream goes on");
            if let Some(text) = line.strip_prefix("event: ") {
                name = text.to_owned();
            } else if let Some(text) = line.strip_prefix("id: ") {
                id = text.to_owned();
            } else if let Some(text) = line.strip_prefix("data: ") {
                // axum writes the fields in the order in which they were set: data comes last.
                return (name, id, serde_json::from_str(text).unwrap());
            }
        }
    }
}

async fn get(relay: &Served, role: Role, path: &str) -> Value {
    let answer = relay.call(role, "GET", path, &Value::Null).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

#[tokio::test]
async fn what_happened_since_is_told_once_and_in_order() {
    let relay = Served::start().await;
    relay.order(&margherita()).await;
    let id = relay.order(&margherita()).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    relay
        .call(
            Role::Kitchen,
            "PATCH",
            &format!("/api/orders/{id}"),
            &json!({"status": "ready"}),
        )
        .await;
    let all = get(&relay, Role::Pos, "/api/events?after=0").await;
    let seqs: Vec<_> = all["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seqs, [1, 2, 3]);
    assert_eq!((&all["head"], &all["epoch"]), (&json!(3), &json!(0)));
    assert_eq!(all["events"][0]["type"], "order.created");
    assert_eq!(
        all["events"][0]["data"]["order"]["items"][0]["name"],
        "Margherita"
    );
    assert_eq!(all["events"][2]["type"], "order.confirmed");
    let rest = get(&relay, Role::Pos, "/api/events?after=2").await;
    assert_eq!(rest["events"].as_array().unwrap().len(), 1);
    let partly = get(&relay, Role::Pos, "/api/events?after=2.4").await;
    assert_eq!(partly["events"].as_array().unwrap().len(), 2);
    let none = get(&relay, Role::Pos, "/api/events?after=3").await;
    assert_eq!(none["events"], json!([]));
    relay.stop().await;
}

#[tokio::test]
async fn a_long_poll_answers_as_soon_as_something_happens() {
    let relay = Served::start().await;
    let polling = get(&relay, Role::Kitchen, "/api/events?after=0&wait=30");
    let ordering = async {
        relay.order(&margherita()).await;
    };
    let (polled, ()) = tokio::join!(polling, ordering);
    assert_eq!(polled["events"][0]["seq"], 1);
    relay.stop().await;
}

#[tokio::test]
async fn a_stream_goes_on_where_it_broke_off() {
    let relay = Served::start().await;
    relay.order(&margherita()).await;
    let mut live = Stream::open(&relay, "/api/events", None).await;
    let mut replay = Stream::open(&relay, "/api/events?after=0", None).await;
    let (name, id, event) = replay.next().await;
    assert_eq!(
        (name.as_str(), id.as_str(), &event["seq"]),
        ("order.created", "1", &json!(1))
    );
    relay.order(&margherita()).await;
    assert_eq!(replay.next().await.1, "2");
    drop(replay);
    relay.order(&margherita()).await;
    let mut again = Stream::open(&relay, "/api/events?after=0", Some("2")).await;
    assert_eq!(again.next().await.1, "3");
    assert_eq!(
        (live.next().await.1, live.next().await.1),
        ("2".into(), "3".into())
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_position_that_is_not_in_the_log_gets_the_whole_state() {
    let relay = Served::start().await;
    relay.order(&margherita()).await;
    for after in ["99", "1@7"] {
        let gap = get(&relay, Role::Pos, &format!("/api/events?after={after}")).await;
        assert_eq!(
            (&gap["reason"], &gap["head"]),
            (&json!("gap"), &json!(1)),
            "{gap}"
        );
        assert_eq!(gap["activeOrders"].as_array().unwrap().len(), 1);
    }
    let mut stream = Stream::open(&relay, "/api/events", Some("99")).await;
    let (name, id, state) = stream.next().await;
    assert_eq!(
        (name.as_str(), id.as_str(), &state["reason"]),
        ("sync_state", "1", &json!("gap"))
    );
    relay.order(&margherita()).await;
    assert_eq!(stream.next().await.1, "2");
    let wrong = relay
        .call(Role::Pos, "GET", "/api/events?after=x", &Value::Null)
        .await;
    assert_eq!(
        (wrong.status, wrong.json()["field"].as_str()),
        (422, Some("after"))
    );
    relay.stop().await;
}

#[tokio::test]
async fn the_open_state_is_told_at_once() {
    let relay = Served::start().await;
    let id = relay.order(&margherita()).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    relay.order(&margherita()).await;
    relay
        .call(
            Role::Pos,
            "POST",
            &format!("/api/orders/{id}/cancel"),
            &Value::Null,
        )
        .await;
    let state = get(&relay, Role::Waiter, "/api/sync").await;
    assert_eq!((&state["head"], &state["epoch"]), (&json!(3), &json!(0)));
    assert_eq!(state["activeOrders"].as_array().unwrap().len(), 1);
    assert_eq!(state["recentOrders"].as_array().unwrap().len(), 2);
    relay.stop().await;
}

#[tokio::test]
async fn a_dry_run_says_which_rule_sends_which_item_where() {
    let relay = Served::start().await;
    let mut order = margherita();
    order["tableNumber"] = json!("K2");
    order["items"] = json!([
        {"name": "Soto", "workstation": "kitchen", "quantity": 2},
        {"name": "Es Teh", "mainCategory": "Minuman dingin"},
        {"name": "Shisha", "workstation": "terrace"},
    ]);
    let run = relay
        .call(Role::Manager, "POST", "/api/routing/dry-run", &order)
        .await;
    assert_eq!(run.status, 200, "{}", run.text);
    let run = run.json();
    assert_eq!(run["area"], "K");
    assert_eq!(run["items"][0]["rule"], "workstation kitchen");
    assert_eq!(run["items"][1]["stations"], json!(["bar_belakang"]));
    assert_eq!(
        (&run["items"][2]["unrouted"], &run["items"][2]["rule"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(run["stations"]["kitchen"], json!(["2x Soto", "1x Shisha"]));
    assert_eq!(run["prints"], "at once");
    assert_eq!(
        get(&relay, Role::Manager, "/api/orders").await["items"],
        json!([])
    );
    assert_eq!(get(&relay, Role::Manager, "/api/jobs").await["items"], json!([]));
    relay.stop().await;
}

#[tokio::test]
async fn orders_follow_new_rules_at_once() {
    let relay = Served::start().await;
    let rules = json!({"rules": [{"name": "pizza", "name_contains": ["margherita"], "to": ["oven"]}]});
    let put = relay.call(Role::Manager, "PUT", "/api/routing", &rules).await;
    assert_eq!(put.status, 200, "{}", put.text);
    assert_eq!(relay.order(&margherita()).await["jobs"][0]["station"], "oven");
    let shown = get(&relay, Role::Manager, "/api/routing").await;
    assert_eq!(
        (&shown["rules"][0]["to"], &shown["default_bar"]),
        (&json!(["oven"]), &json!("bar_depan"))
    );
    let problems = shown["problems"].as_array().unwrap();
    assert!(
        problems
            .iter()
            .any(|found| found["finding"] == "no_printer" && found["station"] == "oven"),
        "{shown}"
    );
    let station = relay
        .call(
            Role::Manager,
            "PUT",
            "/api/stations/oven",
            &json!({"copies": 2, "backup": "kitchen"}),
        )
        .await;
    assert_eq!(
        station.json(),
        json!({"name": "oven", "copies": 2, "backup": "kitchen", "backupAfterS": 30, "kind": null})
    );
    for (path, body, field) in [
        ("/api/stations/oven", json!({"copies": 10}), "copies"),
        ("/api/stations/oven", json!({"copies": "two"}), "copies"),
        ("/api/stations/oven", json!({"backup": "oven"}), "backup"),
        ("/api/stations/The%20Oven", json!({}), "name"),
        ("/api/routing", json!({"rules": 7}), "rules"),
        ("/api/routing", json!({"timezone": "Mars/Base"}), "timezone"),
    ] {
        let refused = relay.call(Role::Manager, "PUT", path, &body).await;
        assert_eq!(
            (refused.status, refused.json()["field"].as_str()),
            (422, Some(field)),
            "{path} {body}: {}",
            refused.text
        );
    }
    relay.stop().await;
}
