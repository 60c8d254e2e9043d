//! A rehearsal written down: which fault strikes when.

use std::collections::VecDeque;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;
use std::{fs, io};

use crate::fault::{Fault, FaultError, duration};

/// What a script waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Since the printer was started.
    At(Duration),
    /// Papers cut since then.
    Papers(u64),
    /// Bytes received since then.
    Bytes(u64),
    /// After the line before has happened.
    Then(Duration),
}

/// Faults in the order in which they are to strike; each line waits for the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    lines: VecDeque<(When, Fault)>,
    /// When the line before happened.
    last: Duration,
}

/// What is wrong with a script.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The file cannot be read.
    #[error("cannot read the script {path}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line says no moment.
    #[error(
        "line {line}: `{text}` does not begin with `at TIME`, `after N papers`, `after N bytes` or `then TIME`"
    )]
    Moment {
        /// Its number, from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// A line says no fault.
    #[error("line {line}: {source}")]
    Fault {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        source: FaultError,
    },
}

impl Script {
    /// Reads a script from a file.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it is wrong.
    pub fn load(path: &Path) -> Result<Self, ScriptError> {
        let text = fs::read_to_string(path).map_err(|source| ScriptError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        text.parse()
    }

    /// The next fault that is due, if one is.
    pub(crate) fn due(&mut self, now: Duration, papers: u64, bytes: u64) -> Option<Fault> {
        let (when, _) = self.lines.front()?;
        let due = match *when {
            When::At(at) => now >= at,
            When::Papers(count) => papers >= count,
            When::Bytes(count) => bytes >= count,
            When::Then(after) => now >= self.last + after,
        };
        if !due {
            return None;
        }
        self.last = now;
        self.lines.pop_front().map(|(_, fault)| fault)
    }

    /// When time alone makes the next fault due.
    pub(crate) fn next_at(&self) -> Option<Duration> {
        match self.lines.front()?.0 {
            When::At(at) => Some(at),
            When::Then(after) => Some(self.last + after),
            When::Papers(_) | When::Bytes(_) => None,
        }
    }
}

impl FromStr for Script {
    type Err = ScriptError;

    /// Reads `at 12s cover-open`, `after 2 papers paper-out`, `after 300 bytes stall` and `then 5m refill`, one on each
    /// line; blank lines and what follows a `#` say nothing.
    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let mut script = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                script.lines.push_back(parse_line(number + 1, line)?);
            }
        }
        Ok(script)
    }
}

fn parse_line(line: usize, text: &str) -> Result<(When, Fault), ScriptError> {
    let (when, fault) = moment(text).ok_or_else(|| ScriptError::Moment {
        line,
        text: text.to_owned(),
    })?;
    let fault = fault
        .parse()
        .map_err(|source| ScriptError::Fault { line, source })?;
    Ok((when, fault))
}

fn moment(text: &str) -> Option<(When, &str)> {
    let (word, rest) = text.split_once(' ')?;
    let (amount, rest) = rest.trim_start().split_once(' ')?;
    let rest = rest.trim_start();
    if word != "after" {
        let time = duration(amount)?;
        return match word {
            "at" => Some((When::At(time), rest)),
            "then" => Some((When::Then(time), rest)),
            _ => None,
        };
    }
    let count = amount.parse().ok()?;
    let (unit, fault) = rest.split_once(' ')?;
    match unit {
        "paper" | "papers" => Some((When::Papers(count), fault)),
        "byte" | "bytes" => Some((When::Bytes(count), fault)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn lines_strike_in_order_when_their_moment_has_come() {
        let text =
            "# an evening\nafter 2 papers paper-out\nthen 5s refill # by the cook\n\nat 60s cover-open\n";
        let mut script = text.parse::<Script>().unwrap();
        assert_eq!(script.due(SECOND, 1, 99), None);
        assert_eq!(script.next_at(), None);
        assert_eq!(script.due(3 * SECOND, 2, 99), Some(Fault::PaperOut));
        assert_eq!(script.due(7 * SECOND, 2, 99), None);
        assert_eq!(script.next_at(), Some(8 * SECOND));
        assert_eq!(script.due(8 * SECOND, 2, 99), Some(Fault::Refill));
        assert_eq!(script.due(60 * SECOND, 2, 99), Some(Fault::CoverOpen));
        assert_eq!(script.due(99 * SECOND, 2, 99), None);
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let error = |text: &str| text.parse::<Script>().unwrap_err().to_string();
        assert_eq!(
            error("\nsoon paper-out"),
            "line 2: `soon paper-out` does not begin with `at TIME`, `after N papers`, `after N bytes` or `then TIME`"
        );
        assert!(error("at 5s fire").starts_with("line 1: there is no fault `fire`"));
        assert!(error("after 2 pigs refill").starts_with("line 1: `after 2 pigs refill` does not begin"));
    }
}
