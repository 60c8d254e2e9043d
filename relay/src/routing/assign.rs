//! Which rule sends an item where.

use super::settings::{BAR, KITCHEN, Rule, Settings, begins, covers};
use crate::order::Item;

/// Where an item goes, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// Its stations: one, unless a rule says otherwise; never none.
    pub stations: Vec<String>,
    /// The position of the rule that said so in `Settings::rules`; none where nothing matched.
    pub rule: Option<usize>,
}

impl Assigned {
    /// No rule matched: it goes to the kitchen, marked UNROUTED.
    #[must_use]
    pub fn is_unrouted(&self) -> bool {
        self.rule.is_none()
    }
}

/// Where an item of an order in `area` goes: the first rule that matches, else the kitchen.
#[must_use]
pub fn assign(item: &Item, area: Option<&str>, settings: &Settings) -> Assigned {
    let found = settings
        .rules
        .iter()
        .enumerate()
        .find(|(_, rule)| !rule.to.is_empty() && matches(rule, item, area));
    let Some((index, rule)) = found else {
        return Assigned {
            stations: vec![KITCHEN.to_owned()],
            rule: None,
        };
    };
    let mut stations: Vec<String> = Vec::with_capacity(rule.to.len());
    for target in &rule.to {
        let station = if target == BAR { settings.bar(area) } else { target };
        if !stations.iter().any(|known| known == station) {
            stations.push(station.to_owned());
        }
    }
    Assigned {
        stations,
        rule: Some(index),
    }
}

/// Whether every test that the rule names passes; a rule without tests matches all.
fn matches(rule: &Rule, item: &Item, area: Option<&str>) -> bool {
    let workstation = item
        .workstation
        .as_deref()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let category = item.main_category.as_deref().unwrap_or_default().to_lowercase();
    let name = item.name.to_lowercase();
    passes(&rule.workstation, |wanted| workstation == wanted.trim())
        && passes(&rule.workstation_begins, |wanted| begins(&workstation, wanted))
        && passes(&rule.category_contains, |wanted| category.contains(wanted))
        && passes(&rule.name_contains, |wanted| name.contains(wanted))
        && passes(&rule.area, |wanted| area.is_some_and(|area| covers(wanted, area)))
}

/// A test without words passes; one with words passes for any of them.
fn passes(words: &[String], test: impl Fn(&str) -> bool) -> bool {
    words.is_empty() || words.iter().any(|word| test(&word.to_lowercase()))
}
