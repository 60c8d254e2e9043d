//! `jobs`: list, show and decide.

use jiff::Timestamp;
use protocol::JobState;
use serde_json::{Value, json};

use super::args::{JobsArgs, JobsCommand};
use super::status::age;
use super::{Exit, Failure, env, output};
use crate::config::{Flags, locate};
use crate::daemon::ask::{Ask, AskError, Wished, ask};
use crate::daemon::report::{JobReport, SCHEMA};
use crate::spool::peek;

/// The most that the agent lists.
const MOST: u32 = 1000;

pub(super) fn jobs(flags: &Flags, args: JobsArgs) -> Result<Exit, Failure> {
    let data = locate(flags, &env).data;
    let wish = |id, wish| ask(&data, Ask::Wish { id, wish });
    let (answer, said) = match args.command {
        JobsCommand::List {
            limit,
            state,
            station,
        } => {
            let only = Only {
                state: state.map(|state| known_state(&state)).transpose()?,
                station,
            };
            return list(&data, limit, &only, args.json.wanted());
        }
        JobsCommand::Show { id } => return show(&ask(&data, Ask::Job { id })?, args.json.wanted()),
        JobsCommand::Reprint { id } => (
            ask(&data, Ask::Reprint { id })?,
            "prints once more, headed REPRINT",
        ),
        JobsCommand::Resolve {
            id, printed: true, ..
        } => (wish(id, Wished::Printed)?, "counts as printed"),
        JobsCommand::Resolve { id, .. } => (wish(id, Wished::Again)?, "prints again, headed REPRINT"),
        JobsCommand::Cancel { id } => (
            wish(id, Wished::Cancel)?,
            "is withdrawn if nothing of it has printed",
        ),
        JobsCommand::Release { all: true, .. } => return release_all(&data, args.json.wanted()),
        JobsCommand::Release { ids, .. } => {
            for id in ids {
                done(
                    &wish(id, Wished::Release)?,
                    "prints although it is old",
                    args.json.wanted(),
                );
            }
            return Ok(Exit::Ok);
        }
    };
    done(&answer, said, args.json.wanted());
    Ok(Exit::Ok)
}

fn done(answer: &Value, said: &str, json: bool) {
    if json {
        output::json(answer);
    } else {
        let id = answer.get("id").and_then(Value::as_str).unwrap_or_default();
        output::message(&format!("{id} {said}"));
    }
}

fn release_all(data: &std::path::Path, json: bool) -> Result<Exit, Failure> {
    let answer = ask(data, Ask::ReleaseAll)?;
    if json {
        output::json(&answer);
    } else {
        let count = answer
            .get("released")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        output::message(&format!("{count} held jobs print although they are old"));
    }
    Ok(Exit::Ok)
}

/// Which jobs of the list are wanted.
struct Only {
    state: Option<String>,
    station: Option<String>,
}

impl Only {
    fn wants(&self, job: &Value) -> bool {
        let is = |key: &str, wanted: &Option<String>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| job.get(key).and_then(Value::as_str) == Some(wanted))
        };
        is("state", &self.state) && is("station", &self.station)
    }

    fn is_all(&self) -> bool {
        self.state.is_none() && self.station.is_none()
    }
}

fn known_state(name: &str) -> Result<String, Failure> {
    let state: Result<JobState, _> = serde_json::from_value(Value::from(name));
    state.map(|state| state.to_string()).map_err(|_| {
        let text = format!(
            "there is no state \"{name}\": a job is spooled, held, printing, printed, sent, unconfirmed, cancelled, \
             expired or failed"
        );
        Failure::new(Exit::Usage, text)
    })
}

fn list(data: &std::path::Path, limit: u32, only: &Only, json: bool) -> Result<Exit, Failure> {
    // Filtered here, so that the newest of the wanted ones are found however many others there are.
    let asked = if only.is_all() { limit } else { MOST };
    let mut answer = match ask(data, Ask::Jobs { limit: asked }) {
        Err(AskError::NotRunning { .. }) if data.join("spool.db").exists() => {
            output::message("no agent is running; this is what its spool holds");
            let jobs = peek(&data.join("spool.db"), asked);
            let jobs = jobs.map_err(|error| Failure::new(Exit::Failed, crate::chain(&error)))?;
            json!({ "schema": SCHEMA, "jobs": jobs.iter().map(JobReport::from).collect::<Vec<_>>() })
        }
        answer => answer?,
    };
    if let Some(jobs) = answer.get_mut("jobs").and_then(Value::as_array_mut) {
        jobs.retain(|job| only.wants(job));
        jobs.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    if json {
        output::json(&answer);
        return Ok(Exit::Ok);
    }
    let jobs = answer.get("jobs").cloned().unwrap_or_default();
    let jobs: Vec<JobReport> = serde_json::from_value(jobs).map_err(other_version)?;
    if jobs.is_empty() {
        output::message(if only.is_all() {
            "the spool is empty"
        } else {
            "no job in the spool is so"
        });
        return Ok(Exit::Ok);
    }
    let now = Timestamp::now();
    let header = [
        "ID", "NUMBER", "STATION", "KIND", "STATE", "PRINTER", "AGE", "DETAIL",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(jobs.iter().map(|job| row(job, now)));
    output::table(&rows);
    Ok(Exit::Ok)
}

fn row(job: &JobReport, now: Timestamp) -> Vec<String> {
    vec![
        job.id.clone(),
        format!("#{}", job.number),
        job.station.clone(),
        job.kind.as_str().to_owned(),
        state(job),
        job.printer.clone(),
        age(job.spooled_at, now),
        job.detail.clone().unwrap_or_default(),
    ]
}

fn state(job: &JobReport) -> String {
    match job.evidence {
        Some(evidence) => format!("{} ({})", job.state, evidence.as_str()),
        None => job.state.to_string(),
    }
}

fn show(answer: &Value, json: bool) -> Result<Exit, Failure> {
    if json {
        output::json(answer);
        return Ok(Exit::Ok);
    }
    let job = answer.get("job").cloned().unwrap_or_default();
    let job: JobReport = serde_json::from_value(job).map_err(other_version)?;
    let some = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let time = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let rows = [
        ("id", job.id.clone()),
        ("order", some(&job.order_number.clone().or(job.order_id.clone()))),
        ("ticket", format!("#{} of {}", job.number, job.station)),
        ("kind", job.kind.as_str().to_owned()),
        ("state", state(&job)),
        ("detail", some(&job.detail)),
        ("attempts", job.attempt.to_string()),
        ("printer", job.printer.clone()),
        ("due", time(Some(job.due_at))),
        ("spooled", time(Some(job.spooled_at))),
        ("first try", time(job.started_at)),
        ("last step", time(Some(job.at))),
        (
            "relay knows",
            if job.settled { "yes" } else { "not yet" }.to_owned(),
        ),
    ];
    output::table(&rows.map(|(key, value)| vec![key.to_owned(), value]));
    Ok(Exit::Ok)
}

fn other_version(error: serde_json::Error) -> Failure {
    Failure::new(
        Exit::Failed,
        format!("the running agent is of another version ({error}): restart it"),
    )
}
