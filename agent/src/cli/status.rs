//! `status`: the link, the spool and the printers, in words.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::args::StatusArgs;
use super::{Exit, Failure, env, output};
use crate::config::{Flags, locate};
use crate::daemon::ask::{Ask, AskError, ask};
use crate::daemon::report::{PrinterReport, SCHEMA, SpoolReport, StatusReport};
use crate::link::LinkState;

/// Time between two looks of `--watch`.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) fn status(flags: &Flags, args: &StatusArgs) -> Result<Exit, Failure> {
    let data = locate(flags, &env).data;
    if args.watch {
        return watch(&data, args.json.wanted());
    }
    let value = ask(&data, Ask::Status)?;
    let report = StatusReport::deserialize_from(&value)?;
    if args.json.wanted() {
        output::json(&value);
    } else {
        text(&report, Timestamp::now())
            .iter()
            .for_each(|line| output::line(line));
    }
    Ok(verdict(&report))
}

/// Until interrupted, or until nobody reads any more.
fn watch(data: &Path, json: bool) -> Result<Exit, Failure> {
    let on_screen = io::stdout().is_terminal() && !json;
    loop {
        let shown = match ask(data, Ask::Status) {
            Ok(value) if json => format!("{value}\n"),
            Ok(value) => text(&StatusReport::deserialize_from(&value)?, Timestamp::now()).join("\n") + "\n",
            Err(error @ AskError::NotRunning { .. }) if json => {
                format!("{}\n", json!({ "schema": SCHEMA, "error": error.to_string() }))
            }
            Err(error @ AskError::NotRunning { .. }) => format!("{error}\n"),
            Err(error) => return Err(error.into()),
        };
        let screen = if on_screen { screen(&shown) } else { shown };
        if output::put(&screen).is_err() {
            return Ok(Exit::Ok);
        }
        thread::sleep(AGAIN);
    }
}

/// Over what stood there: to the top, each line to its end, then nothing below. A cleared screen would flicker.
fn screen(text: &str) -> String {
    let time = jiff::Zoned::now().strftime("%H:%M:%S");
    let lines = format!("{time}  (Ctrl-C ends)\n{text}").replace('\n', "\x1b[K\r\n");
    format!("\x1b[H{lines}\x1b[J")
}

impl StatusReport {
    fn deserialize_from(value: &Value) -> Result<Self, Failure> {
        serde_json::from_value(value.clone()).map_err(|error| {
            let text = format!("the running agent is of another version ({error}): restart it");
            Failure::new(Exit::Failed, text)
        })
    }
}

/// The worst that a script should know.
fn verdict(report: &StatusReport) -> Exit {
    let needs_person = |printer: &PrinterReport| printer.status.as_ref().is_some_and(|s| !s.online);
    match report.link.state {
        LinkState::Refused => Exit::Refused,
        LinkState::Waiting | LinkState::Connecting => Exit::Unreachable,
        LinkState::Live if report.printers.iter().any(needs_person) => Exit::Printer,
        LinkState::Live if report.spool.unconfirmed > 0 => Exit::Ambiguous,
        LinkState::Live => Exit::Ok,
    }
}

fn text(report: &StatusReport, now: Timestamp) -> Vec<String> {
    let mut lines = vec![link(report, now)];
    if let Some(problem) = &report.link.problem {
        lines.push(format!("          {problem}"));
    }
    if report.link.clock_is_wrong() {
        let off = report.link.clock_behind_ms / 1000;
        lines.push(format!(
            "clock     {off} s behind the relay's: set it, or switch time synchronisation on"
        ));
    }
    lines.push(format!("spool     {}", spool(&report.spool, now)));
    lines.extend(
        report
            .printers
            .iter()
            .map(|printer| format!("printer   {}", self::printer(printer))),
    );
    lines
}

fn link(report: &StatusReport, now: Timestamp) -> String {
    let state = match report.link.state {
        LinkState::Connecting => "connecting".to_owned(),
        LinkState::Waiting => format!("not connected for {}, trying again", age(report.link.since, now)),
        LinkState::Refused => "refused, trying again".to_owned(),
        LinkState::Live => {
            format!(
                "connected for {}, serving {}",
                age(report.link.since, now),
                report.link.stations.join(", ")
            )
        }
    };
    format!("relay     {}: {state}", report.relay)
}

fn spool(spool: &SpoolReport, now: Timestamp) -> String {
    let SpoolReport {
        waiting,
        held,
        printing,
        unconfirmed,
        ..
    } = spool;
    let Some(oldest) = &spool.oldest else {
        return "empty".to_owned();
    };
    format!(
        "{waiting} waiting, {held} held, {printing} printing, {unconfirmed} unconfirmed; the oldest is #{} of {}, \
         {} since {}{}",
        oldest.number,
        oldest.station,
        oldest.state,
        age(oldest.spooled_at, now),
        oldest
            .detail
            .as_ref()
            .map(|detail| format!(" ({detail})"))
            .unwrap_or_default(),
    )
}

fn printer(printer: &PrinterReport) -> String {
    let state = match &printer.status {
        None => "not heard of yet".to_owned(),
        Some(status) => match &status.error {
            Some(error) => error.clone(),
            None if !status.online => "offline".to_owned(),
            None if status.paper == "low" => "ready, paper is nearly out".to_owned(),
            None => "ready".to_owned(),
        },
    };
    let waiting = match printer.waiting {
        0 => String::new(),
        waiting => format!(", {waiting} waiting"),
    };
    let serves = match printer.stations.as_slice() {
        [] => String::new(),
        stations => format!(" for {}", stations.join(", ")),
    };
    let proof = printer
        .known
        .as_ref()
        .map(|known| format!(", proof {}", known.level.as_str()))
        .unwrap_or_default();
    format!(
        "{}{serves}{waiting}: {state} ({}{proof})",
        printer.name, printer.address
    )
}

/// A time that has passed, as people say it.
pub(super) fn age(since: Timestamp, now: Timestamp) -> String {
    let passed = now.duration_since(since).max(SignedDuration::ZERO);
    match passed.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
