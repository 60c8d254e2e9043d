//! A line to its cells: bars, alignment, and whether a cell is text, properties or neither.

use crate::model::Align;

/// A cell as written, trimmed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawCell<'a> {
    pub(super) align: Align,
    pub(super) element: &'a str,
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
}

impl<'a> Splitter<'a> {
    /// Splits a line at its unescaped bars into `cells`.
    pub(super) fn split(&mut self, line: &'a str) {
        let line = trim(line);
        self.scan(line);
        self.cells.clear();
        let (Some(&first), Some(&last)) = (self.bars.first(), self.bars.last()) else {
            let align = Align::Center;
            return self.cells.push(RawCell { align, element: line });
        };
        // The outer bars are dropped; text beside them counts as set off by a blank.
        let start = usize::from(first == 0);
        let end = if last + 1 == line.len() && last >= start {
            last
        } else {
            line.len()
        };
        let mut from = start;
        let inner = self.bars.iter().copied().filter(|b| (start..end).contains(b));
        for bar in inner.chain([end]) {
            let raw = line.get(from..bar).unwrap_or("");
            let before_first = bar == first && from == 0 && raw.as_bytes().last().is_some_and(is_ink);
            let after_last = from == last + 1 && raw.as_bytes().first().is_some_and(is_ink);
            self.cells.push(cell(raw, before_first, after_last));
            from = bar + 1;
        }
    }

    fn scan(&mut self, line: &str) {
        self.bars.clear();
        self.braces = false;
        for at in unescaped(line, |b| matches!(b, b'{' | b'|' | b'}')) {
            match line.as_bytes().get(at) {
                Some(b'|') => self.bars.push(at),
                _ => self.braces = true,
            }
        }
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_ink(byte: &u8) -> bool {
    !is_blank(byte)
}

/// A text without the blanks around it.
pub(super) fn trim(text: &str) -> &str {
    let bytes = text.as_bytes();
    let start = bytes.iter().position(|b| !is_blank(b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !is_blank(b)).map_or(start, |at| at + 1);
    text.get(start..end).unwrap_or("")
}

fn cell(raw: &str, lead: bool, trail: bool) -> RawCell<'_> {
    let lead = lead || raw.as_bytes().first().is_some_and(is_blank);
    let trail = trail || raw.as_bytes().last().is_some_and(is_blank);
    let align = match (lead, trail) {
        (false, true) => Align::Left,
        (true, false) => Align::Right,
        _ => Align::Center,
    };
    RawCell {
        align,
        element: trim(raw),
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
