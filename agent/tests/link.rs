//! The real program against a relay that behaves well, badly, or not at all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::time::{Duration, Instant};

use agent::link::LinkState;
use agent::{Agent, config};
use common::{FakeRelay, Home, until};
use jiff::{SignedDuration, Timestamp};
use protocol::{AgentFrame, RelayFrame};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn it_registers_its_station_with_token_spool_and_printer() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    std::fs::write(home.path().join("agent.token"), "s3cret\n").unwrap();
    let _agent = home.run(&[]);
    let mut peer = relay.accept().await;
    assert_eq!(peer.path, "/ws");
    assert_eq!(peer.authorization.as_deref(), Some("Bearer s3cret"));
    let registration = peer.confirm_registration().await;
    assert_eq!(
        (registration.role.as_str(), &registration.location),
        ("kitchen", &None)
    );
    assert!(registration.agent.spool.is_some());
    assert_eq!(registration.printers[0].name, "grill");
}

#[tokio::test]
async fn an_acknowledged_job_survives_kill_9_and_is_not_taken_twice() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let agent = home.run(&[]);
    let (mut peer, first) = relay.live(1).await;
    peer.offer("job-1", 1, "kitchen").await;
    peer.acknowledged("job-1").await;
    agent.kill_9();

    let (code, jobs) = home.json(&["jobs", "list"]);
    assert_eq!(code, Some(0));
    assert_eq!(jobs["jobs"][0]["id"], "job-1");
    assert_eq!(jobs["jobs"][0]["orderNumber"], "ORD-1");

    let agent = home.run(&[]);
    let (mut peer, second) = relay.live(1).await;
    assert_eq!(first[0].agent.spool, second[0].agent.spool);
    assert_eq!(first[0].device_id, second[0].device_id);
    for _ in 0..3 {
        peer.offer("job-1", 1, "kitchen").await;
    }
    peer.offer("job-2", 2, "kitchen").await;
    peer.acknowledged("job-2").await;
    let (_, jobs) = home.json(&["jobs", "list"]);
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 2, "{jobs}");
    assert!(
        agent.log().lines().next().unwrap().contains("the spool holds"),
        "{}",
        agent.log()
    );
}

#[tokio::test]
async fn a_cut_cable_is_followed_by_a_new_connection_and_the_same_reports() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let _agent = home.run(&[]);
    let (mut peer, _) = relay.live(1).await;
    peer.offer("job-1", 1, "kitchen").await;
    peer.acknowledged("job-1").await;
    peer.cut();
    let (mut peer, _) = relay.live(1).await;
    // Not settled: it is said again without being asked.
    peer.wait_for(|frame| match frame {
        AgentFrame::JobAck { job_id } => Some(job_id.as_str() == "job-1"),
        AgentFrame::JobUpdate(update) => Some(update.job_id.as_str() == "job-1"),
        _ => None,
    })
    .await
    .then_some(())
    .unwrap();
}

#[tokio::test]
async fn a_ping_is_answered_and_corrects_the_clock() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let _agent = home.run(&[]);
    let (mut peer, _) = relay.live(1).await;
    peer.send(&RelayFrame::Ping {
        now: Timestamp::now() + SignedDuration::from_hours(1),
    })
    .await;
    peer.wait_for(|frame| (frame == AgentFrame::Pong).then_some(()))
        .await;
    let behind = until("the clock is corrected", || {
        let (_, status) = home.json(&["status"]);
        status["link"]["clock_behind_ms"]
            .as_i64()
            .filter(|behind| *behind != 0)
    });
    let behind = behind.await;
    assert!((3_590_000..3_610_000).contains(&behind), "{behind}");
}

#[tokio::test]
async fn after_a_goodbye_it_comes_back_when_it_was_asked_to() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let _agent = home.run(&[]);
    let (mut peer, _) = relay.live(1).await;
    let said = Instant::now();
    peer.send(&RelayFrame::Goodbye { retry_after_ms: 400 }).await;
    while peer.next().await.is_some() {}
    relay.live(1).await;
    assert!(said.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn fault_a7_a_refused_device_says_so_and_goes_on_trying() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    std::fs::write(home.path().join("agent.token"), "0ld-t0ken").unwrap();
    let agent = home.run(&[]);
    relay.refuse(401).await;
    let state = until("status says refused", || {
        let (code, status) = home.json(&["status"]);
        (code == Some(5)).then_some(status)
    });
    let status = state.await;
    assert_eq!(status["link"]["state"], "refused");
    assert!(
        status["link"]["problem"]
            .as_str()
            .unwrap()
            .contains("printrail-agent pair"),
        "{status}"
    );
    // A new token is read at the next attempt, without a restart.
    std::fs::write(home.path().join("agent.token"), "n3w-t0ken").unwrap();
    let mut peer = relay.accept().await;
    if peer.authorization.as_deref() == Some("Bearer 0ld-t0ken") {
        peer = relay.accept().await;
    }
    assert_eq!(peer.authorization.as_deref(), Some("Bearer n3w-t0ken"));
    peer.confirm_registration().await;
    until("the link is live", || {
        (home.json(&["status"]).0 == Some(0)).then_some(())
    })
    .await;
    assert!(!agent.log().contains("t0ken"), "a token in the log");
}

#[tokio::test]
async fn a_job_that_cannot_be_read_is_reported_as_failed() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let _agent = home.run(&[]);
    let (mut peer, _) = relay.live(1).await;
    let mut broken = common::offer("job-1", 1, "kitchen");
    let text = broken
        .data
        .get()
        .replace("\"kind\":\"order\"", "\"kind\":\"poster\"");
    broken.data = serde_json::value::RawValue::from_string(text).unwrap();
    peer.send(&RelayFrame::Offer(Box::new(broken))).await;
    let state = peer
        .wait_for(|frame| match frame {
            AgentFrame::JobUpdate(update) if update.job_id.as_str() == "job-1" => Some(update.state),
            _ => None,
        })
        .await;
    assert_eq!(state, protocol::JobState::Failed);
}

/// In this process, so that the test can move the clock.
#[tokio::test]
async fn fault_n2_a_silent_relay_is_left_after_forty_seconds() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let flags = config::Flags {
        data: Some(home.path().to_owned()),
        ..config::Flags::default()
    };
    let agent = Agent::open(config::load(&flags, &|_| None).unwrap().config)
        .await
        .unwrap();
    let (mut link, stop) = (agent.link(), CancellationToken::new());
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(agent.run(stop.clone()));
    let (mut silent, _) = relay.live(1).await;
    link.wait_for(|status| status.state == LinkState::Live)
        .await
        .unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(41)).await;
    tokio::time::resume();
    let status = link
        .wait_for(|status| status.state == LinkState::Waiting)
        .await
        .unwrap()
        .clone();
    assert_eq!(status.problem.as_deref(), Some("nothing heard for 40 s"));
    while silent.next().await.is_some() {}
    relay.live(1).await;
    stop.cancel();
    tasks.join_all().await.into_iter().for_each(Result::unwrap);
}

#[tokio::test]
async fn a_relay_that_is_gone_is_shown_with_what_to_do() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    drop(relay);
    let _agent = home.run(&[]);
    let status = until("status says unreachable", || {
        let (code, status) = home.json(&["status"]);
        (code == Some(6) && status["link"]["problem"] != Value::Null).then_some(status)
    });
    let problem = status.await["link"]["problem"].as_str().unwrap().to_owned();
    assert!(
        problem.contains("cannot be reached: check the network"),
        "{problem}"
    );
}
