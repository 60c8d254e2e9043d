//! What single changes print.

use protocol::{Banner, JobId, JobKind, JobState};
use serde_json::{Value, json};

use crate::order::model::ItemStatus;
use crate::order::samples::Desk;
use crate::order::{Command, Decision, Role, Status};
use crate::routing::{LedgerJob, Plan, Settings, plan, reprint_lines};

fn route(decision: &mut Decision, jobs: &[LedgerJob], settings: &Settings) -> Plan {
    let mut count = 0;
    let mut new_id = || {
        count += 1;
        format!("job-{count}")
    };
    let Decision {
        order,
        internal,
        changes,
    } = decision;
    plan(order, internal, changes, jobs, settings, &mut new_id)
}

fn jobs(plan: &Plan, state: JobState) -> Vec<LedgerJob> {
    let jobs = plan.tickets.iter().filter(|ticket| ticket.job.is_some());
    jobs.map(|ticket| LedgerJob {
        id: JobId::new(format!("{}-{}", ticket.station, ticket.kind.as_str())),
        station: ticket.station.clone(),
        kind: ticket.kind,
        state,
        lines: ticket.lines.clone(),
        cancel_requested: false,
    })
    .collect()
}

/// What a plan says: station, kind, what is on it, whether it is for rooms and for paper.
fn says(plan: &Plan) -> Vec<String> {
    let tickets = plan.tickets.iter().map(|ticket| {
        let items = ticket.data["order_items"].as_array().unwrap();
        let items: Vec<String> = items
            .iter()
            .map(|item| format!("{}x{}", item["quantity"], item["name"].as_str().unwrap()))
            .collect();
        let paper = if ticket.job.is_some() { " paper" } else { "" };
        let rooms = if ticket.rooms { " rooms" } else { "" };
        format!(
            "{} {} {}{rooms}{paper}",
            ticket.station,
            ticket.kind.as_str(),
            items.join(" ")
        )
    });
    tickets.collect()
}

fn meal(method: &str) -> Value {
    json!({"id": 17, "tableNumber": "C4", "paymentMethod": method, "customerName": "Ana", "items": [
        {"id": "a", "name": "Soto", "quantity": 2, "unitPrice": 12.50, "workstation": "kitchen", "notes": "no salt",
         "modifiers": [{"name": "egg", "price": 1}], "allergens": ["egg"], "course": 1},
        {"id": "b", "name": "Tea", "quantity": 3, "mainCategory": "beverage"},
        {"id": "c", "name": "Candles", "quantity": 1}]})
}

fn cancel(item: &str) -> Command {
    Command::SetItemStatus {
        item: item.into(),
        status: ItemStatus::Cancelled,
    }
}

#[test]
fn a_ticket_carries_every_column() {
    let mut desk = Desk::new();
    let mut made = desk.order(&meal("cash"));
    let plan = route(&mut made, &[], &desk.settings);
    let kitchen = plan
        .tickets
        .iter()
        .find(|ticket| ticket.station == "kitchen")
        .unwrap();
    assert_eq!(kitchen.event, "kitchen_immediate_print");
    assert_eq!(kitchen.banners, [Banner::Unrouted]);
    assert_eq!(
        kitchen.data,
        json!({
            "order_id": 17, "order_number": "ORD-20261120-001", "station": "kitchen", "table_number": "C4",
            "area_code": "C", "source": null, "order_type": "dine-in", "timestamp": "2026-11-20T12:00:00Z",
            "print_trigger": "immediate", "payment_method": "cash", "is_open_bill": false, "priority": "normal",
            "customer": "Ana", "waiter": null, "timezone": "UTC", "currency": null, "outlet_name": null,
            "order_items": [
                {"id": "a", "name": "Soto", "quantity": 2, "workstation": "kitchen", "main_category": null,
                 "notes": "no salt", "modifiers": [{"name": "egg", "price": 1}], "allergens": ["egg"], "course": 1,
                 "unitPrice": 12.5, "unrouted": false},
                {"id": "c", "name": "Candles", "quantity": 1, "workstation": null, "main_category": null,
                 "notes": null, "modifiers": [], "allergens": [], "course": null, "unitPrice": 0, "unrouted": true}
            ]
        })
    );
    let bar = plan
        .tickets
        .iter()
        .find(|ticket| ticket.station == "bar_depan")
        .unwrap();
    assert_eq!(
        (bar.event.as_str(), bar.banners.len()),
        ("beverage_immediate_print", 0)
    );
}

