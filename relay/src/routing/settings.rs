//! An outlet's settings: which item goes where, when it prints, and when its day begins.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::looks::Look;

/// The station of food, and of whatever no rule matches.
pub const KITCHEN: &str = "kitchen";
/// The station of bills.
pub const CASHIER: &str = "cashier";
/// A rule's target that means "the bar of the table's area".
pub const BAR: &str = "bar";
/// An area or location that stands for all others.
pub const OTHERS: &str = "*";

/// An outlet's settings. What a document leaves out is as DIALECTS.md (D1, "Routing defaults") says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// IANA time zone, such as `Asia/Jakarta`.
    pub timezone: String,
    /// When the business day begins, local time `HH:MM`.
    pub business_day_start: String,
    /// What stands on top of bills.
    pub outlet_name: Option<String>,
    /// ISO 4217 code printed on bills, such as `IDR`.
    pub currency: Option<String>,
    /// Tried in order; the first that matches an item sends it to its stations.
    pub rules: Vec<Rule>,
    /// Which bar serves which areas; tried in order.
    pub areas: Vec<Area>,
    /// The bar of drinks without an area.
    pub default_bar: String,
    /// Which bar a device's location means, `*` for any other: `{"depan": "bar_depan"}`.
    pub locations: BTreeMap<String, String>,
    /// Settings of single stations; stations of the outlet's own are named here.
    pub stations: BTreeMap<String, StationSettings>,
    /// When printing is triggered.
    pub trigger: TriggerPolicy,
    /// Paying in full confirms a pending order.
    pub confirm_on_payment: bool,
    /// A guest's order waits for a waiter's confirmation, however it is paid.
    pub guest_orders_wait: bool,
    /// A bill prints by itself on full payment.
    pub receipt_on_payment: bool,
    /// Where bills print.
    pub receipt_station: String,
    /// A job is not wanted any more after so many seconds (12 h).
    pub expires_after_s: u64,
    /// A guest's visit ends so many seconds after its last order (24 h).
    pub session_ttl_s: u64,
    /// Events are kept for so many days.
    pub keep_events_days: u32,
    /// Jobs are remembered for so many days after they became final.
    pub keep_jobs_days: u32,
    /// The outlet's own templates by name: the versions published lately, the newest last.
    pub templates: BTreeMap<String, Vec<Look>>,
    /// Who hears of what needs a person.
    pub alerts: Vec<Target>,
}

/// Somewhere that is told what needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// How it is spoken to.
    pub kind: TargetKind,
    /// `https://…`, or `http://` on this machine.
    pub url: String,
}

/// How a target is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A JSON body.
    Webhook,
    /// The text, with a title, as ntfy takes it.
    Ntfy,
}

/// One rule. Every test that it names must pass; texts are compared without case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// What people call it.
    pub name: String,
    /// The workstation is one of these.
    pub workstation: Vec<String>,
    /// The workstation is one of these, or begins with one and a space, `_` or `-`.
    pub workstation_begins: Vec<String>,
    /// The category contains one of these.
    pub category_contains: Vec<String>,
    /// The item's name contains one of these.
    pub name_contains: Vec<String>,
    /// The order's area is one of these (`A`, `A-I`).
    pub area: Vec<String>,
    /// Where the item goes: stations, or `bar` for the bar of the table's area.
    pub to: Vec<String>,
}

/// A range of areas and its bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// `A`, `A-I`, or `*` for all others.
    pub areas: String,
    /// The bar's station.
    pub bar: String,
}

/// Settings of one station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StationSettings {
    /// Papers of each ticket, 1 to 9.
    pub copies: u32,
    /// The station that prints for it while it is down.
    pub backup: Option<String>,
    /// Down for how long before the backup takes over.
    pub backup_after_s: u64,
    /// `kitchen` or `bar`: which print event its tickets are; by its name where it is not said.
    pub kind: Option<String>,
}

/// When printing is triggered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TriggerPolicy {
    /// Payment methods whose orders print at creation; `*` for all.
    pub at_creation: Vec<String>,
    /// Open bills print at creation.
    pub open_bill_at_creation: bool,
    /// The rest prints at confirmation.
    pub at_confirmation: bool,
    /// The rest prints at full payment.
    pub at_payment: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let area = |areas: &str, bar: &str| Area {
            areas: areas.into(),
            bar: bar.into(),
        };
        let location = |name: &str, bar: &str| (name.to_owned(), bar.to_owned());
        Self {
            timezone: "UTC".into(),
            business_day_start: "00:00".into(),
            outlet_name: None,
            currency: None,
            rules: Rule::defaults(),
            areas: vec![area("A-I", "bar_depan"), area(OTHERS, "bar_belakang")],
            default_bar: "bar_depan".into(),
            locations: BTreeMap::from([location("depan", "bar_depan"), location(OTHERS, "bar_belakang")]),
            stations: BTreeMap::new(),
            trigger: TriggerPolicy::default(),
            confirm_on_payment: true,
            guest_orders_wait: false,
            receipt_on_payment: false,
            receipt_station: CASHIER.into(),
            expires_after_s: 12 * 3600,
            session_ttl_s: 24 * 3600,
            keep_events_days: 7,
            keep_jobs_days: 30,
            templates: BTreeMap::new(),
            alerts: Vec::new(),
        }
    }
}

impl Default for StationSettings {
    fn default() -> Self {
        Self {
            copies: 1,
            backup: None,
            backup_after_s: 30,
            kind: None,
        }
    }
}

impl Default for TriggerPolicy {
    fn default() -> Self {
        Self {
            at_creation: vec!["cash".into()],
            open_bill_at_creation: true,
            at_confirmation: true,
            at_payment: true,
        }
    }
}

