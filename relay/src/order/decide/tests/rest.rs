//! Items, payments, guests and tables.

use rust_decimal::Decimal;
use serde_json::json;

use super::{conflict, meal, to};
use crate::order::Refusal;
use crate::order::command::{Command, Role};
use crate::order::event::Change;
use crate::order::input::parse_items;
use crate::order::model::{ItemStatus, PaymentStatus, Priority, Status};
use crate::order::samples::Desk;

#[test]
fn items_move_the_total_that_the_caller_gave() {
    let mut desk = Desk::new();
    let mut body = meal();
    body["totalAmount"] = json!(40);
    let made = desk.order(&body);
    let items = parse_items(&json!([{"name": "Rice", "price": 2, "qty": 2}])).unwrap();
    let more = desk.then(&made, Command::AddItems { items });
    assert_eq!(
        (more.order.total_amount, more.order.final_amount),
        (44.into(), Decimal::new(4325, 2))
    );
    let fewer = desk.then(
        &more,
        Command::SetItemQuantity {
            item: "a".into(),
            quantity: 1,
        },
    );
    assert_eq!(fewer.order.total_amount, Decimal::new(3075, 2));
    assert_eq!(
        fewer.changes,
        [Change::ItemQuantity {
            item: "a".into(),
            from: 2,
            to: 1
        }]
    );
    let status = ItemStatus::Cancelled;
    let gone = desk.then(
        &fewer,
        Command::SetItemStatus {
            item: "a".into(),
            status,
        },
    );
    assert_eq!(
        (gone.order.total_amount, gone.changes.clone()),
        (
            Decimal::new(175, 1),
            vec![Change::ItemCancelled { item: "a".into() }]
        )
    );
    conflict(
        &mut desk,
        &gone,
        &Command::SetItemStatus {
            item: "a".into(),
            status: ItemStatus::Ready,
        },
    );
    conflict(
        &mut desk,
        &gone,
        &Command::SetItemQuantity {
            item: "a".into(),
            quantity: 2,
        },
    );
    let unknown = Command::SetItemQuantity {
        item: "z".into(),
        quantity: 2,
    };
    let answer = desk.try_change(&gone.order, &gone.internal, &unknown);
    assert!(matches!(answer, Err(Refusal::NotFound { what: "item", .. })));
}

#[test]
fn what_is_over_cannot_be_changed() {
    let mut desk = Desk::new();
    let made = desk.order(&meal());
    let done = desk.then(&made, to(Status::Completed));
    let gone = desk.then(
        &made,
        Command::Cancel {
            reason: String::new(),
        },
    );
    let items = parse_items(&json!([{"name": "Rice"}])).unwrap();
    for over in [&done, &gone] {
        for command in [
            Command::AddItems { items: items.clone() },
            Command::SetItemQuantity {
                item: "a".into(),
                quantity: 9,
            },
            Command::SetItemStatus {
                item: "a".into(),
                status: ItemStatus::Ready,
            },
            Command::SetPriority {
                priority: Priority::Vip,
            },
            Command::MoveTable {
                table_number: "K1".into(),
                table_id: None,
            },
            Command::Acknowledge {
                chef_id: None,
                chef_name: None,
            },
            Command::AssignStation {
                station_id: "grill".into(),
                station_name: None,
            },
            Command::CancelRequest {
                reason: "late".into(),
                staff_id: None,
            },
            Command::CancelReject {
                reason: "late".into(),
            },
        ] {
            conflict(&mut desk, over, &command);
        }
    }
}

#[test]
fn payments_add_up_and_in_full_confirm_unless_the_outlet_says_no() {
    let mut desk = Desk::new();
    let made = desk.order(&meal());
    let pay = |amount| Command::Pay {
        amount,
        method: Some("card".into()),
    };
    let part = desk.then(&made, pay(20.into()));
    assert_eq!(
        (part.order.payment_status, part.order.status),
        (PaymentStatus::Partial, Status::Pending)
    );
    let rest = Decimal::new(875, 2);
    let answer = desk.try_change(&part.order, &part.internal, &pay(rest + Decimal::ONE));
    assert!(matches!(answer, Err(Refusal::Invalid { field, .. }) if field == "amount"));
    let paid = desk.then(&part, pay(rest));
    let in_full = Change::Paid {
        amount: rest,
        method: Some("card".into()),
        in_full: true,
    };
    assert_eq!(paid.changes, [Change::Confirmed, in_full.clone()]);
    conflict(&mut desk, &paid, &pay(Decimal::ONE));
    let items = parse_items(&json!([{"name": "Rice", "price": 2}])).unwrap();
    let more = desk.then(&paid, Command::AddItems { items });
    assert_eq!(more.order.payment_status, PaymentStatus::Partial);
    desk.settings.confirm_on_payment = false;
    assert_eq!(desk.then(&part, pay(rest)).changes, [in_full]);
}

