//! The command line: data on stdout, messages on stderr, an exit code that scripts can go by.

mod args;
mod ask;
mod backup;
mod doctor;
mod exit;
mod init;
mod lists;
mod loadtest;
mod manual;
mod notify;
mod owner;
mod serve;
mod settings;
mod show;
mod token;

use std::process::ExitCode;

use clap::Parser;

use crate::config::Config;
use args::{Cli, Command, ConfigCommand};
pub use exit::{Exit, Failure};

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let is_help = !error.use_stderr();
            return if is_help {
                ExitCode::SUCCESS
            } else {
                Exit::Usage.into()
            };
        }
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            show::failure(&failure);
            failure.exit.into()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let flags = cli.flags();
    if let Command::Init(args) = &cli.command {
        init::write_settings(&flags, args)?;
    }
    if cli.command.uses_data() {
        owner::step_down(&Config::load(&flags)?.data)?;
    }
    match cli.command {
        Command::Serve(args) => runtime()?.block_on(serve::run(&args.over(flags))),
        Command::Init(args) => runtime()?.block_on(init::run(&flags, &args)),
        Command::Token(args) => runtime()?.block_on(token::run(&flags, &args)),
        Command::Enrol(args) => runtime()?.block_on(lists::enrol(&flags, &args)),
        Command::Outlets(args) => runtime()?.block_on(lists::outlets(&flags, &args)),
        Command::Orders(args) => runtime()?.block_on(lists::orders(&flags, &args)),
        Command::Jobs(args) => runtime()?.block_on(lists::jobs(&flags, &args)),
        Command::Stations(args) => runtime()?.block_on(lists::stations(&flags, &args)),
        Command::Agents(args) => runtime()?.block_on(lists::agents(&flags, &args)),
        Command::Config(ConfigCommand::Show { json }) => settings::show(&flags, json),
        Command::Config(ConfigCommand::Check) => settings::check(&flags),
        Command::Config(ConfigCommand::Path) => settings::path(&flags),
        Command::Backup(args) => backup::backup(&flags, &args),
        Command::Restore(args) => runtime()?.block_on(backup::restore(&flags, &args)),
        Command::Doctor(args) => runtime()?.block_on(doctor::run(&flags, &args)),
        Command::Loadtest(args) => runtime()?.block_on(loadtest::run(&args)),
        Command::Openapi => show::document(&crate::http::openapi::document()),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { folder } => manual::pages(&folder),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, format!("the program cannot start: {error}")))
}
