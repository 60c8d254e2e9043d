//! `logs`: what the agent wrote, and what it writes.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::args::LogsArgs;
use super::exit::of_io;
use super::{Exit, Failure, env, logfile, output};
use crate::config::{Flags, locate};
use crate::daemon::report::SCHEMA;

/// Between two looks at a file that may have grown.
const LOOK: Duration = Duration::from_millis(300);

/// What one look takes at most.
const CHUNK: usize = 64 * 1024;

pub(super) fn logs(flags: &Flags, args: &LogsArgs) -> Result<Exit, Failure> {
    let since = args.since.as_deref().map(parse_age).transpose()?;
    let data = locate(flags, &env).data;
    let (text, read) = read(&data).map_err(|error| missing(&data, &error))?;
    let oldest = since.and_then(|age| Timestamp::now().checked_sub(age).ok());
    for line in last(&text, args.lines, oldest) {
        if output::put(&shown(line, args.json.wanted())).is_err() {
            return Ok(Exit::Ok);
        }
    }
    if args.follow {
        follow(&logfile::current(&data), read, args.json.wanted());
    }
    Ok(Exit::Ok)
}

fn missing(data: &Path, error: &io::Error) -> Failure {
    let text = match error.kind() {
        io::ErrorKind::NotFound => format!(
            "there is no log in {}: no agent has run there (`printrail-agent run`); under systemd see also \
             `journalctl -u printrail-agent`",
            data.display()
        ),
        _ => format!(
            "the log in {} cannot be read ({error}): run this as the agent's user",
            data.display()
        ),
    };
    Failure::new(of_io(error), text)
}

/// Both files, and how much of the current one was read.
pub(super) fn read(data: &Path) -> io::Result<(String, u64)> {
    let now = fs::read(logfile::current(data))?;
    let mut text = fs::read(logfile::earlier(data)).unwrap_or_default();
    let read = u64::try_from(now.len()).unwrap_or(0);
    text.extend(now);
    Ok((String::from_utf8_lossy(&text).into_owned(), read))
}

fn last(text: &str, most: usize, oldest: Option<Timestamp>) -> Vec<&str> {
    let is_old = |line: &&str| match (oldest, time(line)) {
        (Some(oldest), Some(at)) => at < oldest,
        // What goes on from the line before has no time of its own.
        (Some(_) | None, _) => false,
    };
    let lines: Vec<_> = text.lines().skip_while(is_old).collect();
    let from = lines.len().saturating_sub(most);
    lines.into_iter().skip(from).collect()
}

fn time(line: &str) -> Option<Timestamp> {
    line.split_whitespace().next()?.parse().ok()
}

/// A number and a unit, such as `30min`.
fn parse_age(text: &str) -> Result<SignedDuration, Failure> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: Option<i64> = digits.trim().parse().ok().filter(|number| *number >= 0);
    let seconds = match text.get(digits.len()..).unwrap_or_default() {
        "s" => Some(1),
        "m" | "min" => Some(60),
        "h" => Some(60 * 60),
        "d" => Some(24 * 60 * 60),
        _ => None,
    };
    let age = number
        .zip(seconds)
        .and_then(|(number, seconds)| number.checked_mul(seconds));
    age.map(SignedDuration::from_secs).ok_or_else(|| {
        let text = format!("`--since {text}` is no age: expected such as 90s, 30min, 1h or 2d");
        Failure::new(Exit::Usage, text)
    })
}

/// Until interrupted, or until nobody reads any more. A file that was turned begins anew.
fn follow(path: &Path, mut at: u64, json: bool) {
    let mut begun = Vec::new();
    loop {
        let grown = File::open(path).and_then(|mut file| {
            if file.metadata()?.len() < at {
                at = 0;
            }
            file.seek(SeekFrom::Start(at))?;
            let mut news = vec![0; CHUNK];
            let len = file.read(&mut news)?;
            news.truncate(len);
            Ok(news)
        });
        let news = grown.unwrap_or_default();
        if news.is_empty() {
            thread::sleep(LOOK);
            continue;
        }
        at = at.saturating_add(u64::try_from(news.len()).unwrap_or(0));
        begun.extend(news);
        let whole = begun
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        // A line that never ends is shown as it comes.
        let whole = if begun.len() > CHUNK { begun.len() } else { whole };
        let lines: Vec<u8> = begun.drain(..whole).collect();
        for line in String::from_utf8_lossy(&lines).lines() {
            if output::put(&shown(line, json)).is_err() {
                return;
            }
        }
    }
}

/// A line as it stands, or as one object.
fn shown(line: &str, json: bool) -> String {
    if json {
        format!(
            "{}\n",
            json!({ "schema": SCHEMA, "at": time(line), "text": line })
        )
    } else {
        format!("{line}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "2026-11-20T10:00:00Z  INFO one\n2026-11-20T11:00:00Z  INFO two\n  more of two\n\
        2026-11-20T12:00:00Z  WARN three\n";

    #[test]
    fn the_last_lines_and_those_since_are_shown() {
        assert_eq!(last(LOG, 1, None), ["2026-11-20T12:00:00Z  WARN three"]);
        let since = "2026-11-20T10:30:00Z".parse().unwrap();
        assert_eq!(last(LOG, 100, Some(since)).len(), 3);
        assert_eq!(last(LOG, 2, Some(since)).first(), Some(&"  more of two"));
    }

    #[test]
    fn a_line_is_an_object_where_json_is_asked_for() {
        let line = r#"2026-11-20T10:00:00Z  WARN the "grill" is out of paper"#;
        assert_eq!(shown(line, false), format!("{line}\n"));
        let object: serde_json::Value = serde_json::from_str(&shown(line, true)).unwrap();
        assert_eq!(
            (object["at"].as_str(), object["text"].as_str()),
            (Some("2026-11-20T10:00:00Z"), Some(line))
        );
    }

    #[test]
    fn an_age_is_a_number_and_a_unit() {
        assert_eq!(parse_age("30min").unwrap(), SignedDuration::from_mins(30));
        assert_eq!(parse_age("2d").unwrap(), SignedDuration::from_hours(48));
        for text in ["", "h", "1", "1y", "-1h", "1.5h", "99999999999999999999d"] {
            assert_eq!(parse_age(text).unwrap_err().exit, Exit::Usage, "{text}");
        }
    }
}
