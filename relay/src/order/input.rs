//! Liberal reading of what callers send, to types that cannot be wrong.
//!
//! Field names are taken in snake and camel case, unknown fields are ignored, and whatever is wrong
//! is refused with the path of the field as the caller wrote it, such as `items[2].qty`.

mod fields;
mod fingerprint;
mod items;
#[cfg(test)]
mod tests;
mod verbs;
mod words;

pub use fields::{MAX_AMOUNT, MAX_DECIMALS, MAX_ID, MAX_TEXT};
pub use fingerprint::{fingerprint, fingerprint_of};
pub use items::{MAX_EXTRAS, MAX_ITEMS, MAX_NOTE, parse_items};
pub use verbs::{
    parse_acknowledge, parse_cancel, parse_cancel_reject, parse_cancel_request, parse_item_patch, parse_move,
    parse_patch, parse_payment, parse_reprint, parse_station,
};
pub use words::{parse_priority, parse_status};

use rust_decimal::Decimal;
use serde_json::Value;

pub(crate) use fields::{Fields, invalid};

use super::command::{NewOrder, Refusal};
use super::model::{Customer, OrderType, Priority};

/// The names under which a list of items comes.
const ITEMS: &[&str] = &["items", "orderItems", "cart"];

/// Reads an order of any dialect: the object itself, or `{order: {…}}` around it.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_order(body: &Value) -> Result<NewOrder, Refusal> {
    let outer = Fields::of(body, "")?;
    match outer.get(&["order"]) {
        Some(inner) if outer.get(ITEMS).is_none() => read_order(&Fields::of(inner.value, &inner.path)?),
        _ => read_order(&outer),
    }
}

/// The outlet that a body names (`outletId`, `tenantId`, `restaurantId`), in itself or its `order`:
/// to be compared with the token's.
#[must_use]
pub fn named_outlet(body: &Value) -> Option<String> {
    let outer = Fields::of(body, "").ok()?;
    let named = |fields: &Fields<'_>| {
        fields
            .get(&["outletId", "tenantId", "restaurantId"])?
            .label()
            .ok()
    };
    let inner = outer
        .get(&["order"])
        .and_then(|order| Fields::of(order.value, "").ok());
    named(&outer).or_else(|| named(&inner?))
}

fn read_order(fields: &Fields<'_>) -> Result<NewOrder, Refusal> {
    let table_number = fields.label(&["tableNumber", "table"])?;
    let table_id = fields.label(&["tableId"])?;
    let seated = table_number.is_some() || table_id.is_some();
    let default_type = if seated {
        OrderType::DineIn
    } else {
        OrderType::Takeout
    };
    Ok(NewOrder {
        id: fields
            .get(&["id", "orderId"])
            .map(|field| field.id())
            .transpose()?,
        order_type: fields
            .choice(&["orderType"], words::ORDER_TYPES)?
            .unwrap_or(default_type),
        source: fields.text(&["source"])?,
        table_id,
        table_number,
        area_code: fields.label(&["areaCode"])?.map(|area| area.to_uppercase()),
        customer: customer(fields)?,
        waiter: fields.label(&["waiter", "waiterName", "waiterId"])?,
        items: items::read(fields, ITEMS)?,
        total_amount: fields.amount(&["totalAmount", "total"], 0)?,
        discount: fields.amount(&["discount"], 0)?.unwrap_or(Decimal::ZERO),
        tax: fields.amount(&["tax"], 0)?.unwrap_or(Decimal::ZERO),
        payment_method: fields.text(&["paymentMethod"])?,
        payment_status: fields.choice(&["paymentStatus"], words::PAYMENT_STATUSES)?,
        is_open_bill: fields.flag(&["isOpenBill", "openBill"])?.unwrap_or(false),
        priority: fields
            .choice(&["priority"], words::PRIORITIES)?
            .unwrap_or(Priority::Normal),
        session: fields.label(&["sessionToken"])?,
    })
}

fn customer(fields: &Fields<'_>) -> Result<Option<Customer>, Refusal> {
    let mut customer = Customer {
        name: fields.text(&["customerName"])?,
        phone: fields.label(&["customerPhone"])?,
    };
    if let Some(field) = fields.get(&["customer"]) {
        if field.value.is_string() {
            customer.name = Some(field.text(MAX_TEXT)?);
        } else {
            let inner = Fields::of(field.value, &field.path)?;
            customer.name = inner.text(&["name"])?.or(customer.name);
            customer.phone = inner.label(&["phone"])?.or(customer.phone);
        }
    }
    Ok(Some(customer).filter(|customer| customer.name.is_some() || customer.phone.is_some()))
}
