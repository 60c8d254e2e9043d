//! The command line: one file for each command.

mod args;
mod bundle;
mod config;
mod deadline;
mod docs;
mod doctor;
mod exit;
mod jobs;
mod logfile;
mod logs;
mod output;
mod pair;
mod printers;
mod render;
mod run;
mod service;
mod signals;
mod status;
mod update;

use std::process::ExitCode;

use args::{Cli, Command};
pub use exit::{Exit, Failure};

/// Runs the command that the arguments name and gives its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::of_process() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, everything else is a usage error (2).
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                Exit::Ok.into()
            };
        }
    };
    let limit = cli.common.timeout;
    match deadline::within(limit, cli, dispatch) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::message(&format!("error: {failure}"));
            failure.exit.into()
        }
    }
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    let (flags, no_input) = (cli.common.flags(), cli.common.no_input);
    match cli.command {
        Command::Run(args) => run::run(flags, cli.common, &args),
        Command::Pair(args) => pair::pair(&flags, &args, no_input),
        Command::Service(args) => service::service(&flags, &args),
        Command::Status(args) => status::status(&flags, &args),
        Command::Jobs(args) => jobs::jobs(&flags, args),
        Command::Printers(args) => printers::printers(&flags, args, no_input),
        Command::Render(args) => render::render(&flags, &args),
        Command::Doctor(args) => doctor::doctor(&flags, &args),
        Command::Logs(args) => logs::logs(&flags, &args),
        Command::Bundle(args) => bundle::bundle(&flags, &args),
        Command::Update(args) => update::update(&flags, &args),
        Command::Config(args) => config::config(&flags, &args),
        Command::Version { json } => Ok(version(json.wanted())),
        Command::Completions { shell } => docs::completions(shell),
        Command::Man { dir } => docs::man(&dir),
    }
}

fn version(json: bool) -> Exit {
    let (version, protocol) = (env!("CARGO_PKG_VERSION"), protocol::PROTOCOL_VERSION);
    if json {
        output::json(&serde_json::json!({ "schema": 1, "version": version, "protocol": protocol }));
    } else {
        output::line(&format!("printrail-agent {version} (protocol {protocol})"));
    }
    Exit::Ok
}

/// The process's environment, as [`crate::config::load`] asks for it.
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
