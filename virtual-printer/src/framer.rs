//! Bytes to commands: where each command ends, and nothing of what it means.
//!
//! Lengths are those of Epson's "ESC/POS command reference". A command may arrive in any number of pieces.

mod star;

use std::mem::take;

pub(crate) use star::star;

pub(crate) const NUL: u8 = 0x00;
pub(crate) const DLE: u8 = 0x10;
pub(crate) const ESC: u8 = 0x1B;
pub(crate) const FS: u8 = 0x1C;
pub(crate) const GS: u8 = 0x1D;

/// Longest command that is collected; longer ones are taken for a mistake, since no printer has such a buffer.
pub(crate) const MAX_COMMAND: usize = 4 << 20;

/// Text is handed on in pieces of this size, so that a fault can strike between two lines of it.
const MAX_TEXT: usize = 32;

/// One command, or a run of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// Printable bytes, to be read in the current code page.
    Text(Vec<u8>),
    /// A whole command, a control character included.
    Command(Vec<u8>),
    /// The beginning of something unknown; what follows is read afresh.
    Unknown(Vec<u8>),
}

impl Token {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(bytes) | Self::Command(bytes) | Self::Unknown(bytes) => bytes,
        }
    }
}

/// How long the command is that begins with the bytes so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It ends there.
    Total(usize),
    /// Cannot be told yet; ask again once that many bytes are there.
    At(usize),
    /// No such command.
    Unknown,
}

/// Splits a stream into tokens.
#[derive(Debug)]
pub(crate) struct Framer {
    text: Vec<u8>,
    pending: Vec<u8>,
    need: Need,
    length: fn(&[u8]) -> Need,
}

impl Framer {
    /// `length` says how long a command is: [`esc_pos`] or another language's.
    pub(crate) fn new(length: fn(&[u8]) -> Need) -> Self {
        Self {
            text: Vec::new(),
            pending: Vec::new(),
            need: Need::At(1),
            length,
        }
    }

    /// Bytes of a command that is not complete yet.
    pub(crate) fn partial(&self) -> usize {
        self.pending.len()
    }

    /// Forgets what is incomplete.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.pending.clear();
    }

    /// Takes one byte and hands on what it completes.
    pub(crate) fn push(&mut self, byte: u8, mut done: impl FnMut(Token)) {
        if self.pending.is_empty() && byte >= 0x20 {
            self.text.push(byte);
            if self.text.len() >= MAX_TEXT {
                self.flush(done);
            }
            return;
        }
        if self.pending.is_empty() {
            self.flush(&mut done);
            self.need = Need::At(1);
        }
        self.pending.push(byte);
        self.advance(done);
    }

    /// Hands on the text so far, since nothing more comes for now.
    pub(crate) fn flush(&mut self, mut done: impl FnMut(Token)) {
        if !self.text.is_empty() {
            done(Token::Text(take(&mut self.text)));
        }
    }

    fn advance(&mut self, mut done: impl FnMut(Token)) {
        let have = self.pending.len();
        if let Need::At(at) = self.need
            && have >= at
        {
            self.need = match (self.length)(&self.pending) {
                Need::Total(n) | Need::At(n) if n > MAX_COMMAND => Need::Unknown,
                need => need,
            };
        }
        match self.need {
            Need::Total(total) if have >= total => done(Token::Command(take(&mut self.pending))),
            Need::Unknown => done(Token::Unknown(take(&mut self.pending))),
            Need::Total(_) | Need::At(_) => {}
        }
    }
}

fn u16_of(low: u8, high: u8) -> usize {
    usize::from(u16::from_le_bytes([low, high]))
}

/// Lengths in ESC/POS.
pub(crate) fn esc_pos(bytes: &[u8]) -> Need {
    match bytes {
        [ESC, ..] => esc(bytes),
        [GS, ..] => gs(bytes),
        [FS, ..] => fs(bytes),
        [DLE, ..] => dle(bytes),
        _ => Need::Total(1),
    }
}

/// As [`esc_pos`], of a clone that does not know `GS (`, takes its two bytes for nothing and prints the rest.
pub(crate) fn clone_pos(bytes: &[u8]) -> Need {
    match bytes {
        // QR codes are the one thing of it that clones learnt.
        [GS, b'('] => Need::At(3),
        [GS, b'(', b'k', ..] => esc_pos(bytes),
        [GS, b'(', ..] => Need::Unknown,
        _ => esc_pos(bytes),
    }
}

