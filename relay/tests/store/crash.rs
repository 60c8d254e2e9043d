//! The relay is killed with -9 again and again: what was answered is there, numbers have no gaps.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};

use relay::store::{OrderFilter, OrderReply, Outlet, Store, StoreOptions};
use tokio::task::JoinSet;

use crate::kit::{OUTLET, create, request};

/// How often the relay is killed.
const KILLS: usize = 40;
/// Answers that a relay gives before it is killed, at most.
const ANSWERS: usize = 60;
const FOLDER: &str = "PRINTRAIL_TEST_STORE";

/// Not a test by itself: the relay that is killed. Says on stdout which orders it has answered.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by r1_orders_survive_kill_9"]
async fn relay_to_be_killed() {
    let Ok(dir) = std::env::var(FOLDER) else { return };
    let (store, mut heard) = Store::open(Path::new(&dir), StoreOptions::default()).unwrap();
    let run = std::process::id();
    let mut tills = JoinSet::new();
    tills.spawn(async move { while heard.recv().await.is_some() {} });
    for till in 0..8 {
        let store = store.clone();
        tills.spawn(async move {
            for n in 0.. {
                let id = format!("{run}-{till}-{n}");
                let reply = store.order(request(create(&id), None, None)).await.unwrap();
                assert!(matches!(reply, OrderReply::Done { .. }));
                let mut out = std::io::stdout().lock();
                writeln!(out, "answered {id}").unwrap();
                out.flush().unwrap();
            }
        });
    }
    tills.join_all().await;
}

fn start(dir: &Path) -> Child {
    Process::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::relay_to_be_killed", "--ignored", "--nocapture"])
        .env(FOLDER, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets it answer `count` orders, kills it, and returns every order that it had answered until then.
fn answers_until_killed(mut relay: Child, count: usize) -> Vec<String> {
    let mut lines = BufReader::new(relay.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let answered = |line: String| line.split_once("answered ").map(|(_, id)| id.to_owned());
    let mut ids: Vec<String> = lines.by_ref().filter_map(answered).take(count).collect();
    relay.kill().unwrap();
    ids.extend(lines.filter_map(answered));
    relay.wait().unwrap();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_orders_survive_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), StoreOptions::default()).unwrap();
    let new = Outlet {
        id: OUTLET.into(),
        name: "Demo".into(),
        timezone: "UTC".into(),
    };
    store.add_outlet(new).await.unwrap();
    store.close().await;

    let mut answered = Vec::new();
    for round in 0..KILLS {
        let count = 1 + (round * 37) % ANSWERS;
        let relay = start(dir.path());
        let ids = tokio::task::spawn_blocking(move || answers_until_killed(relay, count))
            .await
            .unwrap();
        assert!(ids.len() >= count, "round {round}: only {} answers", ids.len());
        answered.extend(ids);
    }

    let (store, _) = Store::open(dir.path(), StoreOptions::default()).unwrap();
    let kept = all_orders(&store).await;
    for id in &answered {
        assert!(
            kept.iter().any(|(kept, _)| kept == id),
            "{id} was answered and is lost"
        );
    }
    // Numbers restart at midnight UTC, should this test run across it.
    let mut days: Vec<&str> = kept.iter().map(|(_, number)| &number[..12]).collect();
    days.sort_unstable();
    days.dedup();
    for day in days {
        let numbers: BTreeSet<u64> = kept
            .iter()
            .filter(|(_, number)| number.starts_with(day))
            .map(|(_, number)| number[13..].parse().unwrap())
            .collect();
        let orders = kept.iter().filter(|(_, number)| number.starts_with(day)).count() as u64;
        assert_eq!(
            numbers,
            (1..=orders).collect(),
            "numbers of {day} have gaps or repeats"
        );
    }
    let (head, _) = store.head(OUTLET).await.unwrap();
    assert_eq!(head, kept.len() as u64, "one event for each order");
    for station in ["kitchen", "bar_depan"] {
        let jobs = store
            .offers(OUTLET, station, "pc", None, 0, 100_000)
            .await
            .unwrap();
        let seqs: Vec<u64> = jobs.iter().map(|job| job.header.seq).collect();
        assert_eq!(
            seqs,
            (1..=kept.len() as u64).collect::<Vec<_>>(),
            "jobs of {station}"
        );
    }
}

async fn all_orders(store: &Store) -> Vec<(String, String)> {
    let mut kept = Vec::new();
    let mut filter = OrderFilter {
        limit: 200,
        ..OrderFilter::default()
    };
    loop {
        let page = store.list_orders(OUTLET, filter.clone()).await.unwrap();
        kept.extend(
            page.items
                .into_iter()
                .map(|order| (order.id.key(), order.order_number)),
        );
        let Some(next) = page.next else { return kept };
        filter.cursor = Some(next);
    }
}
