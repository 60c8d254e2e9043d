//! Decides what a command makes of an order. Pure: the time and new ids are arguments.

mod create;
mod items;
mod rest;
mod status;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub(crate) use create::area_of;
pub use create::create;
pub use status::UNDO_COMPLETED_WITHIN_S;

use super::command::{Actor, Command, Refusal, Role};
use super::event::Change;
use super::model::{Internal, Order, Status};
use crate::routing::Settings;

/// What a decision is made with beside the command.
pub struct Context<'a> {
    /// The time of the transaction.
    pub now: Timestamp,
    /// Who asks. Roles are checked at the door; here a guest is held to its own session.
    pub actor: &'a Actor,
    /// The outlet's settings.
    pub settings: &'a Settings,
    /// Makes a new id (a `UUIDv7`).
    pub new_id: &'a mut dyn FnMut() -> String,
}

/// What a command makes of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The order after it.
    pub order: Order,
    /// What the relay keeps beside it.
    pub internal: Internal,
    /// What changed, in the order in which it is told; empty for a no-op, which is answered 200.
    pub changes: Vec<Change>,
}

/// Decides a command on an order that there is.
///
/// # Errors
/// A [`Refusal`]; the order is as it was.
pub fn change(
    order: &Order,
    internal: &Internal,
    command: &Command,
    cx: &mut Context<'_>,
) -> Result<Decision, Refusal> {
    if cx.actor.role == Role::Guest && internal.session.as_deref() != Some(cx.actor.subject.as_str()) {
        return Err(Refusal::Forbidden(
            "this order belongs to another table's visit".into(),
        ));
    }
    let mut draft = Decision {
        order: order.clone(),
        internal: internal.clone(),
        changes: Vec::new(),
    };
    decide(&mut draft, command, cx)?;
    if !draft.changes.is_empty() {
        draft.order.updated_at = cx.now;
    }
    Ok(draft)
}

fn decide(draft: &mut Decision, command: &Command, cx: &mut Context<'_>) -> Result<(), Refusal> {
    match command {
        Command::Create(_) => Err(Refusal::Conflict(format!(
            "there is an order {} already",
            draft.order.order_number
        ))),
        Command::SetStatus { status } => {
            may_move(cx.actor.role, draft.order.status, *status)?;
            status::set(draft, *status, cx.now)
        }
        Command::Cancel { reason } => status::cancel(draft, reason),
        Command::CancelRequest { reason, staff_id } => {
            status::ask_to_cancel(draft, reason, staff_id.as_deref(), cx.now)
        }
        Command::CancelAccept => status::accept_cancel(draft),
        Command::CancelReject { reason } => status::reject_cancel(draft, reason),
        Command::AddItems { items } => items::add(draft, items, cx),
        Command::SetItemStatus { item, status } => items::set_status(draft, item, *status),
        Command::SetItemQuantity { item, quantity } => items::set_quantity(draft, item, *quantity),
        Command::SetPriority { priority } => rest::set_priority(draft, *priority),
        Command::MoveTable {
            table_number,
            table_id,
        } => rest::move_table(draft, table_number, table_id.as_deref()),
        Command::Acknowledge { chef_id, chef_name } => {
            rest::acknowledge(draft, chef_id.as_deref(), chef_name.as_deref())
        }
        Command::AssignStation {
            station_id,
            station_name,
        } => rest::assign_station(draft, station_id, station_name.as_deref()),
        Command::Pay { amount, method } => rest::pay(draft, *amount, method.as_deref(), cx),
        Command::Reprint { station } => rest::reprint(draft, station.as_deref(), cx.settings),
        Command::Receipt => {
            draft.changes.push(Change::ReceiptAsked);
            Ok(())
        }
    }
}

/// A step back is for whoever may make the move that it takes back; the order's present status is
/// the end of that move.
fn may_move(role: Role, from: Status, to: Status) -> Result<(), Refusal> {
    let moved = from.max(to);
    if from == to || role.may_set(moved) {
        return Ok(());
    }
    Err(Refusal::Forbidden(format!(
        "to set or take back {} is for another role",
        moved.as_str()
    )))
}

/// Refuses where the order is over.
fn open(order: &Order) -> Result<(), Refusal> {
    match order.status {
        Status::Completed | Status::Cancelled => Err(Refusal::Conflict(format!(
            "order {} is {}; it can no longer be changed",
            order.order_number,
            order.status.as_str()
        ))),
        Status::Pending | Status::Confirmed | Status::Preparing | Status::Ready | Status::Served => Ok(()),
    }
}
