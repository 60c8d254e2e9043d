//! Every rule of the canonical status, and of items, payments and tables.

mod rest;
mod status;

use serde_json::{Value, json};

use crate::order::command::Command;
use crate::order::model::Status;
use crate::order::samples::Desk;
use crate::order::{Decision, Refusal};

pub(super) fn meal() -> Value {
    json!({"id": 17, "tableNumber": "c4", "paymentMethod": "online", "discount": 2, "tax": 1.25, "items": [
        {"id": "a", "name": "Soto", "quantity": 2, "unitPrice": 12.50, "modifiers": [{"name": "egg", "price": 0.75}]},
        {"id": "b", "name": "Tea", "quantity": 1, "unitPrice": 3}]})
}

pub(super) fn to(status: Status) -> Command {
    Command::SetStatus { status }
}

pub(super) fn conflict(desk: &mut Desk, was: &Decision, command: &Command) {
    let answer = desk.try_change(&was.order, &was.internal, command);
    assert!(
        matches!(answer, Err(Refusal::Conflict(_))),
        "{command:?}: {answer:?}"
    );
}
