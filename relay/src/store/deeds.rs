//! What people did, in words for the audit. What every order goes through (made, moved on) its events tell;
//! here stands what somebody may have to answer for.

use super::desk::{Desk, Outcome};
use super::sql::events;
use super::{Audited, JobWish, transact};
use crate::order::model::{ItemStatus, Status};
use crate::order::{Actor, Command, Order};

/// Writes a deed down, in the transaction that does it.
pub(super) fn audit(desk: &Desk<'_>, outlet: &str, by: &Actor, what: String) -> Outcome<()> {
    let line = Audited {
        at: desk.now,
        who: transact::who(by),
        what,
    };
    Ok(events::audit(desk.conn, outlet, &desk.new_id(), &line)?)
}

/// A deed done to an order; none for what need not be written down.
pub(super) fn of_order(command: &Command, order: &Order) -> Option<String> {
    let number = &order.order_number;
    let what = match command {
        Command::Create(_) | Command::Acknowledge { .. } | Command::AssignStation { .. } => return None,
        Command::SetStatus {
            status: Status::Cancelled,
        }
        | Command::Cancel { .. } => "was cancelled".to_owned(),
        Command::SetStatus { .. } | Command::SetPriority { .. } | Command::AddItems { .. } => return None,
        Command::MoveTable { table_number, .. } => format!("was moved to table {table_number}"),
        Command::SetItemStatus {
            item,
            status: ItemStatus::Cancelled,
        } => {
            format!("lost its item {}", name(order, item))
        }
        Command::SetItemStatus { .. } => return None,
        Command::SetItemQuantity { item, quantity } => {
            format!("has {quantity} of {} now", name(order, item))
        }
        Command::CancelRequest { reason, .. } => format!("shall be cancelled: {reason}"),
        Command::CancelAccept => "was cancelled as asked".to_owned(),
        Command::CancelReject { reason } => format!("was not cancelled: {reason}"),
        Command::Pay { amount, method } => {
            format!(
                "was paid {amount} ({})",
                method.as_deref().unwrap_or("no method named")
            )
        }
        Command::Reprint { station } => {
            format!(
                "was printed again ({})",
                station.as_deref().unwrap_or("everywhere")
            )
        }
        Command::Receipt => "had its bill printed".to_owned(),
    };
    Some(format!("order {number} {what}"))
}

/// What a person asked of a job.
pub(super) fn of_job(wish: JobWish, station: &str, number: u64) -> String {
    let what = match wish {
        JobWish::Printed => "was declared printed",
        JobWish::Again => "was sent to print again, not being on paper",
        JobWish::Cancel => "was withdrawn",
        JobWish::Release => "was released",
        JobWish::Reprint => "was printed again",
    };
    format!("ticket {number} of {station} {what}")
}

fn name<'a>(order: &'a Order, item: &'a str) -> &'a str {
    let known = order.items.iter().find(|known| known.id == item);
    known.map_or(item, |known| known.name.as_str())
}
