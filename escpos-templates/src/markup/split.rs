//! A line to its cells: bars, alignment, and whether a cell is text, properties or neither.

use crate::model::Align;

/// A cell as written, trimmed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawCell<'a> {
    pub(super) align: Align,
    pub(super) element: &'a str,
    /// Whether a backslash or a control character stands in its line.
    pub(super) escapes: bool,
}

pub(super) enum Content<'a> {
    Text,
    /// What stands between the braces.
    Property(&'a str),
    /// A stray brace.
    Error,
}

impl<'a> RawCell<'a> {
    pub(super) fn content(&self) -> Content<'a> {
        let mut braces = unescaped(self.element, |b| matches!(b, b'{' | b'}'));
        let Some(first) = braces.next() else {
            return Content::Text;
        };
        let inner = self
            .element
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match (first, braces.next(), braces.next(), inner) {
            (0, Some(last), None, Some(inner)) if last + 1 == self.element.len() => Content::Property(inner),
            _ => Content::Error,
        }
    }
}

/// Splits lines into cells. Kept from line to line for its buffers.
#[derive(Debug, Default)]
pub(super) struct Splitter<'a> {
    bars: Vec<usize>,
    pub(super) cells: Vec<RawCell<'a>>,
    /// Whether a brace stands in the line.
    pub(super) braces: bool,
    escapes: bool,
}

impl<'a> Splitter<'a> {
    /// Splits the first line of `text` at its unescaped bars into `cells`; answers its length without the line end.
    pub(super) fn split(&mut self, text: &'a str) -> usize {
        let length = self.scan(text.as_bytes());
        let whole = text.get(..length).unwrap_or("");
        let line = trim_end(whole);
        let indent = line.len() - trim_start(line).len();
        self.cells.clear();
        let (Some(&first), Some(&last)) = (self.bars.first(), self.bars.last()) else {
            self.push(Align::Center, line.get(indent..).unwrap_or(""));
            return length;
        };
        // The outer bars are dropped; text beside them counts as set off by a blank.
        let start = if first == indent { first + 1 } else { indent };
        let end = if last + 1 == line.len() && last >= start {
            last
        } else {
            line.len()
        };
        let mut from = start;
        for bar in 0..=self.bars.len() {
            let bar = self.bars.get(bar).copied().unwrap_or(end).min(end);
            if bar < from {
                continue;
            }
            let raw = line.get(from..bar).unwrap_or("");
            let before_first = bar == first && from == indent && raw.as_bytes().last().is_some_and(is_ink);
            let after_last = from == last + 1 && raw.as_bytes().first().is_some_and(is_ink);
            self.push(align(raw, before_first, after_last), trim_end(trim_start(raw)));
            from = bar + 1;
        }
        length
    }

    fn push(&mut self, align: Align, element: &'a str) {
        let escapes = self.escapes;
        self.cells.push(RawCell {
            align,
            element,
            escapes,
        });
    }

    /// One pass up to the line end, LF or CR; answers where it is.
    fn scan(&mut self, bytes: &[u8]) -> usize {
        self.bars.clear();
        (self.braces, self.escapes) = (false, false);
        let mut rest = bytes.iter().enumerate();
        while let Some((at, byte)) = rest.next() {
            if !is_mark(*byte) {
                continue;
            }
            match byte {
                b'\n' | b'\r' => return at,
                b'|' => self.bars.push(at),
                b'{' | b'}' => self.braces = true,
                b'\\' => {
                    self.escapes = true;
                    if bytes.get(at + 1).is_some_and(|b| super::escape::is_protected(*b)) {
                        rest.next();
                    }
                }
                _ => self.escapes = true,
            }
        }
        bytes.len()
    }
}

/// Bytes that are more than text to a line: bars, braces, backslashes, control characters.
fn is_mark(byte: u8) -> bool {
    static MARKS: [bool; 256] = table(b"|{}\\");
    MARKS.get(usize::from(byte)).copied().unwrap_or(false)
}

/// A table of some bytes, and of the control characters, which always are special.
#[expect(clippy::indexing_slicing, reason = "run by the compiler alone")]
pub(crate) const fn table(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = true;
        control += 1;
    }
    table[0x7f] = true;
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        table[*byte as usize] = true;
        rest = tail;
    }
    table
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_ink(byte: &u8) -> bool {
    !is_blank(byte)
}

/// A text without the blanks around it.
pub(super) fn trim(text: &str) -> &str {
    trim_start(trim_end(text))
}

fn trim_start(text: &str) -> &str {
    let start = text.bytes().position(|b| is_ink(&b)).unwrap_or(text.len());
    text.get(start..).unwrap_or("")
}

fn trim_end(text: &str) -> &str {
    let end = text.bytes().rposition(|b| is_ink(&b)).map_or(0, |at| at + 1);
    text.get(..end).unwrap_or("")
}

fn align(raw: &str, lead: bool, trail: bool) -> Align {
    let lead = lead || raw.as_bytes().first().is_some_and(is_blank);
    let trail = trail || raw.as_bytes().last().is_some_and(is_blank);
    match (lead, trail) {
        (false, true) => Align::Left,
        (true, false) => Align::Right,
        _ => Align::Center,
    }
}

/// Positions of the bytes wanted that no backslash protects.
fn unescaped(text: &str, wanted: impl Fn(u8) -> bool) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let byte = *bytes.get(at)?;
            let here = at;
            at += 1;
            if byte == b'\\' {
                let protects = bytes.get(at).is_some_and(|b| super::escape::is_protected(*b));
                at += usize::from(protects);
            } else if wanted(byte) {
                return Some(here);
            }
        }
    })
}
