//! A cell's text to pieces: toggles, sizes, breaks and escapes, in one pass where all escapes are sound.

use super::escape;
use super::split::table;
use crate::model::Style;

/// Takes the pieces of a cell, one after the other.
pub(crate) trait Pieces {
    /// The text that a piece is gathered in, at its end.
    fn text(&mut self) -> &mut String;
    /// What was gathered from byte `from` on is a piece; never called for an empty one.
    fn piece(&mut self, style: Style, from: usize);
    /// A line break.
    fn line_break(&mut self);
}

/// Hands the pieces of a text cell to `sink`; `escapes` says whether it may hold a backslash or a control character.
pub(super) fn pieces(element: &str, escapes: bool, sink: &mut impl Pieces) {
    let from = sink.text().len();
    let style = Style::default();
    let mut out = Gather { sink, style, from };
    match !escapes || is_sound(element.as_bytes()) {
        true => quick(element, &mut out),
        false => thorough(element, &mut out),
    }
    out.flush();
}

struct Gather<'a, S> {
    sink: &'a mut S,
    style: Style,
    /// Where the piece begins in the sink's text.
    from: usize,
}

impl<S: Pieces> Gather<'_, S> {
    fn push(&mut self, text: &str) {
        if !text.is_empty() {
            self.sink.text().push_str(text);
        }
    }

    fn flush(&mut self) {
        if self.sink.text().len() > self.from {
            self.sink.piece(self.style, self.from);
        }
        self.from = self.sink.text().len();
    }

    fn line_break(&mut self) {
        self.flush();
        self.sink.line_break();
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

/// Whether every escape is one that [`escaped`] knows, and no control character stands there, which might make new
/// escapes of what stands around it.
fn is_sound(mut bytes: &[u8]) -> bool {
    let odd = |b: &u8| *b == b'\\' || b.is_ascii_control();
    while let Some(at) = bytes.iter().position(odd) {
        let tail = bytes.get(at..).unwrap_or(&[]);
        let Some((length, _)) = tail.strip_prefix(b"\\").and_then(escaped) else {
            return false;
        };
        bytes = tail.get(length..).unwrap_or(&[]);
    }
    true
}

/// One pass over a text whose escapes are all sound.
fn quick(element: &str, out: &mut Gather<'_, impl Pieces>) {
    let bytes = element.as_bytes();
    let mut plain = 0;
    while let Some(ahead) = bytes
        .get(plain..)
        .and_then(|b| b.iter().position(|b| is_special(*b)))
    {
        let at = plain + ahead;
        out.push(element.get(plain..at).unwrap_or(""));
        plain = at + special(bytes.get(at..).unwrap_or(&[]), out);
    }
    out.push(element.get(plain..).unwrap_or(""));
}

/// Takes what a text goes on with; answers its length.
fn special(tail: &[u8], out: &mut Gather<'_, impl Pieces>) -> usize {
    match tail {
        [b'~', ..] => out.push(" "),
        [b'^', ..] => {
            let carets = tail.iter().take_while(|b| **b == b'^').count();
            out.size(carets);
            return carets;
        }
        [byte @ (b'_' | b'"' | b'`'), ..] => out.toggle(*byte),
        [_, rest @ ..] => match escaped(rest) {
            Some((length, Escaped::Break)) => {
                out.line_break();
                return length;
            }
            Some((length, Escaped::Char(ch))) => {
                out.sink.text().push(ch);
                return length;
            }
            None => {}
        },
        [] => {}
    }
    1
}

/// Bytes that are more than themselves in a cell.
fn is_special(byte: u8) -> bool {
    static SPECIAL: [bool; 256] = table(b"\\~^_\"`");
    SPECIAL.get(usize::from(byte)).copied().unwrap_or(false)
}

enum Escaped {
    Char(char),
    Break,
}

/// A sound escape, by what follows its backslash; its length is with the backslash.
fn escaped(tail: &[u8]) -> Option<(usize, Escaped)> {
    match tail {
        [
            c @ (b'\\' | b'{' | b'|' | b'}' | b'-' | b'=' | b'_' | b'"' | b'`' | b'^' | b'~'),
            ..,
        ] => Some((2, Escaped::Char(char::from(*c)))),
        [b'n', ..] => Some((2, Escaped::Break)),
        [b'x', high, low, ..] => {
            let byte = escape::hex_byte(&[*high, *low]).filter(|b| !b.is_ascii_control())?;
            Some((4, Escaped::Char(char::from(byte))))
        }
        _ => None,
    }
}

/// The reference's passes in its order.
fn thorough(element: &str, out: &mut Gather<'_, impl Pieces>) {
    let text = escape::without_controls(&escape::protect(element));
    let text = escape::to_hex(&text, |b| {
        matches!(b, b'-' | b'=' | b'_' | b'"' | b'`' | b'^' | b'~')
    });
    let text = text.replace("\\n", "\n").replace('~', " ");
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['_', '"', '`', '\n', '^']) {
        let (before, tail) = rest.split_at(at);
        out.push(&escape::resolve(before));
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
    out.push(&escape::resolve(rest));
}
