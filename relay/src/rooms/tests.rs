//! Who hears what, once and in order, and what becomes of those who do not listen.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::dialects::Dialect;
use crate::dialects::station::{outlet_room, station_room};
use crate::order::samples::at;
use crate::order::{Change, Event, Subject};
use crate::routing::{Ticket, Trigger};

fn event(seq: u64) -> Event {
    let desk = crate::order::samples::Desk::new().order(&json!({"id": "o", "tableNumber": "C4",
        "items": [{"name": "Soto"}]}));
    let ticket = Ticket {
        station: "kitchen".into(),
        kind: protocol::JobKind::Order,
        trigger: Trigger::Immediate,
        lines: Vec::new(),
        banners: Vec::new(),
        copies: 1,
        job: None,
        rooms: true,
        event: "kitchen_immediate_print".into(),
        data: json!({"order_id": "o", "customer": "Ana"}),
    };
    let subject = Subject::Order {
        order: Box::new(desk.order),
        changes: vec![Change::Created, Change::Confirmed],
        tickets: vec![ticket],
        stats: None,
        session: None,
    };
    Event {
        seq,
        at: at("2026-11-20T12:00:00Z"),
        by: "pos:till".into(),
        subject,
    }
}

fn hub() -> (Hub, OutletId) {
    (Hub::new(0, Limits::default()), "demo".into())
}

fn room(name: &str) -> Room {
    Room::new(Dialect::Station, name)
}

async fn names(outbox: &mut Outbox) -> Vec<(String, String)> {
    let messages = tokio::time::timeout(Duration::from_secs(5), outbox.recv());
    let messages = messages.await.expect("nothing came").unwrap();
    let read = |message: &Message| {
        let frame: Value = serde_json::from_str(&message.text).unwrap();
        let text = |name: &str| frame[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            message
                .position
                .map(|position| position.to_string())
                .unwrap_or_default(),
            text("seq")
        );
        (text("event"), text("seq"))
    };
    messages.iter().map(read).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(name, seq)| ((*name).to_owned(), (*seq).to_owned()))
        .collect()
}

#[tokio::test]
async fn each_name_comes_once_however_many_rooms_match_and_in_order() {
    let (hub, outlet) = hub();
    let (conn, mut outbox) = hub.connect(&outlet, Wire::Station, false).unwrap();
    for name in ["cashier_room", "area_C", "order_o", "outlet_demo", "outlet_demo"] {
        hub.join(&conn, &room(name)).unwrap();
    }
    hub.publish_event(&outlet, &event(7));
    let expected = [
        ("new_order", "7.1"),
        ("new_order_in_area", "7.2"),
        ("order_confirmed", "7.3"),
        ("order_status_update", "7.4"),
    ];
    assert_eq!(names(&mut outbox).await, pairs(&expected));
}

