//! What stands in each payload.

use serde_json::{Value, json};

use crate::dialects::register::{Gap, created_data, sync_state};
use crate::dialects::samples::{event, meal};
use crate::dialects::{Dialect, Wire, project, union, without_people};
use crate::order::model::{ItemStatus, Priority};
use crate::order::samples::{Desk, at};
use crate::order::{Command, Decision, Event, Status, Subject};

/// The payload of one event in the rooms of one dialect.
fn payload(desk: &Desk, decision: &Decision, dialect: Dialect, name: &str) -> Value {
    let frames = project(dialect.wire(), "demo", &event(desk, decision.clone()));
    let found = frames
        .iter()
        .find(|frame| frame.name == name && frame.rooms[0].dialect == dialect);
    found.unwrap_or_else(|| panic!("no {name}")).data.clone()
}

fn keys(data: &Value) -> Vec<&str> {
    data.as_object().unwrap().keys().map(String::as_str).collect()
}

fn guests(desk: &mut Desk) -> Decision {
    let mut body = meal("online");
    body["sessionToken"] = json!("s-1");
    body["customerName"] = json!("Ana");
    desk.order(&body)
}

#[test]
fn the_floor_hears_these_fields() {
    let mut desk = Desk::new();
    let made = guests(&mut desk);
    let floor = |desk: &Desk, decision: &Decision, name| payload(desk, decision, Dialect::Floor, name);
    let created = floor(&desk, &made, "order:created");
    let fields = [
        "finalAmount",
        "items",
        "orderId",
        "orderNumber",
        "status",
        "tableId",
        "totalAmount",
    ];
    assert_eq!(keys(&created), fields);
    assert_eq!(floor(&desk, &made, "order:new"), created);
    assert_eq!(
        (&created["totalAmount"], &created["items"][0]["unitPrice"]),
        (&json!(10), &json!(5))
    );
    let ready = desk.then(
        &made,
        Command::SetStatus {
            status: Status::Ready,
        },
    );
    let confirmed = json!({"orderId": "o-1", "tableId": "C4", "orderNumber": "ORD-20261120-001",
        "confirmedAt": "2026-11-20T12:00:00Z"});
    assert_eq!(floor(&desk, &ready, "order:confirmed"), confirmed);
    let same = json!({"kitchenOrderId": "o-1", "orderId": "o-1", "tableId": "C4"});
    assert_eq!(floor(&desk, &ready, "kitchen:order_ready"), same);
    assert_eq!(
        floor(&desk, &ready, "order:status_changed"),
        json!({"orderId": "o-1", "tableId": "C4", "status": "ready"})
    );
    let cooking = desk.then(
        &made,
        Command::SetStatus {
            status: Status::Preparing,
        },
    );
    desk.later(130);
    let done = desk.then(
        &cooking,
        Command::SetStatus {
            status: Status::Completed,
        },
    );
    assert_eq!(floor(&desk, &done, "kitchen:order_completed")["prepTime"], 2);
    let more = desk.then(
        &made,
        Command::SetItemQuantity {
            item: "a".into(),
            quantity: 4,
        },
    );
    let items = floor(&desk, &more, "order:items_added");
    assert_eq!(
        keys(&items),
        ["items", "newFinalAmount", "newTotalAmount", "orderId", "tableId"]
    );
    assert_eq!(
        (&items["newTotalAmount"], &items["items"][0]["quantity"]),
        (&json!(20), &json!(4))
    );
    let gone = desk.then(
        &made,
        Command::SetItemStatus {
            item: "a".into(),
            status: ItemStatus::Cancelled,
        },
    );
    let item = json!({"orderId": "o-1", "itemId": "a", "status": "cancelled"});
    assert_eq!(floor(&desk, &gone, "order:item_status_changed"), item);
}

