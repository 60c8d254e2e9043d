//! Times as the restaurant's clock shows them. The time and its zone are in the event; no clock is read.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use minijinja::Value;

/// Time zones from the table compiled into the program, so that no file decides what is on paper.
pub(crate) struct Zones(TimeZoneDatabase);

/// A moment as the restaurant's clock shows it, to be written where a template shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Moment {
    /// No time is known.
    #[default]
    Unknown,
    /// Something that is no RFC 3339 time.
    Text(String),
    At(DateTime),
}

impl Zones {
    pub(crate) fn new() -> Self {
        Self(TimeZoneDatabase::bundled())
    }

    /// A zone by its IANA name; UTC where it is unknown.
    pub(crate) fn zone(&self, name: Option<&str>) -> TimeZone {
        name.and_then(|name| self.0.get(name).ok())
            .unwrap_or(TimeZone::UTC)
    }
}

/// Reads an RFC 3339 time in a zone; any other text is shown as it is.
pub(crate) fn read(text: &str, zone: &TimeZone) -> Moment {
    match text.parse::<Timestamp>() {
        Ok(moment) => Moment::At(zone.to_datetime(moment)),
        Err(_) => Moment::Text(text.to_owned()),
    }
}

impl Moment {
    /// `19:42`
    pub(crate) fn time(&self) -> Value {
        match self {
            Self::Unknown => Value::from(""),
            Self::Text(text) => Value::from(text.as_str()),
            Self::At(at) => {
                let mut text = String::with_capacity(5);
                two_digits(&mut text, at.hour());
                text.push(':');
                two_digits(&mut text, at.minute());
                Value::from(text)
            }
        }
    }

    /// `Fri 20 Nov`
    pub(crate) fn date(&self) -> Value {
        let Self::At(at) = self else {
            return Value::from("");
        };
        let weekday = usize::try_from(at.weekday().to_monday_zero_offset()).ok();
        let month = usize::try_from(at.month() - 1).ok();
        let mut text = String::with_capacity(10);
        text.push_str(weekday.and_then(|d| WEEKDAYS.get(d)).unwrap_or(&""));
        text.push(' ');
        if at.day() > 9 {
            digit(&mut text, at.day() / 10);
        }
        digit(&mut text, at.day() % 10);
        text.push(' ');
        text.push_str(month.and_then(|m| MONTHS.get(m)).unwrap_or(&""));
        Value::from(text)
    }

    /// `2026-11-20`
    pub(crate) fn day(&self) -> Value {
        match self {
            Self::Unknown | Self::Text(_) => Value::from(""),
            Self::At(at) => Value::from(format!("{:04}-{:02}-{:02}", at.year(), at.month(), at.day())),
        }
    }
}

fn two_digits(text: &mut String, number: i8) {
    digit(text, number / 10);
    digit(text, number % 10);
}

fn digit(text: &mut String, digit: i8) {
    text.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0).min(9)));
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_outlets_own() {
        let zones = Zones::new();
        let zone = zones.zone(Some("Asia/Jakarta"));
        let written = |text: &str, zone: &TimeZone| {
            let moment = read(text, zone);
            [moment.time(), moment.date(), moment.day()].map(|v| v.to_string())
        };
        assert_eq!(
            written("2026-11-20T19:30:00Z", &zone),
            ["02:30", "Sat 21 Nov", "2026-11-21"]
        );
        assert_eq!(written("2026-11-05T09:03:00Z", &zones.zone(None))[1], "Thu 5 Nov");
        let moon = zones.zone(Some("Moon/Base"));
        assert_eq!(written("2026-11-20T19:30:00Z", &moon)[0], "19:30");
        assert_eq!(written("tonight", &moon), ["tonight", "", ""]);
    }
}
