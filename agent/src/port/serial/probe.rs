//! Does a serial printer hear us, and at which speed? For `doctor`: nothing is printed at the right one.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use super::{Serial, lines};
use crate::port::{Flow, OpenError};

/// `DLE EOT 1`, which a printer answers at once with one byte, even in the middle of a ticket.
const QUESTION: [u8; 3] = [0x10, 0x04, 1];

/// For one answer (PRINTERS.md, "Probe": 500 ms, here for each of two).
const ANSWER: Duration = Duration::from_millis(250);

/// A pause so long ends an answer.
const GLANCE: Duration = Duration::from_millis(20);

/// Two good answers in a row are no accident.
const TIMES: usize = 2;

/// The speeds of receipt printers, the common ones first.
const SPEEDS: [u32; 8] = [9600, 19200, 38400, 115_200, 57600, 4800, 2400, 1200];

/// What [`probe_line`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineVerdict {
    /// It answers as a printer does.
    Answers,
    /// It answers, but not at the speed of the address.
    OtherSpeed {
        /// The speed, in bits a second, to be written as `baud=`.
        baud: u32,
    },
    /// Something comes back that no printer says, at any speed: wrong parity or wiring, or no printer.
    Garbage,
    /// Nothing comes back: switched off, not wired, held by flow control, or a printer that never answers.
    Silent,
}

/// Asks the printer for its state, at the speed of its address and then at the others. At a wrong speed some
/// printers print a few odd characters.
///
/// # Errors
/// [`OpenError`] where the line cannot be opened, such as while the agent itself has it open.
pub fn probe_line(path: &str, baud: u32, flow: Flow) -> Result<LineVerdict, OpenError> {
    let path = lines::locate(path, &lines::all(), None)?.path;
    let first = ask(&path, baud, flow)?;
    if first == Heard::Printer {
        return Ok(LineVerdict::Answers);
    }
    for other in SPEEDS.into_iter().filter(|other| *other != baud) {
        if ask(&path, other, flow).is_ok_and(|heard| heard == Heard::Printer) {
            return Ok(LineVerdict::OtherSpeed { baud: other });
        }
    }
    Ok(match first {
        Heard::Nothing => LineVerdict::Silent,
        Heard::Printer | Heard::Noise => LineVerdict::Garbage,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    Noise,
    Printer,
}

fn ask(path: &str, baud: u32, flow: Flow) -> Result<Heard, OpenError> {
    let mut line = Serial::open(path, baud, flow, None)?;
    line.read = GLANCE;
    // What is on its way from before is no answer.
    listen(&mut line, GLANCE, usize::MAX);
    let mut said = Vec::new();
    for _ in 0..TIMES {
        let mut left = QUESTION.as_slice();
        let end = Instant::now() + ANSWER;
        while !left.is_empty() && Instant::now() < end {
            let taken = line.write(left).unwrap_or(0);
            left = left.get(taken..).unwrap_or_default();
        }
        said.extend(listen(&mut line, ANSWER, 1));
    }
    Ok(judge(&said))
}

/// Whatever comes within that time; ends early once there are so many bytes and then a pause.
fn listen(line: &mut Serial, time: Duration, enough: usize) -> Vec<u8> {
    let end = Instant::now() + time;
    let (mut said, mut some) = (Vec::new(), [0; 64]);
    while Instant::now() < end {
        match line.read(&mut some) {
            Ok(len) => said.extend_from_slice(some.get(..len).unwrap_or_default()),
            Err(_) if said.len() >= enough => break,
            Err(_) => {}
        }
    }
    said
}

/// One byte `0xx1xx10` for each question, and nothing else (PRINTERS.md, "Status bytes").
fn judge(said: &[u8]) -> Heard {
    let is_answer = |byte: &u8| byte & 0b1001_0011 == 0b0001_0010;
    match said {
        [] => Heard::Nothing,
        said if said.len() == TIMES && said.iter().all(is_answer) => Heard::Printer,
        _ => Heard::Noise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_good_answer_to_each_question_is_a_printer() {
        assert_eq!(judge(&[0x16, 0x16]), Heard::Printer);
        assert_eq!(judge(&[0x1A, 0x12]), Heard::Printer, "offline now, ready then");
        assert_eq!(judge(&[]), Heard::Nothing);
        for said in [&[0x16][..], &[0xFE, 0x16], &[0x16; 3], &[0, 0], &[0x13, 0x13]] {
            assert_eq!(judge(said), Heard::Noise, "{said:02X?}");
        }
    }
}
