//! What came out of the printer, as text and as a picture.

use std::time::Duration;

use escpos_templates::raster::{Canvas, CellStyle, Font, draw_cell};

/// How a paper came off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutKind {
    /// Cut through.
    Full,
    /// One point left uncut.
    Partial,
    /// Torn off by hand, or by the printer's limit on a paper without a cut.
    Torn,
}

/// One paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Paper {
    /// Counts from 0 for each printer.
    pub index: usize,
    /// The bytes that produced it; status requests, which produce nothing, are left out.
    pub bytes: Vec<u8>,
    /// What a person would read, line by line; `[image WxH]`, `[qr: data]` and `[barcode: data]` stand for pictures.
    pub text: String,
    /// Drawer pulses since the paper before.
    pub drawer_kicks: u32,
    /// Buzzer commands since the paper before.
    pub beeps: u32,
    /// How it came off.
    pub cut: CutKind,
    /// What the printer did not understand or could not do; empty for a good ticket.
    pub notes: Vec<String>,
    /// When its first byte was interpreted, counted from [`crate::VirtualPrinter::epoch`].
    pub started_at: Duration,
    /// When it was cut, counted alike.
    pub cut_at: Duration,
    /// Width in dots.
    pub width: u32,
    /// Height in dots.
    pub height: u32,
    pub(crate) items: Vec<Item>,
}

impl Paper {
    /// The paper as a PNG of 1 bit per dot.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        self.canvas().to_png()
    }

    fn canvas(&self) -> Canvas {
        let mut canvas = Canvas::new(self.width, self.height);
        for item in &self.items {
            item.draw(&mut canvas);
        }
        canvas
    }
}

/// Something printed, at its place on the paper.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) ink: Ink,
}

/// What is printed there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ink {
    Text { text: String, style: Style, width: u32 },
    Bits(Bits),
}

/// Rows of dots, most significant bit first, each row a whole number of bytes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Bits {
    /// Dots before scaling.
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Each dot becomes so many dots wide and high.
    pub(crate) scale: (u32, u32),
    pub(crate) rows: Vec<u8>,
}

/// How characters look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the printer"
)]
pub(crate) struct Style {
    pub(crate) font_b: bool,
    /// 1 to 8 times as wide and as high.
    pub(crate) wide: u8,
    pub(crate) high: u8,
    pub(crate) bold: bool,
    /// Dots of the line below, 0 to 2.
    pub(crate) underline: u8,
    pub(crate) invert: bool,
    pub(crate) upside_down: bool,
    /// Dots to the right of each character, before scaling.
    pub(crate) spacing: u8,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            font_b: false,
            wide: 1,
            high: 1,
            bold: false,
            underline: 0,
            invert: false,
            upside_down: false,
            spacing: 0,
        }
    }
}

impl Style {
    /// Cell of a one-column character before scaling: font A 12 x 24, font B 9 x 17 (TM-T20 and TM-T88).
    pub(crate) fn cell(self) -> (u32, u32) {
        if self.font_b { (9, 17) } else { (12, 24) }
    }

    /// Dots from this character to the next; `columns` is 2 for a character of a multi-byte mode.
    pub(crate) fn advance(self, columns: u32) -> u32 {
        (self.cell().0 * columns + u32::from(self.spacing)) * u32::from(self.wide)
    }

    pub(crate) fn height(self) -> u32 {
        self.cell().1 * u32::from(self.high)
    }
}

impl Item {
    /// Dots that it takes.
    pub(crate) fn size(&self) -> (u32, u32) {
        match &self.ink {
            Ink::Text { style, width, .. } => (*width, style.height()),
            Ink::Bits(bits) => (bits.width * bits.scale.0, bits.height * bits.scale.1),
        }
    }

    fn draw(&self, canvas: &mut Canvas) {
        match &self.ink {
            Ink::Text { text, style, width } => draw_text(canvas, (self.x, self.y), text, *style, *width),
            Ink::Bits(bits) => draw_bits(canvas, (self.x, self.y), bits),
        }
    }
}

fn draw_text(canvas: &mut Canvas, (x, y): (u32, u32), text: &str, style: Style, width: u32) {
    let cell = CellStyle {
        font: if style.font_b { Font::B } else { Font::A },
        sx: style.wide,
        sy: style.high,
        bold: style.bold,
        // Both are drawn below, since they cover the spacing between characters too.
        underline: false,
        invert: false,
    };
    let mut at = x;
    for ch in text.chars() {
        draw_cell(canvas, at, y, ch, cell);
        at += style.advance(columns(ch));
    }
    let (height, thick) = (style.height(), u32::from(style.underline));
    canvas.fill(x, (y + height).saturating_sub(thick), width, thick);
    if style.invert {
        canvas.invert(x, y, width, height);
    }
    if style.upside_down {
        turn(canvas, (x, y), (width, height));
    }
}

/// Turns a part by 180 degrees.
fn turn(canvas: &mut Canvas, (x, y): (u32, u32), (width, height): (u32, u32)) {
    let dots = || (0..height).flat_map(|dy| (0..width).map(move |dx| (x + dx, y + dy)));
    let before: Vec<bool> = dots().map(|(x, y)| canvas.get(x, y)).collect();
    for ((x, y), black) in dots().zip(before.into_iter().rev()) {
        canvas.set(x, y, black);
    }
}

/// East Asian characters come from multi-byte modes alone and take two columns.
pub(crate) fn columns(ch: char) -> u32 {
    let wide = matches!(u32::from(ch), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
        | 0xFE30..=0xFE4F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x20000..=0x3FFFD);
    if wide { 2 } else { 1 }
}

fn draw_bits(canvas: &mut Canvas, (x, y): (u32, u32), bits: &Bits) {
    let stride = bits.width.div_ceil(8) as usize;
    let (sx, sy) = bits.scale;
    for (row, line) in (0..bits.height).zip(bits.rows.chunks(stride.max(1))) {
        let black = |column: u32| {
            column < bits.width
                && line
                    .get((column / 8) as usize)
                    .is_some_and(|byte| byte & (0x80 >> (column % 8)) != 0)
        };
        let mut column = 0;
        while column < bits.width {
            // Runs of one colour are drawn at once: pictures are mostly white, and codes are blocks.
            let run = (column..bits.width)
                .take_while(|next| black(*next) == black(column))
                .count();
            let run = u32::try_from(run).unwrap_or(u32::MAX);
            if black(column) {
                canvas.fill(x + column * sx, y + row * sy, run * sx, sy);
            }
            column += run;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_a_part_twice_changes_nothing() {
        let mut canvas = Canvas::new(8, 3);
        canvas.set(1, 0, true);
        turn(&mut canvas, (0, 0), (8, 3));
        assert!(canvas.get(6, 2) && !canvas.get(1, 0));
        turn(&mut canvas, (0, 0), (8, 3));
        assert!(canvas.get(1, 0) && !canvas.get(6, 2));
    }

    #[test]
    fn inverted_and_underlined_text_covers_its_whole_run() {
        let text = |style: Style| {
            let mut canvas = Canvas::new(40, 24);
            draw_text(&mut canvas, (0, 0), "a b", style, 36);
            canvas
        };
        let plain = text(Style::default());
        let inverted = text(Style {
            invert: true,
            ..Style::default()
        });
        assert_eq!(plain.ink() + inverted.ink(), 36 * 24);
        let underlined = text(Style {
            underline: 2,
            ..Style::default()
        });
        assert!((0..36).all(|x| underlined.get(x, 22) && underlined.get(x, 23)));
    }
}