fn esc(bytes: &[u8]) -> Need {
    match bytes {
        [_] => Need::At(2),
        [
            _,
            b'@' | b'2' | b'L' | b'S' | b'i' | b'm' | b'v' | b'4' | b'5' | 0x0C | b'<',
            ..,
        ] => Need::Total(2),
        [
            _,
            b'!' | b' ' | b'%' | b'-' | b'3' | b'=' | b'?' | b'E' | b'G' | b'J' | b'K' | b'M' | b'R' | b'T'
            | b'U' | b'V' | b'a' | b'd' | b'e' | b'r' | b't' | b'u' | b'{',
            ..,
        ] => Need::Total(3),
        [_, b'$' | b'\\' | b'B', ..] => Need::Total(4),
        [_, b'p', ..] => Need::Total(5),
        [_, b'W', ..] => Need::Total(10),
        [_, b'c'] => Need::At(3),
        [_, b'c', b'0' | b'1' | b'3' | b'4' | b'5', ..] => Need::Total(4),
        [_, b'('] => Need::At(5),
        [_, b'(', _, low, high, ..] => Need::Total(5 + u16_of(*low, *high)),
        [_, b'*'] => Need::At(5),
        [_, b'*', 32 | 33, low, high, ..] => Need::Total(5 + 3 * u16_of(*low, *high)),
        [_, b'*', _, low, high, ..] => Need::Total(5 + u16_of(*low, *high)),
        [_, b'D', stops @ ..] => until_nul(2, stops, 32),
        [_, b'&', rest @ ..] => user_characters(rest),
        [_, ..] => Need::Unknown,
        [] => Need::At(1),
    }
}

fn gs(bytes: &[u8]) -> Need {
    match bytes {
        [_] => Need::At(2),
        [_, b':' | b'c', ..] => Need::Total(2),
        [
            _,
            b'!' | b'#' | b'/' | b'B' | b'E' | b'H' | b'I' | b'T' | b'a' | b'b' | b'f' | b'h' | b'r' | b'w',
            ..,
        ] => Need::Total(3),
        [_, b'$' | b'L' | b'P' | b'W' | b'\\', ..] => Need::Total(4),
        [_, b'^' | b'z', ..] => Need::Total(5),
        [_, b'g', ..] => Need::Total(6),
        [_, b'V'] => Need::At(3),
        [_, b'V', 65 | 66 | 97 | 98 | 103 | 104, ..] => Need::Total(4),
        [_, b'V', _, ..] => Need::Total(3),
        [_, b'C'] => Need::At(3),
        [_, b'C', b'0', ..] => Need::Total(5),
        [_, b'C', b'1', ..] => Need::Total(9),
        [_, b'C', b'2', ..] => Need::Total(5),
        [_, b'C', b';', fields @ ..] => separated(3, fields, 5),
        [_, b'(' | b'8'] => Need::At(3),
        [_, b'(', _] => Need::At(5),
        [_, b'(', _, _] => Need::At(5),
        [_, b'(', _, low, high, ..] => Need::Total(5 + u16_of(*low, *high)),
        [_, b'8', b'L'] => Need::At(7),
        [_, b'8', b'L', a, b, c, d, ..] => {
            let length = u32::from_le_bytes([*a, *b, *c, *d]);
            Need::Total(usize::try_from(length).unwrap_or(usize::MAX).saturating_add(7))
        }
        [_, b'8', b'L', ..] => Need::At(7),
        [_, b'*'] => Need::At(4),
        [_, b'*', x, y, ..] => Need::Total(4 + 8 * usize::from(*x) * usize::from(*y)),
        [_, b'*', ..] => Need::At(4),
        [_, b'v'] => Need::At(3),
        [_, b'v', 0 | b'0'] => Need::At(8),
        [_, b'v', 0 | b'0', _, xl, xh, yl, yh, ..] => Need::Total(8 + u16_of(*xl, *xh) * u16_of(*yl, *yh)),
        [_, b'v', 0 | b'0', ..] => Need::At(8),
        [_, b'Q'] => Need::At(8),
        [_, b'Q', b'0', _, xl, xh, yl, yh, ..] => Need::Total(8 + u16_of(*xl, *xh) * u16_of(*yl, *yh)),
        [_, b'k'] => Need::At(3),
        [_, b'k', 0..=6, data @ ..] => until_nul(3, data, 255),
        [_, b'k', 65..=79] => Need::At(4),
        [_, b'k', 65..=79, n, ..] => Need::Total(4 + usize::from(*n)),
        [_, ..] => Need::Unknown,
        [] => Need::At(1),
    }
}

fn fs(bytes: &[u8]) -> Need {
    match bytes {
        [_] => Need::At(2),
        [_, b'&' | b'.', ..] => Need::Total(2),
        [_, b'!' | b'-' | b'C' | b'W', ..] => Need::Total(3),
        [_, b'S' | b'p' | b'?', ..] => Need::Total(4),
        [_, b'2', ..] => Need::Total(4 + 72),
        [_, b'('] => Need::At(5),
        [_, b'(', _, low, high, ..] => Need::Total(5 + u16_of(*low, *high)),
        [_, b'q'] => Need::At(3),
        [_, b'q', count, images @ ..] => stored_images(*count, images),
        [_, b'g'] => Need::At(10),
        [_, b'g', b'1', _, _, _, _, _, low, high, ..] => Need::Total(10 + u16_of(*low, *high)),
        [_, b'g', b'2', ..] => Need::Total(10),
        [_, ..] => Need::Unknown,
        [] => Need::At(1),
    }
}

