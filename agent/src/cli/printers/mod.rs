//! `printers`: one file for each of its commands.

mod calibrate;
mod edit;
mod list;
mod probe;
mod recover;
mod scan;
mod test;

use super::args::{PrintersArgs, PrintersCommand};
use super::{Exit, Failure};
use crate::config::{Config, Flags};
use crate::press::Recovery;

pub(super) fn printers(flags: &Flags, args: PrintersArgs, no_input: bool) -> Result<Exit, Failure> {
    match args.command {
        PrintersCommand::List => list::list(flags, args.json.wanted()),
        PrintersCommand::Scan(wanted) => scan::scan(flags, &wanted, args.json.wanted()),
        PrintersCommand::Add(wanted) => edit::add(flags, &wanted, args.json.wanted()),
        PrintersCommand::Remove { name, with_stations } => {
            edit::remove(flags, &name, with_stations, args.json.wanted())
        }
        PrintersCommand::Probe { printer } => probe::probe(flags, &printer, args.json.wanted()),
        PrintersCommand::Test { name } => test::test(flags, &name, args.json.wanted()),
        PrintersCommand::Identify { name } => test::identify(flags, &name, args.json.wanted()),
        PrintersCommand::Calibrate { name, columns } => {
            calibrate::calibrate(flags, &name, columns, no_input, args.json.wanted())
        }
        PrintersCommand::Recover { name, resume, .. } => {
            let how = if resume { Recovery::Resume } else { Recovery::Clear };
            recover::recover(flags, &name, how, args.json.wanted())
        }
    }
}

pub(super) use edit::{failure as edit_failure, finish as finish_edit};

/// No printer of that name.
pub(super) fn unknown(config: &Config, name: &str) -> Failure {
    let known: Vec<_> = config
        .printers
        .iter()
        .map(|printer| printer.name.as_str())
        .collect();
    let text = format!("there is no printer \"{name}\": known are {}", known.join(", "));
    Failure::new(Exit::Failed, text)
}
