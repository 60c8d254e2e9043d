//! Spellings, limits and the fields that refusals name.

use serde_json::{Value, json};

use super::*;
use crate::order::command::{Command, MAX_QUANTITY};
use crate::order::model::{Id, ItemStatus, PaymentStatus, Status, amount};

fn dish() -> Value {
    json!({"name": "Soto", "quantity": 2, "unitPrice": 12.5})
}

fn refused(body: &Value) -> (String, String) {
    match parse_order(body) {
        Err(Refusal::Invalid { field, message }) => (field, message),
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn every_spelling_means_the_same_order() {
    let camel = json!({
        "id": 17, "orderType": "dine-in", "tableNumber": "C4", "tableId": 12, "customer": {"name": "Ana", "phone": "1"},
        "paymentMethod": "cash", "paymentStatus": "unpaid", "isOpenBill": true, "priority": "vip", "discount": 1,
        "tax": 0.10, "totalAmount": 25, "sessionToken": "s", "waiter": "Sofía", "source": "web",
        "items": [{"id": "a", "menuItemId": "m", "name": "Soto", "quantity": 2, "unitPrice": 12.5, "workstation": "kitchen",
                   "mainCategory": "soup", "modifiers": [{"name": "egg", "price": 1}], "notes": "hot",
                   "allergens": ["egg"], "course": 1}]});
    let snake = json!({
        "id": "17", "order_type": "dine_in", "table_number": "C4", "table_id": "12", "customer_name": "Ana",
        "customer_phone": 1, "payment_method": "cash", "payment_status": "Unpaid", "is_open_bill": true,
        "priority": "VIP", "discount": "1.00", "tax": 0.1, "total_amount": "25", "session_token": "s",
        "waiter": "Sofía", "source": "web", "whatever": {"is": "ignored"},
        "cart": {"items": [{"id": "a", "menu_item_id": "m", "name": "Soto", "qty": 2, "price": 12.50,
                   "workstation": "kitchen", "main_category": "soup", "modifiers": [{"name": "egg", "price": 1.0}],
                   "notes": "hot", "allergens": "egg", "course": 1}]}});
    let (camel, snake) = (parse_order(&camel).unwrap(), parse_order(&snake).unwrap());
    assert_eq!(camel, snake);
    let mean = |order: NewOrder| fingerprint_of(None, &Command::Create(Box::new(order)));
    assert_eq!(mean(camel), mean(snake));
}

#[test]
fn items_come_under_four_names_and_an_order_may_be_wrapped() {
    for name in ["items", "order_items", "orderItems", "cart"] {
        let body = json!({name: [dish()]});
        assert_eq!(parse_order(&body).unwrap().items.len(), 1, "{name}");
        assert_eq!(parse_items(&body).unwrap().len(), 1, "{name}");
        assert_eq!(
            parse_order(&json!({"type": "submit_order", "order": body}))
                .unwrap()
                .items
                .len(),
            1
        );
    }
    assert_eq!(
        parse_items(&json!([dish()])).unwrap(),
        parse_items(&dish()).unwrap()
    );
    assert_eq!(
        named_outlet(&json!({"order": {"tenantId": "t-1"}})).as_deref(),
        Some("t-1")
    );
}

#[test]
fn an_order_type_has_many_names() {
    for (word, expected) in [
        ("dine-in", OrderType::DineIn),
        ("dineIn", OrderType::DineIn),
        ("DINE_IN", OrderType::DineIn),
        ("takeout", OrderType::Takeout),
        ("take-away", OrderType::Takeout),
        ("takeaway", OrderType::Takeout),
        ("Delivery", OrderType::Delivery),
    ] {
        let order = parse_order(&json!({"orderType": word, "items": [dish()]})).unwrap();
        assert_eq!(order.order_type, expected, "{word}");
    }
    let (status, paid) = (parse_status("Cooking"), PaymentStatus::Paid);
    assert_eq!(
        (status, parse_status("done")),
        (Some(Status::Preparing), Some(Status::Completed))
    );
    let order = parse_order(&json!({"paymentStatus": "PAID", "items": [dish()]})).unwrap();
    assert_eq!(order.payment_status, Some(paid));
}

#[test]
fn f1_a_refusal_names_the_field_as_the_caller_wrote_it() {
    let with = |name: &str, value: Value| {
        let mut item = dish();
        item[name] = value;
        json!({"items": [dish(), item]})
    };
    let top = |name: &str, value: Value| json!({"items": [dish()], name: value});
    let many = vec![dish(); MAX_ITEMS + 1];
    for (body, field) in [
        (json!([]), "body"),
        (json!({}), "items"),
        (json!({"items": []}), "items"),
        (json!({"items": "two pizzas"}), "items"),
        (json!({"cart": {"items": []}}), "cart.items"),
        (json!({"order_items": [5]}), "order_items[0]"),
        (json!({"items": many}), "items"),
        (json!({"items": [{"quantity": 1}]}), "items[0].name"),
        (with("name", json!(5)), "items[1].name"),
        (with("name", json!("  ")), "items[1].name"),
        (with("name", json!("x".repeat(MAX_TEXT + 1))), "items[1].name"),
        (with("quantity", json!(0)), "items[1].quantity"),
        (with("quantity", json!(-1)), "items[1].quantity"),
        (with("quantity", json!(0.5)), "items[1].quantity"),
        (with("quantity", json!("two")), "items[1].quantity"),
        (with("quantity", json!(MAX_QUANTITY + 1)), "items[1].quantity"),
        (with("quantity", json!(1e300)), "items[1].quantity"),
        (with("unitPrice", json!("cheap")), "items[1].unitPrice"),
        (with("unitPrice", json!(-1)), "items[1].unitPrice"),
        (with("unitPrice", json!(0.00001)), "items[1].unitPrice"),
        (with("unitPrice", json!(1e12)), "items[1].unitPrice"),
        (with("notes", json!("x".repeat(MAX_NOTE + 1))), "items[1].notes"),
        (
            with("modifiers", json!([{"price": 1}])),
            "items[1].modifiers[0].name",
        ),
        (with("allergens", json!([1])), "items[1].allergens[0]"),
        (with("course", json!(0)), "items[1].course"),
        (top("orderType", json!("flying")), "orderType"),
        (top("order_type", json!(1)), "order_type"),
        (top("id", json!({})), "id"),
        (top("id", json!("")), "id"),
        (top("id", json!(1.5)), "id"),
        (top("id", json!("x".repeat(MAX_ID + 1))), "id"),
        (top("id", json!("a\nb")), "id"),
        (top("isOpenBill", json!("yes")), "isOpenBill"),
        (top("customer", json!(5)), "customer"),
        (top("customer", json!({"name": 5})), "customer.name"),
        (top("tableNumber", json!([])), "tableNumber"),
        (top("priority", json!("soon")), "priority"),
        (top("tax", json!(true)), "tax"),
    ] {
        let (named, message) = refused(&body);
        assert_eq!(named, field, "{body}");
        assert!(message.contains(field), "{message}");
    }
}

#[test]
fn f1_what_is_at_its_limit_is_taken_whole() {
    let note = "n".repeat(MAX_NOTE);
    let item = json!({"name": "x".repeat(MAX_TEXT), "quantity": MAX_QUANTITY, "price": 99_999_999_999.0_f64, "notes": note});
    let order = parse_order(&json!({"id": "i".repeat(MAX_ID), "items": vec![item; MAX_ITEMS]})).unwrap();
    assert_eq!(
        (order.items.len(), order.items[0].notes.as_ref().unwrap().len()),
        (MAX_ITEMS, MAX_NOTE)
    );
    assert_eq!(order.items[0].unit_price, Decimal::from(MAX_AMOUNT));
}

#[test]
fn money_is_exact() {
    let body: Value =
        serde_json::from_str(r#"{"items":[{"name":"x","price":0.1},{"name":"y","price":"19.9900"}]}"#)
            .unwrap();
    let order = parse_order(&body).unwrap();
    let prices: Vec<String> = order
        .items
        .iter()
        .map(|item| item.unit_price.to_string())
        .collect();
    assert_eq!(prices, ["0.1", "19.99"]);
    assert_eq!(amount(order.items[1].unit_price).to_string(), "19.99");
}

#[test]
fn the_verbs_have_bodies_of_their_own() {
    let status = |status| Ok(Command::SetStatus { status });
    assert_eq!(
        parse_patch(&json!({"status": "cooking"})),
        status(Status::Preparing)
    );
    let cancel = Command::Cancel {
        reason: "left".into(),
    };
    assert_eq!(
        parse_patch(&json!({"status": "cancelled", "reason": "left"})),
        Ok(cancel.clone())
    );
    assert_eq!(parse_cancel(&json!({"reason": "left"})), Ok(cancel));
    assert_eq!(
        parse_cancel(&Value::Null),
        Ok(Command::Cancel {
            reason: String::new()
        })
    );
    let go = Command::MoveTable {
        table_number: "7".into(),
        table_id: None,
    };
    assert_eq!(parse_patch(&json!({"table_number": 7})), Ok(go));
    let item = "a".to_owned();
    let quantity = Command::SetItemQuantity {
        item: item.clone(),
        quantity: 3,
    };
    assert_eq!(parse_item_patch("a", &json!({"qty": 3})), Ok(quantity));
    let gone = Command::SetItemStatus {
        item,
        status: ItemStatus::Cancelled,
    };
    assert_eq!(parse_item_patch("a", &json!({"status": "cancelled"})), Ok(gone));
    let pay = Command::Pay {
        amount: Decimal::new(125, 1),
        method: Some("card".into()),
    };
    assert_eq!(
        parse_payment(&json!({"amount": 12.50, "method": "card"})),
        Ok(pay)
    );
    let asked = Command::CancelRequest {
        reason: "late".into(),
        staff_id: Some("5".into()),
    };
    assert_eq!(
        parse_cancel_request(&json!({"reason": "late", "staffId": 5})),
        Ok(asked)
    );
    assert_eq!(
        parse_reprint(&Value::Null),
        Ok(Command::Reprint { station: None })
    );
    for (refused, field) in [
        (parse_patch(&json!({})), "status"),
        (
            parse_patch(&json!({"status": "ready", "priority": "vip"})),
            "status",
        ),
        (parse_patch(&json!({"status": "burnt"})), "status"),
        (parse_patch(&json!({"tableNumber": ""})), "tableNumber"),
        (parse_item_patch("a", &json!({"quantity": 0})), "quantity"),
        (parse_payment(&json!({"amount": 0})), "amount"),
        (parse_payment(&json!({})), "amount"),
        (parse_station(&json!({})), "stationId"),
        (parse_acknowledge(&json!({"chefName": 5})), "chefName"),
        (parse_cancel_reject(&json!({"reason": 5})), "reason"),
    ] {
        let Err(Refusal::Invalid { field: named, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(named, field);
    }
}

#[test]
fn bodies_are_compared_by_meaning() {
    let same = fingerprint(&json!({"id": 17, "amount": 12.5, "note": null, "list": [{"orderId": 1}]}));
    let text = r#"{"list":[{"orderId":"1"}],"amount":12.50,"id":"17"}"#;
    assert_eq!(same, fingerprint(&serde_json::from_str(text).unwrap()));
    for other in [
        json!({"id": 18, "amount": 12.5}),
        json!({"id": 17, "amount": "12.5"}),
        json!({"id": 17}),
    ] {
        assert_ne!(same, fingerprint(&other));
    }
    let mean = |body: &Value| fingerprint_of(None, &Command::Create(Box::new(parse_order(body).unwrap())));
    let one = json!({"id": 17, "sentAt": "12:00", "items": [dish()]});
    let again = json!({"id": "17", "sentAt": "12:01", "items": [dish()]});
    let more = json!({"id": 17, "items": [{"name": "Soto", "quantity": 3, "unitPrice": 12.5}]});
    assert_eq!(mean(&one), mean(&again));
    assert_ne!(mean(&one), mean(&more));
    assert_ne!(
        fingerprint_of(Some("1"), &Command::Receipt),
        fingerprint_of(Some("2"), &Command::Receipt)
    );
    assert_eq!(parse_order(&one).unwrap().id, Some(Id::Number(17)));
}
