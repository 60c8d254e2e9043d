//! A cell's text to pieces: toggles, sizes, breaks and escapes, in one pass where all escapes are sound.

use super::escape;
use crate::model::{Piece, Style};

/// The pieces of a text cell.
pub(super) fn pieces(element: &str) -> Vec<Piece> {
    let mut out = Builder::default();
    if quick(element, &mut out).is_none() {
        out = Builder::default();
        thorough(element, &mut out);
    }
    out.flush();
    out.pieces
}

#[derive(Default)]
struct Builder {
    pieces: Vec<Piece>,
    text: String,
    style: Style,
}

impl Builder {
    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.pieces
                .push(Piece::Text(self.style, std::mem::take(&mut self.text)));
        }
    }

    fn line_break(&mut self) {
        self.flush();
        self.pieces.push(Piece::Break);
    }

    fn toggle(&mut self, byte: u8) {
        self.flush();
        match byte {
            b'_' => self.style.underline = !self.style.underline,
            b'"' => self.style.bold = !self.style.bold,
            _ => self.style.invert = !self.style.invert,
        }
    }

    fn size(&mut self, carets: usize) {
        self.flush();
        let size = u8::try_from(carets.min(7)).unwrap_or(7);
        self.style.size = if self.style.size == size { 0 } else { size };
    }
}

/// One pass; `None` at the first escape that is not sound, and at control characters, which may make new escapes of
/// what stands around them.
fn quick(element: &str, out: &mut Builder) -> Option<()> {
    let bytes = element.as_bytes();
    let mut at = 0;
    let mut plain = 0;
    while let Some(&byte) = bytes.get(at) {
        if !is_special(byte) {
            at += 1;
            continue;
        }
        out.text.push_str(element.get(plain..at)?);
        at += match byte {
            b'\\' => escaped(bytes.get(at + 1..)?, out)?,
            b'~' => {
                out.text.push(' ');
                1
            }
            b'^' => {
                let carets = bytes.get(at..)?.iter().take_while(|b| **b == b'^').count();
                out.size(carets);
                carets
            }
            b'_' | b'"' | b'`' => {
                out.toggle(byte);
                1
            }
            _ => return None,
        };
        plain = at;
    }
    out.text.push_str(element.get(plain..)?);
    Some(())
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'\\' | b'~' | b'^' | b'_' | b'"' | b'`' | 0..=0x1f | 0x7f)
}

/// Takes a sound escape; answers its length with the backslash.
fn escaped(tail: &[u8], out: &mut Builder) -> Option<usize> {
    match tail {
        [
            c @ (b'\\' | b'{' | b'|' | b'}' | b'-' | b'=' | b'_' | b'"' | b'`' | b'^' | b'~'),
            ..,
        ] => {
            out.text.push(char::from(*c));
            Some(2)
        }
        [b'n', ..] => {
            out.line_break();
            Some(2)
        }
        [b'x', high, low, ..] => {
            let byte = escape::hex_byte(&[*high, *low]).filter(|b| !b.is_ascii_control())?;
            out.text.push(char::from(byte));
            Some(4)
        }
        _ => None,
    }
}

/// The reference's passes in its order.
fn thorough(element: &str, out: &mut Builder) {
    let text = escape::without_controls(&escape::protect(element));
    let text = escape::to_hex(&text, |b| {
        matches!(b, b'-' | b'=' | b'_' | b'"' | b'`' | b'^' | b'~')
    });
    let text = text.replace("\\n", "\n").replace('~', " ");
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['_', '"', '`', '\n', '^']) {
        let (before, tail) = rest.split_at(at);
        out.text.push_str(&escape::resolve(before));
        let length = match tail.as_bytes() {
            [b'\n', ..] => {
                out.line_break();
                1
            }
            [b'^', ..] => {
                let carets = tail.bytes().take_while(|b| *b == b'^').count();
                out.size(carets);
                carets
            }
            [byte, ..] => {
                out.toggle(*byte);
                1
            }
            [] => 1,
        };
        rest = tail.get(length..).unwrap_or("");
    }
    out.text.push_str(&escape::resolve(rest));
}
