//! Times as the restaurant's clock shows them. The time and its zone are in the event; no clock is read.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Time zones from the table compiled into the program, so that no file decides what is on paper.
pub(crate) struct Zones(TimeZoneDatabase);

/// A moment, written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    /// `19:42`
    pub(crate) time: String,
    /// `Fri 20 Nov`
    pub(crate) date: String,
    /// `2026-11-20`
    pub(crate) day: String,
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

/// Writes an RFC 3339 time in a zone; any other text is shown as it is.
pub(crate) fn written(text: &str, zone: &TimeZone) -> Moment {
    let Ok(moment) = text.parse::<Timestamp>() else {
        return Moment {
            time: text.to_owned(),
            ..Moment::default()
        };
    };
    let local = zone.to_datetime(moment);
    let (year, month, day) = (local.year(), local.month(), local.day());
    let weekday = usize::try_from(local.date().weekday().to_monday_zero_offset()).ok();
    let weekday = weekday.and_then(|d| WEEKDAYS.get(d)).unwrap_or(&"");
    let name = usize::try_from(month - 1)
        .ok()
        .and_then(|m| MONTHS.get(m))
        .unwrap_or(&"");
    Moment {
        time: format!("{:02}:{:02}", local.hour(), local.minute()),
        date: format!("{weekday} {day} {name}"),
        day: format!("{year:04}-{month:02}-{day:02}"),
    }
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
        let jakarta = written("2026-11-20T19:30:00Z", &zones.zone(Some("Asia/Jakarta")));
        assert_eq!(
            (jakarta.time.as_str(), jakarta.date.as_str()),
            ("02:30", "Sat 21 Nov")
        );
        assert_eq!(
            written("2026-11-20T19:30:00Z", &zones.zone(Some("Moon/Base"))).time,
            "19:30"
        );
        assert_eq!(written("tonight", &zones.zone(None)).time, "tonight");
    }
}
