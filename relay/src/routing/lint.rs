//! What looks wrong in an outlet's routing, before a guest finds out. Pure.

use std::collections::BTreeSet;

use serde::Serialize;

use super::assign::assign;
use super::settings::{Rule, Settings};
use crate::order::Item;

/// Most copies of one ticket.
pub const MAX_COPIES: u32 = 9;

/// Something that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What sort: `unrouted`, `double`, `never`, `nowhere`, `no_printer`, `backup`.
    pub kind: &'static str,
    /// What is wrong and what to do.
    pub message: String,
    /// The rule's position in `rules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// The station.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub station: Option<String>,
    /// The item's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}

impl Finding {
    fn new(kind: &'static str, message: String) -> Self {
        Self {
            kind,
            message,
            rule: None,
            station: None,
            item: None,
        }
    }
}

/// Looks at the rules, at items that were ordered lately with their areas, and at the stations that
/// somebody prints for.
#[must_use]
pub fn lint(
    settings: &Settings,
    printing: &BTreeSet<String>,
    lately: &[(Item, Option<String>)],
) -> Vec<Finding> {
    let mut findings = rules(settings);
    findings.extend(unrouted(settings, lately));
    findings.extend(silent(settings, printing));
    findings.extend(backups(settings));
    findings
}

fn rules(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut takes_all: Option<usize> = None;
    for (index, rule) in settings.rules.iter().enumerate() {
        let mut find = |kind, message| {
            findings.push(Finding {
                rule: Some(index),
                ..Finding::new(kind, message)
            });
        };
        let name = named(index, rule);
        if let Some(earlier) = takes_all {
            find(
                "never",
                format!("{name} never applies: rule {} takes every item", earlier + 1),
            );
        }
        let targets: BTreeSet<&String> = rule.to.iter().collect();
        match targets.len() {
            0 => find(
                "nowhere",
                format!("{name} sends items nowhere; give it a station in `to`"),
            ),
            1 => {}
            stations => find(
                "double",
                format!("{name} prints an item at {stations} stations; is that meant?"),
            ),
        }
        if takes_all.is_none() && !rule.to.is_empty() && is_bare(rule) {
            takes_all = Some(index);
        }
    }
    findings
}

fn unrouted(settings: &Settings, lately: &[(Item, Option<String>)]) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let lost = lately.iter().filter(|(item, area)| {
        assign(item, area.as_deref(), settings).is_unrouted() && seen.insert(item.name.to_lowercase())
    });
    lost.map(|(item, _)| {
        let has = |name: &str, value: &Option<String>| match value {
            Some(value) => format!("{name} `{value}`"),
            None => format!("no {name}"),
        };
        let message = format!(
            "no rule matches {} ({}, {}), so the kitchen prints it marked UNROUTED; add a rule",
            item.name,
            has("workstation", &item.workstation),
            has("category", &item.main_category)
        );
        Finding {
            item: Some(item.name.clone()),
            ..Finding::new("unrouted", message)
        }
    })
    .collect()
}

fn silent(settings: &Settings, printing: &BTreeSet<String>) -> Vec<Finding> {
    let silent = settings.station_names();
    let silent = silent.difference(printing);
    silent
        .map(|station| Finding {
            station: Some(station.clone()),
            ..Finding::new(
                "no_printer",
                format!("nobody prints for {station}; pair a computer with printrail-relay enrol --station {station}"),
            )
        })
        .collect()
}

fn backups(settings: &Settings) -> Vec<Finding> {
    let known = settings.station_names();
    let mut findings = Vec::new();
    for (station, own) in &settings.stations {
        let Some(backup) = &own.backup else { continue };
        let message = if backup == station {
            format!("{station} is its own backup; name another station")
        } else if !known.contains(backup) {
            format!("the backup of {station} is {backup}, which is no station")
        } else if settings.station(backup).backup.as_ref() == Some(station) {
            format!("{station} and {backup} back each other up: when both are down, tickets wait")
        } else {
            continue;
        };
        findings.push(Finding {
            station: Some(station.clone()),
            ..Finding::new("backup", message)
        });
    }
    findings
}

fn is_bare(rule: &Rule) -> bool {
    [
        &rule.workstation,
        &rule.workstation_begins,
        &rule.category_contains,
        &rule.name_contains,
        &rule.area,
    ]
    .into_iter()
    .all(Vec::is_empty)
}

fn named(index: usize, rule: &Rule) -> String {
    match rule.name.as_str() {
        "" => format!("rule {}", index + 1),
        name => format!("rule {} ({name})", index + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::settings::StationSettings;

    fn kinds(settings: &Settings, lately: &[(Item, Option<String>)]) -> Vec<&'static str> {
        let printing = settings.station_names();
        lint(settings, &printing, lately)
            .iter()
            .map(|finding| finding.kind)
            .collect()
    }

    fn item(name: &str, workstation: Option<&str>) -> (Item, Option<String>) {
        let item = serde_json::json!({
            "id": "1", "menuItemId": null, "name": name, "quantity": 1, "unitPrice": 1, "workstation": workstation,
            "mainCategory": null, "modifiers": [], "notes": null, "allergens": [], "course": null, "status": "pending",
        });
        (serde_json::from_value(item).unwrap(), None)
    }

    fn rule(to: &[&str]) -> Rule {
        Rule {
            to: to.iter().map(|station| (*station).to_owned()).collect(),
            ..Rule::default()
        }
    }

    #[test]
    fn the_defaults_are_in_order_once_somebody_prints() {
        assert_eq!(kinds(&Settings::default(), &[]), Vec::<&str>::new());
        let findings = lint(&Settings::default(), &BTreeSet::new(), &[]);
        assert!(findings.iter().all(|finding| finding.kind == "no_printer"));
        assert!(
            findings
                .iter()
                .any(|finding| finding.station.as_deref() == Some("kitchen"))
        );
    }

    #[test]
    fn an_item_that_no_rule_matches_is_found_once() {
        let lately = [
            item("Shisha", Some("terrace")),
            item("shisha", None),
            item("Soto", Some("kitchen")),
        ];
        assert_eq!(kinds(&Settings::default(), &lately), ["unrouted"]);
    }

    #[test]
    fn rules_that_double_lead_nowhere_or_never_apply_are_found() {
        let settings = Settings {
            rules: vec![rule(&["kitchen", "grill"]), rule(&[]), rule(&["kitchen"])],
            ..Settings::default()
        };
        assert_eq!(kinds(&settings, &[]), ["double", "never", "nowhere", "never"]);
    }

    #[test]
    fn a_backup_that_is_none_is_found() {
        let mut settings = Settings::default();
        let backup = |name: &str| StationSettings {
            backup: Some(name.to_owned()),
            ..StationSettings::default()
        };
        settings.stations.insert("kitchen".into(), backup("cashier"));
        assert_eq!(kinds(&settings, &[]), Vec::<&str>::new());
        settings.stations.insert("cashier".into(), backup("kitchen"));
        settings.stations.insert("grill".into(), backup("grill"));
        settings.stations.insert("pass".into(), backup("moon"));
        assert_eq!(kinds(&settings, &[]), ["backup"; 4]);
    }
}
