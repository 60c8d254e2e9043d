//! `printers`: one file for each of its commands.

mod edit;
mod list;
mod probe;
mod scan;
mod test;

use super::args::{PrintersArgs, PrintersCommand};
use super::{Exit, Failure};
use crate::config::{Config, Flags};

pub(super) fn printers(flags: &Flags, args: PrintersArgs) -> Result<Exit, Failure> {
    match args.command {
        PrintersCommand::List => list::list(flags, args.json),
        PrintersCommand::Scan(wanted) => scan::scan(flags, &wanted, args.json),
        PrintersCommand::Add(wanted) => edit::add(flags, &wanted, args.json),
        PrintersCommand::Remove { name, with_stations } => {
            edit::remove(flags, &name, with_stations, args.json)
        }
        PrintersCommand::Probe { printer } => probe::probe(flags, &printer, args.json),
        PrintersCommand::Test { name } => test::test(flags, &name, args.json),
    }
}

/// No printer of that name.
fn unknown(config: &Config, name: &str) -> Failure {
    let known: Vec<_> = config
        .printers
        .iter()
        .map(|printer| printer.name.as_str())
        .collect();
    let text = format!("there is no printer \"{name}\": known are {}", known.join(", "));
    Failure::new(Exit::Failed, text)
}
