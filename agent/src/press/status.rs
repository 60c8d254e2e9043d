//! Reads what a printer says: a pure machine over bytes (PRINTERS.md, "Status bytes").
//!
//! The classes are told apart by fixed bits. After the first byte of an automatic status always four
//! are taken, and inside a block nothing is classified until its NUL, so that no byte of one answer
//! can pass for another.

use std::collections::VecDeque;

use super::star::{self, Said};

/// The longest block that any known printer sends: a `GS I` answer has at most 80 characters. What is
/// longer began with a stray byte.
const MAX_BLOCK: usize = 128;

/// Questions without an answer that are remembered; the press asks one at a time.
const MAX_ASKED: usize = 8;

/// One thing that a printer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The answer to `DLE EOT n`.
    Answer {
        /// Which n was asked, 1 to 4.
        n: u8,
        /// The byte.
        bits: u8,
    },
    /// An automatic status, four bytes.
    Automatic([u8; 4]),
    /// A `GS r` or `GS I` (1 to 3) byte.
    Short(u8),
    /// XON: it takes data again.
    Xon,
    /// XOFF: it takes no data.
    Xoff,
    /// `37 22 d1 d2 d3 d4 00`: all before this mark is printed.
    Mark([u8; 4]),
    /// Another block without its NUL, head first, such as `5F` and a maker's name.
    Block(Vec<u8>),
    /// Star's automatic status.
    Star(Said),
    /// Bytes of no class, or a block or group that is none.
    Noise,
}

/// The incremental parser.
#[derive(Debug, Clone, Default)]
pub struct Parser {
    asked: VecDeque<u8>,
    partial: Partial,
    /// It speaks StarPRNT, and nothing else.
    star: bool,
}

#[derive(Debug, Clone, Default)]
enum Partial {
    #[default]
    Nothing,
    Automatic {
        bytes: [u8; 4],
        len: usize,
    },
    Block(Vec<u8>),
    Star(Vec<u8>, usize),
}

impl Parser {
    /// For a printer that speaks StarPRNT.
    #[must_use]
    pub fn star() -> Self {
        Self {
            star: true,
            ..Self::default()
        }
    }

    /// Notes that `DLE EOT n` was sent, so that its answer is known as that.
    pub fn asked(&mut self, n: u8) {
        if self.asked.len() == MAX_ASKED {
            self.asked.pop_front();
        }
        self.asked.push_back(n);
    }

    /// Forgets what was asked and whatever was half received: a new connection, or a long silence.
    pub fn forget(&mut self) {
        *self = Self {
            star: self.star,
            ..Self::default()
        };
    }

    /// Takes one byte; returns what it completes.
    pub fn push(&mut self, byte: u8) -> Option<Heard> {
        match &mut self.partial {
            Partial::Nothing if self.star => self.star_first(byte),
            Partial::Nothing => self.first(byte),
            Partial::Star(block, len) => {
                block.push(byte);
                if block.len() < *len {
                    return None;
                }
                let said = star::read(block).map_or(Heard::Noise, Heard::Star);
                self.partial = Partial::Nothing;
                Some(said)
            }
            Partial::Automatic { bytes, len } => {
                if let Some(slot) = bytes.get_mut(*len) {
                    *slot = byte;
                }
                *len += 1;
                if *len < bytes.len() {
                    return None;
                }
                let group = *bytes;
                self.partial = Partial::Nothing;
                Some(automatic(group))
            }
            Partial::Block(block) => {
                if byte != 0 {
                    block.push(byte);
                    return (block.len() > MAX_BLOCK).then(|| {
                        self.partial = Partial::Nothing;
                        Heard::Noise
                    });
                }
                let block = std::mem::take(block);
                self.partial = Partial::Nothing;
                Some(finished(block))
            }
        }
    }

    fn star_first(&mut self, byte: u8) -> Option<Heard> {
        match (byte, star::block_len(byte)) {
            // Flow control looks like a head.
            (0x11 | 0x13, _) | (_, None) => Some(Heard::Noise),
            (_, Some(len)) => {
                self.partial = Partial::Star(vec![byte], len);
                None
            }
        }
    }

    fn first(&mut self, byte: u8) -> Option<Heard> {
        match byte {
            0x11 => Some(Heard::Xon),
            0x13 => Some(Heard::Xoff),
            0x5F | 0x3B | 0x3D | 0x35 | 0x37 => {
                self.partial = Partial::Block(vec![byte]);
                None
            }
            // 0xx1xx00
            _ if byte & 0b1001_0011 == 0b0001_0000 => {
                self.partial = Partial::Automatic {
                    bytes: [byte, 0, 0, 0],
                    len: 1,
                };
                None
            }
            // 0xx1xx10
            _ if byte & 0b1001_0011 == 0b0001_0010 => Some(match self.asked.pop_front() {
                Some(n) => Heard::Answer { n, bits: byte },
                None => Heard::Noise,
            }),
            _ if is_short(byte) => Some(Heard::Short(byte)),
            _ => Some(Heard::Noise),
        }
    }
}

