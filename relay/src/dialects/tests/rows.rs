//! Which change says what to whom.

use crate::dialects::samples::{event, meal};
use crate::dialects::{Dialect, Wire, project};
use crate::order::model::{ItemStatus, Priority};
use crate::order::samples::Desk;
use crate::order::{Command, Decision, Status, input};
use serde_json::json;

/// What one dialect says of a decision: `name > room room`, in order of place.
fn told(desk: &Desk, decision: &Decision, dialect: Dialect) -> Vec<String> {
    let frames = project(dialect.wire(), "demo", &event(desk, decision.clone()));
    let line = |frame: &crate::dialects::Frame| {
        let rooms = frame.rooms.iter().filter(|room| room.dialect == dialect);
        let rooms: Vec<&str> = rooms.map(|room| room.name.as_ref()).collect();
        (!rooms.is_empty()).then(|| format!("{} > {}", frame.name, rooms.join(" ")))
    };
    frames.iter().filter_map(line).collect()
}

struct Row {
    what: &'static str,
    decision: Decision,
    floor: &'static [&'static str],
    session: &'static [&'static str],
    office: &'static [&'static str],
    register: &'static [&'static str],
}

const ALL: &str = "kitchen waiters table:C4 order:o-1";
const STATS: &str = "kitchen:stats_update > kitchen";
const CHANGED: &str = "order:status_changed > kitchen waiters table:C4 order:o-1";
const TABLE: &str = "order:status > table:C4";
const D3: &[&str] = &[
    "order:status:updated > restaurant:demo",
    "order:status:updated > session:s-1",
];
const UPDATED: &[&str] = &["order:updated > orders kds table:C4"];
const D5: &[&str] = &["order_status_update > registers"];

fn set(status: Status) -> Command {
    Command::SetStatus { status }
}