#[test]
fn the_kitchens_answers_carry_reasons_and_names() {
    let mut desk = Desk::new();
    let made = guests(&mut desk);
    let floor = |desk: &Desk, decision: &Decision, name| payload(desk, decision, Dialect::Floor, name);
    let asked = desk.then(
        &made,
        Command::CancelRequest {
            reason: "left".into(),
            staff_id: Some("w".into()),
        },
    );
    let request = json!({"orderId": "o-1", "tableId": "C4", "reason": "left", "staffId": "w"});
    assert_eq!(floor(&desk, &asked, "order:cancel_request"), request);
    let kept = desk.then(
        &asked,
        Command::CancelReject {
            reason: "late".into(),
        },
    );
    assert_eq!(floor(&desk, &kept, "kitchen:cancel_rejected")["reason"], "late");
    let gone = desk.then(&asked, Command::CancelAccept);
    assert_eq!(
        floor(&desk, &gone, "order:cancelled"),
        json!({"orderId": "o-1", "tableId": "C4", "reason": "left"})
    );
    assert_eq!(
        keys(&floor(&desk, &gone, "kitchen:cancel_accepted")),
        ["kitchenOrderId", "orderId", "tableId"]
    );
    let chef = Command::Acknowledge {
        chef_id: Some("7".into()),
        chef_name: Some("Budi".into()),
    };
    let seen = json!({"kitchenOrderId": "o-1", "orderId": "o-1", "chefId": "7", "chefName": "Budi"});
    let acknowledged = desk.then(&made, chef);
    assert_eq!(floor(&desk, &acknowledged, "kitchen:order_acknowledged"), seen);
    let vip = desk.then(
        &made,
        Command::SetPriority {
            priority: Priority::Vip,
        },
    );
    assert_eq!(floor(&desk, &vip, "kitchen:priority_changed")["priority"], "vip");
    let grill = desk.then(
        &made,
        Command::AssignStation {
            station_id: "g".into(),
            station_name: Some("Grill".into()),
        },
    );
    assert_eq!(
        floor(&desk, &grill, "kitchen:station_assigned")["stationName"],
        "Grill"
    );
    let stats = floor(&desk, &made, "kitchen:stats_update");
    assert_eq!(keys(&stats), ["pending", "preparing", "ready", "total"]);
}

#[test]
fn a_session_is_told_by_an_id_that_is_not_its_secret() {
    let mut desk = Desk::new();
    let made = guests(&mut desk);
    let created = payload(&desk, &made, Dialect::Session, "order:created");
    let fields = [
        "createdAt",
        "customerName",
        "id",
        "items",
        "status",
        "tableNumber",
        "totalAmount",
    ];
    assert_eq!(keys(&created["order"]), fields);
    assert_eq!(
        (&created["order"]["customerName"], keys(&created["session"])),
        (&json!("Ana"), vec!["id", "tableNumber"])
    );
    assert!(!created.to_string().contains("s-1"));
    let cooking = desk.then(
        &made,
        Command::SetStatus {
            status: Status::Preparing,
        },
    );
    let frames = project(Wire::SocketIo, "demo", &event(&desk, cooking));
    let data: Vec<&Value> = frames
        .iter()
        .filter(|frame| frame.name == "order:status:updated")
        .map(|frame| &frame.data)
        .collect();
    assert_eq!(
        *data[0],
        json!({"orderId": "o-1", "status": "cooking", "tableNumber": "C4"})
    );
    assert_eq!(*data[1], json!({"orderId": "o-1", "status": "cooking"}));
    assert_eq!(union(&data), *data[0]);
}