/// 0xx0xxxx
fn is_short(byte: u8) -> bool {
    byte & 0b1001_0000 == 0
}

fn automatic(group: [u8; 4]) -> Heard {
    let [_, rest @ ..] = group;
    if rest.into_iter().all(is_short) {
        Heard::Automatic(group)
    } else {
        Heard::Noise
    }
}

fn finished(block: Vec<u8>) -> Heard {
    match block.as_slice() {
        [0x37, 0x22, a, b, c, d] => Heard::Mark([*a, *b, *c, *d]),
        [0x37, 0x22, ..] | [_] => Heard::Noise,
        _ => Heard::Block(block),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hear(parser: &mut Parser, bytes: &[u8]) -> Vec<Heard> {
        bytes.iter().filter_map(|byte| parser.push(*byte)).collect()
    }

    #[test]
    fn an_answer_is_known_by_what_was_asked() {
        let mut parser = Parser::default();
        parser.asked(1);
        parser.asked(4);
        assert_eq!(
            hear(&mut parser, &[0x16, 0x12, 0x12]),
            [
                Heard::Answer { n: 1, bits: 0x16 },
                Heard::Answer { n: 4, bits: 0x12 },
                Heard::Noise
            ]
        );
    }

    #[test]
    fn an_automatic_status_takes_four_bytes_whatever_they_look_like() {
        let mut parser = Parser::default();
        assert_eq!(
            hear(&mut parser, &[0x18, 0x00, 0x0C, 0x0F, 0x00]),
            [Heard::Automatic([0x18, 0x00, 0x0C, 0x0F]), Heard::Short(0)]
        );
        assert_eq!(
            hear(&mut parser, &[0x10, 0x37, 0x22, 0x41]),
            [Heard::Noise],
            "0x37 is no part of an automatic status"
        );
    }

    #[test]
    fn inside_a_block_nothing_is_classified() {
        let mut parser = Parser::default();
        parser.asked(1);
        assert_eq!(
            hear(&mut parser, b"\x5FTM-\x12T88\x00\x3722ab\x00"),
            [
                Heard::Block(b"\x5FTM-\x12T88".to_vec()),
                Heard::Block(b"722ab".to_vec())
            ]
        );
        assert_eq!(hear(&mut parser, b"\x37\x22ab_7\x00"), [Heard::Mark(*b"ab_7")]);
    }

    #[test]
    fn a_mark_cut_short_or_too_long_is_no_mark() {
        let mut parser = Parser::default();
        assert_eq!(hear(&mut parser, b"\x37\x22abc\x00"), [Heard::Noise]);
        assert_eq!(hear(&mut parser, b"\x37\x22abcde\x00"), [Heard::Noise]);
        assert_eq!(
            hear(&mut parser, b"\x37\x22ab\x10\x00\x00\x00cd\x00").first(),
            Some(&Heard::Noise)
        );
    }

    #[test]
    fn a_block_without_an_end_is_given_up() {
        let mut parser = Parser::default();
        let heard = hear(&mut parser, &[b'_'; MAX_BLOCK + 1]);
        assert_eq!(heard, [Heard::Noise]);
        assert_eq!(hear(&mut parser, b"\x37\x22abcd\x00"), [Heard::Mark(*b"abcd")]);
    }

    proptest! {
        #[test]
        fn garbage_is_never_a_proof(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let mark = *b"Q~ 7";
            let whole = b"\x37\x22Q~ 7\x00";
            prop_assume!(!bytes.windows(whole.len()).any(|window| window == whole));
            let mut parser = Parser::default();
            prop_assert!(!hear(&mut parser, &bytes).contains(&Heard::Mark(mark)));
        }

        #[test]
        fn whole_answers_before_a_proof_do_not_hide_it(
            groups in proptest::collection::vec(0u8..5, 0..40),
            fill in proptest::collection::vec(0u8..0x0F, 40 * 3),
        ) {
            let mut bytes = Vec::new();
            for (index, kind) in groups.iter().enumerate() {
                match kind {
                    0 => bytes.extend([0x14, fill[index * 3], fill[index * 3 + 1], fill[index * 3 + 2]]),
                    1 => bytes.extend(b"\x5FEPSON\x00"),
                    2 => bytes.push(0x12),
                    3 => bytes.extend(b"\x37\x22xxxx\x00"),
                    _ => bytes.push(0x11),
                }
            }
            bytes.extend(b"\x37\x22Q~ 7\x00");
            let mut parser = Parser::default();
            let heard = hear(&mut parser, &bytes);
            prop_assert_eq!(heard.last(), Some(&Heard::Mark(*b"Q~ 7")));
        }

        #[test]
        fn the_parser_never_grows(bytes in proptest::collection::vec(any::<u8>(), 0..4000)) {
            let mut parser = Parser::default();
            for byte in bytes {
                parser.asked(1);
                parser.push(byte);
                if let Partial::Block(block) = &parser.partial {
                    prop_assert!(block.len() <= MAX_BLOCK);
                }
                prop_assert!(parser.asked.len() <= MAX_ASKED);
            }
        }
    }
}
