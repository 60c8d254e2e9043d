//! What came out of the printer, as text and as a picture.

use std::time::Duration;

use crate::canvas::Canvas;
use crate::glyphs::{self, Cell};

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
        self.canvas().png()
    }

    pub(crate) fn canvas(&self) -> Canvas {
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
    let mut at = x;
    for ch in text.chars() {
        let columns = columns(ch);
        let (cell, height) = style.cell();
        let cell = Cell {
            width: cell * columns,
            height,
            scale: (style.wide.into(), style.high.into()),
        };
        glyphs::draw(canvas, (at, y), ch, cell, style.bold);
        at += style.advance(columns);
    }
    let height = style.height();
    for line in 0..u32::from(style.underline) {
        canvas.fill((x, (y + height).saturating_sub(1 + line)), (width, 1));
    }
    if style.invert {
        canvas.invert((x, y), (width, height));
    }
    if style.upside_down {
        canvas.turn((x, y), (width, height));
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
    for (row, line) in (0..bits.height).zip(bits.rows.chunks(stride.max(1))) {
        for column in 0..bits.width {
            let byte = line.get((column / 8) as usize).copied().unwrap_or(0);
            if byte & (0x80 >> (column % 8)) != 0 {
                canvas.fill((x + column * bits.scale.0, y + row * bits.scale.1), bits.scale);
            }
        }
    }
}
