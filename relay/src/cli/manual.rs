//! `completions` and `man`: made from the command line's own description.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::{Exit, Failure, show};

/// Prints a shell's completion script.
pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "printrail-relay", &mut script);
    show::line(&String::from_utf8_lossy(&script))
}

/// Writes a page for the program and one for each command.
pub(super) fn pages(folder: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            Exit::Failed,
            format!(
                "{} cannot be written: {error}; choose another folder",
                folder.display()
            ),
        )
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(failed)?;
    show::say(&format!("manual pages are in {}", folder.display()));
    Ok(())
}
