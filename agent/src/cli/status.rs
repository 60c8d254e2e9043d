//! `status`: the link, the spool and the printers, in words.

use std::io::{self, IsTerminal as _};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::args::StatusArgs;
use super::{Exit, Failure, env, output};
use crate::config::{Flags, locate};
use crate::daemon::ask::{Ask, AskError, ask};
use crate::daemon::report::{PrinterReport, SpoolReport, StatusReport};
use crate::link::LinkState;

/// Time between two looks of `--watch`.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) fn status(flags: &Flags, args: &StatusArgs) -> Result<Exit, Failure> {
    let data = locate(flags, &env).data;
    loop {
        let answer = ask(&data, Ask::Status);
        if !args.watch {
            return show(&answer?, args.json);
        }
        if io::stdout().is_terminal() && !args.json {
            output::line("\x1b[H\x1b[2J");
        }
        match answer {
            Ok(value) => drop(show(&value, args.json)?),
            Err(error @ AskError::NotRunning { .. }) => output::message(&error.to_string()),
            Err(error) => return Err(error.into()),
        }
        thread::sleep(AGAIN);
    }
}

fn show(value: &Value, json: bool) -> Result<Exit, Failure> {
    let report = StatusReport::deserialize_from(value)?;
    if json {
        output::json(value);
    } else {
        text(&report, Timestamp::now())
            .iter()
            .for_each(|line| output::line(line));
    }
    Ok(verdict(&report))
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
    format!(
        "{} for {}{waiting}: {state} ({})",
        printer.name,
        printer.stations.join(", "),
        printer.address
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
