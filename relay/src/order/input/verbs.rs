//! The bodies of the other verbs: each to its command.

use serde_json::Value;

use super::fields::{Fields, MAX_TEXT, invalid};
use super::words::{ITEM_STATUSES, PRIORITIES, STATUSES};
use crate::order::command::{Command, MAX_QUANTITY, Refusal};
use crate::order::model::Status;

/// Reads `PATCH /orders/{id}`: exactly one of `{status}`, `{priority}`, `{tableNumber}`. A status of
/// `cancelled` may come with a `reason`.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_patch(body: &Value) -> Result<Command, Refusal> {
    let fields = Fields::of(body, "")?;
    let status = fields.choice(&["status"], STATUSES)?;
    let priority = fields.choice(&["priority"], PRIORITIES)?;
    let table = fields.get(&["tableNumber"]);
    match (status, priority, table) {
        (Some(Status::Cancelled), None, None) => parse_cancel(body),
        (Some(status), None, None) => Ok(Command::SetStatus { status }),
        (None, Some(priority), None) => Ok(Command::SetPriority { priority }),
        (None, None, Some(_)) => parse_move(body),
        (None, None, None) => Err(invalid(
            "status",
            "is missing; send status, priority or tableNumber",
        )),
        _ => Err(invalid(
            "status",
            "comes with another change; send one of status, priority, tableNumber",
        )),
    }
}

/// Reads `{tableNumber, tableId?}`.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_move(body: &Value) -> Result<Command, Refusal> {
    let fields = Fields::of(body, "")?;
    let field = fields.need(&["tableNumber", "table"])?;
    let table_number = field.label()?;
    if table_number.is_empty() {
        return Err(invalid(&field.path, "is empty"));
    }
    let table_id = fields.label(&["tableId"])?;
    Ok(Command::MoveTable {
        table_number,
        table_id,
    })
}

/// Reads `PATCH /orders/{id}/items/{item}`: one of `{status}`, `{quantity}`.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_item_patch(item: &str, body: &Value) -> Result<Command, Refusal> {
    let fields = Fields::of(body, "")?;
    let item = item.to_owned();
    let status = fields.choice(&["status"], ITEM_STATUSES)?;
    let quantity = fields.get(&["quantity", "qty"]);
    match (status, quantity) {
        (Some(status), None) => Ok(Command::SetItemStatus { item, status }),
        (None, Some(field)) => {
            let quantity = field.count(MAX_QUANTITY)?;
            Ok(Command::SetItemQuantity { item, quantity })
        }
        (None, None) => Err(invalid("status", "is missing; send status or quantity")),
        (Some(_), Some(_)) => Err(invalid("status", "comes with `quantity`; send one of them")),
    }
}

/// Reads `{reason?, staffId?}`: a waiter asks to cancel.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_cancel_request(body: &Value) -> Result<Command, Refusal> {
    let reason = reason(body)?;
    let staff_id = match optional(body)? {
        Some(fields) => fields.label(&["staffId"])?,
        None => None,
    };
    Ok(Command::CancelRequest { reason, staff_id })
}

/// Reads `{reason?}`: the kitchen says no.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_cancel_reject(body: &Value) -> Result<Command, Refusal> {
    Ok(Command::CancelReject {
        reason: reason(body)?,
    })
}

/// Reads `{reason?}`: cancelled outright.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_cancel(body: &Value) -> Result<Command, Refusal> {
    Ok(Command::Cancel {
        reason: reason(body)?,
    })
}

/// Reads `{chefId?, chefName?}`.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_acknowledge(body: &Value) -> Result<Command, Refusal> {
    let Some(fields) = optional(body)? else {
        return Ok(Command::Acknowledge {
            chef_id: None,
            chef_name: None,
        });
    };
    Ok(Command::Acknowledge {
        chef_id: fields.label(&["chefId"])?,
        chef_name: fields.text(&["chefName"])?,
    })
}

/// Reads `{stationId, stationName?}`; `station` alone names both.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_station(body: &Value) -> Result<Command, Refusal> {
    let fields = Fields::of(body, "")?;
    let field = fields.need(&["stationId", "station"])?;
    let station_id = field.label()?;
    if station_id.is_empty() {
        return Err(invalid(&field.path, "is empty"));
    }
    let station_name = fields.text(&["stationName"])?;
    Ok(Command::AssignStation {
        station_id,
        station_name,
    })
}

/// Reads `{amount, method?}`; the amount is above 0.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_payment(body: &Value) -> Result<Command, Refusal> {
    let fields = Fields::of(body, "")?;
    let field = fields.need(&["amount"])?;
    let amount = field.amount(0)?;
    if amount.is_zero() {
        return Err(invalid(&field.path, "is 0, expected more"));
    }
    let method = fields.text(&["method", "paymentMethod"])?;
    Ok(Command::Pay { amount, method })
}

/// Reads `{station?}`.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_reprint(body: &Value) -> Result<Command, Refusal> {
    let station = match optional(body)? {
        Some(fields) => fields.label(&["station", "stationId"])?,
        None => None,
    };
    Ok(Command::Reprint { station })
}

fn reason(body: &Value) -> Result<String, Refusal> {
    let Some(fields) = optional(body)? else {
        return Ok(String::new());
    };
    match fields.get(&["reason"]) {
        Some(field) => field.text(MAX_TEXT),
        None => Ok(String::new()),
    }
}

/// The fields of a body that may be missing altogether.
fn optional(body: &Value) -> Result<Option<Fields<'_>>, Refusal> {
    if body.is_null() {
        return Ok(None);
    }
    Fields::of(body, "").map(Some)
}
