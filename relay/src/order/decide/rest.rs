//! Priority, table, chef, station, payment and paper.

use rust_decimal::Decimal;

use super::{Context, Decision, create, open, status};
use crate::order::command::Refusal;
use crate::order::event::Change;
use crate::order::input::invalid;
use crate::order::model::{PaymentStatus, Priority, Status};
use crate::order::totals;
use crate::routing::Settings;

/// How urgent it is.
pub(super) fn set_priority(draft: &mut Decision, priority: Priority) -> Result<(), Refusal> {
    if draft.order.priority == priority {
        return Ok(());
    }
    open(&draft.order)?;
    draft.order.priority = priority;
    draft.changes.push(Change::Priority { priority });
    Ok(())
}

/// To another table; its id is its number unless the caller names it.
pub(super) fn move_table(draft: &mut Decision, number: &str, id: Option<&str>) -> Result<(), Refusal> {
    let order = &mut draft.order;
    let id = id.unwrap_or(number);
    if order.table_number.as_deref() == Some(number) && order.table_id.as_deref() == Some(id) {
        return Ok(());
    }
    open(order)?;
    let from_table_id = order.table_id.replace(id.to_owned());
    let from_table = order.table_number.replace(number.to_owned());
    let from_area = std::mem::replace(&mut order.area_code, create::area_of(Some(number)));
    draft.changes.push(Change::Moved {
        from_table,
        from_area,
        from_table_id,
    });
    Ok(())
}

/// A chef has seen it.
pub(super) fn acknowledge(
    draft: &mut Decision,
    chef_id: Option<&str>,
    chef_name: Option<&str>,
) -> Result<(), Refusal> {
    open(&draft.order)?;
    draft.changes.push(Change::Acknowledged {
        chef_id: chef_id.map(str::to_owned),
        chef_name: chef_name.map(str::to_owned),
    });
    Ok(())
}

/// A station takes it; its name is its id unless the caller names it.
pub(super) fn assign_station(draft: &mut Decision, id: &str, name: Option<&str>) -> Result<(), Refusal> {
    open(&draft.order)?;
    draft.changes.push(Change::StationAssigned {
        station_id: id.to_owned(),
        station_name: Some(name.unwrap_or(id).to_owned()),
    });
    Ok(())
}

/// A payment, in part or in full; in full it confirms a pending order unless the outlet says no.
pub(super) fn pay(
    draft: &mut Decision,
    amount: Decimal,
    method: Option<&str>,
    cx: &Context<'_>,
) -> Result<(), Refusal> {
    let order = &mut draft.order;
    if order.status == Status::Cancelled {
        return Err(Refusal::Conflict(format!(
            "order {} is cancelled",
            order.order_number
        )));
    }
    if order.payment_status == PaymentStatus::Paid {
        return Err(Refusal::Conflict(format!(
            "order {} is paid in full",
            order.order_number
        )));
    }
    let due = order.final_amount - order.paid_amount;
    if amount > due {
        return Err(invalid(
            "amount",
            &format!("is {amount}, but {} is due", due.normalize()),
        ));
    }
    order.paid_amount = (order.paid_amount + amount).normalize();
    if let Some(method) = method {
        order.payment_method = Some(method.to_owned());
    }
    totals::settle(order);
    let in_full = order.payment_status == PaymentStatus::Paid;
    let method = order.payment_method.clone();
    if in_full && cx.settings.confirm_on_payment {
        status::confirm(draft, cx.now);
    }
    draft.changes.push(Change::Paid {
        amount,
        method,
        in_full,
    });
    Ok(())
}

/// Its tickets again, at one station or at all that have it.
pub(super) fn reprint(
    draft: &mut Decision,
    station: Option<&str>,
    settings: &Settings,
) -> Result<(), Refusal> {
    if !draft.internal.triggered || draft.order.status == Status::Cancelled {
        return Err(Refusal::Conflict(format!(
            "order {} has nothing on paper to print again",
            draft.order.order_number
        )));
    }
    let station = station.map(|name| settings.station_named(name, draft.order.area_code.as_deref()));
    draft.changes.push(Change::Reprinted { station });
    Ok(())
}
