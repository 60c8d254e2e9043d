//! Sums of an order, in decimals.

use rust_decimal::Decimal;

use super::command::Refusal;
use super::input::{MAX_AMOUNT, invalid};
use super::model::{Item, ItemStatus, Order, PaymentStatus};

/// What the items cost together, with their modifiers, cancelled ones left out.
///
/// # Errors
/// [`Refusal::Invalid`] where the sum is more than an order may cost.
pub(super) fn sum(items: &[Item]) -> Result<Decimal, Refusal> {
    let active = items.iter().filter(|item| item.status != ItemStatus::Cancelled);
    let total: Decimal = active.map(cost).sum();
    if total.abs() > Decimal::from(MAX_AMOUNT) {
        return Err(invalid(
            "items",
            &format!("cost {total} together, at most {MAX_AMOUNT} is taken"),
        ));
    }
    Ok(total.normalize())
}

/// At most 9,999 × 51 × 10¹¹: far below what a decimal holds.
fn cost(item: &Item) -> Decimal {
    let extras: Decimal = item.modifiers.iter().map(|modifier| modifier.price).sum();
    (item.unit_price + extras) * Decimal::from(item.quantity)
}

/// Sets `final_amount` from total, discount and tax, and how far that is paid; before the first
/// payment the caller's word stands.
pub(super) fn settle(order: &mut Order) {
    order.final_amount = (order.total_amount - order.discount + order.tax).normalize();
    if order.paid_amount.is_zero() {
        return;
    }
    order.payment_status = match order.paid_amount >= order.final_amount {
        true => PaymentStatus::Paid,
        false => PaymentStatus::Partial,
    };
}

/// Takes over changed items: the total moves by what they moved, so that a total which the caller
/// gave keeps its own extras.
///
/// # Errors
/// [`Refusal::Invalid`] where the order would cost too much.
pub(super) fn replace_items(order: &mut Order, items: Vec<Item>) -> Result<(), Refusal> {
    let (before, after) = (sum(&order.items)?, sum(&items)?);
    order.items = items;
    order.total_amount = (order.total_amount + after - before).normalize();
    settle(order);
    Ok(())
}
