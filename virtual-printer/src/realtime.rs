//! Real-time commands, recognised byte by byte as they come in, whatever they are inside of.
//!
//! A real printer looks for them before anything is interpreted, so image data that happens to hold `10 04 01` is
//! answered and `10 14 01 00 01` opens the drawer (fault F3 of DELIVERY.md).

use crate::config::Language;
use crate::framer::{DLE, ESC};

/// What a real-time command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RealTime {
    /// `DLE EOT n`.
    Status(u8),
    /// `DLE ENQ 1`: recover and go on.
    Recover,
    /// `DLE ENQ 2`: recover and forget the data.
    RecoverAndClear,
    /// `DLE DC4 1 m t`: a drawer pulse.
    Pulse,
    /// `DLE DC4 8 1 3 20 1 6 2 8`: forget the data.
    Clear,
    /// `ESC ACK SOH`: Star's automatic status, asked for.
    StarStatus,
}

/// Longest real-time command.
const WINDOW: usize = 10;
const CLEAR: [u8; WINDOW] = [DLE, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];

/// Looks at the last bytes that came in.
#[derive(Debug)]
pub(crate) struct Scanner {
    language: Language,
    last: [u8; WINDOW],
    seen: usize,
}

impl Scanner {
    pub(crate) fn new(language: Language) -> Self {
        Self {
            language,
            last: [0; WINDOW],
            seen: 0,
        }
    }

    /// Forgets what is incomplete.
    pub(crate) fn clear(&mut self) {
        self.seen = 0;
    }

    /// Takes a byte; says what it completes.
    pub(crate) fn push(&mut self, byte: u8) -> Option<RealTime> {
        self.last.rotate_left(1);
        if let Some(end) = self.last.last_mut() {
            *end = byte;
        }
        self.seen = WINDOW.min(self.seen + 1);
        let seen = self.last.get(WINDOW - self.seen..)?;
        let found = match self.language {
            Language::EscPos => found(seen)?,
            Language::Star => seen
                .ends_with(&[ESC, 0x06, 0x01])
                .then_some(RealTime::StarStatus)?,
        };
        self.seen = 0;
        Some(found)
    }
}

fn found(seen: &[u8]) -> Option<RealTime> {
    match seen {
        [.., DLE, 0x04, n @ 1..=4] => Some(RealTime::Status(*n)),
        [.., DLE, 0x05, 1] => Some(RealTime::Recover),
        [.., DLE, 0x05, 2] => Some(RealTime::RecoverAndClear),
        [.., DLE, 0x14, 1, 0 | 1, 1..=8] => Some(RealTime::Pulse),
        seen if *seen == CLEAR => Some(RealTime::Clear),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &[u8]) -> Vec<RealTime> {
        let mut scanner = Scanner::new(Language::EscPos);
        bytes.iter().filter_map(|byte| scanner.push(*byte)).collect()
    }

    #[test]
    fn real_time_commands_are_seen_inside_anything() {
        assert_eq!(scan(b"ab\x10\x04\x01cd"), [RealTime::Status(1)]);
        assert_eq!(scan(b"\x1d\x76\x30\x00\x10\x14\x01\x00\x01"), [RealTime::Pulse]);
        assert_eq!(scan(&CLEAR), [RealTime::Clear]);
        assert_eq!(
            scan(b"\x10\x10\x05\x02\x10\x05\x01"),
            [RealTime::RecoverAndClear, RealTime::Recover]
        );
    }

    #[test]
    fn near_misses_are_nothing() {
        assert_eq!(
            scan(b"\x10\x04\x05\x10\x05\x03\x10\x14\x01\x02\x01\x10\x14\x01\x00\x09"),
            []
        );
    }
}
