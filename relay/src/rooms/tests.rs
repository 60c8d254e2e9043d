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
            let mut open = lock(&hall);
            open.begin(seq);
            open.deliver(seq, 0, frames, Instant::now());
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

struct Sitting {
    seat: Seat,
    outbox: Outbox,
}

fn seat(hub: &Arc<Hub>, outlet: &str, rooms: &[&str]) -> Sitting {
    sit(
        hub,
        outlet,
        Wire::Station,
        Guise::default(),
        rooms.iter().map(|name| room(name)),
    )
}

fn sit(
    hub: &Arc<Hub>,
    outlet: &str,
    wire: Wire,
    guise: Guise,
    rooms: impl IntoIterator<Item = Room>,
) -> Sitting {
    let (seat, outbox) = hub.connect(&outlet.into(), wire, guise).unwrap();
    for room in rooms {
        seat.join(&room).unwrap();
    }
    Sitting { seat, outbox }
}

fn texts(sitting: &mut Sitting) -> Vec<String> {
    std::iter::from_fn(|| sitting.outbox.waiting())
        .map(|text| text.as_str().to_owned())
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
    assert!(kitchen.seat.leave(&room("kitchen_room")));
    assert!(!kitchen.seat.leave(&room("kitchen_room")));
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
fn r4_a_slow_seat_is_put_out_and_the_others_hear_everything() {
    let hub = Arc::new(Hub::default());
    let slow = seat(&hub, "one", &["r"]);
    let mut quick = seat(&hub, "one", &["r"]);
    for number in 1..=MAX_OUTBOX_MESSAGES + 1 {
        hub.say(
            "one",
            number as u64,
            &[frame(0, Wire::Station, &["r"], "x", json!({}))],
        );
        assert_eq!(texts(&mut quick).len(), 1);
    }
    assert!(slow.outbox.overflowed().is_cancelled());
    assert!(!quick.outbox.overflowed().is_cancelled());
    assert_eq!(hub.connections()[&Dialect::Station], 1);
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
        assert_eq!(first.seat.join(&room(&format!("order_{number}"))), Ok(true));
    }
    assert_eq!(first.seat.join(&room("order_0")), Ok(false));
    assert_eq!(first.seat.join(&room("one more")), Err(Full::Rooms(MAX_ROOMS)));
    let seats: Vec<Sitting> = (1..MAX_CONNECTIONS).map(|_| seat(&hub, "one", &[])).collect();
    assert_eq!(
        hub.connect(&"one".into(), Wire::Station, Guise::default()).err(),
        Some(Full::Connections(MAX_CONNECTIONS))
    );
    assert!(
        hub.connect(&"two".into(), Wire::Station, Guise::default())
            .is_ok()
    );
    drop(seats);
    assert!(
        hub.connect(&"one".into(), Wire::Station, Guise::default())
            .is_ok()
    );
}

fn menu_event(seq: u64) -> Event {
    Event {
        seq,
        at: jiff::Timestamp::UNIX_EPOCH,
        by: "manager:m".to_owned(),
        subject: crate::order::Subject::Menu(json!({"id": "tea"})),
    }
}

#[test]
fn a_held_seat_hears_nothing_until_it_is_live_and_then_only_what_it_has_not_read() {
    let hub = Arc::new(Hub::default());
    let mut screen = seat(&hub, "one", &["r"]);
    let say = |seq| hub.say("one", seq, &[frame(0, Wire::Station, &["r"], "x", json!({}))]);
    say(1);
    assert_eq!(screen.seat.hold(), 1);
    say(2);
    assert!(!screen.seat.go_live(1), "2 passed by and was not read");
    // It has read 3 from the log before 3 is handed out.
    assert!(screen.seat.go_live(3));
    say(3);
    say(4);
    let heard = texts(&mut screen);
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[0].contains(r#""seq":"1.0""#) && heard[1].contains(r#""seq":"4.0""#));
}

#[test]
fn statistics_come_twice_a_second_and_the_last_ones_always() {
    let hub = Arc::new(Hub::default());
    let kitchen = Room::new(Dialect::Floor, "kitchen");
    let mut screen = sit(&hub, "one", Wire::SocketIo, Guise::default(), [kitchen.clone()]);
    let begun = Instant::now();
    let say = |seq, ms| {
        let stats = Frame {
            k: 1_999,
            wire: Wire::SocketIo,
            rooms: vec![kitchen.clone()],
            name: "kitchen:stats_update".into(),
            data: json!({"pending": seq}),
        };
        let hall = hub.hall("one").unwrap();
        let mut open = lock(&hall);
        open.begin(seq);
        open.deliver(seq, 0, &[stats], begun + std::time::Duration::from_millis(ms));
    };
    for (seq, ms) in [(1, 0), (2, 100), (3, 200)] {
        say(seq, ms);
    }
    assert_eq!(
        texts(&mut screen),
        [r#"2["kitchen:stats_update",{"pending":1},"1.1999"]"#]
    );
    hub.say_what_waited(0, begun + std::time::Duration::from_millis(300));
    assert!(texts(&mut screen).is_empty());
    hub.say_what_waited(0, begun + std::time::Duration::from_millis(500));
    assert_eq!(
        texts(&mut screen),
        [r#"2["kitchen:stats_update",{"pending":3},"3.1999"]"#]
    );
}

#[test]
fn every_subscription_of_the_back_office_hears_of_the_menu_until_the_last_is_left() {
    let hub = Arc::new(Hub::default());
    let orders = Room::new(Dialect::BackOffice, "orders");
    let tables = Room::new(Dialect::BackOffice, "tables");
    let mut desk = sit(
        &hub,
        "one",
        Wire::SocketIo,
        Guise::default(),
        [orders.clone(), tables.clone()],
    );
    let mut cook = sit(
        &hub,
        "one",
        Wire::SocketIo,
        Guise::default(),
        [Room::new(Dialect::Floor, "kitchen")],
    );
    hub.publish("one", 0, &menu_event(1));
    assert_eq!(texts(&mut desk).len(), 1);
    assert!(texts(&mut cook).is_empty());
    assert!(desk.seat.leave(&orders));
    hub.publish("one", 0, &menu_event(2));
    assert_eq!(texts(&mut desk).len(), 1);
    assert!(desk.seat.leave(&tables));
    hub.publish("one", 0, &menu_event(3));
    assert!(texts(&mut desk).is_empty());
}

#[test]
fn whoever_is_dismissed_hears_no_more_and_is_told_why() {
    let hub = Arc::new(Hub::default());
    let guise = |subject: &str| Guise {
        subject: subject.to_owned(),
        ..Guise::default()
    };
    let gone = sit(&hub, "one", Wire::Station, guise("till"), [room("r")]);
    let mut stays = sit(&hub, "one", Wire::Station, guise("kds"), [room("r")]);
    hub.dismiss("one", |guise| guise.subject == "till");
    hub.say("one", 1, &[frame(0, Wire::Station, &["r"], "x", json!({}))]);
    assert!(gone.outbox.is_dismissed() && !gone.outbox.overflowed().is_cancelled());
    assert_eq!(texts(&mut stays).len(), 1);
}
