//! The agent, its way to the relay, the clock, and what is in the spool.

use std::path::Path;

use jiff::Timestamp;
use protocol::JobState;
use rusqlite::{Connection, OpenFlags};

use super::Check;
use super::network::{relay_fix, steps};
use crate::chain;
use crate::cli::run::runtime;
use crate::cli::status::age;
use crate::config::Config;
use crate::daemon::ask::{Ask, AskError, ask};
use crate::daemon::report::{JobReport, SpoolReport, StatusReport};
use crate::link::try_to_connect;
use crate::net::{Tls, server_time};
use crate::spool::peek;

/// A clock so far off makes fresh tickets look old: a warning, and a failed check (DELIVERY.md, "clock wrong").
const CLOCK_WARNS_MS: u64 = 30 * 1000;
const CLOCK_FAILS_MS: u64 = 5 * 60 * 1000;

/// The newest jobs that are looked at without a running agent.
const JOBS: u32 = 1000;

/// A ticket that waits so long is late (DELIVERY.md, "Freshness").
const LATE_MINUTES: i64 = 5;

/// Sets a clock and keeps it right.
fn set_clock() -> &'static str {
    if cfg!(windows) {
        "w32tm /resync"
    } else {
        "sudo timedatectl set-ntp true"
    }
}

pub(super) fn running(data: &Path) -> Result<StatusReport, Check> {
    let value = ask(data, Ask::Status).map_err(|error| match error {
        AskError::NotRunning { .. } => Check::warn(
            "agent",
            format!("no agent is running on {}", data.display()),
            "printrail-agent service start",
        ),
        AskError::NotAllowed { .. } => Check::fail("agent", chain(&error), "sudo printrail-agent doctor"),
        AskError::Refused(_) | AskError::NoAnswer(_) => {
            Check::fail("agent", chain(&error), "printrail-agent service restart")
        }
    })?;
    serde_json::from_value(value).map_err(|error| {
        let text = format!("the running agent is of another version ({error})");
        Check::fail("agent", text, "printrail-agent service restart")
    })
}

pub(super) fn of_running(report: &StatusReport) -> Vec<Check> {
    let text = format!("version {} runs as process {}", report.version, report.pid);
    let link = &report.link;
    let relay = match (&link.problem, link.is_live()) {
        (_, true) => Check::pass("relay", format!("connected to {}", report.relay)),
        (Some(problem), false) => Check::fail("relay", problem.clone(), relay_fix(problem)),
        (None, false) => Check::warn(
            "relay",
            format!("connecting to {}", report.relay),
            "printrail-agent status",
        ),
    };
    vec![
        Check::pass("agent", text),
        relay,
        clock(link.is_live().then_some(link.clock_behind_ms)),
    ]
}

/// Name, TCP, TLS and upgrade with the agent's own token, and the relay's clock.
pub(super) fn of_relay(config: &Config) -> Vec<Check> {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return vec![Check::fail("relay", error.to_string(), "printrail-agent doctor")],
    };
    let tried = runtime.block_on(try_to_connect(&config.relay));
    let mut checks = steps(&config.relay.url, &tried);
    let tls = Tls::new(config.relay.ca_file.clone());
    let time = runtime.block_on(server_time(&config.relay.url, &tls)).ok();
    let behind = time.map(|time| time.duration_since(Timestamp::now()).as_millis());
    checks.push(clock(behind.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX))));
    checks
}

fn clock(behind_ms: Option<i64>) -> Check {
    let Some(behind) = behind_ms else {
        return Check::skip("clock", "not known without the relay");
    };
    let (off, side) = (
        behind.unsigned_abs(),
        if behind < 0 { "ahead of" } else { "behind" },
    );
    let text = match off {
        0..2000 => "it agrees with the relay's".to_owned(),
        _ => format!("it is {} s {side} the relay's", off / 1000),
    };
    match off {
        CLOCK_FAILS_MS.. => Check::fail("clock", text, set_clock()),
        CLOCK_WARNS_MS.. => Check::warn("clock", text, set_clock()),
        _ => Check::pass("clock", text),
    }
}

/// Whether every page of the spool is as it was written.
pub(super) fn spool(config: &Config) -> Check {
    let path = config.spool_path();
    let place = path.display();
    if !path.exists() {
        return Check::skip("spool", "there is none yet");
    }
    match integrity(&path) {
        Ok(verdict) if verdict == "ok" => whole(config, format!("{place} is whole")),
        Ok(verdict) => Check::fail(
            "spool",
            format!("{place} is damaged ({})", verdict.replace('\n', " ")),
            "printrail-agent service start, which sets it aside and asks the relay again",
        ),
        Err(error) => Check::fail(
            "spool",
            format!("{place} cannot be read ({error})"),
            "printrail-agent service start, which sets a damaged one aside and asks the relay again",
        ),
    }
}

