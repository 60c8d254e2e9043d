//! Events and what of them is heard, for tests.

use serde_json::{Value, json};

use super::Frame;
use crate::order::samples::Desk;
use crate::order::{Decision, Event, Stats, Subject};
use crate::routing::{Plan, plan};

pub(crate) fn event(desk: &Desk, mut decision: Decision) -> Event {
    let mut count = 0;
    let mut new_id = || {
        count += 1;
        format!("job-{count}")
    };
    let Decision {
        order,
        internal,
        changes,
    } = &mut decision;
    let Plan { tickets, .. } = plan(order, internal, changes, &[], &desk.settings, &mut new_id);
    let Decision {
        order,
        internal,
        changes,
    } = decision;
    let subject = Subject::Order {
        order: Box::new(order),
        changes,
        tickets,
        stats: Some(Stats::count([])),
        session: internal.session,
    };
    Event {
        seq: 7,
        at: desk.now,
        by: "pos:till-7".into(),
        subject,
    }
}

pub(crate) fn meal(method: &str) -> Value {
    json!({"id": "o-1", "tableNumber": "C4", "paymentMethod": method, "source": "web", "items": [
        {"id": "a", "name": "Soto", "quantity": 2, "unitPrice": 5, "workstation": "kitchen"},
        {"id": "b", "name": "Tea", "quantity": 3, "mainCategory": "beverage"}]})
}

/// Which rooms hear which events, in order of place.
pub(crate) fn heard(frames: &[Frame]) -> Vec<(String, Vec<String>)> {
    let rooms = |frame: &Frame| frame.rooms.iter().map(|room| room.name.to_string()).collect();
    frames
        .iter()
        .map(|frame| (frame.name.to_string(), rooms(frame)))
        .collect()
}

pub(crate) fn row(name: &str, rooms: &[&str]) -> (String, Vec<String>) {
    (
        name.to_owned(),
        rooms.iter().map(|room| (*room).to_owned()).collect(),
    )
}
