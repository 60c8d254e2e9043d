//! Creation, the status and its moves.

use serde_json::json;

use super::{conflict, meal, to};
use crate::order::command::Command;
use crate::order::event::Change;
use crate::order::model::{Id, OrderType, Status};
use crate::order::samples::Desk;

fn moved(from: Status, to: Status) -> Change {
    let prep_minutes = (to == Status::Completed).then_some(0);
    Change::Status {
        from,
        to,
        back: false,
        prep_minutes,
    }
}

#[test]
fn an_order_is_summed_in_decimals() {
    let made = Desk::new().order(&meal());
    assert_eq!(made.changes, [Change::Created]);
    let order = made.order;
    assert_eq!(
        (order.total_amount.to_string(), order.final_amount.to_string()),
        ("29.5".into(), "28.75".into())
    );
    assert_eq!(
        (order.id, order.status, order.order_type),
        (Id::Number(17), Status::Pending, OrderType::DineIn)
    );
    assert_eq!(
        (order.area_code.as_deref(), order.table_id.as_deref()),
        (Some("C"), Some("c4"))
    );
}

#[test]
fn a_cart_with_the_same_dish_twice_gets_an_id_of_its_own_for_the_second() {
    let made = Desk::new().order(&json!({"items": [{"id": "x", "name": "A"}, {"id": "x", "name": "A"}]}));
    assert_eq!(
        (made.order.items[0].id.as_str(), made.order.items[1].id.as_str()),
        ("x", "id-2")
    );
    assert_eq!(made.order.order_type, OrderType::Takeout);
}

#[test]
fn forward_moves_may_skip_and_confirm_on_the_way() {
    let mut desk = Desk::new();
    let made = desk.order(&meal());
    let cooking = desk.then(&made, to(Status::Preparing));
    assert_eq!(
        cooking.changes,
        [Change::Confirmed, moved(Status::Confirmed, Status::Preparing)]
    );
    assert_eq!(cooking.order.confirmed_at, Some(desk.now));
    desk.later(150);
    let done = desk.then(&cooking, to(Status::Completed));
    let change = Change::Status {
        from: Status::Preparing,
        to: Status::Completed,
        back: false,
        prep_minutes: Some(2),
    };
    assert_eq!(done.changes, [change]);
    let confirmed = desk.then(&made, to(Status::Confirmed));
    assert_eq!(confirmed.changes, [Change::Confirmed]);
}

#[test]
fn the_same_status_changes_nothing() {
    let mut desk = Desk::new();
    let made = desk.order(&meal());
    desk.later(5);
    let same = desk.then(&made, to(Status::Pending));
    assert_eq!((same.changes, same.order), (Vec::new(), made.order));
}

#[test]
fn one_step_back_is_to_the_status_before_the_last_move_and_once() {
    let mut desk = Desk::new();
    let made = desk.order(&meal());
    let cooking = desk.then(&made, to(Status::Preparing));
    conflict(&mut desk, &cooking, &to(Status::Confirmed));
    let back = desk.then(&cooking, to(Status::Pending));
    assert_eq!(
        (back.order.status, back.order.confirmed_at),
        (Status::Pending, None)
    );
    assert!(matches!(back.changes[..], [Change::Status { back: true, .. }]));
    let ready = desk.then(&cooking, to(Status::Ready));
    let cooking = desk.then(&ready, to(Status::Preparing));
    conflict(&mut desk, &cooking, &to(Status::Pending));
}

#[test]
fn a_completed_order_comes_back_for_a_minute_only() {
    let mut desk = Desk::new();
    let served = desk.order(&meal());
    let served = desk.then(&served, to(Status::Served));
    let done = desk.then(&served, to(Status::Completed));
    desk.later(60);
    assert_eq!(desk.then(&done, to(Status::Served)).order.status, Status::Served);
    desk.later(1);
    conflict(&mut desk, &done, &to(Status::Served));
}

#[test]
fn an_order_is_cancelled_from_any_state_before_completed_and_for_good() {
    let mut desk = Desk::new();
    let mut order = desk.order(&meal());
    let cancel = Command::Cancel {
        reason: "left".into(),
    };
    for status in [
        Status::Confirmed,
        Status::Preparing,
        Status::Ready,
        Status::Served,
    ] {
        let gone = desk.then(&order, cancel.clone());
        assert_eq!(
            gone.changes,
            [Change::Cancelled {
                reason: "left".into(),
                accepted: false
            }]
        );
        assert_eq!(desk.then(&gone, cancel.clone()).changes, []);
        for command in [to(Status::Pending), to(Status::Completed), Command::CancelAccept] {
            conflict(&mut desk, &gone, &command);
        }
        order = desk.then(&order, to(status));
    }
    let done = desk.then(&order, to(Status::Completed));
    conflict(&mut desk, &done, &cancel);
    conflict(&mut desk, &done, &to(Status::Cancelled));
}

#[test]
fn a_waiter_asks_and_the_kitchen_accepts_or_rejects() {
    let mut desk = Desk::new();
    let made = desk.order(&meal());
    let ask = Command::CancelRequest {
        reason: "left".into(),
        staff_id: Some("w".into()),
    };
    conflict(&mut desk, &made, &Command::CancelAccept);
    let asked = desk.then(&made, ask.clone());
    assert_eq!(asked.order.cancel_request.as_ref().unwrap().reason, "left");
    assert_eq!(desk.then(&asked, ask).changes, []);
    let other = Command::CancelRequest {
        reason: "other".into(),
        staff_id: None,
    };
    conflict(&mut desk, &asked, &other);
    let kept = desk.then(
        &asked,
        Command::CancelReject {
            reason: "on the grill".into(),
        },
    );
    assert_eq!(
        (kept.order.status, kept.order.cancel_request),
        (Status::Pending, None)
    );
    let gone = desk.then(&asked, Command::CancelAccept);
    assert_eq!(
        gone.changes,
        [Change::Cancelled {
            reason: "left".into(),
            accepted: true
        }]
    );
    assert_eq!(
        (gone.order.status, gone.order.cancel_request),
        (Status::Cancelled, None)
    );
}

#[test]
fn completion_answers_a_request_to_cancel_and_counts_from_the_last_start() {
    let mut desk = Desk::new();
    let made = desk.order(&meal());
    let asked = desk.then(
        &made,
        Command::CancelRequest {
            reason: "left".into(),
            staff_id: None,
        },
    );
    let cooking = desk.then(&asked, to(Status::Preparing));
    assert!(cooking.order.cancel_request.is_some());
    let back = desk.then(&cooking, to(Status::Pending));
    desk.later(300);
    let done = desk.then(&back, to(Status::Completed));
    assert_eq!(done.order.cancel_request, None);
    assert_eq!(done.changes[1], moved(Status::Confirmed, Status::Completed));
}
