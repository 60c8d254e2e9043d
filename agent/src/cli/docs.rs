//! Shell completions and manual pages.

use std::fs;
use std::io;
use std::path::Path;

use clap_complete::Shell;

use super::exit::of_io;
use super::{Exit, Failure, args};

pub(super) fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut command = args::command();
    clap_complete::generate(shell, &mut command, "printrail-agent", &mut io::stdout());
    Ok(Exit::Ok)
}

pub(super) fn man(dir: &Path) -> Result<Exit, Failure> {
    let written = fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(args::command(), dir));
    written.map_err(|error| {
        Failure::new(
            of_io(&error),
            format!("{} cannot be written: {error}", dir.display()),
        )
    })?;
    Ok(Exit::Ok)
}