/// Real-time commands have been obeyed when they came in; here they are only stepped over.
pub(crate) fn dle(bytes: &[u8]) -> Need {
    match bytes {
        [_] => Need::At(2),
        [_, 0x04] => Need::At(3),
        [_, 0x04, 7 | 8 | 18, ..] => Need::Total(4),
        [_, 0x04 | 0x05, ..] => Need::Total(3),
        [_, 0x14] => Need::At(3),
        [_, 0x14, 1 | 2, ..] => Need::Total(5),
        [_, 0x14, 3, ..] => Need::Total(8),
        [_, 0x14, 7, ..] => Need::Total(4),
        [_, 0x14, 8, ..] => Need::Total(10),
        [_, ..] => Need::Unknown,
        [] => Need::At(1),
    }
}

fn until_nul(head: usize, data: &[u8], most: usize) -> Need {
    until(NUL, head, data, most)
}

/// Ends with that byte, or after `most` bytes of data.
fn until(terminator: u8, head: usize, data: &[u8], most: usize) -> Need {
    let end = head + data.len();
    match data.last() {
        Some(byte) if *byte == terminator => Need::Total(end),
        Some(_) if data.len() >= most => Need::Total(end),
        _ => Need::At(end + 1),
    }
}

/// `GS C ;`: so many decimal fields, each ended by a semicolon.
fn separated(head: usize, data: &[u8], fields: usize) -> Need {
    let end = head + data.len();
    if data.iter().filter(|byte| **byte == b';').count() >= fields || data.len() >= 32 {
        return Need::Total(end);
    }
    Need::At(end + 1)
}

/// `ESC &`: height, first and last character, then for each a width and that many columns.
fn user_characters(rest: &[u8]) -> Need {
    let [height, first, last, data @ ..] = rest else {
        return Need::At(5);
    };
    let mut at = 0;
    for _ in *first..=*last {
        let Some(width) = data.get(at) else {
            return Need::At(5 + at + 1);
        };
        at += 1 + usize::from(*width) * usize::from(*height);
    }
    Need::Total(5 + at)
}

/// `FS q`: so many images, each with its own size in bytes and rows of 8.
fn stored_images(count: u8, images: &[u8]) -> Need {
    let mut at = 0;
    for _ in 0..count {
        let Some([xl, xh, yl, yh]) = images.get(at..at + 4) else {
            return Need::At(3 + at + 4);
        };
        at += 4 + u16_of(*xl, *xh) * u16_of(*yl, *yh) * 8;
        if at > MAX_COMMAND {
            return Need::Unknown;
        }
    }
    Need::Total(3 + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(bytes: &[u8]) -> Vec<Token> {
        let mut found = Vec::new();
        let mut framer = Framer::new(esc_pos);
        for byte in bytes {
            framer.push(*byte, |token| found.push(token));
        }
        framer.flush(|token| found.push(token));
        assert_eq!(framer.partial(), 0, "{bytes:x?} is complete");
        found
    }

    fn command(bytes: &[u8]) -> Token {
        Token::Command(bytes.to_vec())
    }

    #[test]
    fn each_command_ends_where_the_manual_says() {
        let commands: &[&[u8]] = &[
            b"\x1b@",
            b"\x1ba\x01",
            b"\x1bp\x00\x19\xfa",
            b"\x1bD\x08\x10\x00",
            b"\x1b*\x21\x02\x00abcdef",
            b"\x1b*\x00\x02\x00ab",
            b"\x1b&\x03\x41\x42\x01abc\x02abcdef",
            b"\x1b(A\x03\x00abc",
            b"\x1dV\x00",
            b"\x1dVB\x03",
            b"\x1dv0\x00\x02\x00\x03\x00abcdef",
            b"\x1dk\x04ABC\x00",
            b"\x1dkI\x03ABC",
            b"\x1d(k\x03\x00\x31\x51\x30",
            b"\x1d8L\x03\x00\x00\x00abc",
            b"\x1d(H\x06\x00\x30\x30abcd",
            b"\x1c&",
            b"\x10\x04\x01",
            b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08",
            b"\x0a",
        ];
        for bytes in commands {
            let followed = [*bytes, b"x"].concat();
            assert_eq!(tokens(&followed), [command(bytes), Token::Text(b"x".to_vec())]);
        }
    }

    #[test]
    fn an_unknown_command_gives_way_to_what_follows() {
        assert_eq!(
            tokens(b"\x1b\x7fA"),
            [Token::Unknown(b"\x1b\x7f".into()), Token::Text(b"A".into())]
        );
        let absurd = b"\x1d8L\xff\xff\xff\xff";
        assert_eq!(tokens(absurd), [Token::Unknown(absurd.to_vec())]);
    }
}