#[test]
fn the_back_office_gets_whole_orders_tables_and_menu_items() {
    let mut desk = Desk::new();
    let made = guests(&mut desk);
    let created = payload(&desk, &made, Dialect::BackOffice, "order:created");
    assert_eq!(created, json!(made.order));
    for field in [
        "id",
        "orderNumber",
        "customer",
        "paymentStatus",
        "cancelRequest",
        "confirmedAt",
        "items",
        "isOpenBill",
    ] {
        assert!(created.get(field).is_some(), "{field}");
    }
    let part = desk.then(
        &made,
        Command::Pay {
            amount: 4.into(),
            method: Some("cash".into()),
        },
    );
    let paid = desk.then(
        &part,
        Command::Pay {
            amount: 6.into(),
            method: Some("card".into()),
        },
    );
    let payment = json!({"orderId": "o-1", "amount": 10, "method": "card", "paidAt": "2026-11-20T12:00:00Z"});
    assert_eq!(
        payload(&desk, &paid, Dialect::BackOffice, "payment:completed"),
        payment
    );
    for (subject, name, rooms) in [
        (
            Subject::Table(json!({"id": 12, "number": "C4"})),
            "table:updated",
            "tables table:12",
        ),
        (
            Subject::Menu(json!({"id": "m", "available": false})),
            "menu:updated",
            "*",
        ),
    ] {
        let event = Event {
            seq: 1,
            at: at("2026-11-20T12:00:00Z"),
            by: "pos:till".into(),
            subject,
        };
        let frames = project(Wire::SocketIo, "demo", &event);
        let heard: Vec<&str> = frames[0].rooms.iter().map(|room| room.name.as_ref()).collect();
        assert_eq!(
            (frames.len(), frames[0].name.as_ref(), heard.join(" ").as_str()),
            (1, name, rooms)
        );
        assert_eq!(project(Wire::Station, "demo", &event), []);
    }
}

#[test]
fn registers_get_the_order_and_its_kitchen_order() {
    let mut desk = Desk::new();
    let made = guests(&mut desk);
    let created = payload(&desk, &made, Dialect::Register, "order_created");
    assert_eq!(created, created_data("demo", &made.order));
    assert_eq!(
        (&created["order"]["tenantId"], &created["order"]["orderNumber"]),
        (&json!("demo"), &json!("ORD-20261120-001"))
    );
    let kitchen = &created["kitchenOrder"];
    assert_eq!(
        (
            &kitchen["id"],
            &kitchen["status"],
            kitchen["items"].as_array().unwrap().len()
        ),
        (&json!("o-1"), &json!("pending"), 2)
    );
    let ready = desk.then(
        &made,
        Command::SetStatus {
            status: Status::Ready,
        },
    );
    let update = json!({"orderId": "o-1", "orderNumber": "ORD-20261120-001", "status": "ready", "updatedBy": "pos:till-7"});
    assert_eq!(
        payload(&desk, &ready, Dialect::Register, "order_status_update"),
        update
    );
    let done = desk.then(
        &ready,
        Command::SetStatus {
            status: Status::Completed,
        },
    );
    let orders = vec![made.order, done.order];
    let state = sync_state(&orders, &orders, None);
    assert_eq!(
        (keys(&state), state["activeOrders"].as_array().unwrap().len()),
        (vec!["activeOrders", "recentOrders"], 1)
    );
    let many = vec![orders[0].clone(); 20];
    let gap = sync_state(&[], &many, Some(Gap { head: 7, epoch: 1 }));
    assert_eq!(
        (&gap["reason"], &gap["head"], &gap["epoch"]),
        (&json!("gap"), &json!(7), &json!(1))
    );
    assert_eq!(gap["recentOrders"].as_array().unwrap().len(), 10);
}

#[test]
fn a_guest_sees_no_names_and_no_phones() {
    let data = json!({"orderId": 1, "customer": {"name": "Ana", "phone": "1"}, "chefName": "Budi", "chefId": "7",
        "order": {"customerName": "Ana", "waiter": "Ed", "items": [{"name": "Soto", "notes": "hot"}]},
        "staffId": "w", "updatedBy": "waiter:ed", "list": [{"phone": "1"}]});
    let seen = json!({"orderId": 1, "order": {"items": [{"name": "Soto", "notes": "hot"}]}, "list": [{}]});
    assert_eq!(without_people(&data), seen);
}
