//! Drawing at the level of dots: the same canvas carries the preview, lines sent as images, and virtual paper.

mod boxes;
mod canvas;
mod glyphs;

pub use canvas::Canvas;
pub(crate) use glyphs::builtin_faces;

/// One of a printer's two resident fonts, with the cell that nearly every maker gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Font {
    /// 12 by 24 dots: 48 columns on 576 dots.
    #[default]
    A,
    /// 9 by 17 dots: 64 columns on 576 dots.
    B,
}

impl Font {
    /// Width and height of a cell in dots.
    #[must_use]
    pub fn cell(self) -> (u32, u32) {
        match self {
            Self::A => (12, 24),
            Self::B => (9, 17),
        }
    }

    /// Rows of dots between a cell's top and the line that letters stand on.
    #[must_use]
    pub fn baseline(self) -> u32 {
        match self {
            Self::A => 19,
            Self::B => 14,
        }
    }
}

/// How one character is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellStyle {
    /// The resident font whose cell is used.
    pub font: Font,
    /// Times as wide, 1 to 8.
    pub sx: u8,
    /// Times as high, 1 to 8.
    pub sy: u8,
    /// Heavier strokes.
    pub bold: bool,
    /// A line under the letter, two dots thick times `sy`.
    pub underline: bool,
    /// White on black; the whole cell is filled.
    pub invert: bool,
}

impl Default for CellStyle {
    fn default() -> Self {
        Self {
            font: Font::A,
            sx: 1,
            sy: 1,
            bold: false,
            underline: false,
            invert: false,
        }
    }
}

impl CellStyle {
    /// Size in dots of the cell of a character `columns` wide.
    #[must_use]
    pub fn cell(&self, columns: u32) -> (u32, u32) {
        let (w, h) = self.font.cell();
        (
            w * columns * u32::from(self.sx.max(1)),
            h * u32::from(self.sy.max(1)),
        )
    }
}

/// Draws `ch` with its cell's upper left corner at (`x`, `y`); dots outside the canvas are left out.
///
/// East Asian characters take two columns. Answers whether a glyph was found; where none was, an empty box is drawn,
/// so that virtual paper shows that something is missing.
pub fn draw_cell(canvas: &mut Canvas, x: u32, y: u32, ch: char, style: CellStyle) -> bool {
    let columns = columns_of(ch);
    let (w, h) = style.cell(columns);
    let found = match boxes::draw(canvas, (x, y, w, h), ch, &style) {
        true => true,
        false => glyphs::draw(canvas, x, y, ch, &style, columns),
    };
    if style.underline {
        let thick = 2 * u32::from(style.sy.max(1)).min(2);
        canvas.fill(x, y + h - thick, w, thick);
    }
    if style.invert {
        canvas.invert(x, y, w, h);
    }
    found
}

/// Columns that a character takes: 2 for wide East Asian ones and emoji, else 1.
#[must_use]
pub fn columns_of(ch: char) -> u32 {
    match unicode_width::UnicodeWidthChar::width(ch) {
        Some(2) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(ch: char, style: CellStyle) -> (usize, Canvas) {
        let mut canvas = Canvas::new(100, 100);
        assert!(draw_cell(&mut canvas, 10, 10, ch, style), "{ch} has a glyph");
        (canvas.ink(), canvas)
    }

    #[test]
    fn letters_leave_ink_inside_their_cell() {
        for (font, sx, sy) in [(Font::A, 1, 1), (Font::B, 1, 1), (Font::A, 2, 3), (Font::B, 3, 2)] {
            let style = CellStyle {
                font,
                sx,
                sy,
                ..CellStyle::default()
            };
            for ch in "AgjÅßЖ€½".chars() {
                let (n, canvas) = ink(ch, style);
                let (w, h) = style.cell(1);
                let inside = (10..10 + h).flat_map(|y| (10..10 + w).map(move |x| (x, y)));
                assert!(n > 10);
                assert_eq!(
                    n,
                    inside.filter(|&(x, y)| canvas.get(x, y)).count(),
                    "{ch} at {sx}x{sy}"
                );
            }
        }
    }

    #[test]
    fn bold_is_heavier_and_invert_is_the_complement() {
        let plain = ink('A', CellStyle::default()).0;
        assert!(
            ink(
                'A',
                CellStyle {
                    bold: true,
                    ..CellStyle::default()
                }
            )
            .0 > plain
        );
        assert_eq!(
            ink(
                'A',
                CellStyle {
                    invert: true,
                    ..CellStyle::default()
                }
            )
            .0,
            12 * 24 - plain
        );
    }

    #[test]
    fn frames_join_from_cell_to_cell() {
        let mut canvas = Canvas::new(36, 24);
        for (i, ch) in (0..).zip("├─┤".chars()) {
            draw_cell(&mut canvas, i * 12, 0, ch, CellStyle::default());
        }
        let row = (0..24).find(|&y| canvas.get(18, y)).unwrap();
        assert!((6..30).all(|x| canvas.get(x, row)));
    }

    #[test]
    fn what_has_no_glyph_is_noticed() {
        assert!(!draw_cell(
            &mut Canvas::new(50, 50),
            0,
            0,
            '\u{10FFFD}',
            CellStyle::default()
        ));
    }
}
