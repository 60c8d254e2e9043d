//! Tables and the menu: what may become of them. Pure.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::command::{NewItem, Refusal, Role};
use super::input::{Fields, invalid};
use super::model::money;

/// Most seats at one table.
const MAX_SEATS: u32 = 999;

/// A table as JSON shows it (D4 `table:updated`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub number: String,
    /// Its area; the first letter of its number where nobody said.
    pub area: Option<String>,
    /// How many sit there.
    pub seats: Option<u32>,
    /// How it is.
    pub status: TableStatus,
}

/// How a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the wire's")]
pub enum TableStatus {
    Available,
    Occupied,
    Reserved,
    Cleaning,
}

/// An item of the menu as JSON shows it (D4 `menu:updated`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MenuItem {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it costs.
    #[serde(with = "money")]
    pub price: Decimal,
    /// Its category.
    pub main_category: Option<String>,
    /// Where it is made.
    pub workstation: Option<String>,
    /// Whether it can be ordered.
    pub available: bool,
}

const TABLE_STATUSES: &[(&str, TableStatus)] = &[
    ("available", TableStatus::Available),
    ("occupied", TableStatus::Occupied),
    ("reserved", TableStatus::Reserved),
    ("cleaning", TableStatus::Cleaning),
];

/// Creates or changes a table (`PUT /tables/{id}`); what the body leaves out stays. None where nothing
/// changed.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field.
pub fn put_table(id: &str, was: Option<&Table>, body: &Value) -> Result<Option<Table>, Refusal> {
    let fields = Fields::of(body, "")?;
    let seats = fields
        .get(&["seats"])
        .map(|field| field.count(MAX_SEATS))
        .transpose()?;
    let area = fields
        .label(&["area", "areaCode"])?
        .map(|area| area.to_uppercase());
    let known = was.cloned();
    let number = fields.label(&["number", "tableNumber"])?;
    let number = number
        .or_else(|| known.as_ref().map(|table| table.number.clone()))
        .unwrap_or_else(|| id.to_owned());
    let table = Table {
        id: id.to_owned(),
        area: area
            .or_else(|| known.as_ref().and_then(|table| table.area.clone()))
            .or_else(|| super::decide::area_of(Some(&number))),
        number,
        seats: seats.or_else(|| known.as_ref().and_then(|table| table.seats)),
        status: fields
            .choice(&["status"], TABLE_STATUSES)?
            .or_else(|| known.as_ref().map(|table| table.status))
            .unwrap_or(TableStatus::Available),
    };
    Ok(Some(table).filter(|table| was != Some(table)))
}

/// Creates or changes an item of the menu (`PUT /menu/{id}`); what the body leaves out stays. None
/// where nothing changed. Prices are the manager's.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field; [`Refusal::Forbidden`] for a price from another role.
pub fn put_menu(
    id: &str,
    was: Option<&MenuItem>,
    body: &Value,
    role: Role,
) -> Result<Option<MenuItem>, Refusal> {
    let fields = Fields::of(body, "")?;
    let price = fields.amount(&["price", "unitPrice"], 0)?;
    let old_price = was.map_or(Decimal::ZERO, |item| item.price);
    if role != Role::Manager && price.is_some_and(|price| price != old_price) {
        return Err(Refusal::Forbidden("`price`: prices are the manager's".into()));
    }
    let name = fields
        .text(&["name"])?
        .or_else(|| was.map(|item| item.name.clone()));
    let kept = |pick: fn(&MenuItem) -> Option<String>| was.and_then(pick);
    let item = MenuItem {
        id: id.to_owned(),
        name: name.ok_or_else(|| invalid("name", "is missing"))?,
        price: price.unwrap_or(old_price),
        main_category: fields
            .text(&["mainCategory"])?
            .or_else(|| kept(|item| item.main_category.clone())),
        workstation: fields
            .text(&["workstation"])?
            .or_else(|| kept(|item| item.workstation.clone())),
        available: fields
            .flag(&["available"])?
            .unwrap_or_else(|| was.is_none_or(|item| item.available)),
    };
    Ok(Some(item).filter(|item| was != Some(item)))
}

/// Refuses an order with an item that is switched off; `menu` looks an item of the menu up by its id.
///
/// # Errors
/// [`Refusal::Unavailable`], naming the item and its place in the order.
pub fn refuse_unavailable(items: &[NewItem], menu: impl Fn(&str) -> Option<MenuItem>) -> Result<(), Refusal> {
    for (index, item) in items.iter().enumerate() {
        let listed = item.menu_item_id.as_deref().and_then(&menu);
        if listed.is_some_and(|listed| !listed.available) {
            let field = format!("items[{index}].menuItemId");
            return Err(Refusal::Unavailable {
                name: item.name.clone(),
                field,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::order::input::parse_items;

    #[test]
    fn a_table_keeps_what_is_not_named_and_tells_only_changes() {
        let table = put_table("12", None, &json!({"number": "C4", "seats": 4}))
            .unwrap()
            .unwrap();
        let made = json!({"id": "12", "number": "C4", "area": "C", "seats": 4, "status": "available"});
        assert_eq!(json!(table), made);
        let taken = put_table("12", Some(&table), &json!({"status": "occupied"}))
            .unwrap()
            .unwrap();
        assert_eq!((taken.status, taken.seats), (TableStatus::Occupied, Some(4)));
        assert_eq!(
            put_table("12", Some(&taken), &json!({"status": "Occupied", "seats": 4})),
            Ok(None)
        );
        assert_eq!(put_table("K1", None, &json!({})).unwrap().unwrap().number, "K1");
        for (body, field) in [
            (json!([]), "body"),
            (json!({"seats": 0}), "seats"),
            (json!({"status": "burning"}), "status"),
            (json!({"number": {}}), "number"),
        ] {
            let Err(Refusal::Invalid { field: named, .. }) = put_table("1", None, &body) else {
                panic!("{body}")
            };
            assert_eq!(named, field);
        }
    }

    #[test]
    fn prices_are_the_managers_and_availability_is_the_tills_too() {
        let tea = json!({"name": "Tea", "price": 3.5, "mainCategory": "beverage"});
        let forbidden = put_menu("m", None, &tea, Role::Pos);
        assert!(matches!(forbidden, Err(Refusal::Forbidden(_))), "{forbidden:?}");
        let made = put_menu("m", None, &tea, Role::Manager).unwrap().unwrap();
        assert!(made.available);
        let off = put_menu("m", Some(&made), &json!({"available": false}), Role::Pos)
            .unwrap()
            .unwrap();
        assert_eq!(
            (off.available, off.price, off.name.as_str()),
            (false, made.price, "Tea")
        );
        assert_eq!(
            put_menu(
                "m",
                Some(&off),
                &json!({"available": false, "price": 3.50}),
                Role::Pos
            ),
            Ok(None)
        );
        assert!(matches!(
            put_menu("m", None, &json!({}), Role::Manager),
            Err(Refusal::Invalid { .. })
        ));
        let items = parse_items(&json!([{"name": "Soto"}, {"name": "Tea", "menuItemId": "m"}])).unwrap();
        let refused = refuse_unavailable(&items, |id| (id == "m").then(|| off.clone()));
        let field = "items[1].menuItemId".to_owned();
        assert_eq!(
            refused,
            Err(Refusal::Unavailable {
                name: "Tea".into(),
                field
            })
        );
        assert_eq!(
            refuse_unavailable(&items, |id| (id == "m").then(|| made.clone())),
            Ok(())
        );
        assert_eq!(refuse_unavailable(&items, |_| None), Ok(()));
    }
}
