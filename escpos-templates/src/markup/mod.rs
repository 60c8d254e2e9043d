//! ReceiptLine markup, the grammar of version 4.0.4, to a receipt. Every text is a document: there are no errors.

mod escape;
mod property;
mod split;
mod text;

use crate::model::{Cell, Line, Receipt};
use split::{Content, RawCell};
use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Parses a document.
#[must_use]
pub fn parse(source: &str) -> Receipt {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let source = normalised(source);
    let mut receipt = Receipt {
        lines: Vec::with_capacity(source.len() / 24 + 1),
        extended: false,
        east_asian: false,
    };
    receipt.east_asian = !is_below_marks(&source) && source.chars().any(crate::layout::is_east_asian);
    for line in lines(&source) {
        let line = parse_line(line, &mut receipt.extended);
        receipt.lines.push(line);
    }
    receipt
}

fn normalised(source: &str) -> Cow<'_, str> {
    match is_below_marks(source) || is_nfc_quick(source.chars()) == IsNormalized::Yes {
        true => Cow::Borrowed(source),
        false => Cow::Owned(source.nfc().collect()),
    }
}

/// Whether every character is below U+0300, where the combining marks begin: then there is nothing to compose and
/// nothing East Asian. In UTF-8 that character begins with the byte CC.
fn is_below_marks(source: &str) -> bool {
    source.bytes().all(|b| b < 0xCC)
}

/// Splits at LF, CRLF and CR; the text after the last one is a line too, empty or not.
fn lines(source: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(source);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.bytes().position(|b| matches!(b, b'\n' | b'\r')) else {
            rest = None;
            return Some(text);
        };
        let (line, tail) = text.split_at(end);
        rest = Some(tail.strip_prefix("\r\n").or_else(|| tail.get(1..)).unwrap_or(""));
        Some(line)
    })
}

fn parse_line(line: &str, extended: &mut bool) -> Line {
    let cells = split::cells(line);
    match cells.as_slice() {
        [only] => match only.content() {
            Content::Text if is_run_of(only.element, b'-') => Line::Rule,
            Content::Text if is_run_of(only.element, b'=') => Line::Cut,
            Content::Text => Line::Text(vec![cell(only)]),
            Content::Property(inner) => {
                let (property, ours) = property::parse(inner);
                *extended |= ours;
                Line::Property(Box::new(property))
            }
            Content::Error => Line::Silent,
        },
        many if many.iter().all(|c| matches!(c.content(), Content::Text)) => {
            Line::Text(many.iter().map(cell).collect())
        }
        _ => Line::Silent,
    }
}

fn cell(raw: &RawCell<'_>) -> Cell {
    Cell {
        align: raw.align,
        pieces: text::pieces(raw.element),
    }
}

fn is_run_of(element: &str, byte: u8) -> bool {
    !element.is_empty() && element.bytes().all(|b| b == byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Align, Border, Piece, Style, Width};

    fn texts(source: &str) -> Vec<Vec<(Align, String)>> {
        let plain = |cell: &Cell| {
            cell.pieces
                .iter()
                .map(|p| match p {
                    Piece::Text(_, t) => t.as_str(),
                    Piece::Break => "\n",
                })
                .collect::<String>()
        };
        parse(source)
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Text(cells) => Some(cells.iter().map(|c| (c.align, plain(c))).collect()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_bar_tells_where_text_stands() {
        use Align::{Center, Left, Right};
        let one = |s: &str| texts(s).remove(0).remove(0);
        assert_eq!(one("|a"), (Left, "a".into()));
        assert_eq!(one("a|"), (Right, "a".into()));
        assert_eq!(one("a"), (Center, "a".into()));
        assert_eq!(one("|a|"), (Center, "a".into()));
        assert_eq!(texts("a | b"), [[(Left, "a".into()), (Right, "b".into())]]);
        assert_eq!(texts("a|b"), [[(Right, "a".into()), (Left, "b".into())]]);
    }

    #[test]
    fn line_ends_of_every_kind_split_and_the_last_makes_a_blank_line() {
        assert_eq!(parse("a\r\nb\rc\nd\n").lines.len(), 5);
        assert_eq!(parse("").lines.len(), 1);
    }

    #[test]
    fn toggles_end_with_the_cell_and_runs_of_carets_are_sizes() {
        let Line::Text(cells) = parse(r#""_a^^^b^^^`c | d"#).lines.remove(0) else {
            panic!("text")
        };
        let style = |underline, bold, invert, size| Style {
            underline,
            bold,
            invert,
            size,
        };
        let expected = [
            Piece::Text(style(true, true, false, 0), "a".into()),
            Piece::Text(style(true, true, false, 3), "b".into()),
            Piece::Text(style(true, true, true, 0), "c".into()),
        ];
        assert_eq!(cells[0].pieces, expected);
        assert_eq!(cells[1].pieces, [Piece::Text(Style::default(), "d".into())]);
    }

    #[test]
    fn escapes_are_literal_valid_hex_is_a_character_and_the_rest_vanishes() {
        assert_eq!(texts(r#"\-\=\_\"\`\^\~\\\{\|\}"#)[0][0].1, r#"-=_"`^~\{|}"#);
        assert_eq!(texts(r"a~b\nc\x41\xe9")[0][0].1, "a b\ncAé");
        assert_eq!(texts(r"a\qb\x4zc\")[0][0].1, "abc");
        assert_eq!(texts("a\\x1bb\\x00c\u{7f}d\\x7Fe")[0][0].1, "abcde");
        assert_eq!(texts(r"\x\-12")[0][0].1, "2d12");
    }

    #[test]
    fn properties_act_alone_and_silence_a_line_of_cells() {
        assert!(matches!(parse("{width:1} | b").lines[0], Line::Silent));
        assert!(matches!(parse("a{b}").lines[0], Line::Silent));
        let Line::Property(p) = parse(r"{w: 10, *; bad; b:line; c: a\;b; drawer:2}")
            .lines
            .remove(0)
        else {
            panic!("property")
        };
        assert_eq!(
            p.width,
            Some(vec![Width::Fixed(10), Width::Fixed(0), Width::Flexible])
        );
        assert_eq!(p.border, Some(Border::Line));
        assert_eq!(p.code.as_deref(), Some("a;b"));
        assert_eq!(p.extension.drawer, Some(2));
        assert!(parse("{drawer:1}").extended && !parse("{width:1}").extended);
    }
}
