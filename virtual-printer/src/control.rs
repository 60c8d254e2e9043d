//! The control port: one line of text in, one answer out, for people with `nc` and for scripts.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::fault::{FAULTS, Fault, duration};
use crate::printer::VirtualPrinter;

/// Longest line; longer ones end the connection.
const MAX_LINE: u64 = 64 << 10;
/// People at the control port at the same time.
const MAX_PEOPLE: usize = 16;
/// Longest that `wait` waits.
const MAX_WAIT: Duration = Duration::from_secs(600);

/// What the control port knows besides faults.
pub const CONTROL_HELP: &[(&str, &str)] = &[
    ("status", "how the printer is"),
    ("papers", "how many papers there are"),
    (
        "paper N",
        "the text of paper N (from 1), ended by a line with a single dot",
    ),
    ("wait N DURATION", "waits for N papers"),
    ("tear", "tears off what hangs out uncut"),
    ("help", "this list"),
    ("quit", "closes the connection"),
];

/// Serves the control port of `printer` until the future is dropped.
pub async fn serve_control(listener: TcpListener, printer: VirtualPrinter) {
    let mut people = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if people.len() < MAX_PEOPLE => {
                if let Ok((stream, _)) = accepted {
                    people.spawn(talk(stream, printer.clone()));
                }
            }
            Some(_) = people.join_next(), if !people.is_empty() => {}
        }
    }
}

async fn talk(mut stream: TcpStream, printer: VirtualPrinter) {
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read);
    loop {
        let mut line = Vec::new();
        match (&mut read).take(MAX_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        if line == "quit" {
            return;
        }
        let answer = waited(&printer, &line).await;
        if write.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// `wait` blocks, so it gets a thread of its own.
async fn waited(printer: &VirtualPrinter, line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ["wait", count, rest @ ..] = words.as_slice() else {
        return answer(printer, line);
    };
    let for_long = rest.first().map_or(Some(MAX_WAIT), |text| duration(text));
    let (Ok(count), Some(for_long)) = (count.parse(), for_long) else {
        return "error: `wait` needs a number of papers and a duration such as 10s\n".into();
    };
    let printer = printer.clone();
    let wait = move || printer.wait_cut(count, for_long.min(MAX_WAIT));
    match tokio::task::spawn_blocking(wait).await {
        Ok(have) if have >= count => format!("ok {have}\n"),
        Ok(have) => format!("error: {have} of {count} papers after the wait\n"),
        Err(_) => "error: the printer has stopped\n".into(),
    }
}

/// The answer to one line: `ok …`, or `error: …` that says what is wrong with it.
#[must_use]
pub fn answer(printer: &VirtualPrinter, line: &str) -> String {
    let line = line.trim();
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "" => "error: an empty line; `help` lists the commands\n".into(),
        "status" => format!("ok {}\n", printer.summary()),
        "papers" => format!("ok {}\n", printer.papers_cut()),
        "paper" => paper(printer, rest.trim()),
        "tear" => {
            printer.tear();
            "ok\n".into()
        }
        "help" => help(),
        _ => match line.parse::<Fault>() {
            Ok(fault) => {
                printer.fault(fault);
                "ok\n".into()
            }
            Err(error) => format!("error: {error}\n"),
        },
    }
}

fn paper(printer: &VirtualPrinter, number: &str) -> String {
    let index = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let found = printer
        .papers()
        .into_iter()
        .find(|paper| Some(paper.index) == index);
    match found {
        Some(paper) => format!("{}.\n", paper.text),
        None => format!(
            "error: there is no paper `{number}`; {} have been cut\n",
            printer.papers_cut()
        ),
    }
}

fn help() -> String {
    let mut text = String::new();
    for (name, meaning) in CONTROL_HELP {
        let _ = writeln!(text, "{name:<32}{meaning}");
    }
    for (name, argument, meaning) in FAULTS {
        let _ = writeln!(text, "{:<32}{meaning}", format!("{name} {argument}"));
    }
    text.push_str(".\n");
    text
}
