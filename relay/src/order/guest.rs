//! What a guest's word is worth: it says what it wants, the house says where it sits and what that costs.
//! Pure.

use super::command::{NewItem, NewOrder, Refusal};
use super::house::{MenuItem, Table};
use super::input::invalid;
use super::model::Priority;

/// Seats a guest's order at the table of its visit, and prices its items as the menu does where the menu has
/// them (by id, else by name). Where the visit has no table, the guest may say where it sits.
///
/// # Errors
/// [`Refusal::Invalid`], naming the field, for a price that is not the menu's and for a modifier that makes
/// an item cheaper.
pub fn seat(
    order: &mut NewOrder,
    number: Option<&str>,
    tables: &[Table],
    menu: &[MenuItem],
) -> Result<(), Refusal> {
    if let Some(number) = number {
        let known = tables.iter().find(|table| table.number == number);
        order.table_number = Some(number.to_owned());
        order.table_id = known.map(|table| table.id.clone());
        order.area_code = known.and_then(|table| table.area.clone());
    }
    order.waiter = None;
    order.priority = Priority::Normal;
    for (index, item) in order.items.iter_mut().enumerate() {
        price(index, item, menu)?;
    }
    Ok(())
}

fn price(index: usize, item: &mut NewItem, menu: &[MenuItem]) -> Result<(), Refusal> {
    for (place, modifier) in item.modifiers.iter().enumerate() {
        if modifier.price.is_sign_negative() && !modifier.price.is_zero() {
            return Err(invalid(
                &format!("items[{index}].modifiers[{place}].price"),
                "makes the item cheaper, which a guest's order cannot; leave it out",
            ));
        }
    }
    let Some(listed) = listed(item, menu) else {
        return Ok(());
    };
    if !item.unit_price.is_zero() && item.unit_price != listed.price {
        return Err(invalid(
            &format!("items[{index}].unitPrice"),
            &format!(
                "is {}, the menu says {}; load the menu again",
                item.unit_price, listed.price
            ),
        ));
    }
    item.unit_price = listed.price;
    item.menu_item_id = Some(listed.id.clone());
    item.workstation = listed.workstation.clone().or_else(|| item.workstation.take());
    item.main_category = listed.main_category.clone().or_else(|| item.main_category.take());
    Ok(())
}

/// An item under another name than its id's is that of its id.
fn listed<'a>(item: &NewItem, menu: &'a [MenuItem]) -> Option<&'a MenuItem> {
    let by_id = menu
        .iter()
        .find(|listed| Some(&listed.id) == item.menu_item_id.as_ref());
    let name = item.name.trim().to_lowercase();
    by_id.or_else(|| {
        menu.iter()
            .find(|listed| listed.name.trim().to_lowercase() == name)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::order::input::parse_order;

    fn menu() -> Vec<MenuItem> {
        let tea = json!({"id": "tea", "name": "Tea", "price": 3.5, "mainCategory": "beverage",
                         "workstation": "bar", "available": true});
        vec![serde_json::from_value(tea).unwrap()]
    }

    fn seated(body: &Value) -> Result<NewOrder, Refusal> {
        let table = json!({"id": "12", "number": "C4", "area": "Z", "seats": null, "status": "available"});
        let mut order = parse_order(body).unwrap();
        seat(
            &mut order,
            Some("C4"),
            &[serde_json::from_value(table).unwrap()],
            &menu(),
        )?;
        Ok(order)
    }

    #[test]
    fn a_guest_sits_where_its_visit_does() {
        let body = json!({"tableNumber": "A1", "tableId": "7", "areaCode": "A", "waiter": "Eve", "priority": "vip",
                          "items": [{"name": "Soup", "price": 5}]});
        let order = seated(&body).unwrap();
        let seat = (
            order.table_number.as_deref(),
            order.table_id.as_deref(),
            order.area_code.as_deref(),
        );
        assert_eq!(seat, (Some("C4"), Some("12"), Some("Z")));
        assert_eq!((order.waiter, order.priority), (None, Priority::Normal));
    }

    #[test]
    fn what_the_menu_has_costs_what_the_menu_says() {
        for item in [
            json!({"name": "Tea", "menuItemId": "tea"}),
            json!({"name": " TEA ", "price": 3.50, "workstation": "kitchen"}),
            json!({"name": "Water", "menuItemId": "tea", "price": 0}),
        ] {
            let order = seated(&json!({"items": [item]})).unwrap();
            let item = &order.items[0];
            assert_eq!(
                (item.unit_price, item.workstation.as_deref()),
                (menu()[0].price, Some("bar"))
            );
        }
        for (item, field) in [
            (json!({"name": "Tea", "price": 0.01}), "items[0].unitPrice"),
            (
                json!({"name": "Water", "menuItemId": "tea", "price": 1}),
                "items[0].unitPrice",
            ),
            (
                json!({"name": "Soup", "modifiers": [{"name": "cheap", "price": -4}]}),
                "items[0].modifiers[0].price",
            ),
        ] {
            let refused = seated(&json!({"items": [item]}));
            assert!(
                matches!(&refused, Err(Refusal::Invalid { field: named, .. }) if named == field),
                "{refused:?}"
            );
        }
    }
}
