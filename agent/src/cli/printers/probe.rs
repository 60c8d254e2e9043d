//! `printers probe`: who a printer is and what it can prove.

use std::thread;
use std::time::{Duration, Instant};

use escpos_templates::Renderer;
use protocol::Evidence;
use protocol::frames::PrinterStatus;
use serde_json::json;

use super::unknown;
use crate::cli::{Exit, Failure, env, output};
use crate::config::{Flags, Printer, load, locate};
use crate::daemon::ask::{Ask, AskError, ask};
use crate::daemon::report::{SCHEMA, StatusReport};
use crate::discovery::probe::{Probed, WITHIN};
use crate::discovery::{plain, profile};
use crate::port::Address;
use crate::press::Known;

/// Time between two looks at the running agent.
const LOOK: Duration = Duration::from_millis(200);

/// Longer names are cut: a printer says what it likes.
const SHOWN: usize = 80;

pub(super) fn probe(flags: &Flags, name: &str, json: bool) -> Result<Exit, Failure> {
    let (address, probed) = match name.parse::<Address>() {
        Ok(address) => (address.clone(), alone(name, &address, None)?),
        // A name may have a colon in it, but not begin as an address does.
        Err(_) => named(flags, name)?,
    };
    if json {
        let (known, suggested) = (&probed.known, suggested(probed.known.as_ref()));
        output::json(&json!({
            "schema": SCHEMA, "address": address.to_string(), "level": probed.level(), "known": known,
            "profile": suggested, "status": probed.status,
        }));
    } else {
        show(&address, &probed);
    }
    verdict(name, &probed)
}

/// By the agent where it runs, since it alone holds the printer; else by itself.
fn named(flags: &Flags, name: &str) -> Result<(Address, Probed), Failure> {
    let config = load(flags, &env)?.config;
    let printer: Printer = config
        .printer(name)
        .cloned()
        .ok_or_else(|| unknown(&config, name))?;
    let asked = ask(
        &config.data,
        Ask::Probe {
            printer: name.to_owned(),
        },
    );
    match asked {
        Ok(_) => Ok((printer.address, follow(flags, name)?)),
        Err(AskError::NotRunning { .. }) => {
            let probed = alone(name, &printer.address, printer.profile.as_deref())?;
            Ok((printer.address, probed))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn alone(name: &str, address: &Address, profile: Option<&str>) -> Result<Probed, Failure> {
    let probed = crate::discovery::probe::probe(name, address, profile);
    probed.map_err(|error| Failure::new(Exit::Failed, crate::chain(&error)))
}

/// What the running agent finds.
fn follow(flags: &Flags, name: &str) -> Result<Probed, Failure> {
    let data = locate(flags, &env).data;
    let end = Instant::now() + WITHIN;
    loop {
        thread::sleep(LOOK);
        let report: StatusReport = serde_json::from_value(ask(&data, Ask::Status)?)
            .map_err(|error| AskError::NoAnswer(error.into()))?;
        let printer = report.printers.into_iter().find(|printer| printer.name == name);
        let (known, status) = printer.map_or((None, None), |printer| (printer.known, printer.status));
        let broken = status
            .as_ref()
            .is_some_and(|status: &PrinterStatus| !status.online);
        let left = end.saturating_duration_since(Instant::now());
        if known.is_some() || left.is_zero() || (broken && left < WITHIN / 2) {
            return Ok(Probed { known, status });
        }
    }
}

/// The profile for what a printer said of itself.
pub(super) fn suggested(known: Option<&Known>) -> Option<String> {
    let known = known?;
    profile::suggest(
        &Renderer::builtin(),
        known.maker.as_deref(),
        known.model.as_deref()?,
    )
}

fn show(address: &Address, probed: &Probed) {
    let said = |fact: fn(&Known) -> Option<&String>| {
        let fact = probed.known.as_ref().and_then(fact);
        fact.map_or_else(|| "-".to_owned(), |text| plain(text, SHOWN))
    };
    let rows = [
        ("address", address.to_string()),
        ("maker", said(|known| known.maker.as_ref())),
        ("model", said(|known| known.model.as_ref())),
        ("firmware", said(|known| known.firmware.as_ref())),
        ("serial", said(|known| known.serial.as_ref())),
        ("proof", proof(probed).to_owned()),
        (
            "profile",
            suggested(probed.known.as_ref())
                .unwrap_or_else(|| "generic-80 (nothing closer is known)".to_owned()),
        ),
        ("state", state(probed.status.as_ref())),
    ];
    output::table(&rows.map(|(key, value)| vec![key.to_owned(), value]));
}

pub(super) fn proof(probed: &Probed) -> &'static str {
    match (probed.level(), &probed.status) {
        (Evidence::A, _) => "A: it confirms each ticket when it is on paper",
        (Evidence::B | Evidence::Person, _) => "B: it answers behind each ticket's last byte",
        (Evidence::C, Some(status)) if status.online => {
            "C: it cannot say; tickets are shown as \"sent, not verified\""
        }
        (Evidence::C, _) => "not known: it was not ready to be asked",
    }
}

fn state(status: Option<&PrinterStatus>) -> String {
    match status {
        None => "no answer".to_owned(),
        Some(status) => match &status.error {
            Some(error) => error.clone(),
            None if !status.online => "offline".to_owned(),
            None if status.paper == "low" => "ready, paper is nearly out".to_owned(),
            None => "ready".to_owned(),
        },
    }
}

fn verdict(name: &str, probed: &Probed) -> Result<Exit, Failure> {
    match &probed.status {
        Some(status) if status.online => Ok(Exit::Ok),
        Some(status) => {
            let why = status
                .error
                .as_deref()
                .unwrap_or("it is offline")
                .trim_end_matches('.');
            let text = format!("{name}: {why} (`printrail-agent printers probe {name}` asks again)");
            Err(Failure::new(Exit::Printer, text))
        }
        None => {
            let text = format!(
                "{name} has not answered: is it switched on, and is its cable in? Then probe it again"
            );
            Err(Failure::new(Exit::Printer, text))
        }
    }
}
