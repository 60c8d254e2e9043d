//! Emoji that no font has become their names in brackets, before anything is measured.

use crate::model::{Line, Piece, Receipt};
use crate::report::Report;
use crate::shape::Shaper;
use unicode_segmentation::UnicodeSegmentation;

/// Puts names in the place of emoji that cannot be drawn.
pub(crate) fn name_missing(receipt: &mut Receipt, shaper: &Shaper, report: &mut Report) {
    for line in &mut receipt.lines {
        let Line::Text(cells) = line else { continue };
        for piece in cells.iter_mut().flat_map(|c| &mut c.pieces) {
            match piece {
                Piece::Text(_, text) if text.chars().any(may_be_emoji) => *text = named(text, shaper, report),
                Piece::Text(..) | Piece::Break => {}
            }
        }
    }
}

fn named(text: &str, shaper: &Shaper, report: &mut Report) -> String {
    let mut out = String::with_capacity(text.len());
    for cluster in text.graphemes(true) {
        let emoji = cluster
            .chars()
            .next()
            .filter(|c| may_be_emoji(*c) && !shaper.covers(*c))
            .and_then(|_| emojis::get(cluster));
        match (emoji, cluster.chars().next()) {
            (Some(emoji), Some(first)) => {
                let name = format!("[{}]", emoji.name());
                report.missing(first, name.as_str());
                out.push_str(&name);
            }
            _ => out.push_str(cluster),
        }
    }
    out
}

fn may_be_emoji(ch: char) -> bool {
    matches!(u32::from(ch), 0x203C..=0x3299 | 0x1F000..=0x1FAFF)
}