#[test]
fn cash_and_open_bills_print_at_creation_and_the_rest_at_confirmation_or_payment() {
    let mut desk = Desk::new();
    for (method, open_bill, prints) in [
        ("cash", false, true),
        ("Cash", false, true),
        ("card", true, true),
        ("card", false, false),
    ] {
        let mut body = meal(method);
        body["isOpenBill"] = json!(open_bill);
        let plan = route(&mut desk.order(&body), &[], &desk.settings);
        assert_eq!(plan.tickets.len(), if prints { 2 } else { 0 }, "{method}");
    }
    let made = desk.order(&meal("online"));
    let trigger = |plan: Plan| plan.tickets[0].data["print_trigger"].clone();
    let mut confirmed = desk.then(
        &made,
        Command::SetStatus {
            status: Status::Preparing,
        },
    );
    assert_eq!(trigger(route(&mut confirmed, &[], &desk.settings)), "confirmed");
    let pay = Command::Pay {
        amount: made.order.final_amount,
        method: None,
    };
    let mut paid = desk.then(&made, pay);
    assert_eq!(paid.order.status, Status::Confirmed);
    assert_eq!(trigger(route(&mut paid, &[], &desk.settings)), "paid");
    let mut again = desk.then(
        &paid,
        Command::SetStatus {
            status: Status::Ready,
        },
    );
    assert!(route(&mut again, &[], &desk.settings).tickets.is_empty());
}

#[test]
fn a_guests_order_waits_for_confirmation_where_the_outlet_says_so() {
    let mut desk = Desk::guest("s-1");
    desk.settings.guest_orders_wait = true;
    desk.settings.trigger.at_confirmation = false;
    let mut made = desk.order(&meal("cash"));
    assert!(route(&mut made, &[], &desk.settings).tickets.is_empty());
    desk.actor.role = Role::Waiter;
    let mut confirmed = desk.then(
        &made,
        Command::SetStatus {
            status: Status::Confirmed,
        },
    );
    assert_eq!(route(&mut confirmed, &[], &desk.settings).tickets.len(), 2);
}

#[test]
fn an_item_cancelled_on_paper_prints_a_void_at_its_station_alone() {
    let mut desk = Desk::new();
    let mut made = desk.order(&meal("cash"));
    let first = route(&mut made, &[], &desk.settings);
    for state in [
        JobState::Printing,
        JobState::Unconfirmed,
        JobState::Printed,
        JobState::Sent,
    ] {
        let mut gone = desk.then(&made, cancel("a"));
        let plan = route(&mut gone, &jobs(&first, state), &desk.settings);
        assert_eq!(says(&plan), ["kitchen void 2xSoto rooms paper"]);
        assert!(plan.withdraw.is_empty());
    }
}

#[test]
fn an_item_cancelled_before_any_agent_has_the_job_is_left_out_of_its_replacement() {
    let mut desk = Desk::new();
    let mut made = desk.order(&meal("cash"));
    let first = jobs(&route(&mut made, &[], &desk.settings), JobState::Accepted);
    let plan = route(&mut desk.then(&made, cancel("a")), &first, &desk.settings);
    assert_eq!(
        says(&plan),
        ["kitchen order 1xCandles paper", "kitchen void 2xSoto rooms"]
    );
    assert_eq!(plan.withdraw, [JobId::new("kitchen-order")]);
}

#[test]
fn a_part_of_a_spooled_job_is_voided_behind_it_and_a_whole_one_withdrawn() {
    let mut desk = Desk::new();
    let mut made = desk.order(&meal("cash"));
    let first = jobs(&route(&mut made, &[], &desk.settings), JobState::Spooled);
    let part = route(&mut desk.then(&made, cancel("a")), &first, &desk.settings);
    assert_eq!(says(&part), ["kitchen void 2xSoto rooms paper"]);
    let whole = route(&mut desk.then(&made, cancel("b")), &first, &desk.settings);
    assert_eq!(says(&whole), ["bar_depan void 3xTea rooms"]);
    assert_eq!(whole.withdraw, [JobId::new("bar_depan-order")]);
}

#[test]
fn what_never_came_to_paper_is_voided_for_eyes_alone() {
    let mut desk = Desk::new();
    let mut made = desk.order(&meal("cash"));
    let first = route(&mut made, &[], &desk.settings);
    for state in [JobState::Expired, JobState::Failed, JobState::Cancelled] {
        let cancelled = Command::Cancel {
            reason: "left".into(),
        };
        let plan = route(
            &mut desk.then(&made, cancelled),
            &jobs(&first, state),
            &desk.settings,
        );
        assert_eq!(
            says(&plan),
            [
                "bar_depan void 3xTea rooms",
                "kitchen void 2xSoto 1xCandles rooms"
            ]
        );
        assert!(plan.withdraw.is_empty());
    }
}

#[test]
fn quantities_print_their_difference_and_a_move_prints_a_change() {
    let mut desk = Desk::new();
    let mut made = desk.order(&meal("cash"));
    let first = jobs(&route(&mut made, &[], &desk.settings), JobState::Printed);
    let count = |quantity| Command::SetItemQuantity {
        item: "a".into(),
        quantity,
    };
    let more = route(&mut desk.then(&made, count(5)), &first, &desk.settings);
    assert_eq!(says(&more), ["kitchen add 3xSoto rooms paper"]);
    let fewer = route(&mut desk.then(&made, count(1)), &first, &desk.settings);
    assert_eq!(says(&fewer), ["kitchen void 1xSoto rooms paper"]);
    let go = Command::MoveTable {
        table_number: "K1".into(),
        table_id: None,
    };
    let moved = route(&mut desk.then(&made, go), &first, &desk.settings);
    let expected = [
        "bar_depan change 3xTea rooms paper",
        "kitchen change 2xSoto 1xCandles rooms paper",
    ];
    assert_eq!(says(&moved), expected);
    assert_eq!(moved.tickets[0].data["from_table"], "C4");
    assert_eq!(
        (
            moved.tickets[0].data["table_number"].as_str(),
            moved.tickets[0].kind
        ),
        (Some("K1"), JobKind::Change)
    );
}

