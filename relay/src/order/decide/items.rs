//! Items of an order: added, counted, moved on, cancelled.

use super::{Context, Decision, create, open};
use crate::order::command::{NewItem, Refusal};
use crate::order::event::Change;
use crate::order::input::{MAX_ITEMS, invalid};
use crate::order::model::{Item, ItemStatus};
use crate::order::totals;

/// Most items that an order may grow to over its life, cancelled ones included: an open bill of a
/// whole evening, and still one row that is read and written at once.
const MAX_ORDER_ITEMS: usize = 10 * MAX_ITEMS;

/// Adds items.
pub(super) fn add(draft: &mut Decision, new: &[NewItem], cx: &mut Context<'_>) -> Result<(), Refusal> {
    open(&draft.order)?;
    if draft.order.items.len() + new.len() > MAX_ORDER_ITEMS {
        let problem = format!("are too many: an order holds at most {MAX_ORDER_ITEMS}");
        return Err(invalid("items", &problem));
    }
    let added = create::new_items(new, &draft.order.items, cx);
    let mut items = draft.order.items.clone();
    items.extend(added.iter().cloned());
    totals::replace_items(&mut draft.order, items)?;
    draft.changes.push(Change::ItemsAdded { items: added });
    Ok(())
}

/// Moves one item on, in any direction; `cancelled` takes it off for good.
pub(super) fn set_status(draft: &mut Decision, id: &str, to: ItemStatus) -> Result<(), Refusal> {
    let item = active(draft, id)?;
    if item.status == to {
        return Ok(());
    }
    open(&draft.order)?;
    refuse_cancelled(&item)?;
    let item = Item { status: to, ..item };
    put(draft, item)?;
    draft.changes.push(match to {
        ItemStatus::Cancelled => Change::ItemCancelled { item: id.to_owned() },
        ItemStatus::Pending | ItemStatus::Preparing | ItemStatus::Ready | ItemStatus::Served => {
            Change::ItemStatus {
                item: id.to_owned(),
                status: to,
            }
        }
    });
    Ok(())
}

/// More or fewer of one item.
pub(super) fn set_quantity(draft: &mut Decision, id: &str, to: u32) -> Result<(), Refusal> {
    let item = active(draft, id)?;
    let from = item.quantity;
    open(&draft.order)?;
    refuse_cancelled(&item)?;
    if from == to {
        return Ok(());
    }
    put(draft, Item { quantity: to, ..item })?;
    draft.changes.push(Change::ItemQuantity {
        item: id.to_owned(),
        from,
        to,
    });
    Ok(())
}

fn active(draft: &Decision, id: &str) -> Result<Item, Refusal> {
    let found = draft.order.items.iter().find(|item| item.id == id);
    found.cloned().ok_or_else(|| Refusal::NotFound {
        what: "item",
        id: id.to_owned(),
    })
}

fn refuse_cancelled(item: &Item) -> Result<(), Refusal> {
    if item.status == ItemStatus::Cancelled {
        return Err(Refusal::Conflict(format!(
            "item {} is cancelled; add it again",
            item.id
        )));
    }
    Ok(())
}

fn put(draft: &mut Decision, changed: Item) -> Result<(), Refusal> {
    let mut items = draft.order.items.clone();
    if let Some(item) = items.iter_mut().find(|item| item.id == changed.id) {
        *item = changed;
    }
    totals::replace_items(&mut draft.order, items)
}