/// The running agent holds it alone, and checked every page at its start.
pub(super) fn spool_in_use(config: &Config, report: &StatusReport) -> Check {
    let SpoolReport {
        waiting,
        held,
        printing,
        ..
    } = &report.spool;
    let since = age(report.since, Timestamp::now());
    let text = format!(
        "whole when the agent opened it {since} ago; {waiting} waiting, {held} held, {printing} printing"
    );
    whole(config, text)
}

fn whole(config: &Config, text: String) -> Check {
    match set_aside(&config.data) {
        0 => Check::pass("spool", text),
        aside => Check::warn(
            "spool",
            format!("{text}; {aside} damaged ones lie beside it: the disk may be failing"),
            "sudo smartctl -H DISK, and move them away once looked at",
        ),
    }
}

fn integrity(path: &Path) -> rusqlite::Result<String> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
}

/// Spools that were set aside, by their name.
fn set_aside(data: &Path) -> usize {
    let entries = std::fs::read_dir(data).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| {
            name.starts_with("spool.db.damaged") && !name.ends_with("-wal") && !name.ends_with("-shm")
        })
        .count()
}

/// The running agent's newest jobs.
pub(super) fn listed(data: &Path) -> Vec<JobReport> {
    let answer = ask(data, Ask::Jobs { limit: JOBS }).unwrap_or_default();
    let jobs = answer.get("jobs").cloned().unwrap_or_default();
    serde_json::from_value(jobs).unwrap_or_default()
}

/// The newest jobs of a spool that nobody holds.
pub(super) fn kept(config: &Config) -> Vec<JobReport> {
    let path = config.spool_path();
    let jobs = path.exists().then(|| peek(&path, JOBS).ok()).flatten();
    jobs.unwrap_or_default().iter().map(JobReport::from).collect()
}

/// Tickets that need a person, and the oldest that waits.
pub(super) fn jobs(jobs: &[JobReport]) -> Option<Check> {
    (!jobs.is_empty()).then(|| about(jobs, Timestamp::now()))
}

fn about(jobs: &[JobReport], now: Timestamp) -> Check {
    let open: Vec<_> = jobs.iter().filter(|job| !job.state.is_final()).collect();
    let of = |state| open.iter().filter(move |job| job.state == state);
    if let Some(job) = of(JobState::Unconfirmed).next_back() {
        let (
            count,
            JobReport {
                id, number, station, ..
            },
        ) = (of(JobState::Unconfirmed).count(), job);
        let text = format!(
            "nobody knows whether {count} printed, the first #{number} of {station}: look at the paper"
        );
        return Check::warn(
            "jobs",
            text,
            format!("printrail-agent jobs resolve {id} --printed, or --again"),
        );
    }
    let Some(oldest) = open.last() else {
        return Check::pass("jobs", "nothing waits");
    };
    let (count, since, JobReport { number, station, .. }) = (open.len(), age(oldest.spooled_at, now), oldest);
    let why = oldest
        .detail
        .as_ref()
        .map(|detail| format!(" ({detail})"))
        .unwrap_or_default();
    let text = format!("{count} wait, the oldest #{number} of {station} for {since}{why}");
    let late = now.duration_since(oldest.due_at).as_mins() >= LATE_MINUTES;
    match (late, of(JobState::Held).count()) {
        (true, 1..) => Check::warn(
            "jobs",
            text,
            "printrail-agent jobs release --all, or jobs cancel ID",
        ),
        (true, 0) => Check::warn("jobs", text, "printrail-agent printers list"),
        (false, _) => Check::pass("jobs", text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn fault_c1_a_clock_off_by_30_s_warns_and_by_5_min_fails() {
        let verdict = |ms| clock(Some(ms)).verdict;
        assert_eq!([0, 29_999, -29_999].map(verdict), [Verdict::Pass; 3]);
        assert_eq!([30_000, -30_000, 299_999].map(verdict), [Verdict::Warn; 3]);
        assert_eq!([300_000, -86_400_000, i64::MIN].map(verdict), [Verdict::Fail; 3]);
        assert_eq!(clock(None).verdict, Verdict::Skip);
        assert!(clock(Some(-31_000)).text.contains("31 s ahead"));
        assert!(clock(Some(31_000)).fix.is_some());
    }
}
