//! Every row of D1's tables.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::dialects::Mistake;
use crate::dialects::samples::{event, heard, meal, row};
use crate::order::samples::{Desk, at};
use crate::order::{Command, Status};
use crate::routing::Settings;

#[test]
fn a_new_order_is_told_to_cashiers_its_area_and_its_stations() {
    let mut desk = Desk::new();
    let made = desk.order(&meal("cash"));
    let frames = project("demo", &event(&desk, made));
    let expected = [
        row("new_order", &["cashier_room", "area_C"]),
        row("new_order_in_area", &["area_C"]),
        row("beverage_immediate_print", &["bar_depan"]),
        row("kitchen_immediate_print", &["kitchen_room"]),
    ];
    assert_eq!(heard(&frames), expected);
    assert_eq!(
        frames[0].data,
        json!({"order_id": "o-1", "table_number": "C4", "area_code": "C", "source": "web", "payment_method": "cash",
               "timestamp": "2026-11-20T12:00:00Z", "message": "New order ORD-20261120-001 at table C4"})
    );
    assert_eq!(frames[1].data, frames[0].data);
    let places: Vec<u32> = frames.iter().map(|frame| frame.k).collect();
    assert_eq!(places, [1, 2, 10, 11]);
}

#[test]
fn an_order_without_an_area_is_told_to_cashiers_alone() {
    let mut desk = Desk::new();
    let made = desk.order(&json!({"items": [{"name": "Soto"}]}));
    assert_eq!(
        heard(&project("demo", &event(&desk, made))),
        [row("new_order", &["cashier_room"])]
    );
}

#[test]
fn each_status_is_told_to_the_orders_room_and_confirmation_to_the_outlets_too() {
    let mut desk = Desk::new();
    let made = desk.order(&meal("online"));
    let confirmed = row("order_confirmed", &["order_o-1", "outlet_demo"]);
    let update = row("order_status_update", &["order_o-1"]);
    let bar = row("beverage_immediate_print", &["bar_depan"]);
    let kitchen = row("kitchen_immediate_print", &["kitchen_room"]);
    let first = [confirmed, update.clone(), bar, kitchen];
    let skipped = desk.then(
        &made,
        Command::SetStatus {
            status: Status::Preparing,
        },
    );
    let frames = project("demo", &event(&desk, skipped));
    assert_eq!(heard(&frames), first);
    assert_eq!(frames[1].data["order_status"], "preparing");
    let paid = desk.then(
        &made,
        Command::Pay {
            amount: 10.into(),
            method: None,
        },
    );
    let frames = project("demo", &event(&desk, paid));
    assert_eq!(heard(&frames), first);
    assert_eq!(frames[1].data["payment_status"], "paid");
    let part = desk.then(
        &made,
        Command::Pay {
            amount: 4.into(),
            method: None,
        },
    );
    let frames = project("demo", &event(&desk, part));
    assert_eq!(heard(&frames), std::slice::from_ref(&update));
    assert_eq!(
        frames[0].data,
        json!({"order_id": "o-1", "order_status": "pending", "payment_status": "partial",
               "message": "Order ORD-20261120-001 is paid in part", "timestamp": "2026-11-20T12:00:00Z"})
    );
    let gone = desk.then(
        &made,
        Command::Cancel {
            reason: "left".into(),
        },
    );
    assert_eq!(heard(&project("demo", &event(&desk, gone))), [update]);
}

#[test]
fn what_is_no_row_of_d1_says_nothing() {
    let mut desk = Desk::new();
    let made = desk.order(&meal("online"));
    for command in [
        Command::Acknowledge {
            chef_id: None,
            chef_name: None,
        },
        Command::CancelRequest {
            reason: "late".into(),
            staff_id: None,
        },
        Command::SetItemStatus {
            item: "a".into(),
            status: crate::order::model::ItemStatus::Ready,
        },
        Command::AssignStation {
            station_id: "grill".into(),
            station_name: None,
        },
        Command::Receipt,
    ] {
        let next = desk.then(&made, command.clone());
        assert_eq!(project("demo", &event(&desk, next)), [], "{command:?}");
    }
}

fn mistake(text: &str) -> Mistake {
    read(text).unwrap_err()
}

