//! An outlet's own templates: what was published lately, and what goes with a ticket. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use protocol::JobKind;
use serde::{Deserialize, Serialize};

use super::Settings;

/// Versions of one template that are kept: an afternoon of trying, and the one before it.
const KEPT: usize = 10;

/// The longest template that is published, in bytes: each ticket carries its own.
pub const LONGEST_TEMPLATE: usize = 16 * 1024;

/// Parts that the other templates include.
const PARTS: [&str; 3] = ["head", "items", "foot"];

/// One version of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Counts up from 1 for each template.
    pub version: u32,
    /// When it was published.
    pub at: Timestamp,
    /// By whom: `role:subject`.
    pub by: String,
    /// Its markup; none for the built-in one.
    pub source: Option<String>,
}

impl Settings {
    /// Puts a template into use, with none the built-in one again; its version.
    pub fn publish(&mut self, name: &str, source: Option<String>, at: Timestamp, by: String) -> u32 {
        let looks = self.templates.entry(name.to_owned()).or_default();
        let version = looks.last().map_or(0, |look| look.version) + 1;
        looks.push(Look {
            version,
            at,
            by,
            source,
        });
        let old = looks.len().saturating_sub(KEPT);
        looks.drain(..old);
        version
    }

    /// The outlet's own template of that name that is in use; none where it is the built-in one.
    #[must_use]
    pub fn own_template(&self, name: &str) -> Option<&str> {
        self.templates.get(name)?.last()?.source.as_deref()
    }

    /// The outlet's own templates that a ticket of this kind may need at this station.
    #[must_use]
    pub fn templates_of(&self, kind: JobKind, station: &str) -> BTreeMap<&str, &str> {
        let wanted = template_of(kind, station);
        let names = PARTS.into_iter().chain([wanted.as_str()]);
        let known = self.templates.keys().map(String::as_str);
        let own = known.filter(|name| names.clone().any(|wanted| wanted == *name));
        own.filter_map(|name| Some((name, self.own_template(name)?)))
            .collect()
    }
}

/// As the renderer chooses: by the ticket's kind, and an order's by the station's name.
fn template_of(kind: JobKind, station: &str) -> String {
    let kind = serde_json::to_value(kind).ok();
    let is_bar = station
        .get(..3)
        .is_some_and(|begin| begin.eq_ignore_ascii_case("bar"));
    match kind.as_ref().and_then(serde_json::Value::as_str) {
        Some(kind) if kind != "order" => kind.to_owned(),
        _ if is_bar => "bar".to_owned(),
        _ => "kitchen".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(names: &[&str]) -> Settings {
        let mut settings = Settings::default();
        for name in names {
            settings.publish(
                name,
                Some(format!("our {name}")),
                Timestamp::UNIX_EPOCH,
                "manager:anna".into(),
            );
        }
        settings
    }

    #[test]
    fn a_ticket_carries_its_own_template_and_the_parts_alone() {
        let settings = published(&["kitchen", "bar", "head", "void"]);
        let names =
            |kind, station| -> Vec<&str> { settings.templates_of(kind, station).into_keys().collect() };
        assert_eq!(names(JobKind::Order, "kitchen"), ["head", "kitchen"]);
        assert_eq!(names(JobKind::Order, "bar_depan"), ["bar", "head"]);
        assert_eq!(names(JobKind::Void, "kitchen"), ["head", "void"]);
        assert_eq!(names(JobKind::Add, "kitchen"), ["head"]);
    }

    #[test]
    fn versions_count_up_and_the_oldest_are_forgotten() {
        let mut settings = published(&["kitchen"]);
        for n in 2..=13 {
            let version = settings.publish("kitchen", None, Timestamp::UNIX_EPOCH, "manager:anna".into());
            assert_eq!(version, n);
        }
        assert_eq!(settings.templates["kitchen"].len(), KEPT);
        assert_eq!(
            settings.own_template("kitchen"),
            None,
            "the built-in one is in use"
        );
    }
}
