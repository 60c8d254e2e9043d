//! `printers test` and `printers identify`: a ticket of our own, and what became of it.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use protocol::JobState;
use serde_json::{Value, json};

use super::unknown;
use crate::cli::{Exit, Failure, env, output};
use crate::config::{Config, Flags, Printer, load, locate};
use crate::daemon::alone::{AloneError, print_name, print_test};
use crate::daemon::ask::{Ask, AskError, ask};
use crate::daemon::report::{JobReport, SCHEMA};

/// The longest wait for a test ticket: a printer at 9600 baud needs some seconds, a person none.
const TEST_WITHIN: Duration = Duration::from_secs(30);

/// Time between two looks at it.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn test(flags: &Flags, name: &str, json: bool) -> Result<Exit, Failure> {
    let printer = name.to_owned();
    print(flags, name, Ask::Test { printer }, print_test, json)
}

/// A short slip with the printer's name, and a beep where it has a buzzer.
pub(super) fn identify(flags: &Flags, name: &str, json: bool) -> Result<Exit, Failure> {
    let printer = name.to_owned();
    print(flags, name, Ask::Identify { printer }, print_name, json)
}

/// How a ticket is printed where no agent runs.
type Alone = fn(&Config, &Printer, Duration) -> Result<JobReport, AloneError>;

fn print(flags: &Flags, name: &str, wanted: Ask, alone: Alone, json: bool) -> Result<Exit, Failure> {
    let data = locate(flags, &env).data;
    let answer = match ask(&data, wanted) {
        Err(AskError::NotRunning { .. }) => return print_alone(flags, name, alone, json),
        answer => answer?,
    };
    let id = answer
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let began = Instant::now();
    loop {
        let job = job(&data, &id)?;
        if job.state.is_final() || job.state == JobState::Unconfirmed || began.elapsed() > TEST_WITHIN {
            return tell(name, &job, began.elapsed(), true, json);
        }
        thread::sleep(LOOK);
    }
}

fn print_alone(flags: &Flags, name: &str, alone: Alone, json: bool) -> Result<Exit, Failure> {
    let config = load(flags, &env)?.config;
    let printer = config.printer(name).ok_or_else(|| unknown(&config, name))?;
    let began = Instant::now();
    let job = alone(&config, printer, TEST_WITHIN);
    let job = job.map_err(|error| Failure::new(Exit::Failed, crate::chain(&error)))?;
    tell(name, &job, began.elapsed(), false, json)
}

fn job(data: &Path, id: &str) -> Result<JobReport, Failure> {
    let answer = ask(data, Ask::Job { id: id.to_owned() })?;
    let job = answer.get("job").cloned().unwrap_or_default();
    serde_json::from_value(job).map_err(|error| AskError::NoAnswer(error.into()).into())
}

/// `kept`: the ticket is in the running agent's spool, and what happens to it can still be decided.
fn tell(name: &str, job: &JobReport, took: Duration, kept: bool, json: bool) -> Result<Exit, Failure> {
    if json {
        output::json(&json!({ "schema": SCHEMA, "job": job }));
    }
    let (exit, text) = verdict(name, job, took, kept);
    if exit != Exit::Ok {
        return Err(Failure::new(exit, text));
    }
    output::message(&text);
    Ok(exit)
}

fn verdict(name: &str, job: &JobReport, took: Duration, kept: bool) -> (Exit, String) {
    let detail = job
        .detail
        .as_deref()
        .unwrap_or("no reason given")
        .trim_end_matches(['.', '?']);
    let seconds = took.as_secs_f32();
    match job.state {
        JobState::Printed => (
            Exit::Ok,
            format!("{name} printed the test ticket ({seconds:.1} s)"),
        ),
        JobState::Sent => {
            let text = format!(
                "{name} took the test ticket ({seconds:.1} s); it cannot prove that it printed: look at the paper"
            );
            (Exit::Ok, text)
        }
        JobState::Unconfirmed => {
            let then = match kept {
                true => format!(
                    "then `printrail-agent jobs resolve {} --printed` or `--again`",
                    job.id
                ),
                false => "and test again if it is missing".to_owned(),
            };
            let text = format!(
                "nobody knows whether {name} printed the test ticket: {detail}. Look at the paper, {then}"
            );
            (Exit::Ambiguous, text)
        }
        JobState::Spooled | JobState::Held | JobState::Printing | JobState::Accepted => {
            let then = match kept {
                true => format!(
                    "It prints by itself as soon as the printer is ready; `printrail-agent jobs cancel {}` \
                     withdraws it",
                    job.id
                ),
                false => "It was withdrawn: test again when the printer is ready".to_owned(),
            };
            (
                Exit::Printer,
                format!("the test ticket waits for {name}: {detail}. {then}"),
            )
        }
        JobState::Failed | JobState::Cancelled | JobState::Expired => (
            Exit::Failed,
            format!("the test ticket is {}: {detail}", job.state),
        ),
    }
}
