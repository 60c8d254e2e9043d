//! What templates can call beside minijinja's own functions.

use minijinja::value::{Rest, Value};
use std::borrow::Cow;

/// No paper is wider.
const MOST_COLUMNS: usize = 255;

/// `spread(left, right, columns)`: both ends of a line, with blanks between them.
pub(super) fn spread(left: Cow<'_, str>, right: Cow<'_, str>, columns: u32) -> Value {
    let gap = usize::try_from(columns)
        .unwrap_or(0)
        .saturating_sub(width(&left) + width(&right))
        .clamp(1, MOST_COLUMNS);
    let mut line = String::with_capacity(left.len() + gap + right.len());
    line.push_str(&left);
    blanks(&mut line, gap);
    line.push_str(&right);
    Value::from(line)
}

/// `strip(text, columns)`: the text in the middle of so many columns, filled up with blanks.
pub(super) fn strip(text: Cow<'_, str>, columns: u32) -> Value {
    let free = usize::try_from(columns)
        .unwrap_or(0)
        .min(MOST_COLUMNS)
        .saturating_sub(width(&text));
    let mut line = String::with_capacity(text.len() + free);
    blanks(&mut line, free / 2);
    line.push_str(&text);
    blanks(&mut line, free - free / 2);
    Value::from(line)
}

/// `listed(a, b, …)`: what is not empty, with commas between.
pub(super) fn listed(parts: Rest<Value>) -> Value {
    let mut line = String::new();
    for part in parts.iter().filter(|part| part.is_true()) {
        if !line.is_empty() {
            line.push_str(", ");
        }
        match part.as_str() {
            Some(text) => line.push_str(text),
            None => line.push_str(&part.to_string()),
        }
    }
    Value::from(line)
}

fn blanks(line: &mut String, count: usize) {
    line.extend(std::iter::repeat_n(' ', count));
}

fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.bytes().filter(|b| !b.is_ascii_control()).count();
    }
    unicode_width::UnicodeWidthStr::width(text)
}
