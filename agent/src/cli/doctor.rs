//! `doctor`: one line for each thing that has to be right, with what to do where it is not.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;

use super::args::DoctorArgs;
use super::run::runtime;
use super::{Exit, Failure, env, output};
use crate::chain;
use crate::config::{Config, Flags, load};
use crate::daemon::ask::{Ask, AskError, ask};
use crate::daemon::report::{SCHEMA, StatusReport};
use crate::link::try_to_connect;
use crate::spool::peek;

/// A commit slower than this is felt at the printer; disks of flash need 1 to 10 ms.
const SLOW_SYNC: Duration = Duration::from_millis(100);

/// A clock so far off makes fresh tickets look old (DELIVERY.md).
const CLOCK_FAILS_MS: u64 = 5 * 60 * 1000;

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
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    verdict: Verdict,
    text: String,
}

pub(super) fn doctor(flags: &Flags, args: &DoctorArgs) -> Result<Exit, Failure> {
    let checks = examine(flags, args.fix);
    if args.json {
        output::json(&json!({ "schema": SCHEMA, "checks": checks }));
    } else {
        let rows: Vec<_> = checks.iter().map(row).collect();
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

fn row(check: &Check) -> Vec<String> {
    let verdict = match check.verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "WARN",
        Verdict::Fail => "FAIL",
        Verdict::Skip => "skip",
    };
    vec![verdict.to_owned(), check.name.to_owned(), check.text.clone()]
}

fn examine(flags: &Flags, fix: bool) -> Vec<Check> {
    let loaded = match load(flags, &env) {
        Ok(loaded) => loaded,
        Err(error) => return vec![check("config", Verdict::Fail, chain(&error))],
    };
    let config = &loaded.config;
    let place = loaded.places.config.display();
    let mut checks = vec![check("config", Verdict::Pass, format!("{place} is fine"))];
    checks.push(data_folder(&config.data));
    checks.push(token(config, fix));
    match running(&config.data) {
        Ok(report) => checks.extend(of_running(&report)),
        Err(check) => {
            checks.push(check);
            checks.push(spool(config));
            checks.push(relay(config));
        }
    }
    checks
}

fn check(name: &'static str, verdict: Verdict, text: impl Into<String>) -> Check {
    Check {
        name,
        verdict,
        text: text.into(),
    }
}

/// Whether a commit reaches the disk, and how fast.
fn data_folder(data: &Path) -> Check {
    let probe = data.join(format!(".doctor-{}", std::process::id()));
    let began = Instant::now();
    let written = fs::File::create(&probe).and_then(|mut file| {
        file.write_all(&[0; 4096])?;
        file.sync_all()
    });
    let took = began.elapsed();
    let _ = fs::remove_file(&probe);
    let place = data.display();
    match written {
        Ok(()) if took > SLOW_SYNC => {
            let text = format!(
                "{place} needs {} ms for a commit: use a local disk, or a faster one",
                took.as_millis()
            );
            check("data", Verdict::Warn, text)
        }
        Ok(()) => check(
            "data",
            Verdict::Pass,
            format!("{place} takes a commit in {} ms", took.as_millis()),
        ),
        Err(error) => {
            let text =
                format!("{place} cannot be written ({error}): run this as the agent's user, or make room");
            check("data", Verdict::Fail, text)
        }
    }
}

fn token(config: &Config, fix: bool) -> Check {
    let path = &config.relay.token_file;
    let place = path.display();
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = format!("there is no {place}: pair this computer with `printrail-agent pair CODE`");
            check("token", Verdict::Warn, text)
        }
        Err(error) => check("token", Verdict::Fail, format!("{place} cannot be read: {error}")),
        Ok(_) if is_private(path) => check(
            "token",
            Verdict::Pass,
            format!("{place} is there, for its owner alone"),
        ),
        Ok(_) if fix && make_private(path).is_ok() => check(
            "token",
            Verdict::Pass,
            format!("{place} is for its owner alone now"),
        ),
        Ok(_) => check(
            "token",
            Verdict::Fail,
            format!("others can read {place}: `printrail-agent doctor --fix`"),
        ),
    }
}

#[cfg(unix)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 == 0)
}

