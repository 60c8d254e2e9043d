//! `printers list`.

use serde_json::json;

use crate::cli::{Exit, Failure, env, output};
use crate::config::{Config, Flags, Printer, load};
use crate::daemon::ask::{Ask, ask};
use crate::daemon::report::{PrinterReport, SCHEMA, StatusReport};

pub(super) fn list(flags: &Flags, json: bool) -> Result<Exit, Failure> {
    let loaded = load(flags, &env)?;
    let config = &loaded.config;
    let running = ask(&config.data, Ask::Status).ok();
    let running: Option<StatusReport> = running.and_then(|value| serde_json::from_value(value).ok());
    let said = |name: &str| {
        let printers = running.as_ref().map(|report| report.printers.as_slice());
        printers
            .unwrap_or_default()
            .iter()
            .find(|printer| printer.name == name)
    };
    if json {
        let printers: Vec<_> = config
            .printers
            .iter()
            .map(|p| of(config, p, said(&p.name)))
            .collect();
        output::json(&json!({ "schema": SCHEMA, "running": running.is_some(), "printers": printers }));
        return Ok(Exit::Ok);
    }
    let header = [
        "NAME", "ADDRESS", "MODEL", "PROFILE", "PROOF", "STATIONS", "STATE",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(
        config
            .printers
            .iter()
            .map(|p| row(config, p, said(&p.name), running.is_some())),
    );
    output::table(&rows);
    Ok(Exit::Ok)
}

fn of(config: &Config, printer: &Printer, said: Option<&PrinterReport>) -> serde_json::Value {
    json!({
        "name": printer.name, "address": printer.address.to_string(), "profile": printer.profile,
        "columns": printer.columns, "stations": stations(config, printer),
        "status": said.and_then(|said| said.status.as_ref()),
        "known": said.and_then(|said| said.known.as_ref()),
    })
}

fn stations(config: &Config, printer: &Printer) -> Vec<String> {
    let stations = config
        .stations
        .iter()
        .filter(|station| station.printer == printer.name);
    stations.map(|station| station.name.clone()).collect()
}

fn row(config: &Config, printer: &Printer, said: Option<&PrinterReport>, running: bool) -> Vec<String> {
    let status = said.and_then(|said| said.status.as_ref());
    let known = said.and_then(|said| said.known.as_ref());
    let state = match status {
        Some(status) => status
            .error
            .clone()
            .unwrap_or_else(|| if status.online { "ready" } else { "offline" }.to_owned()),
        None if running => "not heard of yet".to_owned(),
        None => "agent not running".to_owned(),
    };
    let or_dash = |text: Option<&String>| text.cloned().unwrap_or_else(|| "-".to_owned());
    vec![
        printer.name.clone(),
        printer.address.to_string(),
        or_dash(known.and_then(|known| known.model.as_ref())),
        or_dash(printer.profile.as_ref()),
        known.map_or_else(|| "-".to_owned(), |known| known.level.as_str().to_owned()),
        stations(config, printer).join(", "),
        state,
    ]
}
