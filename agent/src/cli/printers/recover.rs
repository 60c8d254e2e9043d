//! `printers recover`: an operator who stands at the printer ends its error.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use protocol::frames::PrinterStatus;
use serde_json::json;

use super::unknown;
use crate::cli::{Exit, Failure, env, output};
use crate::config::{Flags, load};
use crate::daemon::ask::{Ask, AskError, ask};
use crate::daemon::report::{SCHEMA, StatusReport};
use crate::press::Recovery;

/// The press gives the command within 10 s or not at all, and looks at the printer 2 s later.
const WITHIN: Duration = Duration::from_secs(15);

/// A printer that says it is ready is believed after so long: what it said before the command is not its answer.
const SETTLED: Duration = Duration::from_secs(3);

/// Time between two looks at it.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn recover(flags: &Flags, name: &str, how: Recovery, json: bool) -> Result<Exit, Failure> {
    let config = load(flags, &env)?.config;
    if config.printer(name).is_none() {
        return Err(unknown(&config, name));
    }
    let printer = name.to_owned();
    ask(&config.data, Ask::Recover { printer, how })?;
    let status = follow(&config.data, name)?;
    if json {
        output::json(&json!({ "schema": SCHEMA, "printer": name, "how": how, "status": status }));
    }
    verdict(name, how, status.as_ref())
}

/// How the printer is once the command has had its effect, or after [`WITHIN`].
fn follow(data: &Path, name: &str) -> Result<Option<PrinterStatus>, Failure> {
    let began = Instant::now();
    loop {
        thread::sleep(LOOK);
        let report: StatusReport = serde_json::from_value(ask(data, Ask::Status)?)
            .map_err(|error| AskError::NoAnswer(error.into()))?;
        let printer = report.printers.into_iter().find(|printer| printer.name == name);
        let status = printer.and_then(|printer| printer.status);
        let is_ready = status.as_ref().is_some_and(|status| status.online);
        let waited = began.elapsed();
        if waited >= WITHIN || (is_ready && waited >= SETTLED) {
            return Ok(status);
        }
    }
}

fn verdict(name: &str, how: Recovery, status: Option<&PrinterStatus>) -> Result<Exit, Failure> {
    let Some(status) = status else {
        let text = format!("{name} has not been heard of: is it switched on, and is its cable in?");
        return Err(Failure::new(Exit::Printer, text));
    };
    if !status.online {
        let why = status.error.as_deref().unwrap_or("it is offline");
        let text = format!(
            "{name} still needs a person: {why}. Remove the cause, then `printrail-agent printers recover {name}` again"
        );
        return Err(Failure::new(Exit::Printer, text));
    }
    output::message(&match how {
        Recovery::Resume => format!("{name} goes on: what was in it prints"),
        Recovery::Clear => format!(
            "{name} is empty and ready; what was in it is unconfirmed: `printrail-agent jobs list --state unconfirmed`"
        ),
    });
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(online: bool, error: Option<&str>) -> PrinterStatus {
        PrinterStatus {
            printer: "grill".to_owned(),
            online,
            paper: "ok".to_owned(),
            cover: "closed".to_owned(),
            error: error.map(str::to_owned),
        }
    }

    #[test]
    fn what_still_needs_a_person_exits_7_with_the_command_that_helps() {
        let stuck = status(false, Some("the cutter is stuck"));
        let failure = verdict("grill", Recovery::Resume, Some(&stuck)).unwrap_err();
        assert_eq!(failure.exit, Exit::Printer);
        assert!(
            failure.to_string().contains("printers recover grill"),
            "{failure}"
        );
        let unheard = verdict("grill", Recovery::Clear, None).unwrap_err();
        assert_eq!(unheard.exit, Exit::Printer);
        let ready = status(true, None);
        assert_eq!(verdict("grill", Recovery::Clear, Some(&ready)).unwrap(), Exit::Ok);
    }
}
