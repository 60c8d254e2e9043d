//! The real program, killed with -9 in the middle of a rush: every order is there once, and numbers have no gaps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{margherita, request};
use futures_util::future::{Either, join_all, select};
use serde_json::{Value, json};

/// How often it is killed.
const KILLS: usize = 5;
/// Orders of one rush.
const RUSH: usize = 60;
/// Answers of a rush after which it is killed: at different places in the queue.
const ANSWERS: [usize; KILLS] = [1, 7, 19, 33, 48];

fn serve(data: &Path) -> (Child, SocketAddr) {
    let mut relay = Command::new(env!("CARGO_BIN_EXE_printrail-relay"))
        .args(["serve", "--insecure-no-auth", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let first = BufReader::new(relay.stdout.take().unwrap())
        .lines()
        .next()
        .unwrap()
        .unwrap();
    let addr = first.rsplit('/').next().unwrap().parse().unwrap();
    (relay, addr)
}

async fn submit(addr: SocketAddr, id: &str) -> common::Answer {
    let mut order = margherita();
    order["id"] = json!(id);
    request(addr, "POST", "/api/orders", &[], order.to_string()).await
}

/// A rush of orders; the relay is killed after so many answers.
async fn rush_until_killed(data: &Path, round: usize) {
    let (mut relay, addr) = serve(data);
    let answered = AtomicUsize::new(0);
    let one = async |id: String| {
        if submit(addr, &id).await.status < 300 {
            answered.fetch_add(1, Ordering::SeqCst);
        }
    };
    let rush = join_all((0..RUSH).map(|number| one(format!("{round}-{number}"))));
    let enough = async {
        while answered.load(Ordering::SeqCst) < ANSWERS[round] {
            tokio::task::yield_now().await;
        }
    };
    match select(Box::pin(rush), Box::pin(enough)).await {
        Either::Left(_) | Either::Right(_) => relay.kill().unwrap(),
    }
    relay.wait().unwrap();
}

#[tokio::test]
async fn r1_numbers_have_no_gaps_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..KILLS {
        rush_until_killed(dir.path(), round).await;
    }
    let (mut relay, addr) = serve(dir.path());
    // Whoever got no answer sends the order again; who did not know that it had one, too.
    for round in 0..KILLS {
        for number in 0..RUSH {
            let again = submit(addr, &format!("{round}-{number}")).await;
            assert!([200, 201].contains(&again.status), "{}", again.text);
        }
    }
    let same = join_all((0..50).map(|_| submit(addr, "at-once"))).await;
    assert_eq!(same.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(same.iter().all(|answer| answer.text == same[0].text));
    let mut orders = Vec::new();
    let mut path = "/api/orders?limit=200".to_owned();
    loop {
        let page = request(addr, "GET", &path, &[], "").await.json();
        orders.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/orders?limit=200&cursor={next}");
    }
    relay.kill().unwrap();
    relay.wait().unwrap();
    let text = |order: &Value, field: &str| order[field].as_str().unwrap().to_owned();
    let ids: BTreeSet<String> = orders.iter().map(|order| text(order, "id")).collect();
    assert_eq!((orders.len(), ids.len()), (KILLS * RUSH + 1, KILLS * RUSH + 1));
    // Numbers restart at midnight UTC, should this test run across it.
    let days: BTreeSet<String> = orders
        .iter()
        .map(|order| text(order, "orderNumber")[..12].to_owned())
        .collect();
    for day in days {
        let of_day: Vec<String> = orders
            .iter()
            .map(|order| text(order, "orderNumber"))
            .filter(|number| number.starts_with(&day))
            .collect();
        let numbers: BTreeSet<usize> = of_day
            .iter()
            .map(|number| number[13..].parse().unwrap())
            .collect();
        assert_eq!(numbers, (1..=of_day.len()).collect(), "{day}");
    }
}