#[test]
fn an_order_may_come_paid_from_a_till_but_not_from_a_guest() {
    let mut body = meal();
    body["paymentStatus"] = json!("paid");
    let made = Desk::new().order(&body);
    assert_eq!(
        (made.order.payment_status, made.order.status),
        (PaymentStatus::Paid, Status::Confirmed)
    );
    let made = Desk::guest("s").order(&body);
    assert_eq!(
        (made.order.payment_status, made.order.discount),
        (PaymentStatus::Unpaid, Decimal::ZERO)
    );
    assert_eq!(
        (made.order.total_amount, made.internal.session.as_deref()),
        (Decimal::new(295, 1), Some("s"))
    );
}

#[test]
fn a_guest_is_held_to_its_own_visit() {
    let mut body = meal();
    body["sessionToken"] = json!("other");
    assert!(matches!(
        Desk::guest("s").try_order(&body),
        Err(Refusal::Forbidden(_))
    ));
    let made = Desk::new().order(&body);
    let ask = Command::AddItems {
        items: parse_items(&json!([{"name": "Rice"}])).unwrap(),
    };
    let answer = Desk::guest("s").try_change(&made.order, &made.internal, &ask);
    assert!(matches!(answer, Err(Refusal::Forbidden(_))));
    assert_eq!(Desk::guest("other").then(&made, ask).changes.len(), 1);
    assert_eq!(Desk::guest("other").actor.role, Role::Guest);
}

#[test]
fn an_order_moves_with_its_area() {
    let mut desk = Desk::new();
    let made = desk.order(&meal());
    let go = Command::MoveTable {
        table_number: "K1".into(),
        table_id: Some("k-1".into()),
    };
    let moved = desk.then(&made, go.clone());
    assert_eq!(
        (moved.order.area_code.as_deref(), moved.order.table_id.as_deref()),
        (Some("K"), Some("k-1"))
    );
    let (table, area) = (Some("c4".to_owned()), Some("C".to_owned()));
    assert_eq!(
        moved.changes,
        [Change::Moved {
            from_table: table.clone(),
            from_area: area,
            from_table_id: table
        }]
    );
    assert_eq!(desk.then(&moved, go).changes, []);
}

#[test]
fn a_discount_beyond_the_price_is_refused() {
    let mut body = meal();
    body["discount"] = json!(100);
    assert!(
        matches!(Desk::new().try_order(&body), Err(Refusal::Invalid { field, .. }) if field == "discount")
    );
}

#[test]
fn nothing_prints_again_that_never_printed() {
    let mut desk = Desk::new();
    let made = desk.order(&meal());
    conflict(&mut desk, &made, &Command::Reprint { station: None });
}

#[test]
fn an_order_has_limits_of_money_and_length() {
    let mut desk = Desk::new();
    let dear = json!({"items": [{"name": "x", "price": 99_999_999_999_u64, "qty": 2}]});
    assert!(matches!(desk.try_order(&dear), Err(Refusal::Invalid { field, .. }) if field == "items"));
    let mut long = desk.order(&meal());
    let many = vec![json!({"name": "Rice"}); 499];
    let add = Command::AddItems {
        items: parse_items(&json!(many)).unwrap(),
    };
    for _ in 0..10 {
        long = desk.then(&long, add.clone());
    }
    let answer = desk.try_change(&long.order, &long.internal, &add);
    assert!(matches!(answer, Err(Refusal::Invalid { field, .. }) if field == "items"));
}

#[test]
fn a_cancelled_order_takes_no_money() {
    let mut desk = Desk::new();
    let made = desk.order(&meal());
    let gone = desk.then(
        &made,
        Command::Cancel {
            reason: String::new(),
        },
    );
    conflict(
        &mut desk,
        &gone,
        &Command::Pay {
            amount: Decimal::ONE,
            method: None,
        },
    );
}
