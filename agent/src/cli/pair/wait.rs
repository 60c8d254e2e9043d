//! Pairing without a code: a phrase and a picture on the screen, until a manager takes this computer in.

use std::io::{self, IsTerminal as _};
use std::thread;
use std::time::{Duration, Instant};

use qrcode::{Color, EcLevel, QrCode};

use super::{Enrolled, Failure, exchange, phrase};
use crate::cli::{Exit, env, output};
use crate::config::RelayOnly;

/// Between two questions: the relay lets an address try 20 codes a minute, and several computers of a house share one.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// As long as a code of the relay's own lasts.
const WAIT: Duration = Duration::from_secs(15 * 60);

/// White around the picture, which scanners need, in modules.
const QUIET: usize = 2;

/// Shows a phrase and waits until the relay knows it.
pub(super) fn adopted(known: &RelayOnly, name: &str) -> Result<Enrolled, Failure> {
    let phrase = phrase::phrase(rand::random());
    show(known, name, &phrase);
    let begun = Instant::now();
    let mut told = false;
    while begun.elapsed() < WAIT {
        match exchange(known, &phrase, name) {
            Ok(enrolled) => return Ok(enrolled),
            Err(refusal) if refusal.is_final() => return Err(refusal.failure),
            // Nobody has answered it yet, or the relay is away for a moment.
            Err(refusal) if refusal.is_unknown() => {}
            Err(refusal) => {
                if !std::mem::replace(&mut told, true) {
                    output::message(&format!("{}; still trying", refusal.failure));
                }
            }
        }
        thread::sleep(ASK_AGAIN.min(WAIT.saturating_sub(begun.elapsed())));
    }
    Err(Failure::new(
        Exit::Refused,
        "nobody took this computer in within 15 minutes: call a manager and start `printrail-agent pair` again",
    ))
}

fn show(known: &RelayOnly, name: &str, phrase: &str) {
    let pages = known.relay.url.pages();
    output::message(&format!(
        "A manager takes this computer in as {name}, within 15 minutes: on {pages} under \"Printers\", \
         \"Add a computer\", with this phrase:\n\n    {phrase}\n"
    ));
    let colours = io::stderr().is_terminal() && env("NO_COLOR").is_none();
    if let Some(picture) = picture(&format!("{pages}#printers&pair={phrase}")).filter(|_| colours) {
        output::message("or with a telephone that is signed in there:\n");
        output::message(&picture);
    }
    output::message("Waiting; Ctrl-C ends it. With a code it is `printrail-agent pair CODE`.");
}

/// Two rows of modules in each line of text, black on white whatever the terminal's colours are.
fn picture(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let dark = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < width);
        let module = inside(x)
            .zip(inside(y))
            .and_then(|(x, y)| colors.get(y * width + x));
        module == Some(&Color::Dark)
    };
    let all = width + 2 * QUIET;
    let line = |y: usize| {
        let cells = (0..all).map(|x| match (dark(x, y), dark(x, y + 1)) {
            (true, true) => '\u{2588}',
            (true, false) => '\u{2580}',
            (false, true) => '\u{2584}',
            (false, false) => ' ',
        });
        format!("\x1b[30;47m{}\x1b[0m\n", cells.collect::<String>())
    };
    Some((0..all).step_by(2).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_has_white_around_it_and_two_rows_in_a_line() {
        let shown = picture("https://r.example/#printers&pair=7K3M-maple-river-otter-tulip").unwrap();
        let rows: Vec<&str> = shown.lines().collect();
        let code = QrCode::with_error_correction_level(
            "https://r.example/#printers&pair=7K3M-maple-river-otter-tulip",
            EcLevel::L,
        );
        let all = code.unwrap().width() + 2 * QUIET;
        assert_eq!(rows.len(), all.div_ceil(2));
        let cells = |row: &str| row.replace("\x1b[30;47m", "").replace("\x1b[0m", "");
        assert!(cells(rows[0]).chars().all(|cell| cell == ' '), "white above");
        // The finder's upper edge: seven dark modules over one dark one at each side.
        assert!(cells(rows[1]).starts_with("  \u{2588}\u{2580}\u{2580}\u{2580}\u{2580}\u{2580}\u{2588} "));
        assert!(rows.iter().all(|row| cells(row).chars().count() == all));
    }
}
