//! The laid-out ticket: what stands in which column of which row.

use super::frame::Drawn;
use crate::model::{Align, CodeOption, Cut, FontName, Style};
use std::ops::Range;

/// A laid-out ticket. Text lies in one string that runs point into.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) rows: Vec<Row>,
    pub(crate) runs: Vec<Run>,
    pub(crate) text: String,
    languages: Vec<String>,
}

/// What holds for a whole row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RowStyle {
    pub(crate) font: FontName,
    pub(crate) red: bool,
    /// 0, or one more than the language's place in the page's list.
    pub(crate) lang: u8,
}

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) style: RowStyle,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// Runs from left to right, so many times a plain row's height.
    Text {
        runs: Range<usize>,
        height: u8,
    },
    /// A rule, in columns.
    Rule {
        left: u32,
        width: u32,
    },
    /// A piece of a frame: in ASCII, and in frame characters.
    Frame {
        left: u32,
        ascii: Range<usize>,
        boxed: Range<usize>,
    },
    /// A PNG in base64, placed by `align` within the columns `area`.
    Image {
        area: Range<u32>,
        align: Align,
        base64: Box<str>,
    },
    Code {
        area: Range<u32>,
        align: Align,
        block: Box<CodeBlock>,
    },
    Command(Box<str>),
    Drawer(u8),
    Beep(u8),
    Cut(Cut),
}

#[derive(Debug)]
pub(crate) struct CodeBlock {
    pub(crate) data: String,
    pub(crate) option: CodeOption,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunKind {
    Text,
    /// A cell that has no more rows; the reference prints one blank.
    Blank,
    /// A frame's vertical bar.
    Bar,
}

/// Text in one style.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// Columns from the paper's left edge; 0 until it is placed.
    pub(crate) x: u32,
    /// The column of text that it belongs to.
    pub(crate) column: usize,
    pub(crate) kind: RunKind,
    pub(crate) style: Style,
    pub(crate) text: Range<usize>,
    /// Columns that it takes.
    pub(crate) columns: u32,
}

impl Run {
    pub(super) fn text(style: Style, text: Range<usize>, columns: u32) -> Self {
        Self {
            x: 0,
            column: 0,
            kind: RunKind::Text,
            style,
            text,
            columns,
        }
    }

    fn mark(kind: RunKind, x: u32) -> Self {
        Self {
            x,
            column: usize::MAX,
            kind,
            style: Style::default(),
            text: 0..0,
            columns: 1,
        }
    }
}

impl Page {
    /// The text of a run.
    pub(crate) fn str(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or("")
    }

    /// The runs of a row of text.
    pub(crate) fn runs(&self, range: &Range<usize>) -> &[Run] {
        self.runs.get(range.clone()).unwrap_or(&[])
    }

    /// The language that a row asks for, in lower case.
    pub(crate) fn lang(&self, style: RowStyle) -> Option<&str> {
        let index = usize::from(style.lang).checked_sub(1)?;
        self.languages.get(index).map(String::as_str)
    }

    pub(super) fn language(&mut self, lang: &str) -> u8 {
        let known = self.languages.iter().position(|l| l == lang);
        let index = known.unwrap_or_else(|| {
            self.languages.push(lang.to_owned());
            self.languages.len() - 1
        });
        u8::try_from(index + 1).unwrap_or(0)
    }

    /// Makes room for what a document of so many bytes usually comes to.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.text.reserve(bytes);
        self.rows.reserve(bytes / 20);
        self.runs.reserve(bytes / 16);
    }

    pub(super) fn push(&mut self, kind: Kind, style: RowStyle) {
        self.rows.push(Row { style, kind });
    }

    /// Two cuts in a row would make a scrap of paper: the second is left out.
    pub(super) fn cut(&mut self, cut: Cut, style: RowStyle) {
        let prints = |row: &&Row| !matches!(row.kind, Kind::Drawer(_) | Kind::Beep(_));
        let again = self
            .rows
            .iter()
            .rfind(prints)
            .is_some_and(|row| matches!(row.kind, Kind::Cut(_)));
        if !again {
            self.push(Kind::Cut(cut), style);
        }
    }

    pub(super) fn frame(&mut self, drawn: Drawn, style: RowStyle) {
        let start = self.text.len();
        self.text.push_str(&drawn.ascii);
        let middle = self.text.len();
        self.text.push_str(&drawn.boxed);
        let kind = Kind::Frame {
            left: drawn.left,
            ascii: start..middle,
            boxed: middle..self.text.len(),
        };
        self.push(kind, style);
    }

    pub(super) fn bar(&mut self, x: u32) {
        self.runs.push(Run::mark(RunKind::Bar, x));
    }

    pub(super) fn blank(&mut self, x: u32) {
        self.runs.push(Run::mark(RunKind::Blank, x));
    }

    /// Copies a cell's runs to their place, one after the other from `x`.
    pub(super) fn place(&mut self, runs: &[Run], mut x: u32, column: usize) {
        for run in runs {
            self.runs.push(Run {
                x,
                column,
                ..run.clone()
            });
            x += run.columns;
        }
    }

    pub(super) fn text_row(&mut self, start: usize, height: u8, style: RowStyle) {
        let kind = Kind::Text {
            runs: start..self.runs.len(),
            height,
        };
        self.rows.push(Row { style, kind });
    }
}
