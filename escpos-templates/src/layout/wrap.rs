//! Breaking a cell's text into rows, between characters as the reference does or between words.

use super::measure::Measure;
use super::page::Run;
use crate::markup::{CellText, Pieces};
use crate::model::{Align, Style};
use std::ops::Range;

/// A wrapped cell: a range of the wrapper's lines.
pub(super) type Wrapped = Range<usize>;

/// One row of a cell.
#[derive(Debug, Clone)]
pub(super) struct LineOf {
    runs: Range<usize>,
    /// Columns left free.
    pub(super) space: u32,
    /// Times a plain row's height.
    pub(super) height: u8,
    pub(super) align: Align,
}

/// Wraps cells into rows. One per document, for its buffers.
#[derive(Debug)]
pub(super) struct Wrapper {
    measure: Measure,
    pub(super) words: bool,
    lines: Vec<LineOf>,
    runs: Vec<Run>,
    align: Align,
    width: u32,
    /// Columns filled in the row.
    filled: u32,
    /// The first run of the row.
    start: usize,
}

/// Why characters stopped being taken.
enum Stop {
    End,
    /// The row is full.
    Full,
    /// A character of so many bytes that is wider than the column.
    TooWide(usize),
}

impl Wrapper {
    pub(super) fn new(measure: Measure) -> Self {
        let (lines, runs, align) = (Vec::new(), Vec::new(), Align::default());
        Self {
            measure,
            words: false,
            lines,
            runs,
            align,
            width: 0,
            filled: 0,
            start: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.runs.clear();
    }

    /// A wrapped cell's row, where it has that many.
    pub(super) fn row(&self, wrapped: &Wrapped, row: usize) -> Option<(&[Run], &LineOf)> {
        let line = self.lines.get(wrapped.clone())?.get(row)?;
        Some((self.runs.get(line.runs.clone())?, line))
    }

    /// Wraps a cell into rows of `width` columns; its text is appended to `text`.
    pub(super) fn wrap(&mut self, cell: &impl CellText, width: u32, text: &mut String) -> Wrapped {
        let first = self.lines.len();
        (self.align, self.width) = (cell.align(), width);
        self.fresh_row();
        cell.pieces(&mut Wrapping { wrapper: self, text });
        if self.runs.len() > self.start {
            self.end_row();
        }
        first..self.lines.len()
    }

    fn fresh_row(&mut self) {
        (self.filled, self.start) = (0, self.runs.len());
    }

    fn end_row(&mut self) {
        let runs = self.start..self.runs.len();
        let height = self
            .runs
            .get(runs.clone())
            .unwrap_or(&[])
            .iter()
            .map(|r| r.style.sy())
            .max()
            .unwrap_or(1);
        let space = self.width.saturating_sub(self.filled);
        self.lines.push(LineOf {
            runs,
            space,
            height,
            align: self.align,
        });
        self.fresh_row();
    }

    /// Takes the piece that stands in `text` from byte `base` on.
    fn piece(&mut self, style: Style, base: usize, text: &str) {
        let piece = text.get(base..).unwrap_or("");
        let mut at = 0;
        let mut dropped = false;
        while let Some(rest) = piece.get(at..).filter(|rest| !rest.is_empty()) {
            let (taken, columns, stop) = self.fit(rest, u32::from(style.sx()));
            self.take(style, rest.get(..taken).unwrap_or(""), base + at, columns);
            at += taken;
            dropped = false;
            match stop {
                Stop::End => break,
                Stop::TooWide(bytes) => {
                    at += bytes;
                    dropped = true;
                }
                Stop::Full if !self.words => self.end_row(),
                Stop::Full if piece.as_bytes().get(at) == Some(&b' ') => {
                    self.end_row();
                    at += 1;
                }
                Stop::Full => self.end_row_at_blank(text),
            }
        }
        // The reference ends a row as soon as it is full, so that a break right after it makes a blank row.
        if !self.words && !dropped && self.filled == self.width {
            self.end_row();
        }
    }

    /// How much of a text fits into the row: bytes, columns, and what stopped it.
    fn fit(&self, text: &str, scale: u32) -> (usize, u32, Stop) {
        let space = self.width.saturating_sub(self.filled);
        if text.is_ascii() && scale <= self.width {
            let fit = usize::try_from(space / scale).unwrap_or(0).min(text.len());
            let stop = if fit == text.len() { Stop::End } else { Stop::Full };
            return (fit, u32::try_from(fit).unwrap_or(0) * scale, stop);
        }
        let mut columns = 0;
        for (at, ch) in text.char_indices() {
            let width = self.measure.width(ch) * scale;
            if width > self.width {
                return (at, columns, Stop::TooWide(ch.len_utf8()));
            }
            if columns + width > space {
                return (at, columns, Stop::Full);
            }
            columns += width;
        }
        (text.len(), columns, Stop::End)
    }

    fn take(&mut self, style: Style, text: &str, at: usize, columns: u32) {
        if !text.is_empty() {
            self.push(Run::text(style, at..at + text.len(), columns));
            self.filled += columns;
        }
    }

    fn push(&mut self, run: Run) {
        let row = self.runs.get_mut(self.start..).unwrap_or(&mut []);
        let same = |last: &&mut Run| last.style == run.style && last.text.end == run.text.start;
        match row.last_mut().filter(same) {
            Some(last) => {
                last.text.end = run.text.end;
                last.columns += run.columns;
            }
            None => self.runs.push(run),
        }
    }

    fn columns_of(&self, text: &str, style: Style) -> u32 {
        text.chars().map(|c| self.measure.width(c)).sum::<u32>() * u32::from(style.sx())
    }

    /// The last blank of the row at which it may end: its run, its byte in the page's text, the columns before it.
    fn blank(&self, text: &str) -> Option<(usize, usize, u32)> {
        let mut end = self.filled;
        for (index, run) in self.runs.iter().enumerate().skip(self.start).rev() {
            end -= run.columns;
            let part = text.get(run.text.clone()).unwrap_or("");
            if let Some(at) = part.rfind(' ') {
                let before = end + self.columns_of(part.get(..at).unwrap_or(""), run.style);
                return (before > 0).then_some((index, run.text.start + at, before));
            }
        }
        None
    }

    /// Ends a full row at its last blank, which goes; right here where it has none.
    fn end_row_at_blank(&mut self, text: &str) {
        let Some((run, at, filled)) = self.blank(text) else {
            return self.end_row();
        };
        let mut tail: Vec<Run> = self.runs.drain(run + 1..).collect();
        if let Some(split) = self.runs.last_mut() {
            let after = Run::text(split.style, at + 1..split.text.end, 0);
            split.text.end = at;
            tail.insert(0, after);
        }
        if let Some(last) = self.runs.pop() {
            let columns = self.columns_of(text.get(last.text.clone()).unwrap_or(""), last.style);
            if columns > 0 {
                self.runs.push(Run { columns, ..last });
            }
        }
        self.filled = filled;
        self.end_row();
        for run in tail.into_iter().filter(|run| !run.text.is_empty()) {
            let columns = self.columns_of(text.get(run.text.clone()).unwrap_or(""), run.style);
            self.runs.push(Run { columns, ..run });
            self.filled += columns;
        }
    }
}

/// A cell being wrapped.
struct Wrapping<'a> {
    wrapper: &'a mut Wrapper,
    text: &'a mut String,
}

impl Pieces for Wrapping<'_> {
    fn text(&mut self) -> &mut String {
        self.text
    }

    fn piece(&mut self, style: Style, from: usize) {
        self.wrapper.piece(style, from, self.text);
    }

    fn line_break(&mut self) {
        self.wrapper.end_row();
    }
}
