//! What the demo shows: each ticket as it came out, in a frame, and files for who wants them.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use virtual_printer::Paper;

/// A ticket that came out.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The station.
    pub station: &'a str,
    /// The station's running number.
    pub number: u64,
    /// `printed` or `sent`, and the evidence.
    pub verdict: String,
    /// The layout's text.
    pub text: &'a str,
    /// The printer's paper.
    pub paper: &'a Paper,
}

/// Writes the ticket to the terminal, framed.
///
/// # Errors
/// Where standard output is gone.
pub fn on_terminal(ticket: &Shown<'_>) -> Result<()> {
    let lines: Vec<&str> = ticket.text.trim_end().lines().collect();
    let width = lines.iter().map(|line| columns(line)).max().unwrap_or(0).max(42);
    let title = format!(" {} no. {}: {} ", ticket.station, ticket.number, ticket.verdict);
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "\n┌─{title}{}┐",
        "─".repeat((width + 1).saturating_sub(columns(&title)))
    )?;
    for line in lines {
        writeln!(out, "│ {line}{} │", " ".repeat(width - columns(line)))?;
    }
    writeln!(out, "└{}┘", "─".repeat(width + 2))?;
    Ok(())
}

/// Keeps the ticket as `<station>-<running number>.bin`, `.txt` and `.png`.
///
/// # Errors
/// Where a file cannot be written.
pub fn in_folder(ticket: &Shown<'_>, folder: &Path) -> Result<()> {
    let stem = format!("{}-{}", ticket.station, ticket.number);
    let write = |ending: &str, bytes: &[u8]| {
        let path = folder.join(format!("{stem}.{ending}"));
        std::fs::write(&path, bytes).with_context(|| format!("{} cannot be written", path.display()))
    };
    write("bin", &ticket.paper.bytes)?;
    write("txt", ticket.text.as_bytes())?;
    write("png", &ticket.paper.png())
}

/// Columns on a terminal.
fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}
