//! What clients of D2 to D5 say, and which roles may.

use serde_json::{Value, json};

use crate::dialects::io::{Verb, read};
use crate::dialects::register::{self, error_data};
use crate::dialects::{Dialect, Mistake, Permit, Room, Viewer, may_join};
use crate::order::{Command, Role, Status};
use crate::routing::Settings;

#[test]
fn every_verb_of_d2_to_d4_has_its_room() {
    let floor = |name: &str| Room::new(Dialect::Floor, name);
    let office = |name: &str| Room::new(Dialect::BackOffice, name);
    let session = |name: &str| Room::new(Dialect::Session, name);
    for (verb, argument, room) in [
        ("kitchen", Value::Null, floor("kitchen")),
        ("waiters", Value::Null, floor("waiters")),
        ("table", json!("12"), floor("table:12")),
        ("table", json!(12), floor("table:12")),
        ("table", json!({"tableId": 12}), floor("table:12")),
        ("order", json!("o-1"), floor("order:o-1")),
        ("restaurant", json!("demo"), session("restaurant:demo")),
        ("session", json!("s-1"), session("session:s-1")),
    ] {
        let arguments = [argument];
        assert_eq!(
            read(&format!("join:{verb}"), &arguments, "demo"),
            Ok(Verb::Join(room.clone()))
        );
        assert_eq!(
            read(&format!("leave:{verb}"), &arguments, "demo"),
            Ok(Verb::Leave(room.clone()))
        );
        if room.dialect == Dialect::Floor {
            let own = [json!(&*room.name)];
            assert_eq!(read("join", &own, "demo"), Ok(Verb::Join(room.clone())));
            assert_eq!(read("leave", &own, "demo").unwrap().room(), &room);
        }
    }
    for (verb, argument, name) in [
        ("orders", Value::Null, "orders"),
        ("tables", Value::Null, "tables"),
        ("kds", Value::Null, "kds"),
        ("table", json!("12"), "table:12"),
    ] {
        let arguments = [argument];
        assert_eq!(
            read(&format!("subscribe:{verb}"), &arguments, "demo"),
            Ok(Verb::Join(office(name)))
        );
        assert_eq!(
            read(&format!("unsubscribe:{verb}"), &arguments, "demo"),
            Ok(Verb::Leave(office(name)))
        );
    }
}

#[test]
fn a_wrong_verb_is_named() {
    let code = |name: &str, argument: Value| read(name, &[argument], "demo").unwrap_err();
    for (name, argument, field) in [
        ("dance", Value::Null, "event"),
        ("join:moon", Value::Null, "event"),
        ("subscribe:kitchen", Value::Null, "event"),
        ("subscribe", json!("orders"), "event"),
        ("join:table", Value::Null, "tableId"),
        ("join:order", json!([1]), "orderId"),
        ("join:table", json!(""), "tableId"),
        ("join:session", json!({"a": 1}), "token"),
        ("join", json!("moon"), "room"),
        ("join", Value::Null, "room"),
        ("join", json!("table:"), "tableId"),
    ] {
        let mistake = code(name, argument);
        assert_eq!(
            (mistake.code, mistake.field.as_deref()),
            ("VALIDATION_ERROR", Some(field)),
            "{name}"
        );
        assert!(mistake.message.contains(field), "{}", mistake.message);
    }
    assert_eq!(code("join:restaurant", json!("other")).code, "FORBIDDEN");
    assert_eq!(code("join", json!("restaurant:other")).code, "FORBIDDEN");
}

