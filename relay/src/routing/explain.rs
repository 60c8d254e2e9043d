//! Says which rule sends which item where, and what is odd about the rules.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::assign::{Assigned, assign};
use super::settings::Settings;
use crate::order::{Item, Order};

/// What an order would print, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DryRun {
    /// The order's area.
    pub area: Option<String>,
    /// Each item, where it goes and why.
    pub items: Vec<Explained>,
    /// Each station and what its ticket would carry.
    pub stations: BTreeMap<String, Vec<String>>,
    /// What is odd.
    pub findings: Vec<Finding>,
}

/// One item, where it goes and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// Its stations.
    pub stations: Vec<String>,
    /// The rule's name; none where nothing matched.
    pub rule: Option<String>,
    /// No rule matched it.
    pub unrouted: bool,
    /// Why, in words for a person.
    pub reason: String,
}

/// Something odd about the rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// No rule matches this item: it goes to the kitchen, marked UNROUTED.
    Unrouted {
        /// The item's name.
        item: String,
    },
    /// A rule sends this item to several stations.
    DoubleRoute {
        /// The item's name.
        item: String,
        /// The rule's name.
        rule: String,
        /// Where it goes.
        stations: Vec<String>,
    },
    /// Tickets can go to this station, and nothing prints there.
    NoPrinter {
        /// The station.
        station: String,
    },
    /// An earlier rule without tests matches everything: this one is never reached.
    Unreachable {
        /// The rule's name.
        rule: String,
    },
}

/// Explains what an order would print. Nothing is stored.
#[must_use]
pub fn dry_run(order: &Order, settings: &Settings) -> DryRun {
    let area = order.area_code.as_deref();
    let items: Vec<Explained> = order
        .items
        .iter()
        .map(|item| explain(item, area, settings))
        .collect();
    let mut stations: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in &items {
        for station in &item.stations {
            let line = format!("{}x {}", item.quantity, item.name);
            stations.entry(station.clone()).or_default().push(line);
        }
    }
    let findings = order.items.iter().filter_map(|item| odd(item, area, settings));
    DryRun {
        area: order.area_code.clone(),
        findings: findings.collect(),
        items,
        stations,
    }
}

/// What is odd about the rules: `menu` are the items to try them on, `printing` the stations where
/// something prints.
#[must_use]
pub fn lint(settings: &Settings, menu: &[Item], printing: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings: BTreeSet<Finding> = menu.iter().filter_map(|item| odd(item, None, settings)).collect();
    let silent = settings
        .station_names()
        .into_iter()
        .filter(|station| !printing.contains(station));
    findings.extend(silent.map(|station| Finding::NoPrinter { station }));
    let catch_all = settings.rules.iter().position(|rule| rule.is_catch_all());
    let after = catch_all.map_or(settings.rules.len(), |index| index + 1);
    let unreachable = settings.rules.iter().skip(after).map(|rule| rule.name.clone());
    findings.extend(unreachable.map(|rule| Finding::Unreachable { rule }));
    findings.into_iter().collect()
}

fn odd(item: &Item, area: Option<&str>, settings: &Settings) -> Option<Finding> {
    let Assigned { stations, rule } = assign(item, area, settings);
    let item = item.name.clone();
    let Some(rule) = rule else {
        return Some(Finding::Unrouted { item });
    };
    let rule = rule_name(rule, settings);
    (stations.len() > 1).then_some(Finding::DoubleRoute { item, rule, stations })
}

fn explain(item: &Item, area: Option<&str>, settings: &Settings) -> Explained {
    let Assigned { stations, rule } = assign(item, area, settings);
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let what = format!(
        "workstation {}, category {}",
        said(&item.workstation),
        said(&item.main_category)
    );
    let name = rule.map(|rule| rule_name(rule, settings));
    let reason = match &name {
        Some(rule) => format!("{what}: rule `{rule}`, area {}", area.unwrap_or("none")),
        None => format!("{what}: no rule matches, so the kitchen gets it, marked UNROUTED"),
    };
    Explained {
        id: item.id.clone(),
        name: item.name.clone(),
        quantity: item.quantity,
        unrouted: name.is_none(),
        rule: name,
        stations,
        reason,
    }
}

fn rule_name(index: usize, settings: &Settings) -> String {
    let name = settings.rules.get(index).map(|rule| rule.name.clone());
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| format!("rule {}", index + 1))
}
