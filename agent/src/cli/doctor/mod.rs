//! `doctor`: one line for each thing that has to be right: a verdict, one sentence, and the command that
//! mends it.

mod agent;
mod computer;
mod line;
mod mend;
mod network;
mod printers;
mod suspend;

use serde::Serialize;
use serde_json::json;

use super::args::DoctorArgs;
use super::{Exit, Failure, env, output};
use crate::chain;
use crate::config::{Flags, load, locate};
use crate::daemon::report::SCHEMA;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Pass,
    Warn,
    Fail,
    Skip,
}

/// One line.
#[derive(Debug, Clone, Serialize)]
struct Check {
    name: &'static str,
    verdict: Verdict,
    text: String,
    /// The command that mends it, or the next one to look closer.
    fix: Option<String>,
}

impl Check {
    fn new(name: &'static str, verdict: Verdict, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            name,
            verdict,
            text,
            fix: None,
        }
    }

    fn pass(name: &'static str, text: impl Into<String>) -> Self {
        Self::new(name, Verdict::Pass, text)
    }

    fn skip(name: &'static str, text: impl Into<String>) -> Self {
        Self::new(name, Verdict::Skip, text)
    }

    fn warn(name: &'static str, text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            fix: Some(fix.into()),
            ..Self::new(name, Verdict::Warn, text)
        }
    }

    fn fail(name: &'static str, text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            fix: Some(fix.into()),
            ..Self::new(name, Verdict::Fail, text)
        }
    }

    fn row(&self) -> Vec<String> {
        let verdict = match self.verdict {
            Verdict::Pass => "pass",
            Verdict::Warn => "WARN",
            Verdict::Fail => "FAIL",
            Verdict::Skip => "skip",
        };
        let fix = self
            .fix
            .as_ref()
            .map(|fix| format!("  →  {fix}"))
            .unwrap_or_default();
        vec![
            verdict.to_owned(),
            self.name.to_owned(),
            format!("{}{fix}", self.text),
        ]
    }
}

pub(super) fn doctor(flags: &Flags, args: &DoctorArgs) -> Result<Exit, Failure> {
    if args.fix {
        for done in mend::mend(flags) {
            output::message(&format!("mended: {done}"));
        }
    }
    let mut checks = examine(flags);
    if let Some(wanted) = &args.check {
        checks.retain(|check| check.name == wanted);
        if checks.is_empty() {
            let text = format!("there is no check \"{wanted}\": `printrail-agent doctor` lists them");
            return Err(Failure::new(Exit::Usage, text));
        }
    }
    if args.json.wanted() {
        output::json(&json!({ "schema": SCHEMA, "checks": checks }));
    } else {
        let rows: Vec<_> = checks.iter().map(Check::row).collect();
        output::table(&rows);
    }
    let bad = |check: &Check| match check.verdict {
        Verdict::Fail => true,
        Verdict::Warn => args.strict,
        Verdict::Pass | Verdict::Skip => false,
    };
    Ok(if checks.iter().any(bad) {
        Exit::Failed
    } else {
        Exit::Ok
    })
}

/// What `bundle` takes along.
pub(super) fn report(flags: &Flags) -> serde_json::Value {
    json!({ "schema": SCHEMA, "checks": examine(flags) })
}

fn examine(flags: &Flags) -> Vec<Check> {
    let loaded = match load(flags, &env) {
        Ok(loaded) => loaded,
        Err(error) => {
            let fix = match locate(flags, &env).config.exists() {
                true => "correct the file, then `printrail-agent config check`",
                false => "printrail-agent pair --relay URL CODE",
            };
            return vec![Check::fail("config", chain(&error).replace('\n', " "), fix)];
        }
    };
    let config = &loaded.config;
    let place = loaded.places.config.display();
    let mut checks = vec![Check::pass("config", format!("{place} is fine"))];
    checks.extend(computer::checks(config));
    let running = agent::running(&config.data);
    match &running {
        Ok(report) => {
            checks.extend(agent::of_running(report));
            checks.push(agent::spool_in_use(config, report));
            checks.extend(agent::jobs(&agent::listed(&config.data)));
            checks.extend(printers::of_running(config, report));
        }
        Err(check) => {
            checks.push(check.clone());
            checks.extend(agent::of_relay(config));
            checks.push(agent::spool(config));
            checks.extend(agent::jobs(&agent::kept(config)));
            checks.extend(printers::alone(config));
        }
    }
    checks.extend(suspend::checks(config));
    checks
}
