//! The few commands that the press itself sends: questions, marks and the resynchronising prefix.
//!
//! Sources: Epson's ESC/POS command reference, as condensed in PRINTERS.md.

use protocol::JobId;
use serde::{Deserialize, Serialize};

/// Bytes that fill up the largest interrupted command: a raster band of 256 rows, 104 bytes (832 dots)
/// each, and its header.
pub const LARGEST_COMMAND: usize = 256 * 104 + 8;

/// NULs that complete the parameters of any interrupted command, so that its data is as short as can be.
pub const LONGEST_HEADER: usize = 32;

/// `GS a`: automatic status on online, error and paper (2 + 4 + 8).
const AUTOMATIC_STATUS: [u8; 3] = [0x1D, b'a', 0x0E];

const INITIALISE: [u8; 2] = [0x1B, b'@'];

/// How an operator ends a printer's error; the press never does it by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// `DLE ENQ 1`: the cause is gone, the rest of the ticket prints.
    Resume,
    /// `DLE ENQ 2` in an error, else `DLE DC4` 8: the printer forgets what it has not printed.
    Clear,
}

/// The command of a recovery; `in_error`: the printer reports an error that an operator clears.
#[must_use]
pub fn recovery(how: Recovery, in_error: bool) -> Vec<u8> {
    match how {
        Recovery::Resume => vec![0x10, 0x05, 1],
        Recovery::Clear if in_error => vec![0x10, 0x05, 2],
        Recovery::Clear => vec![0x10, 0x14, 8, 1, 3, 0x14, 1, 6, 2, 8],
    }
}

/// `DLE EOT n`, a real-time question.
#[must_use]
pub fn status(n: u8) -> [u8; 3] {
    [0x10, 0x04, n]
}

/// What `GS I n` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// `GS I 65`.
    Firmware = 65,
    /// `GS I 66`.
    Maker = 66,
    /// `GS I 67`.
    Model = 67,
    /// `GS I 68`.
    Serial = 68,
}

/// `GS I n`.
#[must_use]
pub fn identify(fact: Fact) -> Vec<u8> {
    vec![0x1D, b'I', fact as u8]
}

/// Questions in one barrier of `GS I`: 1024 patterns, so that hardly two tickets near each other share theirs.
pub const CODE: usize = 10;

/// The barrier of one attempt where the printer knows no marks but has names: a row of `GS I` whose order
/// is the attempt's own, so that no answer to another question can pass for it. `facts` are those that the
/// printer answers, each differently.
#[must_use]
pub fn code(job: &JobId, attempt: u32, facts: &[Fact]) -> Vec<Fact> {
    let hash = hash(job, attempt);
    let digits = (0..CODE).map(|digit| hash >> (5 * digit));
    let pick = |digit: u64| facts.get(usize::from(digit & 1 == 1)).or(facts.first()).copied();
    digits.filter_map(pick).collect()
}

/// Three `GS r` in a row: one answer is a single byte that a stray one could imitate.
#[must_use]
pub fn paper_barrier() -> Vec<u8> {
    [0x1D, b'r', 1].repeat(PAPER_ANSWERS)
}

/// The answers to [`paper_barrier`].
pub const PAPER_ANSWERS: usize = 3;

/// Whether a byte can be an answer to `GS r 1`: near end is bits 0 and 1 alike, end bits 2 and 3 alike.
#[must_use]
pub fn is_paper_answer(byte: u8) -> bool {
    matches!(byte, 0x00 | 0x03 | 0x0C | 0x0F)
}

/// `GS ( H` function 48: the printer answers with the mark when all before it is printed.
#[must_use]
pub fn mark_request(mark: [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![0x1D, b'(', b'H', 6, 0, 0x30, 0x30];
    bytes.extend(mark);
    bytes
}

/// The mark of one attempt: four characters of 20h to 7Eh, the same after a restart, so that a late proof
/// is known again. Two attempts share one with a chance of 1 in 81 million.
#[must_use]
pub fn mark(job: &JobId, attempt: u32) -> [u8; 4] {
    let mut rest = hash(job, attempt);
    [(); 4].map(|()| {
        let digit = u8::try_from(rest % 95).unwrap_or(0);
        rest /= 95;
        0x20 + digit
    })
}

/// FNV-1a, 64 bits, its halves mixed.
fn hash(job: &JobId, attempt: u32) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for byte in job.as_str().bytes().chain(attempt.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    }
    hash ^ (hash >> 32)
}

/// What ends an interrupted ticket: NULs for the rest of its last command, a reset, feed and cut, so that no
/// scrap sits on the next ticket.
#[must_use]
pub fn resync(fill: usize) -> Vec<u8> {
    let mut bytes = vec![0; fill.min(LARGEST_COMMAND)];
    bytes.extend(INITIALISE);
    bytes.extend([b'\n', b'\n', 0x1D, b'V', 66, 0]);
    bytes
}

/// The ticket with automatic status switched on; right after its `ESC @`, which switches it off on some
/// interfaces.
#[must_use]
pub fn with_automatic_status(ticket: Vec<u8>) -> Vec<u8> {
    let Some(rest) = ticket.strip_prefix(&INITIALISE) else {
        return [&AUTOMATIC_STATUS, ticket.as_slice()].concat();
    };
    [INITIALISE.as_slice(), &AUTOMATIC_STATUS, rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_byte_for_byte_those_of_the_manual() {
        assert_eq!(
            mark_request(*b"Ab 7"),
            [0x1D, 0x28, 0x48, 6, 0, 0x30, 0x30, 0x41, 0x62, 0x20, 0x37]
        );
        assert_eq!(identify(Fact::Model), [0x1D, 0x49, 67]);
        assert_eq!(status(4), [0x10, 4, 4]);
        assert_eq!(with_automatic_status(b"\x1B@Hi".to_vec()), b"\x1B@\x1Da\x0EHi");
        assert_eq!(with_automatic_status(b"Hi".to_vec()), b"\x1Da\x0EHi");
    }

    #[test]
    fn a_mark_is_printable_and_differs_for_every_attempt() {
        let mut seen = std::collections::BTreeSet::new();
        for job in 0..500 {
            for attempt in 1..4 {
                let mark = mark(&JobId::new(format!("0190-{job}")), attempt);
                assert!(mark.iter().all(|byte| (0x20..=0x7E).contains(byte)));
                assert!(seen.insert(mark), "{job} {attempt}");
            }
        }
    }

    #[test]
    fn a_resync_never_outgrows_the_largest_command() {
        assert_eq!(resync(10).len(), 18);
        assert_eq!(resync(usize::MAX).len(), LARGEST_COMMAND + 8);
    }
}