fn rows(desk: &mut Desk) -> Vec<Row> {
    let mut body = meal("online");
    body["sessionToken"] = json!("s-1");
    let made = desk.order(&body);
    let confirmed = desk.then(&made, set(Status::Confirmed));
    let cooking = desk.then(&confirmed, set(Status::Preparing));
    let ready = desk.then(&cooking, set(Status::Ready));
    let asked = desk.then(
        &made,
        Command::CancelRequest {
            reason: "left".into(),
            staff_id: None,
        },
    );
    let items = input::parse_items(&json!([{"name": "Rice"}])).unwrap();
    let item = || "a".to_owned();
    let mut rows = vec![
        Row {
            what: "created",
            floor: &[
                "order:new > kitchen",
                "order:created > kitchen waiters table:C4",
                STATS,
            ],
            session: &["order:created > restaurant:demo"],
            office: &["order:created > orders kds table:C4"],
            register: &["order_created > registers"],
            decision: made.clone(),
        },
        Row {
            what: "to confirmed",
            floor: &["order:confirmed > kitchen waiters table:C4", CHANGED, TABLE],
            session: D3,
            office: UPDATED,
            register: D5,
            decision: confirmed.clone(),
        },
        Row {
            what: "to preparing",
            floor: &[
                "kitchen:order_preparing > kitchen waiters table:C4",
                "kitchen:preparing > table:C4",
                CHANGED,
                TABLE,
                STATS,
            ],
            session: D3,
            office: UPDATED,
            register: D5,
            decision: cooking.clone(),
        },
        Row {
            what: "past confirmed",
            floor: &[
                "order:confirmed > kitchen waiters table:C4",
                "kitchen:order_preparing > kitchen waiters table:C4",
                "kitchen:preparing > table:C4",
                CHANGED,
                TABLE,
                STATS,
            ],
            session: D3,
            office: UPDATED,
            register: D5,
            decision: desk.then(&made, set(Status::Preparing)),
        },
        Row {
            what: "to ready",
            floor: &[
                "kitchen:order_ready > kitchen waiters table:C4 order:o-1",
                "kitchen:ready > table:C4 order:o-1",
                CHANGED,
                TABLE,
                STATS,
            ],
            session: D3,
            office: UPDATED,
            register: D5,
            decision: ready.clone(),
        },
        Row {
            what: "to completed",
            floor: &[
                "kitchen:order_completed > kitchen waiters table:C4",
                CHANGED,
                TABLE,
                STATS,
            ],
            session: D3,
            office: UPDATED,
            register: D5,
            decision: desk.then(&ready, set(Status::Completed)),
        },
        Row {
            what: "to served",
            floor: &[CHANGED, TABLE, STATS],
            session: D3,
            office: UPDATED,
            register: D5,
            decision: desk.then(&ready, set(Status::Served)),
        },
        Row {
            what: "one step back",
            floor: &[CHANGED, TABLE, STATS],
            session: D3,
            office: UPDATED,
            register: D5,
            decision: desk.then(&ready, set(Status::Preparing)),
        },
        Row {
            what: "cancelled",
            floor: &[
                "order:cancelled > kitchen waiters table:C4 order:o-1",
                CHANGED,
                TABLE,
                STATS,
            ],
            session: D3,
            office: &["order:cancelled > orders kds table:C4"],
            register: D5,
            decision: desk.then(
                &made,
                Command::Cancel {
                    reason: "left".into(),
                },
            ),
        },
        Row {
            what: "accepted",
            floor: &[
                "kitchen:cancel_accepted > kitchen waiters order:o-1",
                "order:cancelled > kitchen waiters table:C4 order:o-1",
                CHANGED,
                TABLE,
                STATS,
            ],
            session: D3,
            office: &["order:cancelled > orders kds table:C4"],
            register: D5,
            decision: desk.then(&asked, Command::CancelAccept),
        },
        Row {
            what: "payment in full",
            floor: &["order:confirmed > kitchen waiters table:C4", CHANGED, TABLE],
            session: D3,
            office: &[
                "order:updated > orders kds table:C4",
                "payment:completed > orders table:C4",
            ],
            register: D5,
            decision: desk.then(
                &made,
                Command::Pay {
                    amount: 10.into(),
                    method: None,
                },
            ),
        },
    ];
    let quiet = |what, decision, floor, office| Row {
        what,
        decision,
        floor,
        session: &[],
        office,
        register: &[],
    };
    let moved = Command::MoveTable {
        table_number: "K1".into(),
        table_id: None,
    };
    rows.extend([
        quiet(
            "payment in part",
            desk.then(
                &made,
                Command::Pay {
                    amount: 4.into(),
                    method: None,
                },
            ),
            &[],
            UPDATED,
        ),
        quiet(
            "items added",
            desk.then(&made, Command::AddItems { items }),
            &["order:items_added > kitchen table:C4 order:o-1"],
            UPDATED,
        ),
        quiet(
            "items changed",
            desk.then(
                &made,
                Command::SetItemQuantity {
                    item: item(),
                    quantity: 5,
                },
            ),
            &["order:items_added > kitchen table:C4 order:o-1"],
            UPDATED,
        ),
        quiet(
            "item status",
            desk.then(
                &made,
                Command::SetItemStatus {
                    item: item(),
                    status: ItemStatus::Ready,
                },
            ),
            &["order:item_status_changed > waiters table:C4 order:o-1"],
            UPDATED,
        ),
        quiet(
            "item cancelled",
            desk.then(
                &made,
                Command::SetItemStatus {
                    item: item(),
                    status: ItemStatus::Cancelled,
                },
            ),
            &["order:item_status_changed > waiters table:C4 order:o-1"],
            UPDATED,
        ),
        quiet(
            "asked to cancel",
            asked.clone(),
            &["order:cancel_request > kitchen order:o-1"],
            UPDATED,
        ),
        quiet(
            "rejected",
            desk.then(
                &asked,
                Command::CancelReject {
                    reason: "late".into(),
                },
            ),
            &["kitchen:cancel_rejected > kitchen waiters order:o-1"],
            UPDATED,
        ),
        quiet(
            "acknowledged",
            desk.then(
                &made,
                Command::Acknowledge {
                    chef_id: None,
                    chef_name: None,
                },
            ),
            &[
                "kitchen:order_acknowledged > kitchen waiters order:o-1",
                "kitchen:acknowledged > order:o-1",
            ],
            UPDATED,
        ),
        quiet(
            "priority",
            desk.then(
                &made,
                Command::SetPriority {
                    priority: Priority::Vip,
                },
            ),
            &["kitchen:priority_changed > kitchen"],
            UPDATED,
        ),
        quiet(
            "station",
            desk.then(
                &made,
                Command::AssignStation {
                    station_id: "grill".into(),
                    station_name: None,
                },
            ),
            &["kitchen:station_assigned > kitchen"],
            UPDATED,
        ),
        quiet(
            "moved",
            desk.then(&made, moved),
            &[],
            &["order:updated > orders kds table:K1 table:C4"],
        ),
        quiet("a bill", desk.then(&made, Command::Receipt), &[], &[]),
    ]);
    rows
}

#[test]
fn every_row_reaches_these_rooms_and_no_others() {
    let mut desk = Desk::new();
    assert!(CHANGED.ends_with(ALL));
    for row in rows(&mut desk) {
        assert_eq!(
            told(&desk, &row.decision, Dialect::Floor),
            row.floor,
            "D2, {}",
            row.what
        );
        assert_eq!(
            told(&desk, &row.decision, Dialect::Session),
            row.session,
            "D3, {}",
            row.what
        );
        assert_eq!(
            told(&desk, &row.decision, Dialect::BackOffice),
            row.office,
            "D4, {}",
            row.what
        );
        assert_eq!(
            told(&desk, &row.decision, Dialect::Register),
            row.register,
            "D5, {}",
            row.what
        );
    }
}

#[test]
fn a_name_has_one_place_and_places_belong_to_their_wire() {
    let mut desk = Desk::new();
    let mut places = std::collections::BTreeMap::new();
    for row in rows(&mut desk) {
        let event = event(&desk, row.decision);
        for wire in Wire::ALL {
            for frame in project(wire, "demo", &event) {
                assert_eq!(frame.k / 1_000, wire.block() / 1_000, "{}", frame.name);
                if frame.name.ends_with("_print") {
                    continue;
                }
                assert_eq!(
                    *places.entry((wire, frame.name.clone())).or_insert(frame.k),
                    frame.k,
                    "{}",
                    frame.name
                );
            }
        }
    }
    let kept: std::collections::BTreeSet<u32> = places.values().copied().collect();
    assert_eq!(kept.len(), places.len());
}
