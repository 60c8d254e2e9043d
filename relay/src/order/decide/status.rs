//! The order's status: forward, one step back, cancelled (DIALECTS.md, "Canonical order status").

use jiff::{SignedDuration, Timestamp};

use super::{Decision, open};
use crate::order::command::Refusal;
use crate::order::event::Change;
use crate::order::model::{CancelRequest, Order, Status};
use crate::planted;

/// How long a completed order may be taken back.
pub const UNDO_COMPLETED_WITHIN_S: i64 = 60;

/// To another status: forward with skips, one step back, or cancelled.
pub(super) fn set(draft: &mut Decision, to: Status, now: Timestamp) -> Result<(), Refusal> {
    let from = draft.order.status;
    if to == from && !planted::is("the same status is told again") {
        return Ok(());
    }
    if to == Status::Cancelled {
        return cancel(draft, "");
    }
    if from == Status::Cancelled {
        return Err(refused(&draft.order, to));
    }
    if to >= from {
        forward(draft, to, now);
        return Ok(());
    }
    back(draft, to, now)
}

fn forward(draft: &mut Decision, to: Status, now: Timestamp) {
    let from = draft.order.status;
    if from == Status::Pending && !planted::is("a skip does not confirm") {
        confirm(draft, now);
    }
    draft.internal.before = Some((from, now));
    if to == Status::Confirmed {
        return;
    }
    let confirmed = draft.order.status;
    draft.order.status = to;
    if to == Status::Preparing {
        draft.internal.preparing_since = Some(now);
    }
    if to == Status::Completed {
        draft.order.cancel_request = None;
    }
    draft.changes.push(Change::Status {
        from: confirmed,
        to,
        back: false,
        prep_minutes: (to == Status::Completed).then(|| prep_minutes(draft, now)),
    });
}

/// Confirms a pending order; nothing where it is past that.
pub(super) fn confirm(draft: &mut Decision, now: Timestamp) {
    if draft.order.status != Status::Pending {
        return;
    }
    draft.internal.before = Some((Status::Pending, now));
    draft.order.status = Status::Confirmed;
    draft.order.confirmed_at = Some(now);
    draft.changes.push(Change::Confirmed);
}

fn back(draft: &mut Decision, to: Status, now: Timestamp) -> Result<(), Refusal> {
    let from = draft.order.status;
    let step = draft.internal.before.filter(|(before, _)| *before == to);
    let Some((_, moved)) = step else {
        return Err(refused(&draft.order, to));
    };
    let late = now.duration_since(moved) > SignedDuration::from_secs(UNDO_COMPLETED_WITHIN_S);
    if from == Status::Completed && late {
        return Err(refused(&draft.order, to));
    }
    draft.order.status = to;
    if to < Status::Confirmed {
        draft.order.confirmed_at = None;
    }
    if to < Status::Preparing {
        draft.internal.preparing_since = None;
    }
    draft.changes.push(Change::Status {
        from,
        to,
        back: true,
        prep_minutes: None,
    });
    Ok(())
}

fn prep_minutes(draft: &Decision, now: Timestamp) -> u32 {
    let confirmed = draft.order.confirmed_at.unwrap_or(draft.order.created_at);
    let since = draft.internal.preparing_since.unwrap_or(confirmed);
    u32::try_from(now.duration_since(since).as_mins()).unwrap_or(0)
}

/// Cancelled outright, from any state before completed.
pub(super) fn cancel(draft: &mut Decision, reason: &str) -> Result<(), Refusal> {
    if draft.order.status == Status::Cancelled {
        return Ok(());
    }
    if draft.order.status == Status::Completed {
        return Err(refused(&draft.order, Status::Cancelled));
    }
    withdraw(draft, reason.to_owned(), false);
    Ok(())
}

/// A waiter asks the kitchen; the same question again changes nothing.
pub(super) fn ask_to_cancel(
    draft: &mut Decision,
    reason: &str,
    staff_id: Option<&str>,
    now: Timestamp,
) -> Result<(), Refusal> {
    open(&draft.order)?;
    if let Some(asked) = &draft.order.cancel_request {
        if asked.reason == reason {
            return Ok(());
        }
        return Err(Refusal::Conflict(format!(
            "the kitchen was already asked to cancel order {}",
            draft.order.order_number
        )));
    }
    draft.order.cancel_request = Some(CancelRequest {
        reason: reason.to_owned(),
        staff_id: staff_id.map(str::to_owned),
        at: now,
    });
    draft.changes.push(Change::CancelRequested {
        reason: reason.to_owned(),
        staff_id: staff_id.map(str::to_owned),
    });
    Ok(())
}

/// The kitchen says yes.
pub(super) fn accept_cancel(draft: &mut Decision) -> Result<(), Refusal> {
    open(&draft.order)?;
    let request = asked(draft)?;
    withdraw(draft, request.reason, true);
    Ok(())
}

/// The kitchen says no.
pub(super) fn reject_cancel(draft: &mut Decision, reason: &str) -> Result<(), Refusal> {
    open(&draft.order)?;
    asked(draft)?;
    draft.changes.push(Change::CancelRejected {
        reason: reason.to_owned(),
    });
    Ok(())
}

fn asked(draft: &mut Decision) -> Result<CancelRequest, Refusal> {
    draft.order.cancel_request.take().ok_or_else(|| {
        Refusal::Conflict(format!(
            "nobody asked to cancel order {}",
            draft.order.order_number
        ))
    })
}

fn withdraw(draft: &mut Decision, reason: String, accepted: bool) {
    draft.order.status = Status::Cancelled;
    draft.order.cancel_request = None;
    draft.internal.before = None;
    draft.changes.push(Change::Cancelled { reason, accepted });
}

fn refused(order: &Order, to: Status) -> Refusal {
    Refusal::Conflict(format!(
        "order {} is {}; it cannot become {}",
        order.order_number,
        order.status.as_str(),
        to.as_str()
    ))
}
