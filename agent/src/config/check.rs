//! From what the user wrote to what the program uses.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::raw::{RawConfig, RawPrinter, RawStation};
use super::{Config, ConfigError, OnUnconfirmed, Printer, Relay, RelayUrl, Station};
use crate::port::{Address, AddressError};
use crate::tickets::Sources;

/// Names go into logs, tables and tickets.
const NAME_MAX: usize = 64;

/// Characters in a line that paper of 40 to 112 mm can have.
const COLUMNS: std::ops::RangeInclusive<i64> = 20..=80;

/// Seconds before a backup takes over: at once would be at every change of paper, an hour is no help.
const BACKUP_AFTER_S: std::ops::RangeInclusive<i64> = 1..=3600;

/// The values of `[relay]` after flags and environment had their say, each with where it came from.
#[derive(Debug, Default)]
pub(super) struct RelayValues {
    pub(super) url: Option<(String, String)>,
    pub(super) token_file: PathBuf,
    pub(super) outlet: Option<(String, String)>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) allow_plaintext: bool,
}

/// Checks the whole; `place` is the file, for messages.
pub(super) fn check(
    place: &str,
    data: &Path,
    relay: Relay,
    tickets: Sources,
    stations: Vec<RawStation>,
    printers: Vec<RawPrinter>,
) -> Result<Config, ConfigError> {
    let printers = check_printers(place, printers)?;
    let stations = check_stations(place, stations, &printers)?;
    Ok(Config {
        data: data.to_owned(),
        relay,
        stations,
        printers,
        tickets,
    })
}

/// Checks printers and stations alone, of a file that is being edited.
pub(super) fn check_lists(place: &str, raw: RawConfig) -> Result<(), ConfigError> {
    let printers = check_printers(place, raw.printer)?;
    check_stations(place, raw.station, &printers).map(drop)
}

pub(super) fn check_relay(place: &str, values: RelayValues) -> Result<Relay, ConfigError> {
    let Some((url, from)) = values.url else {
        let problem = "is missing: expected the relay's address, such as \"wss://orders.bistro.example\"";
        return Err(wrong(place, "relay.url", problem));
    };
    let url = RelayUrl::parse(&url).map_err(|error| wrong(&from, "relay.url", error.to_string()))?;
    if !url.is_secure() && !url.is_loopback() && !values.allow_plaintext {
        let problem = "is not encrypted, and the relay is another computer: orders and the token could be \
                       read on the way. Use wss://, or set allow_plaintext = true in [relay] to accept that";
        return Err(wrong(&from, "relay.url", problem));
    }
    let outlet = values
        .outlet
        .map(|(outlet, from)| name(&from, "relay.outlet", outlet))
        .transpose()?;
    Ok(Relay {
        url,
        token_file: values.token_file,
        outlet,
        ca_file: values.ca_file,
        allow_plaintext: values.allow_plaintext,
    })
}

fn check_printers(place: &str, raw: Vec<RawPrinter>) -> Result<Vec<Printer>, ConfigError> {
    if raw.is_empty() {
        return Err(wrong(
            place,
            "printer",
            "is missing: add a [[printer]] with a name and an address",
        ));
    }
    let mut names = HashSet::new();
    let mut printers = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let field = |part: &str| format!("printer[{index}].{part}");
        let printer_name = name(place, &field("name"), raw.name)?;
        if !names.insert(printer_name.clone()) {
            return Err(wrong(
                place,
                &field("name"),
                format!("is \"{printer_name}\" a second time"),
            ));
        }
        printers.push(Printer {
            name: printer_name,
            address: check_address(place, &field("address"), &raw.address)?,
            profile: raw
                .profile
                .map(|profile| name(place, &field("profile"), profile))
                .transpose()?,
            columns: raw
                .columns
                .map(|columns| check_columns(place, &field("columns"), columns))
                .transpose()?,
        });
    }
    Ok(printers)
}

