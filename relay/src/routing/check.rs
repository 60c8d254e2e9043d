//! Checks settings at the door, so that nobody need doubt them later.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::settings::{BAR, Settings};
use crate::dialects::station::is_station;
use crate::order::Refusal;
use crate::order::input::invalid;

/// Most rules, areas, locations or stations: far beyond any restaurant.
const MAX_ENTRIES: usize = 200;
/// Most papers of one ticket.
const MAX_COPIES: u32 = 9;

impl Settings {
    /// Reads settings of `PUT /routing`: what the body leaves out stays as it is in `self`.
    ///
    /// # Errors
    /// [`Refusal::Invalid`], naming the field.
    pub fn with(&self, body: &Value) -> Result<Self, Refusal> {
        let Value::Object(fields) = body else {
            return Err(invalid("body", "is no object; send a JSON object"));
        };
        let mut whole = serde_json::to_value(self).unwrap_or_default();
        for (name, value) in fields {
            let Some(place) = whole.get_mut(name) else {
                continue;
            };
            *place = value.clone();
            serde_json::from_value::<Self>(whole.clone())
                .map_err(|error| invalid(name, &format!("is wrong: {error}")))?;
        }
        let settings: Self =
            serde_json::from_value(whole).map_err(|error| invalid("body", &format!("is wrong: {error}")))?;
        settings.check()?;
        Ok(settings)
    }

    /// Refuses what cannot be: an unknown time zone, a rule without a station, a backup that leads
    /// back to where it came from.
    ///
    /// # Errors
    /// [`Refusal::Invalid`], naming the field.
    pub fn check(&self) -> Result<(), Refusal> {
        if TimeZone::get(&self.timezone).is_err() {
            return Err(invalid(
                "timezone",
                "is no IANA time zone, such as Asia/Jakarta or UTC",
            ));
        }
        if self.business_day_start.parse::<Time>().is_err() {
            return Err(invalid("business_day_start", "is no time of day, such as 04:00"));
        }
        let counts = [
            ("rules", self.rules.len()),
            ("areas", self.areas.len()),
            ("locations", self.locations.len()),
            ("stations", self.stations.len()),
        ];
        for (name, count) in counts {
            if count > MAX_ENTRIES {
                return Err(invalid(
                    name,
                    &format!("has {count} entries, at most {MAX_ENTRIES} are taken"),
                ));
            }
        }
        self.check_names()?;
        self.check_stations()
    }

    fn check_names(&self) -> Result<(), Refusal> {
        let mut named = vec![
            ("default_bar".to_owned(), &self.default_bar),
            ("receipt_station".to_owned(), &self.receipt_station),
        ];
        for (index, rule) in self.rules.iter().enumerate() {
            if rule.to.is_empty() {
                return Err(invalid(
                    &format!("rules[{index}].to"),
                    "is empty; name a station or `bar`",
                ));
            }
            let targets = rule.to.iter().filter(|target| *target != BAR);
            named.extend(targets.map(|target| (format!("rules[{index}].to"), target)));
        }
        let areas = self.areas.iter().enumerate();
        named.extend(areas.map(|(index, area)| (format!("areas[{index}].bar"), &area.bar)));
        named.extend(
            self.locations
                .iter()
                .map(|(name, bar)| (format!("locations.{name}"), bar)),
        );
        named.extend(
            self.stations
                .keys()
                .map(|name| (format!("stations.{name}"), name)),
        );
        match named.iter().find(|(_, name)| !is_station(name)) {
            Some((path, name)) => Err(invalid(
                path,
                &format!("is {name}, which no station can be called; take small letters, digits, _ and -"),
            )),
            None => Ok(()),
        }
    }

    fn check_stations(&self) -> Result<(), Refusal> {
        for (name, station) in &self.stations {
            if !(1..=MAX_COPIES).contains(&station.copies) {
                return Err(invalid(
                    &format!("stations.{name}.copies"),
                    &format!("is not 1 to {MAX_COPIES}"),
                ));
            }
            if station
                .kind
                .as_deref()
                .is_some_and(|kind| kind != BAR && kind != "kitchen")
            {
                return Err(invalid(
                    &format!("stations.{name}.kind"),
                    "is neither kitchen nor bar",
                ));
            }
            if self.leads_back(name) {
                return Err(invalid(
                    &format!("stations.{name}.backup"),
                    "leads back to the station itself",
                ));
            }
        }
        Ok(())
    }

    fn leads_back(&self, name: &str) -> bool {
        let mut next = self
            .stations
            .get(name)
            .and_then(|station| station.backup.as_deref());
        for _ in 0..=self.stations.len() {
            let Some(station) = next else { return false };
            if station == name {
                return true;
            }
            next = self
                .stations
                .get(station)
                .and_then(|station| station.backup.as_deref());
        }
        true
    }
}