impl Rule {
    /// The workstation first; the category only where the workstation decides nothing.
    fn defaults() -> Vec<Self> {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        vec![
            Self {
                name: "workstation kitchen".into(),
                workstation: words(&[KITCHEN]),
                to: words(&[KITCHEN]),
                ..Self::default()
            },
            Self {
                name: "workstation bar".into(),
                workstation_begins: words(&[BAR]),
                to: words(&[BAR]),
                ..Self::default()
            },
            Self {
                name: "drinks by category".into(),
                category_contains: words(&["beverage", "minuman"]),
                to: words(&[BAR]),
                ..Self::default()
            },
        ]
    }
}

impl Rule {
    /// It has no test and so matches every item.
    #[must_use]
    pub fn is_catch_all(&self) -> bool {
        let tests = [
            &self.workstation,
            &self.workstation_begins,
            &self.category_contains,
            &self.name_contains,
            &self.area,
        ];
        tests.iter().all(|test| test.is_empty()) && !self.to.is_empty()
    }
}

impl Settings {
    /// The bar of an area; the default bar where there is none.
    #[must_use]
    pub fn bar(&self, area: Option<&str>) -> &str {
        let Some(area) = area.filter(|area| !area.is_empty()) else {
            return &self.default_bar;
        };
        let found = self.areas.iter().find(|entry| covers(&entry.areas, area));
        found.map_or(&self.default_bar, |entry| &entry.bar)
    }

    /// Every station that tickets of this outlet can go to, in order of their names.
    #[must_use]
    pub fn station_names(&self) -> BTreeSet<String> {
        let fixed = [
            KITCHEN.to_owned(),
            self.receipt_station.clone(),
            CASHIER.to_owned(),
            self.default_bar.clone(),
        ];
        let ruled = self
            .rules
            .iter()
            .flat_map(|rule| &rule.to)
            .filter(|station| *station != BAR);
        let bars = self
            .areas
            .iter()
            .map(|area| &area.bar)
            .chain(self.locations.values());
        let named = self.stations.keys();
        fixed
            .into_iter()
            .chain(ruled.chain(bars).chain(named).cloned())
            .collect()
    }

    /// A station by the name that a person gave: `bar` alone is the bar of the area.
    #[must_use]
    pub fn station_named(&self, name: &str, area: Option<&str>) -> String {
        match name.trim().to_lowercase() {
            bar if bar == BAR => self.bar(area).to_owned(),
            station => station,
        }
    }

    /// Settings of a station, the defaults where nothing is set.
    #[must_use]
    pub fn station(&self, name: &str) -> StationSettings {
        self.stations.get(name).cloned().unwrap_or_default()
    }

    /// Whether a station's tickets are `beverage_immediate_print`.
    #[must_use]
    pub fn is_bar(&self, station: &str) -> bool {
        if let Some(kind) = self.stations.get(station).and_then(|entry| entry.kind.as_deref()) {
            return kind == BAR;
        }
        begins(station, BAR)
            || self.default_bar == station
            || self.areas.iter().any(|area| area.bar == station)
    }

    /// The station of a device's role and location (`register_device`).
    #[must_use]
    pub fn station_for_device(&self, role: &str, location: Option<&str>) -> String {
        let role = role.trim().to_lowercase();
        if role != BAR {
            return role;
        }
        let location = location.unwrap_or_default().trim().to_lowercase();
        let named = self
            .locations
            .iter()
            .find(|(name, _)| name.to_lowercase() == location);
        let others = || self.locations.get(OTHERS);
        named
            .map(|(_, bar)| bar)
            .or_else(others)
            .unwrap_or(&self.default_bar)
            .clone()
    }

    /// The business day at `now`: the date of the local time, moved by [`Self::business_day_start`].
    #[must_use]
    pub fn business_day(&self, now: Timestamp) -> Date {
        let zone = TimeZone::get(&self.timezone).unwrap_or(TimeZone::UTC);
        let local = now.to_zoned(zone).datetime();
        let start = self
            .business_day_start
            .parse::<Time>()
            .unwrap_or(Time::midnight());
        if local.time() >= start {
            return local.date();
        }
        local.date().yesterday().unwrap_or_else(|_| local.date())
    }
}

/// The station of a device's role and location: [`Settings::station_for_device`].
#[must_use]
pub fn station_for_device(role: &str, location: Option<&str>, settings: &Settings) -> String {
    settings.station_for_device(role, location)
}

/// An order's number: `ORD-YYYYMMDD-NNN`, three digits or more.
#[must_use]
pub fn order_number(day: Date, count: u64) -> String {
    format!("ORD-{}-{count:03}", day.strftime("%Y%m%d"))
}

/// Whether `ranges` (`A`, `A-I`, `*`) covers an area.
pub(super) fn covers(ranges: &str, area: &str) -> bool {
    let area = area.trim().to_uppercase();
    ranges
        .split(',')
        .map(|range| range.trim().to_uppercase())
        .any(|range| {
            if range == OTHERS || range == area {
                return true;
            }
            let Some((first, last)) = range.split_once('-') else {
                return false;
            };
            let single = area.chars().count() == 1;
            single && first.trim() <= area.as_str() && area.as_str() <= last.trim()
        })
}

/// Whether `word` is `prefix`, or begins with it and a space, `_` or `-`; without case.
pub(super) fn begins(word: &str, prefix: &str) -> bool {
    let (word, prefix) = (word.trim().to_lowercase(), prefix.trim().to_lowercase());
    let Some(rest) = word.strip_prefix(&prefix) else {
        return false;
    };
    rest.is_empty() || rest.starts_with([' ', '_', '-'])
}
