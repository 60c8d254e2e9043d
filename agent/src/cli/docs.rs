//! Shell completions and manual pages.

use std::fs;
use std::io;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Cli;
use super::exit::of_io;
use super::{Exit, Failure};

pub(super) fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    clap_complete::generate(shell, &mut command, "printrail-agent", &mut io::stdout());
    Ok(Exit::Ok)
}

pub(super) fn man(dir: &Path) -> Result<Exit, Failure> {
    let written = fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(Cli::command(), dir));
    written.map_err(|error| {
        Failure::new(
            of_io(&error),
            format!("{} cannot be written: {error}", dir.display()),
        )
    })?;
    Ok(Exit::Ok)
}