#[test]
fn a_reprint_counts_only_what_never_came_to_paper() {
    let mut desk = Desk::new();
    let mut made = desk.order(&meal("cash"));
    let first = route(&mut made, &[], &desk.settings);
    let again = Command::Reprint {
        station: Some("kitchen".into()),
    };
    for (state, counted) in [(JobState::Printed, 0), (JobState::Expired, 2)] {
        let mut asked = desk.then(&made, again.clone());
        let plan = route(&mut asked, &jobs(&first, state), &desk.settings);
        assert_eq!(says(&plan), ["kitchen order 2xSoto 1xCandles rooms paper"]);
        assert_eq!(plan.tickets[0].banners, [Banner::Reprint, Banner::Unrouted]);
        assert_eq!(plan.tickets[0].lines.len(), counted);
        assert_eq!(reprint_lines(&jobs(&first, state)[0]).len(), counted.min(1));
    }
}

#[test]
fn a_bill_carries_the_order_and_goes_to_the_cashiers_paper_alone() {
    let mut desk = Desk::new();
    desk.settings.receipt_on_payment = true;
    let made = desk.order(&meal("online"));
    let mut asked = desk.then(&made, Command::Receipt);
    let plan = route(&mut asked, &[], &desk.settings);
    assert_eq!(says(&plan), ["cashier receipt 2xSoto 3xTea 1xCandles paper"]);
    assert_eq!(plan.tickets[0].event, "receipt_immediate_print");
    assert_eq!(plan.tickets[0].data["order"]["finalAmount"], 27);
    let mut paid = desk.then(
        &made,
        Command::Pay {
            amount: made.order.final_amount,
            method: None,
        },
    );
    assert_eq!(route(&mut paid, &[], &desk.settings).tickets.len(), 3);
}

#[test]
fn what_was_added_last_is_withdrawn_first() {
    let mut desk = Desk::new();
    let mut made = desk.order(&meal("cash"));
    let mut ledger = jobs(&route(&mut made, &[], &desk.settings), JobState::Accepted);
    let count = |quantity| Command::SetItemQuantity {
        item: "a".into(),
        quantity,
    };
    let mut more = desk.then(&made, count(3));
    ledger.extend(jobs(
        &route(&mut more, &ledger, &desk.settings),
        JobState::Accepted,
    ));
    let plan = route(&mut desk.then(&more, count(2)), &ledger, &desk.settings);
    assert_eq!(plan.withdraw, [JobId::new("kitchen-add")]);
    assert_eq!(says(&plan), ["kitchen void 1xSoto rooms"]);
}

#[test]
fn a_change_that_waits_goes_with_the_order_that_it_speaks_of() {
    let mut desk = Desk::new();
    let mut made = desk.order(&meal("cash"));
    let go = Command::MoveTable {
        table_number: "C5".into(),
        table_id: None,
    };
    for (state, voided) in [(JobState::Spooled, false), (JobState::Printed, true)] {
        let mut ledger = jobs(&route(&mut made.clone(), &[], &desk.settings), state);
        made.internal.triggered = true;
        let mut moved = desk.then(&made, go.clone());
        ledger.extend(jobs(
            &route(&mut moved, &ledger, &desk.settings),
            JobState::Spooled,
        ));
        let part = route(&mut desk.then(&moved, cancel("a")), &ledger, &desk.settings);
        assert_eq!(part.withdraw, []);
        let plan = route(&mut desk.then(&moved, cancel("b")), &ledger, &desk.settings);
        assert!(
            plan.withdraw.contains(&JobId::new("bar_depan-change")),
            "{:?}",
            plan.withdraw
        );
        assert_eq!(plan.withdraw.len(), if voided { 1 } else { 2 });
        made.internal.triggered = false;
    }
}

#[test]
fn a_void_says_why_and_a_change_where_from() {
    let mut desk = Desk::new();
    let mut made = desk.order(&meal("cash"));
    let first = jobs(&route(&mut made, &[], &desk.settings), JobState::Printed);
    let gone = Command::Cancel {
        reason: "left".into(),
    };
    let plan = route(&mut desk.then(&made, gone), &first, &desk.settings);
    assert_eq!(plan.tickets[0].data["message"], "left");
    let plan = route(&mut desk.then(&made, cancel("a")), &first, &desk.settings);
    assert_eq!(plan.tickets[0].data.get("message"), None);
}
