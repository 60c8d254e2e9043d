//! What templates can call beside minijinja's own functions.

use super::escape::put;
use minijinja::value::{Rest, Value};
use std::borrow::Cow;

/// No paper is wider.
const MOST_COLUMNS: usize = 255;

/// `spread(left, right, columns)`: both ends of a line, with blanks between them.
pub(super) fn spread(left: Cow<'_, str>, right: Cow<'_, str>, columns: i64) -> Value {
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
pub(super) fn strip(text: Cow<'_, str>, columns: i64) -> Value {
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

/// `large(text, columns)`: the text in double width and height, or in double height alone where it would not fit.
pub(super) fn large(text: Cow<'_, str>, columns: i64) -> Value {
    let wide = usize::try_from(columns).is_ok_and(|columns| width(&text) * 2 <= columns);
    let mut markup = String::with_capacity(text.len() + 8);
    markup.push_str(if wide { "^^^" } else { "^^" });
    // Writing to a String cannot fail.
    let _ = put(&mut markup, &text);
    Value::from_safe_string(markup)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_filled_and_lists_leave_out_what_is_empty() {
        assert_eq!(spread("a".into(), "b".into(), 5).as_str(), Some("a   b"));
        assert_eq!(spread("abc".into(), "def".into(), -2).as_str(), Some("abc def"));
        assert_eq!(strip("ab".into(), 5).as_str(), Some(" ab  "));
        let parts = ["", "Area C", "", "web"].map(Value::from).to_vec();
        assert_eq!(listed(Rest(parts)).as_str(), Some("Area C, web"));
    }

    #[test]
    fn large_is_as_wide_as_fits_and_still_escaped() {
        assert_eq!(large("A-1".into(), 6).as_str(), Some(r"^^^A\x2d1"));
        assert_eq!(large("A-12".into(), 6).as_str(), Some(r"^^A\x2d12"));
        assert!(large("a".into(), 6).is_safe());
    }
}
