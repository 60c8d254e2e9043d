//! What a rendering had to do without.

use serde::Serialize;
use std::collections::BTreeMap;

/// What was substituted, and why; `printrail-agent render --json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// The template that made the ticket; `plain` where all failed.
    pub template: String,
    /// Columns of the layout.
    pub columns: u16,
    /// Templates that failed before it, with the error that names file and line.
    pub fallbacks: Vec<String>,
    /// Rows of text that went out as pictures, because the printer has no letters for them.
    pub image_rows: u32,
    /// Characters without a glyph, how often each, and what stands for it.
    pub missing: BTreeMap<char, Missing>,
    /// Other things that were left out, in words.
    pub problems: Vec<String>,
}

/// A character that no font and no code page had.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Missing {
    /// How often.
    pub count: u32,
    /// What was printed.
    pub instead: String,
}

/// Problems kept: a broken template can have one in every line.
const PROBLEMS: usize = 32;

impl Report {
    /// Whether everything came out as written.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.fallbacks.is_empty() && self.missing.is_empty() && self.problems.is_empty()
    }

    pub(crate) fn missing(&mut self, ch: char, instead: impl Into<String>) {
        let entry = self.missing.entry(ch).or_insert_with(|| Missing {
            count: 0,
            instead: instead.into(),
        });
        entry.count += 1;
    }

    pub(crate) fn problem(&mut self, text: String) {
        if self.problems.len() < PROBLEMS && !self.problems.contains(&text) {
            self.problems.push(text);
        }
    }
}
