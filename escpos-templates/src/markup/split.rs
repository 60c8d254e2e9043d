//! A line to its cells: bars, alignment, and whether a cell is text, properties or neither.

use crate::model::Align;

/// A cell as written, trimmed.
pub(super) struct RawCell<'a> {
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
        if !self.element.bytes().any(|b| matches!(b, b'{' | b'}')) {
            return Content::Text;
        }
        let braces: Vec<usize> = unescaped(self.element, |b| matches!(b, b'{' | b'}')).collect();
        let inner = self
            .element
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match (braces.as_slice(), inner) {
            ([], _) => Content::Text,
            ([0, last], Some(inner)) if last + 1 == self.element.len() => Content::Property(inner),
            _ => Content::Error,
        }
    }
}

/// Splits a line at its unescaped bars.
pub(super) fn cells(line: &str) -> Vec<RawCell<'_>> {
    let line = line.trim_matches(BLANKS);
    if !line.contains('|') {
        return vec![RawCell {
            align: Align::Center,
            element: line,
        }];
    }
    let bars: Vec<usize> = unescaped(line, |b| b == b'|').collect();
    let (Some(&first), Some(&last)) = (bars.first(), bars.last()) else {
        return vec![RawCell {
            align: Align::Center,
            element: line,
        }];
    };
    // The outer bars are dropped; text beside them counts as set off by a blank.
    let start = usize::from(first == 0);
    let end = if last + 1 == line.len() && last >= start {
        last
    } else {
        line.len()
    };
    let mut cells = Vec::with_capacity(bars.len() + 1);
    let mut from = start;
    for bar in bars
        .iter()
        .copied()
        .filter(|b| (start..end).contains(b))
        .chain([end])
    {
        let raw = line.get(from..bar).unwrap_or("");
        let before_first = bar == first && from == 0 && ends_in_ink(raw);
        let after_last = from == last + 1 && starts_with_ink(raw);
        cells.push(cell(raw, before_first, after_last));
        from = bar + 1;
    }
    cells
}

const BLANKS: [char; 2] = [' ', '\t'];

fn cell(raw: &str, lead: bool, trail: bool) -> RawCell<'_> {
    let lead = lead || raw.starts_with(BLANKS);
    let trail = trail || raw.ends_with(BLANKS);
    let align = match (lead, trail) {
        (false, true) => Align::Left,
        (true, false) => Align::Right,
        _ => Align::Center,
    };
    RawCell {
        align,
        element: raw.trim_matches(BLANKS),
    }
}

fn ends_in_ink(raw: &str) -> bool {
    !raw.is_empty() && !raw.ends_with(BLANKS)
}

fn starts_with_ink(raw: &str) -> bool {
    !raw.is_empty() && !raw.starts_with(BLANKS)
}

/// Positions of the bytes wanted that no backslash protects.
fn unescaped(text: &str, wanted: impl Fn(u8) -> bool) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(&byte) = bytes.get(at) {
            let here = at;
            let protects =
                byte == b'\\' && bytes.get(at + 1).is_some_and(|b| super::escape::is_protected(*b));
            at += if protects { 2 } else { 1 };
            if !protects && wanted(byte) {
                return Some(here);
            }
        }
        None
    })
}
