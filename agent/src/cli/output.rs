//! Data on stdout, messages on stderr.

use std::io::{self, IsTerminal as _, Write as _};

use serde_json::Value;

/// A line of data. A reader that has gone away is no failure.
pub(super) fn line(text: &str) {
    let _ = put(&format!("{text}\n"));
}

/// Data as it is, at once; whether somebody still reads is for a command to know that goes on for ever.
pub(super) fn put(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Data as JSON, readable where a person reads it.
pub(super) fn json(value: &Value) {
    let text = if io::stdout().is_terminal() {
        format!("{value:#}")
    } else {
        value.to_string()
    };
    line(&text);
}

/// A message.
pub(super) fn message(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Columns, each as wide as its widest cell.
pub(super) fn table(rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    for row in rows {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        line(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}
