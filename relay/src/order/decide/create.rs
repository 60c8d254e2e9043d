//! A new order.

use rust_decimal::Decimal;

use super::{Context, Decision, status};
use crate::order::command::{NewItem, NewOrder, Refusal, Role};
use crate::order::event::Change;
use crate::order::input::invalid;
use crate::order::model::{Id, Internal, Item, ItemStatus, Order, PaymentStatus, Status};
use crate::order::totals;

/// Makes an order of what a caller gave. `order_number` is the outlet's next.
///
/// A guest's word on discount, total and payment does not count; the others' does.
///
/// # Errors
/// A [`Refusal`]: a guest naming another session, amounts out of range.
pub fn create(input: &NewOrder, order_number: String, cx: &mut Context<'_>) -> Result<Decision, Refusal> {
    let session = session(input, cx)?;
    let id = input.id.clone().unwrap_or_else(|| Id::Text((cx.new_id)()));
    let order = blank(input, id, order_number, cx);
    let mut draft = Decision {
        order,
        internal: Internal {
            session,
            waits: cx.actor.role == Role::Guest && cx.settings.guest_orders_wait,
            ..Internal::default()
        },
        changes: vec![Change::Created],
    };
    fill(&mut draft.order, input, cx)?;
    pay_at_once(&mut draft, input, cx);
    Ok(draft)
}

fn session(input: &NewOrder, cx: &Context<'_>) -> Result<Option<String>, Refusal> {
    if cx.actor.role != Role::Guest {
        return Ok(input.session.clone());
    }
    let own = cx.actor.subject.clone();
    if input.session.as_ref().is_some_and(|named| *named != own) {
        return Err(Refusal::Forbidden(
            "a guest orders for its own visit alone".into(),
        ));
    }
    Ok(Some(own))
}

fn blank(input: &NewOrder, id: Id, order_number: String, cx: &Context<'_>) -> Order {
    let table_number = input.table_number.clone().or_else(|| input.table_id.clone());
    Order {
        id,
        order_number,
        status: Status::Pending,
        order_type: input.order_type,
        source: input.source.clone(),
        table_id: input.table_id.clone().or_else(|| input.table_number.clone()),
        area_code: input
            .area_code
            .clone()
            .or_else(|| area_of(table_number.as_deref())),
        table_number,
        customer: input.customer.clone(),
        waiter: input.waiter.clone(),
        items: Vec::new(),
        total_amount: Decimal::ZERO,
        discount: Decimal::ZERO,
        tax: input.tax,
        final_amount: Decimal::ZERO,
        paid_amount: Decimal::ZERO,
        payment_method: input.payment_method.clone(),
        payment_status: PaymentStatus::Unpaid,
        is_open_bill: input.is_open_bill,
        priority: input.priority,
        cancel_request: None,
        created_at: cx.now,
        confirmed_at: None,
        updated_at: cx.now,
    }
}

fn fill(order: &mut Order, input: &NewOrder, cx: &mut Context<'_>) -> Result<(), Refusal> {
    let guest = cx.actor.role == Role::Guest;
    order.items = new_items(&input.items, &[], cx);
    let sum = totals::sum(&order.items)?;
    order.total_amount = input.total_amount.filter(|_| !guest).unwrap_or(sum);
    order.discount = if guest { Decimal::ZERO } else { input.discount };
    totals::settle(order);
    if order.final_amount.is_sign_negative() && !order.final_amount.is_zero() {
        return Err(invalid("discount", "is more than the order costs"));
    }
    Ok(())
}

/// An order may come paid: from a till, not from a guest.
fn pay_at_once(draft: &mut Decision, input: &NewOrder, cx: &Context<'_>) {
    let Some(said) = input.payment_status else { return };
    if !matches!(cx.actor.role, Role::Pos | Role::Cashier | Role::Manager) {
        return;
    }
    draft.order.payment_status = said;
    if said != PaymentStatus::Paid {
        return;
    }
    draft.order.paid_amount = draft.order.final_amount;
    if cx.settings.confirm_on_payment {
        status::confirm(draft, cx.now);
    }
    draft.changes.push(Change::Paid {
        amount: draft.order.final_amount,
        method: draft.order.payment_method.clone(),
        in_full: true,
    });
}

/// The upper-cased first letter of a table's number, where it starts with one.
pub(crate) fn area_of(table_number: Option<&str>) -> Option<String> {
    let first = table_number?.trim().chars().next()?;
    first.is_alphabetic().then(|| first.to_uppercase().collect())
}

/// Items with ids of their own: the caller's, unless another item of the order has it (a cart with
/// the same dish twice).
pub(super) fn new_items(input: &[NewItem], there: &[Item], cx: &mut Context<'_>) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::with_capacity(input.len());
    for new in input {
        let taken = |id: &String| there.iter().chain(&items).any(|item| item.id == *id);
        let id = new
            .id
            .clone()
            .filter(|id| !taken(id))
            .unwrap_or_else(|| (cx.new_id)());
        items.push(item(new, id));
    }
    items
}

fn item(new: &NewItem, id: String) -> Item {
    Item {
        id,
        menu_item_id: new.menu_item_id.clone(),
        name: new.name.clone(),
        quantity: new.quantity,
        unit_price: new.unit_price,
        workstation: new.workstation.clone(),
        main_category: new.main_category.clone(),
        modifiers: new.modifiers.clone(),
        notes: new.notes.clone(),
        allergens: new.allergens.clone(),
        course: new.course,
        status: ItemStatus::Pending,
    }
}