#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// Elsewhere the folder's rights decide.
#[cfg(not(unix))]
fn is_private(_: &Path) -> bool {
    true
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

fn running(data: &Path) -> Result<StatusReport, Check> {
    let value = ask(data, Ask::Status).map_err(|error| match error {
        AskError::NotRunning { .. } => check("agent", Verdict::Warn, error.to_string()),
        _ => check("agent", Verdict::Fail, chain(&error)),
    })?;
    serde_json::from_value(value).map_err(|error| {
        check(
            "agent",
            Verdict::Fail,
            format!("it is of another version ({error}): restart it"),
        )
    })
}

fn of_running(report: &StatusReport) -> Vec<Check> {
    let text = format!("version {} runs as process {}", report.version, report.pid);
    let mut checks = vec![check("agent", Verdict::Pass, text)];
    checks.push(match (&report.link.problem, report.link.is_live()) {
        (_, true) => check("relay", Verdict::Pass, format!("connected to {}", report.relay)),
        (Some(problem), false) => check("relay", Verdict::Fail, problem.clone()),
        (None, false) => check("relay", Verdict::Warn, format!("connecting to {}", report.relay)),
    });
    checks.push(clock(
        report.link.clock_behind_ms,
        report.link.is_live(),
        report.link.clock_is_wrong(),
    ));
    let spool = &report.spool;
    checks.push(match (&spool.set_aside, spool.unconfirmed) {
        (Some(aside), _) => check(
            "spool",
            Verdict::Warn,
            format!(
                "a damaged spool lies at {}: the disk may be failing",
                aside.display()
            ),
        ),
        (None, 0) => check(
            "spool",
            Verdict::Pass,
            format!("{} waiting, {} held", spool.waiting, spool.held),
        ),
        (None, unconfirmed) => {
            let text = format!(
                "{unconfirmed} unconfirmed: look at the paper, then `printrail-agent jobs resolve ID`"
            );
            check("spool", Verdict::Warn, text)
        }
    });
    for printer in &report.printers {
        let name = &printer.name;
        checks.push(match &printer.status {
            None => check("printer", Verdict::Skip, format!("{name} has not spoken yet")),
            Some(status) => match &status.error {
                Some(error) => check("printer", Verdict::Fail, format!("{name}: {error}")),
                None if status.online => check("printer", Verdict::Pass, format!("{name} is ready")),
                None => check(
                    "printer",
                    Verdict::Fail,
                    format!("{name} is offline: check its power and cable"),
                ),
            },
        });
    }
    checks
}

fn clock(behind_ms: i64, heard: bool, wrong: bool) -> Check {
    let text = format!("{} ms behind the relay's", behind_ms);
    match (heard, behind_ms.unsigned_abs() > CLOCK_FAILS_MS, wrong) {
        (false, ..) => check("clock", Verdict::Skip, "not known without the relay"),
        (true, true, _) => check(
            "clock",
            Verdict::Fail,
            format!("{text}: set it, or switch time synchronisation on"),
        ),
        (true, false, true) => check(
            "clock",
            Verdict::Warn,
            format!("{text}: set it, or switch time synchronisation on"),
        ),
        (true, false, false) => check("clock", Verdict::Pass, text),
    }
}

fn spool(config: &Config) -> Check {
    let path = config.spool_path();
    if !path.exists() {
        return check("spool", Verdict::Skip, "there is none yet");
    }
    match peek(&path, 1) {
        Ok(_) => check("spool", Verdict::Pass, format!("{} can be read", path.display())),
        Err(error) => {
            let text = format!("{}: the next start sets a damaged spool aside", chain(&error));
            check("spool", Verdict::Warn, text)
        }
    }
}

/// Name, TCP, TLS and upgrade, with the agent's own token.
fn relay(config: &Config) -> Check {
    let connected = runtime().map_err(|error| error.to_string());
    let connected = connected.and_then(|runtime| runtime.block_on(try_to_connect(&config.relay)));
    match connected {
        Ok(()) => check(
            "relay",
            Verdict::Pass,
            format!("{} takes this device", config.relay.url),
        ),
        Err(problem) => check("relay", Verdict::Fail, problem),
    }
}