fn check_stations(
    place: &str,
    raw: Vec<RawStation>,
    printers: &[Printer],
) -> Result<Vec<Station>, ConfigError> {
    if raw.is_empty() {
        return Err(wrong(
            place,
            "station",
            "is missing: add a [[station]] with a name and a printer",
        ));
    }
    let mut seen = HashSet::new();
    let mut stations = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let field = |part: &str| format!("station[{index}].{part}");
        let station = check_station(place, &field, raw)?;
        for (part, printer) in [
            ("printer", Some(&station.printer)),
            ("backup", station.backup.as_ref()),
        ] {
            let Some(printer) = printer else { continue };
            if !printers.iter().any(|known| known.name == *printer) {
                let problem = format!("names \"{printer}\", and no [[printer]] is called so");
                return Err(wrong(place, &field(part), problem));
            }
        }
        if !seen.insert((station.name.clone(), station.location.clone())) {
            return Err(wrong(
                place,
                &field("name"),
                "and location are those of another [[station]]",
            ));
        }
        stations.push(station);
    }
    Ok(stations)
}

fn check_station(
    place: &str,
    field: &dyn Fn(&str) -> String,
    raw: RawStation,
) -> Result<Station, ConfigError> {
    let station = name(place, &field("name"), raw.name)?;
    if raw.backup.as_ref() == Some(&raw.printer) {
        return Err(wrong(
            place,
            &field("backup"),
            "is the station's own printer: name another one",
        ));
    }
    let on_unconfirmed = match raw.on_unconfirmed.as_deref() {
        None => OnUnconfirmed::default_of(&station),
        Some("reprint-marked") => OnUnconfirmed::ReprintMarked,
        Some("hold") => OnUnconfirmed::Hold,
        Some(other) => {
            let problem = format!("is \"{other}\", expected \"reprint-marked\" or \"hold\"");
            return Err(wrong(place, &field("on_unconfirmed"), problem));
        }
    };
    Ok(Station {
        name: station,
        location: raw
            .location
            .map(|location| name(place, &field("location"), location))
            .transpose()?,
        printer: raw.printer,
        backup: raw.backup,
        backup_after: check_backup_after(place, &field("backup_after_s"), raw.backup_after_s)?,
        on_unconfirmed,
    })
}

fn check_backup_after(place: &str, field: &str, seconds: Option<i64>) -> Result<Duration, ConfigError> {
    let Some(seconds) = seconds else {
        return Ok(super::BACKUP_AFTER);
    };
    let fits = BACKUP_AFTER_S
        .contains(&seconds)
        .then(|| u64::try_from(seconds).ok())
        .flatten();
    fits.map(Duration::from_secs).ok_or_else(|| {
        let (least, most) = (BACKUP_AFTER_S.start(), BACKUP_AFTER_S.end());
        wrong(place, field, format!("is {seconds}, expected {least} to {most}"))
    })
}

fn check_address(place: &str, field: &str, address: &str) -> Result<Address, ConfigError> {
    address.parse().map_err(|error: AddressError| {
        let problem = format!(
            "is \"{address}\" ({error}), expected one such as tcp://192.168.1.50:9100, usb:04b8:0202, \
             serial:/dev/ttyUSB0?baud=38400 or file:/dev/usb/lp0"
        );
        wrong(place, field, problem)
    })
}

fn check_columns(place: &str, field: &str, columns: i64) -> Result<u16, ConfigError> {
    let fits = COLUMNS
        .contains(&columns)
        .then(|| u16::try_from(columns).ok())
        .flatten();
    fits.ok_or_else(|| {
        wrong(
            place,
            field,
            format!("is {columns}, expected {} to {}", COLUMNS.start(), COLUMNS.end()),
        )
    })
}

fn name(place: &str, field: &str, value: String) -> Result<String, ConfigError> {
    if value.is_empty() || value.trim() != value {
        return Err(wrong(place, field, "is empty, or begins or ends with a space"));
    }
    if value.len() > NAME_MAX || value.contains(char::is_control) {
        let problem = format!("is longer than {NAME_MAX} bytes or has control characters");
        return Err(wrong(place, field, problem));
    }
    Ok(value)
}

pub(super) fn wrong(place: &str, field: &str, problem: impl Into<String>) -> ConfigError {
    ConfigError::Field {
        place: place.to_owned(),
        field: field.to_owned(),
        problem: problem.into(),
    }
}
