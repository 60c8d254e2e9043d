//! The dry run, the linter and what settings are refused.

use std::collections::BTreeSet;

use serde_json::json;

use crate::order::Refusal;
use crate::order::samples::Desk;
use crate::routing::settings::Rule;
use crate::routing::{Finding, Settings, dry_run, lint};

#[test]
fn a_dry_run_names_the_rule_of_each_item() {
    let made = Desk::new().order(&json!({"tableNumber": "K1", "items": [
        {"id": "a", "name": "Tea", "mainCategory": "beverage", "quantity": 2}, {"id": "b", "name": "Candles"}]}));
    let run = dry_run(&made.order, &Settings::default());
    assert_eq!(
        json!(run),
        json!({
            "area": "K",
            "items": [
                {"id": "a", "name": "Tea", "quantity": 2, "stations": ["bar_belakang"], "rule": "drinks by category",
                 "unrouted": false, "reason": "workstation none, category beverage: rule `drinks by category`, area K"},
                {"id": "b", "name": "Candles", "quantity": 1, "stations": ["kitchen"], "rule": null, "unrouted": true,
                 "reason": "workstation none, category none: no rule matches, so the kitchen gets it, marked UNROUTED"}
            ],
            "stations": {"bar_belakang": ["2x Tea"], "kitchen": ["1x Candles"]},
            "findings": [{"finding": "unrouted", "item": "Candles"}]
        })
    );
}

#[test]
fn the_linter_finds_what_is_odd() {
    let rule = |name: &str, contains: &[&str], to: &[&str]| Rule {
        name: name.into(),
        name_contains: contains.iter().map(|word| (*word).to_owned()).collect(),
        to: to.iter().map(|word| (*word).to_owned()).collect(),
        ..Rule::default()
    };
    let mut settings = Settings::default();
    settings
        .rules
        .insert(0, rule("cakes", &["cake"], &["kitchen", "pastry"]));
    let menu =
        Desk::new().order(&json!({"items": [{"name": "Cake"}, {"name": "Candles"}, {"name": "Candles"}]}));
    let printing: BTreeSet<String> = ["kitchen", "cashier", "bar_depan"].map(str::to_owned).into();
    let silent = |station: &str| Finding::NoPrinter {
        station: station.into(),
    };
    let double = Finding::DoubleRoute {
        item: "Cake".into(),
        rule: "cakes".into(),
        stations: vec!["kitchen".into(), "pastry".into()],
    };
    let unrouted = Finding::Unrouted {
        item: "Candles".into(),
    };
    let expected = [unrouted, double, silent("bar_belakang"), silent("pastry")];
    assert_eq!(lint(&settings, &menu.order.items, &printing), expected);
    settings.rules.insert(0, rule("all", &[], &["kitchen"]));
    let found = lint(&settings, &[], &printing);
    assert!(found.contains(&Finding::Unreachable { rule: "cakes".into() }));
    assert!(!found.contains(&Finding::Unreachable { rule: "all".into() }));
}

#[test]
fn settings_keep_what_is_not_named_and_name_what_is_wrong() {
    let settings = Settings::default();
    let changed = settings
        .with(&json!({"timezone": "Asia/Jakarta", "whatever": 1}))
        .unwrap();
    assert_eq!(
        changed,
        Settings {
            timezone: "Asia/Jakarta".into(),
            ..settings.clone()
        }
    );
    for (body, field) in [
        (json!([]), "body"),
        (json!({"timezone": "Mars/Olympus"}), "timezone"),
        (json!({"timezone": 5}), "timezone"),
        (json!({"business_day_start": "25:00"}), "business_day_start"),
        (json!({"default_bar": "order_1"}), "default_bar"),
        (json!({"rules": [{"name": "x", "to": []}]}), "rules[0].to"),
        (json!({"rules": [{"to": ["The Grill"]}]}), "rules[0].to"),
        (json!({"rules": 5}), "rules"),
        (json!({"areas": [{"areas": "A", "bar": ""}]}), "areas[0].bar"),
        (json!({"locations": {"roof": "outlet_x"}}), "locations.roof"),
        (
            json!({"stations": {"grill": {"copies": 0}}}),
            "stations.grill.copies",
        ),
        (
            json!({"stations": {"grill": {"kind": "oven"}}}),
            "stations.grill.kind",
        ),
        (json!({"stations": {"a": {"backup": "a"}}}), "stations.a.backup"),
        (
            json!({"stations": {"a": {"backup": "b"}, "b": {"backup": "a"}}}),
            "stations.a.backup",
        ),
    ] {
        let Err(Refusal::Invalid {
            field: named,
            message,
        }) = settings.with(&body)
        else {
            panic!("{body}")
        };
        assert_eq!(named, field);
        assert!(message.contains(field), "{message}");
    }
}
