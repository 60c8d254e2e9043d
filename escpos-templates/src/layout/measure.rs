//! How many columns a character takes.

use crate::model::Receipt;
use unicode_width::UnicodeWidthChar;

/// Which rule a document is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Unicode's display widths: documents that use a key of ours, and all without East Asian text.
    Display,
    /// The reference's with `cp932`: beyond ASCII nearly everything is two columns wide.
    EastAsian,
}

impl Measure {
    /// The rule for a document.
    pub(crate) fn of(receipt: &Receipt) -> Self {
        if receipt.extended || !receipt.east_asian {
            Self::Display
        } else {
            Self::EastAsian
        }
    }

    /// Columns of a character at single width. Marks that stand over their neighbour take none.
    #[inline]
    pub(crate) fn width(self, ch: char) -> u32 {
        if ch.is_ascii() {
            return 1;
        }
        match (self, ch) {
            (_, '\u{80}'..='\u{9f}') => 1 + u32::from(self == Self::EastAsian),
            (Self::Display, _) => narrow(ch),
            (Self::EastAsian, '\u{a0}' | '\u{a5}' | '\u{203e}' | '\u{ff61}'..='\u{ff9f}') => 1,
            (Self::EastAsian, _) => 2 * narrow(ch).min(1),
        }
    }
}

fn narrow(ch: char) -> u32 {
    ch.width()
        .map_or(1, |w| if w > 1 { 2 } else { u32::from(w == 1) })
}

/// Whether a character belongs to Chinese, Japanese or Korean text.
pub(crate) fn is_east_asian(ch: char) -> bool {
    matches!(u32::from(ch),
        0x1100..=0x11FF | 0x2E80..=0x303F | 0x3040..=0xA4CF | 0xA960..=0xA97F | 0xAC00..=0xD7FF
        | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFFEF | 0x1F200..=0x1F2FF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_hang_on_the_document() {
        let of = |s: &str| Measure::of(&crate::markup::parse(s));
        assert_eq!(of("Crème"), Measure::Display);
        assert_eq!(of("寿司"), Measure::EastAsian);
        assert_eq!(of("{wrap:word}\n寿司"), Measure::Display);
        assert_eq!(
            (Measure::Display.width('é'), Measure::EastAsian.width('é')),
            (1, 2)
        );
        assert_eq!(
            (Measure::Display.width('寿'), Measure::EastAsian.width('ｶ')),
            (2, 1)
        );
        assert_eq!(Measure::Display.width('\u{e31}'), 0);
    }
}
