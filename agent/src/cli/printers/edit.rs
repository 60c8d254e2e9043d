//! `printers add` and `printers remove`: agent.toml without an editor.

use std::path::Path;

use serde_json::json;

use super::probe::{alone, proof, suggested};
use crate::cli::args::AddArgs;
use crate::cli::exit::of_io;
use crate::cli::{Exit, Failure, env, output};
use crate::config::{
    EditError, Edited, Flags, Printer, StationWish, add_printer, load, load_relay, locate, remove_printer,
};
use crate::daemon::ask::{Ask, ask};
use crate::daemon::report::SCHEMA;
use crate::discovery::plain;
use crate::discovery::probe::Probed;
use crate::port::Address;
use crate::service::{self, Action};

/// Longer names are cut: a printer says what it likes.
const SHOWN: usize = 80;

pub(super) fn add(flags: &Flags, args: &AddArgs, json: bool) -> Result<Exit, Failure> {
    let address: Address = args.address.parse().map_err(|error: crate::port::AddressError| {
        Failure::new(
            Exit::Usage,
            format!("{error}; `printrail-agent printers scan` shows what is there"),
        )
    })?;
    known_profile(flags, args.profile.as_deref())?;
    let path = locate(flags, &env).config;
    let mut printer = Printer {
        profile: args.profile.clone(),
        columns: args.columns,
        ..Printer::new(&args.name, address)
    };
    let stations: Vec<_> = args.stations.iter().map(|text| station(text)).collect();
    let probed = match args.no_probe {
        true => None,
        false => Some(alone(
            &printer.name,
            &printer.address,
            printer.profile.as_deref(),
        )?),
    };
    let found = probed.as_ref().and_then(|probed| probed.known.as_ref());
    printer.profile = printer.profile.or_else(|| suggested(found));
    let edited = add_printer(&path, &printer, &stations).map_err(failure)?;
    if json {
        output::json(&json!({
            "schema": SCHEMA, "config": path, "name": printer.name, "address": printer.address.to_string(),
            "profile": printer.profile, "level": probed.as_ref().map(Probed::level), "known": found,
            "status": probed.as_ref().and_then(|probed| probed.status.as_ref()), "incomplete": edited.incomplete,
        }));
    }
    tell_added(&path, &printer, probed.as_ref());
    finish(
        flags,
        &edited,
        &format!("`printrail-agent printers test {}`", printer.name),
    );
    Ok(Exit::Ok)
}

pub(super) fn remove(flags: &Flags, name: &str, with_stations: bool, json: bool) -> Result<Exit, Failure> {
    let path = locate(flags, &env).config;
    let edited = remove_printer(&path, name, with_stations).map_err(failure)?;
    if json {
        output::json(
            &json!({ "schema": SCHEMA, "config": path, "name": name, "incomplete": edited.incomplete }),
        );
    }
    output::message(&format!("{name} is out of {}", path.display()));
    finish(flags, &edited, "`printrail-agent printers list`");
    Ok(Exit::Ok)
}

/// `NAME` or `NAME/LOCATION`.
fn station(text: &str) -> StationWish {
    let (name, location) = text
        .split_once('/')
        .map_or((text, None), |(name, place)| (name, Some(place)));
    StationWish {
        name: name.to_owned(),
        location: location.map(str::to_owned),
    }
}

fn known_profile(flags: &Flags, profile: Option<&str>) -> Result<(), Failure> {
    let sources = load(flags, &env)
        .map(|loaded| loaded.config.tickets)
        .unwrap_or_default();
    let renderer =
        crate::tickets::renderer(&sources).unwrap_or_else(|_| escpos_templates::Renderer::builtin());
    match profile {
        Some(name) if renderer.profile(name).is_none() => {
            let known = renderer.profile_names().join(", ");
            Err(Failure::new(
                Exit::Usage,
                format!("there is no profile \"{name}\": known are {known}"),
            ))
        }
        Some(_) | None => Ok(()),
    }
}

pub(in crate::cli) fn failure(error: EditError) -> Failure {
    let exit = match &error {
        EditError::Io { source, .. } => of_io(source),
        EditError::Missing { .. } | EditError::Syntax { .. } | EditError::Invalid(_) => Exit::Config,
        EditError::Taken(_) | EditError::Unknown { .. } | EditError::InUse { .. } => Exit::Failed,
        EditError::Key { .. } => Exit::Usage,
    };
    Failure::new(exit, crate::chain(&error))
}

fn tell_added(path: &Path, printer: &Printer, probed: Option<&Probed>) {
    output::message(&format!(
        "added {} at {} to {}",
        printer.name,
        printer.address,
        path.display()
    ));
    let Some(probed) = probed else { return };
    if let Some(known) = &probed.known {
        let facts = [&known.maker, &known.model, &known.serial].into_iter().flatten();
        let facts: Vec<_> = facts.map(|fact| plain(fact, SHOWN)).collect();
        if !facts.is_empty() {
            output::message(&format!("it says: {}", facts.join(", ")));
        }
    }
    match &probed.status {
        Some(status) if status.online => output::message(&format!("proof {}", proof(probed))),
        Some(status) => output::message(&format!(
            "note: {}; `printrail-agent printers probe {}` asks again",
            status.error.as_deref().unwrap_or("it is offline"),
            printer.name
        )),
        None => output::message(&format!(
            "note: it has not answered; switch it on, then `printrail-agent printers probe {}`",
            printer.name
        )),
    }
}

/// What is still missing, or the running agent told and the next step named.
pub(in crate::cli) fn finish(flags: &Flags, edited: &Edited, next: &str) {
    if let Some(missing) = &edited.incomplete {
        output::message(&format!(
            "note: the agent cannot run with it yet: {missing}. `printers add … --station NAME` adds a station too"
        ));
        return;
    }
    let data = locate(flags, &env).data;
    let running = ask(&data, Ask::Status).ok();
    let pid = running.and_then(|status| status.get("pid").and_then(serde_json::Value::as_u64));
    match pid.map(reload) {
        None if service_waits(flags) => match service::act(Action::Start) {
            Ok(()) => output::message(&format!("✓ the service is started; next: {next}")),
            Err(error) => output::message(&format!("the service does not start: {}", crate::chain(&error))),
        },
        None => output::message(&format!("next: {next}")),
        Some(true) => output::message(&format!("the running agent has read it; next: {next}")),
        Some(false) => output::message("next: restart the agent, `printrail-agent service restart`"),
    }
}

/// A paired computer's service waits for its first printer.
fn service_waits(flags: &Flags) -> bool {
    let is_its_configuration = flags.data.is_none() && flags.config.is_none();
    let waits = || service::state().is_ok_and(|state| state.installed && !state.running);
    let is_paired = || load_relay(flags, &env).is_ok_and(|known| known.relay.token_file.exists());
    is_its_configuration && waits() && is_paired()
}

/// SIGHUP, which makes it read its configuration again.
#[cfg(unix)]
fn reload(pid: u64) -> bool {
    let sent = std::process::Command::new("kill")
        .args(["-HUP", &pid.to_string()])
        .status();
    sent.is_ok_and(|status| status.success())
}

#[cfg(windows)]
fn reload(pid: u64) -> bool {
    crate::service::reload(pid)
}

#[cfg(not(any(unix, windows)))]
fn reload(_: u64) -> bool {
    false
}
