//! `printers calibrate`: how many characters fit on the paper, by the ruler of the test ticket.

use std::io::{self, IsTerminal as _, Write as _};

use serde_json::json;

use super::{edit, test, unknown};
use crate::cli::{Exit, Failure, env, output};
use crate::config::{Flags, load, locate, set_value};
use crate::daemon::report::SCHEMA;

/// Characters in a line that agent.toml takes.
const COLUMNS: std::ops::RangeInclusive<u16> = 20..=80;

pub(super) fn calibrate(
    flags: &Flags,
    name: &str,
    columns: Option<u16>,
    no_input: bool,
    json: bool,
) -> Result<Exit, Failure> {
    let config = load(flags, &env)?.config;
    if config.printer(name).is_none() {
        return Err(unknown(&config, name));
    }
    let columns = match columns {
        Some(columns) => columns,
        None => {
            test::test(flags, name, false)?;
            match asked(name, no_input)? {
                Some(columns) => columns,
                None => return Ok(Exit::Ok),
            }
        }
    };
    let path = locate(flags, &env).config;
    let key = format!("printer.{name}.columns");
    let edited = set_value(&path, &key, Some(&columns.to_string())).map_err(edit::failure)?;
    if json {
        output::json(&json!({ "schema": SCHEMA, "config": path, "printer": name, "columns": columns }));
    }
    output::message(&format!(
        "{name} has {columns} columns now, in {}",
        path.display()
    ));
    edit::finish(flags, &edited, &format!("`printrail-agent printers test {name}`"));
    Ok(Exit::Ok)
}

/// The last character of the ruler that is whole, as a person reads it; none where everything is right.
fn asked(name: &str, no_input: bool) -> Result<Option<u16>, Failure> {
    let next = format!("`printrail-agent printers calibrate {name} --columns N`");
    output::message(
        "The ruler counts the characters of a line: the upper row shows the tens, the lower one the ones.",
    );
    if no_input || !io::stdin().is_terminal() {
        output::message(&format!("Read where it ends or breaks, then {next}"));
        return Ok(None);
    }
    let _ = write!(
        io::stderr(),
        "How many stand in its first line? [Enter: it is right] "
    );
    let mut said = String::new();
    io::stdin().read_line(&mut said).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("nothing could be read: {error}; use {next}"),
        )
    })?;
    read(said.trim()).map_err(|problem| Failure::new(Exit::Usage, format!("{problem}; or use {next}")))
}

fn read(said: &str) -> Result<Option<u16>, String> {
    if said.is_empty() {
        return Ok(None);
    }
    match said.parse() {
        Ok(columns) if COLUMNS.contains(&columns) => Ok(Some(columns)),
        _ => Err(format!(
            "\"{said}\" is no number from {} to {}",
            COLUMNS.start(),
            COLUMNS.end()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads_off_the_ruler_is_checked() {
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("42"), Ok(Some(42)));
        for wrong in ["19", "81", "4x"] {
            assert!(read(wrong).unwrap_err().contains("20 to 80"), "{wrong}");
        }
    }
}