#[test]
fn a_wrong_frame_names_the_field() {
    for (text, field) in [
        ("hello", None),
        ("[1]", Some("body")),
        ("{}", Some("type")),
        (r#"{"type":"dance"}"#, Some("type")),
        (r#"{"type":7}"#, Some("type")),
        (r#"{"type":"register_device"}"#, Some("data")),
        (
            r#"{"type":"register_device","data":{"device_id":"d"}}"#,
            Some("data.role"),
        ),
        (
            r#"{"type":"register_device","data":{"device_id":"d","role":5}}"#,
            Some("data.role"),
        ),
        (
            r#"{"type":"register_device","data":{"device_id":"d","role":"order_1"}}"#,
            Some("data.role"),
        ),
        (
            r#"{"type":"register_device","data":{"device_id":"d","role":"kitchen_room"}}"#,
            Some("data.role"),
        ),
        (
            r#"{"type":"register_device","data":{"role":"kitchen"}}"#,
            Some("data.device_id"),
        ),
        (r#"{"type":"join_room"}"#, Some("room")),
        (r#"{"type":"leave_room","room":{}}"#, Some("room")),
    ] {
        let mistake = mistake(text);
        assert_eq!(
            (mistake.code, mistake.field.as_deref()),
            ("VALIDATION_ERROR", field),
            "{text}"
        );
        assert!(
            mistake.message.contains(field.unwrap_or("JSON")),
            "{}",
            mistake.message
        );
    }
}

#[test]
fn a_device_joins_its_outlet_its_station_and_a_cashier_its_area() {
    let rooms = |data: Value| {
        let frame = json!({"type": "register_device", "data": data}).to_string();
        let Ok(Verb::Register(device)) = read(&frame) else {
            panic!("{frame}")
        };
        let rooms = rooms_of(&device, "demo", &Settings::default());
        rooms
            .iter()
            .map(|room| room.name.to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (data, expected) in [
        (
            json!({"device_id": "d", "role": "kitchen", "outlet_id": "demo"}),
            "outlet_demo kitchen_room",
        ),
        (
            json!({"deviceId": 5, "role": "Bar", "location": "depan"}),
            "outlet_demo bar_depan",
        ),
        (
            json!({"device_id": "d", "role": "bar", "location": "belakang"}),
            "outlet_demo bar_belakang",
        ),
        (
            json!({"device_id": "d", "role": "cashier"}),
            "outlet_demo cashier_room",
        ),
        (
            json!({"device_id": "d", "role": "cashier", "location": "c"}),
            "outlet_demo cashier_room area_C",
        ),
        (
            json!({"device_id": "d", "role": "grill", "agent": {}}),
            "outlet_demo grill",
        ),
    ] {
        assert_eq!(rooms(data), expected);
    }
}

#[test]
fn there_are_these_rooms_and_no_others() {
    let settings = Settings::default();
    for name in [
        "kitchen_room",
        "bar_depan",
        "bar_belakang",
        "cashier_room",
        "area_A",
        "area_Z",
        "outlet_demo",
        "order_17",
    ] {
        assert_eq!(room(name, "demo", &settings).unwrap().name.as_ref(), name);
    }
    for name in ["the_moon", "", "area_", "order_", "kitchen", "area_A B"] {
        let mistake = room(name, "demo", &settings).unwrap_err();
        assert_eq!(
            (mistake.code, mistake.field.as_deref()),
            ("VALIDATION_ERROR", Some("room")),
            "{name}"
        );
    }
    assert_eq!(
        room("outlet_other", "demo", &settings).unwrap_err().code,
        "FORBIDDEN"
    );
}

#[test]
fn an_offer_is_the_events_data_and_the_job() {
    let due = at("2026-11-20T12:00:00Z");
    let header = protocol::JobHeader {
        id: protocol::JobId::new("j-1"),
        seq: 3,
        station: "kitchen".into(),
        number: 41,
        kind: protocol::JobKind::Order,
        copies: 1,
        due,
        expires: at("2026-11-21T00:00:00Z"),
        attempt: 0,
        age_ms: 0,
        banners: Vec::new(),
        via: None,
        hops: 0,
    };
    let job = crate::store::Job {
        outlet: "demo".into(),
        header,
        order_id: None,
        order_number: None,
        event: "kitchen_immediate_print".into(),
        data: r#"{"order_id":17}"#.into(),
        state: protocol::JobState::Accepted,
        printer: None,
        evidence: None,
        detail: None,
        created_at: due,
        spooled_at: None,
        started_at: None,
        finished_at: None,
        history: Vec::new(),
        holder: None,
        cancel_requested: false,
    };
    let (name, data) = offer_data(&job, at("2026-11-20T12:00:02Z"));
    let data: BTreeMap<String, Value> = serde_json::from_str(&data).unwrap();
    assert_eq!(
        (name.as_str(), &data["order_id"]),
        ("kitchen_immediate_print", &json!(17))
    );
    assert_eq!(
        (&data["job"]["id"], &data["job"]["age_ms"]),
        (&json!("j-1"), &json!(2_000))
    );
}
