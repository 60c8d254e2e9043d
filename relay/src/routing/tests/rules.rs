//! Which station an item goes to.

use serde_json::json;

use crate::order::samples::{Desk, at};
use crate::routing::settings::{Area, Rule, Settings, order_number};
use crate::routing::{assign, station_for_device};

/// The stations of one item at a table, with the outlet's defaults.
fn stations(table: &str, workstation: &str, category: &str) -> Vec<String> {
    let item = json!({"name": "x", "workstation": workstation, "mainCategory": category});
    let made = Desk::new().order(&json!({"tableNumber": table, "items": [item]}));
    let settings = Settings::default();
    assign(&made.order.items[0], made.order.area_code.as_deref(), &settings).stations
}

#[test]
fn the_workstation_decides_first_and_the_category_only_after_it() {
    for (table, workstation, category, station) in [
        ("A1", "kitchen", "beverage", "kitchen"),
        ("A1", "KITCHEN", "minuman", "kitchen"),
        ("a1", "Bar", "food", "bar_depan"),
        ("I9", "bar_belakang", "food", "bar_depan"),
        ("J1", "bar-1", "food", "bar_belakang"),
        ("O2", "bar upstairs", "", "bar_belakang"),
        ("C4", "", "Cold Beverages", "bar_depan"),
        ("K4", "", "Minuman panas", "bar_belakang"),
        ("C4", "barbecue", "grill", "kitchen"),
        ("C4", "barbecue", "beverage", "bar_depan"),
        ("", "bar", "", "bar_depan"),
        ("12", "bar", "", "bar_depan"),
        ("C4", "", "", "kitchen"),
    ] {
        assert_eq!(
            stations(table, workstation, category),
            [station],
            "{table} {workstation} {category}"
        );
    }
}

#[test]
fn an_item_that_no_rule_matches_goes_to_the_kitchen_unrouted() {
    let body = json!({"items": [{"name": "Candles", "workstation": "desk"}]});
    let made = Desk::new().order(&body);
    assert!(assign(&made.order.items[0], None, &Settings::default()).is_unrouted());
}

#[test]
fn a_rule_may_send_an_item_to_two_stations_and_areas_may_have_their_own_bar() {
    let mut settings = Settings::default();
    let rule = Rule {
        name: "cakes".into(),
        name_contains: vec!["Cake".into()],
        to: vec!["pastry".into(), "bar".into(), "pastry".into()],
        ..Rule::default()
    };
    settings.rules.insert(0, rule);
    settings.areas.insert(
        0,
        Area {
            areas: "T".into(),
            bar: "bar_terrace".into(),
        },
    );
    let made = Desk::new().order(&json!({"tableNumber": "T1", "items": [{"name": "cheesecake"}]}));
    let assigned = assign(&made.order.items[0], Some("T"), &settings);
    assert_eq!(
        (assigned.stations, assigned.rule),
        (vec!["pastry".into(), "bar_terrace".into()], Some(0))
    );
}

#[test]
fn a_range_of_letters_is_for_areas_of_one_letter() {
    let settings = Settings::default();
    let bars = ["A", "i", "J", "AB", "Terrace"].map(|area| settings.bar(Some(area)).to_owned());
    assert_eq!(
        bars,
        [
            "bar_depan",
            "bar_depan",
            "bar_belakang",
            "bar_belakang",
            "bar_belakang"
        ]
    );
}

#[test]
fn a_device_is_sent_to_the_room_of_its_location() {
    let settings = Settings::default();
    for (role, location, station) in [
        ("kitchen", None, "kitchen"),
        ("bar", Some("depan"), "bar_depan"),
        ("bar", Some("Belakang"), "bar_belakang"),
        ("bar", Some("roof"), "bar_belakang"),
        ("bar", None, "bar_belakang"),
        ("cashier", Some("C"), "cashier"),
        ("grill", None, "grill"),
    ] {
        assert_eq!(station_for_device(role, location, &settings), station);
    }
}

#[test]
fn the_business_day_follows_the_time_zone_and_its_start() {
    let mut settings = Settings {
        timezone: "Asia/Jakarta".into(),
        ..Settings::default()
    };
    let late = at("2026-11-20T18:30:00Z");
    assert_eq!(order_number(settings.business_day(late), 7), "ORD-20261121-007");
    settings.business_day_start = "04:00".into();
    assert_eq!(
        order_number(settings.business_day(late), 1_234),
        "ORD-20261120-1234"
    );
}
