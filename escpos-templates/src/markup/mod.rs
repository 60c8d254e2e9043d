//! ReceiptLine markup, the grammar of version 4.0.4, to a receipt. Every text is a document: there are no errors.

mod escape;
mod property;
mod split;
mod text;

use crate::model::{Align, Cell, Line, Piece, Property, Receipt, Style};
use split::{Content, Splitter};
use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

pub(crate) use split::{RawCell, table};
pub(crate) use text::Pieces;

/// Parses a document.
#[must_use]
pub fn parse(source: &str) -> Receipt {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let source = normalised(source);
    let mut receipt = Receipt {
        lines: Vec::with_capacity(source.len() / 24 + 1),
        extended: false,
        east_asian: !is_below_marks(&source) && source.chars().any(crate::layout::is_east_asian),
    };
    let mut reader = Reader::new(&source);
    while let Some(read) = reader.next_line() {
        let line = match read {
            Read::Text(cells) => Line::Text(cells.iter().map(cell).collect()),
            Read::Rule => Line::Rule,
            Read::Cut => Line::Cut,
            Read::Property(inner) => {
                let (property, ours) = property::parse(inner);
                receipt.extended |= ours;
                Line::Property(Box::new(property))
            }
            Read::Silent => Line::Silent,
        };
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

/// Whether every character is below U+0300, where the combining marks begin: then there is nothing to compose,
/// nothing East Asian and no emoji. In UTF-8 that character begins with the byte CC.
pub(crate) fn is_below_marks(source: &str) -> bool {
    source.bytes().fold(0, u8::max) < 0xCC
}

/// A line of a document, as written.
pub(crate) enum Read<'r, 'a> {
    Text(&'r [RawCell<'a>]),
    Rule,
    Cut,
    /// What stands between the braces.
    Property(&'a str),
    Silent,
}

/// Reads a normalised document line by line, copying nothing.
pub(crate) struct Reader<'a> {
    /// What follows; the text after the last line end is a line too, empty or not.
    rest: Option<&'a str>,
    splitter: Splitter<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self {
            rest: Some(source),
            splitter: Splitter::default(),
        }
    }

    /// The next line: up to LF, CRLF, CR or the end.
    pub(crate) fn next_line(&mut self) -> Option<Read<'_, 'a>> {
        let text = self.rest?;
        let length = self.splitter.split(text);
        self.rest = text
            .get(length..)
            .and_then(|tail| tail.strip_prefix("\r\n").or_else(|| tail.get(1..)));
        let cells = self.splitter.cells.as_slice();
        Some(match cells {
            [only] if self.splitter.braces => match only.content() {
                Content::Text => Read::Text(cells),
                Content::Property(inner) => Read::Property(inner),
                Content::Error => Read::Silent,
            },
            [only] if is_run_of(only.element, b'-') => Read::Rule,
            [only] if is_run_of(only.element, b'=') => Read::Cut,
            _ if !self.splitter.braces => Read::Text(cells),
            many if many.iter().all(|c| matches!(c.content(), Content::Text)) => Read::Text(cells),
            _ => Read::Silent,
        })
    }
}

/// The members of a property cell.
pub(crate) fn property(inner: &str) -> Property {
    property::parse(inner).0
}

/// A cell of text, as far as laying it out needs: one as written, or one of a receipt.
pub(crate) trait CellText {
    fn align(&self) -> Align;
    /// Hands its pieces over in their order.
    fn pieces(&self, sink: &mut impl Pieces);
}

impl CellText for RawCell<'_> {
    fn align(&self) -> Align {
        self.align
    }

    fn pieces(&self, sink: &mut impl Pieces) {
        text::pieces(self.element, self.escapes, sink);
    }
}

impl CellText for Cell {
    fn align(&self) -> Align {
        self.align
    }

    fn pieces(&self, sink: &mut impl Pieces) {
        for piece in &self.pieces {
            match piece {
                Piece::Break => sink.line_break(),
                Piece::Text(style, text) => {
                    let from = sink.text().len();
                    sink.text().push_str(text);
                    sink.piece(*style, from);
                }
            }
        }
    }
}

fn cell(raw: &RawCell<'_>) -> Cell {
    let mut collected = Collected::default();
    raw.pieces(&mut collected);
    Cell {
        align: raw.align,
        pieces: collected.pieces,
    }
}

#[derive(Default)]
struct Collected {
    text: String,
    pieces: Vec<Piece>,
}

impl Pieces for Collected {
    fn text(&mut self) -> &mut String {
        &mut self.text
    }

    fn piece(&mut self, style: Style, from: usize) {
        let text = self.text.get(from..).unwrap_or("").to_owned();
        self.pieces.push(Piece::Text(style, text));
    }

    fn line_break(&mut self) {
        self.pieces.push(Piece::Break);
    }
}

fn is_run_of(element: &str, byte: u8) -> bool {
    element.as_bytes().first() == Some(&byte) && element.bytes().all(|b| b == byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Border, Width};

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
