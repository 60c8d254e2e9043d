//! The paper that is still in the printer.

use std::mem::take;
use std::time::Duration;

use crate::paper::{CutKind, Item, Paper};

/// A paper without a cut is torn off after 25 m (at 8 dots/mm), so that memory is bounded.
pub(crate) const MAX_HEIGHT: u32 = 200_000;
/// And after that many bytes.
pub(crate) const MAX_BYTES: usize = 16 << 20;
/// Notes beyond these say nothing new.
const MAX_NOTES: usize = 64;

/// What has been printed since the last cut.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    items: Vec<Item>,
    lines: Vec<String>,
    bytes: Vec<u8>,
    notes: Vec<String>,
    height: u32,
    kicks: u32,
    beeps: u32,
    started_at: Option<Duration>,
}

impl Sheet {
    pub(crate) fn take_bytes(&mut self, bytes: &[u8], now: Duration) {
        self.started_at.get_or_insert(now);
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.items.is_empty() && self.height == 0 && self.kicks == 0
    }

    pub(crate) fn is_too_long(&self) -> bool {
        self.height >= MAX_HEIGHT || self.bytes.len() >= MAX_BYTES
    }

    pub(crate) fn place(&mut self, items: impl IntoIterator<Item = Item>) {
        self.items.extend(items);
    }

    pub(crate) fn feed(&mut self, dots: u32) {
        self.height = self.height.saturating_add(dots);
    }

    pub(crate) fn write_line(&mut self, line: &str) {
        self.lines.push(line.trim_end().to_owned());
    }

    pub(crate) fn note(&mut self, note: String) {
        if self.notes.len() < MAX_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(crate) fn kick(&mut self) {
        self.kicks += 1;
    }

    pub(crate) fn beep(&mut self) {
        self.beeps += 1;
    }

    /// Takes the paper out and begins the next.
    pub(crate) fn cut(&mut self, cut: CutKind, index: usize, width: u32, now: Duration) -> Paper {
        let mut sheet = take(self);
        while sheet.lines.last().is_some_and(String::is_empty) {
            sheet.lines.pop();
        }
        let mut text = sheet.lines.join("\n");
        if !text.is_empty() {
            text.push('\n');
        }
        Paper {
            index,
            bytes: sheet.bytes,
            text,
            drawer_kicks: sheet.kicks,
            beeps: sheet.beeps,
            cut,
            notes: sheet.notes,
            started_at: sheet.started_at.unwrap_or(now),
            cut_at: now,
            width,
            height: sheet.height,
            items: sheet.items,
        }
    }
}
