//! Words on stdout and stderr.

use std::io::{IsTerminal, Write};

use serde_json::{Map, Value, json};

use super::{Exit, Failure};

/// The version of what `--json` prints; it grows when a field changes its meaning.
const SCHEMA: u32 = 1;

/// A line of data.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::new(
            Exit::Failed,
            format!("stdout cannot be written: {error}"),
        )),
        _ => Ok(()),
    }
}

/// A message to the person.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Why the program ends, printed once with its causes.
pub(super) fn failure(failure: &Failure) {
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let (on, off) = if colour { ("\x1b[31m", "\x1b[0m") } else { ("", "") };
    say(&format!("{on}printrail-relay: {}{off}", failure.message));
    if let Some(cause) = &failure.cause {
        for reason in cause.chain().skip(1) {
            say(&format!("  because: {reason}"));
        }
    }
}

/// A document whose form is not ours to extend.
pub(super) fn document(value: &Value) -> Result<(), Failure> {
    line(&serde_json::to_string_pretty(value).unwrap_or_default())
}

/// An object with `"schema": 1`.
pub(super) fn object(value: Value) -> Result<(), Failure> {
    let mut whole = Map::new();
    whole.insert("schema".to_owned(), json!(SCHEMA));
    match value {
        Value::Object(fields) => whole.extend(fields),
        other => {
            whole.insert("value".to_owned(), other);
        }
    }
    document(&Value::Object(whole))
}

/// Rows under headings, each column as wide as its widest cell.
pub(super) fn table(headings: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    for row in std::iter::once(&headings).chain(rows) {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        line(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// A field of an object as a cell: nothing for null.
pub(super) fn cell(row: &Value, field: &str) -> String {
    match row.get(field) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.chars().filter(|c| !c.is_control()).collect(),
        Some(other) => other.to_string(),
    }
}