#[tokio::test]
async fn only_members_of_the_same_outlet_hear_and_only_until_they_leave() {
    let (hub, outlet) = hub();
    let other: OutletId = "other".into();
    let (cook, mut kitchen) = hub.connect(&outlet, Wire::Station, false).unwrap();
    let (stranger, mut stranger_box) = hub.connect(&other, Wire::Station, false).unwrap();
    let (idle, mut idle_box) = hub.connect(&outlet, Wire::Station, false).unwrap();
    for conn in [&cook, &stranger] {
        hub.join(conn, &station_room("kitchen")).unwrap();
    }
    hub.publish_event(&outlet, &event(1));
    hub.leave(&cook, &station_room("kitchen"));
    hub.publish_event(&outlet, &event(2));
    for conn in [&cook, &stranger, &idle] {
        hub.send(conn, r#"{"event":"bye"}"#.into());
    }
    assert_eq!(
        names(&mut kitchen).await,
        pairs(&[("kitchen_immediate_print", "1.10"), ("bye", "")])
    );
    assert_eq!(names(&mut stranger_box).await, pairs(&[("bye", "")]));
    assert_eq!(names(&mut idle_box).await, pairs(&[("bye", "")]));
}

#[tokio::test]
async fn those_who_hear_the_same_share_one_text_and_a_guest_hears_no_names() {
    let (hub, outlet) = hub();
    let mut boxes = Vec::new();
    for guest in [false, false, true] {
        let (conn, outbox) = hub.connect(&outlet, Wire::Station, guest).unwrap();
        hub.join(&conn, &station_room("kitchen")).unwrap();
        boxes.push(outbox);
    }
    hub.publish_event(&outlet, &event(1));
    let mut texts = Vec::new();
    for outbox in &mut boxes {
        texts.push(outbox.recv().await.unwrap().remove(0).text);
    }
    assert!(Arc::ptr_eq(&texts[0], &texts[1]) && texts[0].contains("Ana"));
    assert!(texts[2].contains("order_id") && !texts[2].contains("Ana"));
}

#[tokio::test]
async fn a_slow_consumer_is_closed_and_the_others_hear_on() {
    let (hub, outlet) = hub();
    let (slow, mut slow_box) = hub.connect(&outlet, Wire::Station, false).unwrap();
    let (fast, mut fast_box) = hub.connect(&outlet, Wire::Station, false).unwrap();
    for conn in [&slow, &fast] {
        hub.join(conn, &station_room("kitchen")).unwrap();
    }
    let last = MAX_MESSAGES as u64 + 1;
    for seq in 1..=last {
        hub.publish_event(&outlet, &event(seq));
        assert_eq!(names(&mut fast_box).await.len(), 1);
    }
    assert_eq!(slow_box.overflowed().await, Closed);
    assert_eq!(slow_box.recv().await, Err(Closed));
    let big: Arc<str> = "x".repeat(MAX_BYTES).into();
    hub.send(&fast, Arc::clone(&big));
    assert_eq!(fast_box.recv().await.unwrap().len(), 1);
    hub.send(&fast, big);
    hub.send(&fast, "one more".into());
    assert_eq!(fast_box.recv().await, Err(Closed));
}

#[tokio::test]
async fn a_connection_that_catches_up_misses_nothing_and_hears_nothing_twice() {
    let (hub, outlet) = hub();
    let (conn, mut outbox) = hub.connect(&outlet, Wire::Station, false).unwrap();
    hub.hold(&conn);
    hub.join(&conn, &station_room("kitchen")).unwrap();
    hub.publish_event(&outlet, &event(5));
    let missed = hub.replay(&conn, &event(5), None, Position::parse("4"));
    assert_eq!(missed.len(), 1);
    assert_eq!(hub.replay(&conn, &event(5), None, Position::parse("5.10")), []);
    assert_eq!(
        hub.replay(&conn, &event(5), Some(&[outlet_room("demo")]), None)
            .len(),
        1
    );
    assert_eq!(hub.go_live(&conn, 4), Err(5));
    assert_eq!(hub.go_live(&conn, 6), Ok(()));
    hub.publish_event(&outlet, &event(6));
    hub.publish_event(&outlet, &event(7));
    assert_eq!(
        names(&mut outbox).await,
        pairs(&[("kitchen_immediate_print", "7.10")])
    );
}

#[tokio::test]
async fn rooms_and_connections_are_limited_and_a_dropped_one_is_forgotten() {
    let hub = Hub::new(
        3,
        Limits {
            rooms: 2,
            connections: 1,
        },
    );
    let outlet: OutletId = "demo".into();
    let (conn, mut outbox) = hub.connect(&outlet, Wire::Station, false).unwrap();
    assert!(matches!(
        hub.connect(&outlet, Wire::Station, false),
        Err(HubError::TooManyConnections)
    ));
    hub.join(&conn, &room("area_A")).unwrap();
    hub.join(&conn, &room("area_C")).unwrap();
    assert_eq!(hub.join(&conn, &room("area_D")), Err(HubError::TooManyRooms));
    assert_eq!(hub.rooms(&conn), [room("area_A"), room("area_C")]);
    hub.announce(
        &outlet,
        &room("area_C"),
        "device_disconnected",
        &json!({}),
        Some(&conn),
    );
    hub.publish_event(&outlet, &event(1));
    assert_eq!(
        names(&mut outbox).await,
        pairs(&[("new_order", "1.1@3"), ("new_order_in_area", "1.2@3")])
    );
    hub.drop(&conn);
    assert_eq!(
        (hub.connections(&outlet), hub.join(&conn, &room("area_A"))),
        (0, Err(HubError::Gone))
    );
    assert!(hub.connect(&outlet, Wire::Station, false).is_ok());
}
