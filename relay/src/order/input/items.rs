//! The items of an order as callers send them.

use rust_decimal::Decimal;
use serde_json::Value;

use super::fields::{Field, Fields, MAX_TEXT, invalid};
use crate::order::command::{MAX_QUANTITY, NewItem, Refusal};
use crate::order::model::Modifier;

/// Most items in one request: what a cook can read off one ticket, many times over. A longer order
/// is sent in parts (create, then add).
pub const MAX_ITEMS: usize = 500;
/// Longest note on an item, in characters: about two metres of paper. Never cut, refused instead.
pub const MAX_NOTE: usize = 4_000;
/// Most modifiers or allergens of one item.
pub const MAX_EXTRAS: usize = 50;
/// Highest course.
const MAX_COURSE: u32 = 99;

/// Reads items alone: a list, or an object with `items` (also `orderItems`, `cart`).
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn parse_items(body: &Value) -> Result<Vec<NewItem>, Refusal> {
    if body.is_array() {
        let path = "items".to_owned();
        return list(&Field { path, value: body });
    }
    let fields = Fields::of(body, "")?;
    if fields.get(super::ITEMS).is_none() && fields.get(&["name"]).is_some() {
        return Ok(vec![item(body, "")?]);
    }
    read(&fields, super::ITEMS)
}

/// The items of an order or of a request to add some.
pub(super) fn read(fields: &Fields<'_>, names: &[&str]) -> Result<Vec<NewItem>, Refusal> {
    let field = fields.need(names)?;
    if field.value.is_object() {
        let inner = Fields::of(field.value, &field.path)?;
        return list(&inner.need(&["items"])?);
    }
    list(&field)
}

fn list(field: &Field<'_>) -> Result<Vec<NewItem>, Refusal> {
    let entries = field.list(MAX_ITEMS)?;
    if entries.is_empty() {
        return Err(invalid(&field.path, "is empty; an order has at least one item"));
    }
    entries
        .iter()
        .enumerate()
        .map(|(index, entry)| item(entry, &format!("{}[{index}]", field.path)))
        .collect()
}

fn item(value: &Value, at: &str) -> Result<NewItem, Refusal> {
    let fields = Fields::of(value, at)?;
    let name = fields.need(&["name", "itemName"])?;
    let text = name.text(MAX_TEXT)?;
    if text.trim().is_empty() {
        return Err(invalid(&name.path, "is empty"));
    }
    let quantity = fields.get(&["quantity", "qty"]);
    Ok(NewItem {
        id: fields.label(&["id", "itemId"])?,
        menu_item_id: fields.label(&["menuItemId"])?,
        name: text,
        quantity: quantity.map_or(Ok(1), |field| field.count(MAX_QUANTITY))?,
        unit_price: fields
            .amount(&["unitPrice", "price"], 0)?
            .unwrap_or(Decimal::ZERO),
        workstation: fields.text(&["workstation"])?,
        main_category: fields.text(&["mainCategory"])?,
        modifiers: extras(&fields, &["modifiers"], modifier)?,
        notes: note(&fields)?,
        allergens: allergens(&fields)?,
        course: fields
            .get(&["course"])
            .map(|field| field.count(MAX_COURSE))
            .transpose()?,
    })
}

fn note(fields: &Fields<'_>) -> Result<Option<String>, Refusal> {
    let Some(field) = fields.get(&["notes", "note"]) else {
        return Ok(None);
    };
    Ok(Some(field.text(MAX_NOTE)?).filter(|note| !note.trim().is_empty()))
}

fn allergens(fields: &Fields<'_>) -> Result<Vec<String>, Refusal> {
    match fields.get(&["allergens"]) {
        Some(field) if field.value.is_string() => Ok(vec![field.text(MAX_TEXT)?]),
        _ => extras(fields, &["allergens"], |field| field.text(MAX_TEXT)),
    }
}

fn extras<T>(
    fields: &Fields<'_>,
    names: &[&str],
    read: impl Fn(&Field<'_>) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    let Some(field) = fields.get(names) else {
        return Ok(Vec::new());
    };
    let entries = field.list(MAX_EXTRAS)?.iter().enumerate();
    entries
        .map(|(index, value)| {
            let path = format!("{}[{index}]", field.path);
            read(&Field { path, value })
        })
        .collect()
}

/// `{name, price}`, or the name alone. A modifier may make an item cheaper.
fn modifier(field: &Field<'_>) -> Result<Modifier, Refusal> {
    if field.value.is_string() {
        let name = field.text(MAX_TEXT)?;
        return Ok(Modifier {
            name,
            price: Decimal::ZERO,
        });
    }
    let fields = Fields::of(field.value, &field.path)?;
    Ok(Modifier {
        name: fields.need(&["name"])?.text(MAX_TEXT)?,
        price: fields
            .amount(&["price", "unitPrice"], -super::MAX_AMOUNT)?
            .unwrap_or(Decimal::ZERO),
    })
}
