//! `--timeout`: a command that is not done in time is given up.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::args::{Cli, Command};
use super::{Exit, Failure};

type Answer = Result<Exit, Failure>;

/// Runs the command, for so many seconds at most. What is given up ends with the process.
pub(super) fn within(seconds: Option<u64>, cli: Cli, run: fn(Cli) -> Answer) -> Answer {
    let Some(seconds) = seconds else {
        return run(cli);
    };
    let late = late(&cli.command, seconds)?;
    let (tell, told) = mpsc::sync_channel(1);
    let started = thread::Builder::new()
        .name("command".to_owned())
        .spawn(move || tell.send(run(cli)));
    started.map_err(|error| Failure::new(Exit::Failed, format!("no thread can be started: {error}")))?;
    told.recv_timeout(Duration::from_secs(seconds)).unwrap_or(late)
}

/// How a command ends that is given up; an error at once where it must not be.
fn late(command: &Command, seconds: u64) -> Result<Answer, Failure> {
    let refused = |why: &str| Err(Failure::new(Exit::Usage, why));
    match command {
        Command::Run(_) => refused("`run` is the agent itself and goes on for ever: leave --timeout out"),
        Command::Update(_) => {
            refused("an update must not be cut off in the middle: give it --wait and --within")
        }
        // They would go on for ever, and have shown what there was.
        Command::Status(args) if args.watch => Ok(Ok(Exit::Ok)),
        Command::Logs(args) if args.follow => Ok(Ok(Exit::Ok)),
        _ => Ok(Err(Failure::new(
            Exit::Failed,
            format!(
                "gave up after {seconds} s (--timeout): what was asked of a running agent may still happen; \
                 `printrail-agent status` shows it"
            ),
        ))),
    }
}
