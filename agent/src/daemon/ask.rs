//! What the command line may ask of the running agent, and how it finds it.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::press::Recovery;

/// Where the running agent listens, and the secret that proves that one may read the data folder.
pub(super) const CONTROL_FILE: &str = "control.json";

/// The longest request; ids and names are short.
pub(super) const REQUEST_MAX: u64 = 64 * 1024;

/// The longest answer: 1,000 jobs with their details.
const ANSWER_MAX: u64 = 16 * 1024 * 1024;

/// The longest wait for an answer; the slowest is a commit on a tired disk.
const WITHIN: Duration = Duration::from_secs(10);

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// How everything is.
    Status,
    /// The newest jobs, newest first.
    Jobs {
        /// How many.
        limit: u32,
    },
    /// What the newest jobs print, for `bundle` to keep it out.
    Orders {
        /// How many.
        limit: u32,
    },
    /// One job.
    Job {
        /// Its id, or the end of it.
        id: String,
    },
    /// A person's wish.
    Wish {
        /// The job's id, or the end of it.
        id: String,
        /// What is wished.
        wish: Wished,
    },
    /// Print every held, stale job.
    ReleaseAll,
    /// Print a finished or doubtful job once more.
    Reprint {
        /// Its id, or the end of it.
        id: String,
    },
    /// End a printer's error as an operator.
    Recover {
        /// The printer's name.
        printer: String,
        /// How.
        how: Recovery,
    },
    /// Ask a printer again who it is, and accept who answers.
    Probe {
        /// The printer's name.
        printer: String,
    },
    /// Print a short slip with the printer's name.
    Identify {
        /// The printer's name.
        printer: String,
    },
    /// Print a test ticket.
    Test {
        /// The printer's name.
        printer: String,
    },
}

/// A wish, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wished {
    /// Withdraw it.
    Cancel,
    /// It printed.
    Printed,
    /// It did not: print it again.
    Again,
    /// Print it although it is stale.
    Release,
}

/// A request line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) token: String,
    #[serde(flatten)]
    pub(super) ask: Ask,
}

/// An answer line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Ok(Value),
    Error(Refusal),
}

/// Why the running agent refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// `not_found`, `ambiguous`, `refused` or `failed`.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// The file that a running agent leaves in its data folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Endpoint {
    pub(super) port: u16,
    pub(super) token: String,
    pub(super) pid: u32,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No agent runs on this data folder.
    #[error(
        "no agent is running on {data}: start it with `printrail-agent run`, or name its folder with --data"
    )]
    NotRunning {
        /// The data folder.
        data: PathBuf,
    },
    /// It runs, and this user may not ask.
    #[error("{file} cannot be read: run this as the agent's own user or as an administrator")]
    NotAllowed {
        /// The control file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The agent refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The answer is none.
    #[error("the running agent does not answer: see its log, then restart it")]
    NoAnswer(#[source] io::Error),
}

/// Asks the agent that runs on this data folder.
///
/// # Errors
/// [`AskError`], each with what to do.
pub fn ask(data: &Path, ask: Ask) -> Result<Value, AskError> {
    let not_running = || AskError::NotRunning {
        data: data.to_owned(),
    };
    let file = data.join(CONTROL_FILE);
    let text = fs::read_to_string(&file).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => not_running(),
        _ => AskError::NotAllowed { file, source },
    })?;
    let endpoint: Endpoint = serde_json::from_str(&text).map_err(|_| not_running())?;
    // The file of a killed agent stays behind; nobody listens there, or somebody else.
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, endpoint.port)).map_err(|_| not_running())?;
    match exchange(
        stream,
        &Request {
            token: endpoint.token,
            ask,
        },
    ) {
        Ok(Some(Answer::Ok(value))) => Ok(value),
        Ok(Some(Answer::Error(refusal))) => Err(refusal.into()),
        Ok(None) => Err(not_running()),
        Err(error) => Err(AskError::NoAnswer(error)),
    }
}

fn exchange(mut stream: TcpStream, request: &Request) -> io::Result<Option<Answer>> {
    stream.set_read_timeout(Some(WITHIN))?;
    stream.set_write_timeout(Some(WITHIN))?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream).take(ANSWER_MAX).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer).ok())
}
