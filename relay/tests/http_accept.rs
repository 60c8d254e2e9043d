//! The accept loop against clients that are slow, many, or still there when the relay stops.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod common;

use std::time::{Duration, Instant};

use common::{PATIENCE, Served};
use relay::order::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// X1: how long a slow client may hold a connection.
const X1: Duration = Duration::from_secs(10);

/// Waits until the relay closes the connection; what it said before, and how long it took.
async fn closed(stream: &mut TcpStream) -> (String, Duration) {
    let began = Instant::now();
    let mut said = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await;
    assert!(ended.is_ok(), "still open after {PATIENCE:?}");
    (String::from_utf8_lossy(&said).into_owned(), began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn x1_slow_heads_and_bodies_are_closed_within_ten_seconds() {
    let relay = Served::insecure().await;
    let mut silent = TcpStream::connect(relay.addr).await.unwrap();
    let mut dripping = TcpStream::connect(relay.addr).await.unwrap();
    let mut half_body = TcpStream::connect(relay.addr).await.unwrap();
    let head = format!(
        "POST /api/orders HTTP/1.1\r\nhost: {}\r\ncontent-length: 100\r\n\r\n{{",
        relay.addr
    );
    half_body.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = dripping.split();
    let drip = async {
        for byte in b"GET /healthz HTTP/1.1\r\nx: "
            .iter()
            .chain(std::iter::repeat(&b'a'))
        {
            if write.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let dripped = async {
        let began = Instant::now();
        let mut said = Vec::new();
        let _ = read.read_to_end(&mut said).await;
        began.elapsed()
    };
    let dripping = async {
        tokio::select! {
            () = drip => panic!("the drip outlived its connection"),
            took = dripped => took,
        }
    };
    let ((_, silent), (refused, half_body), dripping) =
        tokio::join!(closed(&mut silent), closed(&mut half_body), dripping);
    assert!(silent < X1, "{silent:?}");
    assert!(dripping < X1, "{dripping:?}");
    assert!(half_body < X1, "{half_body:?}");
    assert!(refused.starts_with("HTTP/1.1 408"), "{refused}");
    assert!(refused.contains("TIMEOUT"), "{refused}");
    relay.stop().await;
}

#[tokio::test]
async fn a_connection_is_used_again_and_again() {
    let relay = Served::insecure().await;
    let mut stream = TcpStream::connect(relay.addr).await.unwrap();
    for _ in 0..3 {
        let request = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", relay.addr);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(buffer[..read].starts_with(b"HTTP/1.1 200"));
    }
    relay.stop().await;
}

#[tokio::test]
async fn x2_a_flood_of_strangers_cuts_off_itself_and_no_one_else() {
    let relay = Served::with(|config| config.limits.strangers_per_address = 8).await;
    let token = relay.token(Role::Pos);
    let mut till = TcpStream::connect(relay.addr).await.unwrap();
    let request = format!(
        "GET /api/orders HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\r\n",
        relay.addr
    );
    let mut buffer = [0; 4096];
    till.write_all(request.as_bytes()).await.unwrap();
    assert!(till.read(&mut buffer).await.unwrap() > 0);
    let mut flood = Vec::new();
    for _ in 0..50 {
        flood.push(TcpStream::connect(relay.addr).await.unwrap());
    }
    let (_, took) = closed(&mut flood[0]).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    till.write_all(request.as_bytes()).await.unwrap();
    assert!(till.read(&mut buffer).await.unwrap() > 0);
    let newcomer = relay.call(Role::Pos, "GET", "/api/orders", &Value::Null).await;
    assert_eq!(newcomer.status, 200);
    relay.stop().await;
}

#[tokio::test]
async fn r5_a_request_that_was_begun_is_answered_before_the_relay_stops() {
    let relay = Served::insecure().await;
    let mut stream = TcpStream::connect(relay.addr).await.unwrap();
    let body = common::margherita().to_string();
    let head = format!(
        "POST /api/orders HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        relay.addr,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // Once it asks for the body, the request has begun.
    let mut buffer = [0; 64];
    let read = stream.read(&mut buffer).await.unwrap();
    assert!(
        buffer[..read].starts_with(b"HTTP/1.1 100"),
        "{:?}",
        String::from_utf8_lossy(&buffer[..read])
    );
    relay.stopper().cancel();
    stream.write_all(body.as_bytes()).await.unwrap();
    let (said, _) = closed(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 201"), "{said}");
    let began = Instant::now();
    relay.stop().await;
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_told_apart() {
    let relay = Served::start().await;
    let nothing = relay.send("GET", "/api/nothing", &[], "").await;
    assert_eq!((nothing.status, nothing.code()), (404, "NOT_FOUND".into()));
    let wrong = relay
        .call(Role::Manager, "DELETE", "/api/orders", &Value::Null)
        .await;
    assert_eq!((wrong.status, wrong.code()), (405, "METHOD_NOT_ALLOWED".into()));
    assert_eq!(wrong.header("allow"), "POST, GET");
    let no_socket = relay.call(Role::Manager, "GET", "/ws", &Value::Null).await;
    assert_eq!(
        (no_socket.status, no_socket.code()),
        (426, "UPGRADE_REQUIRED".into())
    );
    relay.stop().await;
}

#[tokio::test]
async fn health_keys_and_metrics_are_there() {
    let relay = Served::start().await;
    relay.order(&common::margherita()).await;
    assert_eq!(relay.send("GET", "/healthz", &[], "").await.status, 200);
    assert_eq!(relay.send("GET", "/readyz", &[], "").await.status, 200);
    let keys = relay.send("GET", "/.well-known/jwks.json", &[], "").await.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    assert_eq!(keys["keys"][0]["crv"], "Ed25519");
    let metrics = relay.send("GET", "/metrics", &[], "").await;
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.text.contains("printrail_jobs{state=\"accepted\"}"),
        "{}",
        metrics.text
    );
    assert!(
        metrics.text.contains("printrail_printers{state=\"ready\"} 0"),
        "{}",
        metrics.text
    );
    assert!(
        metrics.text.contains("printrail_http_request_seconds"),
        "{}",
        metrics.text
    );
    let proxied = [("x-forwarded-for", "203.0.113.9".to_owned())];
    assert_eq!(relay.send("GET", "/metrics", &proxied, "").await.status, 401);
    let stations = relay
        .call(Role::Manager, "GET", "/api/stations", &Value::Null)
        .await
        .json();
    let kitchen = stations["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|station| station["name"] == "kitchen")
        .unwrap()
        .clone();
    assert_eq!(
        (&kitchen["waiting"], &kitchen["printers"]),
        (&json!(1), &json!([]))
    );
    relay.stop().await;
}