#[test]
fn a_register_submits_orders_and_moves_them_on() {
    let order = json!({"tenantId": "t", "orderType": "takeout", "cart": [{"name": "Tea", "price": 3}], "status": "pending"});
    let submit = json!({"type": "submit_order", "order": order}).to_string();
    let Ok(register::Verb::Submit(Command::Create(made))) = register::read(&submit, "t") else {
        panic!("{submit}")
    };
    assert_eq!(made.items[0].name, "Tea");
    assert_eq!(register::read(&submit, "other").unwrap_err().code, "FORBIDDEN");
    for (status, command) in [
        (
            "cooking",
            Command::SetStatus {
                status: Status::Preparing,
            },
        ),
        (
            "cancelled",
            Command::Cancel {
                reason: String::new(),
            },
        ),
    ] {
        let update = json!({"type": "update_order_status", "orderId": 17, "status": status}).to_string();
        let order = "17".to_owned();
        assert_eq!(
            register::read(&update, "t"),
            Ok(register::Verb::Update { order, command })
        );
    }
    for (frame, field) in [
        (json!({}), "type"),
        (json!({"type": "dance"}), "type"),
        (json!({"type": "submit_order"}), "order"),
        (
            json!({"type": "submit_order", "order": {"cart": []}}),
            "order.cart",
        ),
        (
            json!({"type": "update_order_status", "status": "ready"}),
            "orderId",
        ),
        (json!({"type": "update_order_status", "orderId": "1"}), "status"),
        (
            json!({"type": "update_order_status", "orderId": "1", "status": "burnt"}),
            "status",
        ),
    ] {
        let mistake = register::read(&frame.to_string(), "t").unwrap_err();
        assert_eq!(
            (mistake.code, mistake.field.as_deref()),
            ("VALIDATION_ERROR", Some(field)),
            "{frame}"
        );
    }
    let off = Mistake {
        code: "ITEM_UNAVAILABLE",
        message: "x".into(),
        field: None,
    };
    assert_eq!(error_data(&off)["code"], "VALIDATION_ERROR");
}

/// Who may join which room: a row per room, a letter per role (p w k b c m g a; `o` for an order of
/// the guest's own).
const ROOMS: &[(Dialect, &str, &str)] = &[
    (Dialect::Station, "kitchen_room", "pwkma"),
    (Dialect::Station, "bar_depan", "pbm"),
    (Dialect::Station, "cashier_room", "pcm"),
    (Dialect::Station, "area_C", "pcm"),
    (Dialect::Station, "outlet_demo", "pwkbcma"),
    (Dialect::Station, "order_17", "pwkbcmo"),
    (Dialect::Floor, "kitchen", "pwkbm"),
    (Dialect::Floor, "waiters", "pwm"),
    (Dialect::Floor, "table:12", "pwcmg"),
    (Dialect::Floor, "table:13", "pwcm"),
    (Dialect::Floor, "order:17", "pwkbcmo"),
    (Dialect::Session, "restaurant:demo", "pwkbm"),
    (Dialect::Session, "session:own", "mg"),
    (Dialect::Session, "session:other", "m"),
    (Dialect::BackOffice, "orders", "pwcm"),
    (Dialect::BackOffice, "tables", "pwcm"),
    (Dialect::BackOffice, "kds", "pkbm"),
    (Dialect::BackOffice, "table:12", "pwcmg"),
    (Dialect::Register, "registers", "pcm"),
];

const ROLES: [(char, Role); 8] = [
    ('p', Role::Pos),
    ('w', Role::Waiter),
    ('k', Role::Kitchen),
    ('b', Role::Bar),
    ('c', Role::Cashier),
    ('m', Role::Manager),
    ('g', Role::Guest),
    ('a', Role::Agent),
];

#[test]
fn each_role_joins_its_rooms_and_no_others() {
    let stations = ["kitchen".to_owned()];
    for (dialect, name, who) in ROOMS {
        for (letter, role) in ROLES {
            let viewer = Viewer {
                role,
                session: Some("own"),
                table: Some("12"),
                stations: &stations,
            };
            let permit = may_join(&viewer, &Room::new(*dialect, *name), &Settings::default());
            let expected = match (letter, who.contains('o')) {
                ('g', true) => Permit::IfOwnOrder,
                _ => who.contains(letter).into(),
            };
            assert_eq!(permit, expected, "{role:?} in {name} of {dialect:?}");
        }
    }
}
