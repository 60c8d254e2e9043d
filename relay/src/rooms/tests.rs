use serde_json::{Value, json};

use super::*;
use crate::dialects::Dialect;

fn room(name: &str) -> Room {
    Room::new(Dialect::Station, name)
}

impl Hub {
    fn say(&self, outlet: &str, seq: u64, frames: &[Frame]) {
        let hall = lock(&self.halls).get(outlet).cloned();
        if let Some(hall) = hall {
            lock(&hall).deliver(seq, 0, frames);
        }
    }
}

fn frame(k: u32, wire: Wire, rooms: &[&str], name: &'static str, data: Value) -> Frame {
    Frame {
        k,
        wire,
        rooms: rooms.iter().map(|name| room(name)).collect(),
        name: name.into(),
        data,
    }
}

fn seat(hub: &Arc<Hub>, outlet: &str, rooms: &[&str]) -> Seat {
    let seat = hub.connect(&outlet.into(), Wire::Station).unwrap();
    for name in rooms {
        seat.join(&room(name)).unwrap();
    }
    seat
}

fn texts(seat: &mut Seat) -> Vec<String> {
    std::iter::from_fn(|| seat.outbox.waiting())
        .map(|text| text.to_string())
        .collect()
}

#[test]
fn a_room_hears_and_another_outlets_room_of_that_name_does_not() {
    let hub = Arc::new(Hub::default());
    let mut kitchen = seat(&hub, "one", &["kitchen_room"]);
    let mut bar = seat(&hub, "one", &["bar_depan"]);
    let mut stranger = seat(&hub, "two", &["kitchen_room"]);
    let event = frame(
        0,
        Wire::Station,
        &["kitchen_room"],
        "kitchen_immediate_print",
        json!({"a": 1}),
    );
    hub.say("one", 7, &[event]);
    assert_eq!(
        texts(&mut kitchen),
        [r#"{"event":"kitchen_immediate_print","data":{"a":1},"seq":"7.0"}"#]
    );
    assert!(texts(&mut bar).is_empty());
    assert!(texts(&mut stranger).is_empty());
}

#[test]
fn a_frame_is_said_once_however_many_rooms_match_and_payloads_are_united() {
    let hub = Arc::new(Hub::default());
    let mut both = seat(&hub, "one", &["cashier_room", "area_C"]);
    let mut area = seat(&hub, "one", &["area_C"]);
    let frames = [
        frame(
            3,
            Wire::Station,
            &["cashier_room", "area_C"],
            "new_order",
            json!({"a": 1}),
        ),
        frame(3, Wire::Station, &["cashier_room"], "new_order", json!({"b": 2})),
    ];
    hub.say("one", 7, &frames);
    assert_eq!(
        texts(&mut both),
        [r#"{"event":"new_order","data":{"a":1,"b":2},"seq":"7.3"}"#]
    );
    assert_eq!(
        texts(&mut area),
        [r#"{"event":"new_order","data":{"a":1},"seq":"7.3"}"#]
    );
}

#[test]
fn who_leaves_hears_no_more_and_a_closed_seat_is_forgotten() {
    let hub = Arc::new(Hub::default());
    let mut kitchen = seat(&hub, "one", &["kitchen_room"]);
    assert!(kitchen.leave(&room("kitchen_room")));
    assert!(!kitchen.leave(&room("kitchen_room")));
    hub.say(
        "one",
        1,
        &[frame(0, Wire::Station, &["kitchen_room"], "x", json!({}))],
    );
    assert!(texts(&mut kitchen).is_empty());
    drop(kitchen);
    assert!(hub.connections().is_empty());
    assert!(lock(&hub.halls).is_empty());
}

#[test]
fn a_slow_seat_is_put_out_and_the_others_hear_everything() {
    let hub = Arc::new(Hub::default());
    let slow = seat(&hub, "one", &["r"]);
    let mut quick = seat(&hub, "one", &["r"]);
    for number in 0..=MAX_OUTBOX_MESSAGES {
        hub.say(
            "one",
            number as u64,
            &[frame(0, Wire::Station, &["r"], "x", json!({}))],
        );
        assert_eq!(texts(&mut quick).len(), 1);
    }
    assert!(slow.outbox.overflowed().is_cancelled());
    assert!(!quick.outbox.overflowed().is_cancelled());
    assert_eq!(hub.connections()[&Wire::Station], 1);
}

#[test]
fn bytes_are_bounded_too_but_one_large_frame_passes() {
    let hub = Arc::new(Hub::default());
    let mut seat = seat(&hub, "one", &["r"]);
    let large = frame(
        0,
        Wire::Station,
        &["r"],
        "x",
        json!({"pad": "x".repeat(MAX_OUTBOX_BYTES)}),
    );
    hub.say("one", 1, std::slice::from_ref(&large));
    assert!(!seat.outbox.overflowed().is_cancelled());
    hub.say("one", 2, &[large]);
    assert!(seat.outbox.overflowed().is_cancelled());
    assert_eq!(texts(&mut seat).len(), 1);
}

#[test]
fn rooms_and_connections_are_limited() {
    let hub = Arc::new(Hub::default());
    let first = seat(&hub, "one", &[]);
    for number in 0..MAX_ROOMS {
        assert_eq!(first.join(&room(&format!("order_{number}"))), Ok(true));
    }
    assert_eq!(first.join(&room("order_0")), Ok(false));
    assert_eq!(first.join(&room("one more")), Err(Full::Rooms));
    let seats: Vec<Seat> = (1..MAX_CONNECTIONS).map(|_| seat(&hub, "one", &[])).collect();
    assert_eq!(
        hub.connect(&"one".into(), Wire::Station).err(),
        Some(Full::Connections)
    );
    assert!(hub.connect(&"two".into(), Wire::Station).is_ok());
    drop(seats);
    assert!(hub.connect(&"one".into(), Wire::Station).is_ok());
}
