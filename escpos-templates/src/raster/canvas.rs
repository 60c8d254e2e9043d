//! A one-bit picture: a set dot is black.

/// A rectangle of dots, packed eight to a byte, the leftmost in the highest bit, as printers and PNG take them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Canvas {
    width: u32,
    height: u32,
    stride: usize,
    bits: Vec<u8>,
}

impl Canvas {
    /// A white canvas. Allocates `width / 8 * height` bytes: whoever takes sizes from outside checks them before.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        let stride = width.div_ceil(8) as usize;
        Self {
            width,
            height,
            stride,
            bits: vec![0; stride * height as usize],
        }
    }

    /// Dots from left to right.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows of dots.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Bytes in a row.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Whether the dot is black; outside the canvas all is white.
    #[must_use]
    pub fn get(&self, x: u32, y: u32) -> bool {
        x < self.width
            && self
                .byte(x, y)
                .is_some_and(|at| self.bits.get(at).is_some_and(|b| b & mask(x) != 0))
    }

    /// Makes a dot black or white; outside the canvas nothing happens.
    pub fn set(&mut self, x: u32, y: u32, black: bool) {
        if x >= self.width {
            return;
        }
        let Some(byte) = self.byte(x, y).and_then(|at| self.bits.get_mut(at)) else {
            return;
        };
        if black {
            *byte |= mask(x);
        } else {
            *byte &= !mask(x);
        }
    }

    /// Blackens a rectangle.
    pub fn fill(&mut self, x: u32, y: u32, w: u32, h: u32) {
        self.each(x, y, w, h, |byte, mask| *byte |= mask);
    }

    /// Turns a rectangle's dots into their opposites.
    pub fn invert(&mut self, x: u32, y: u32, w: u32, h: u32) {
        self.each(x, y, w, h, |byte, mask| *byte ^= mask);
    }

    /// Adds white rows at the foot until there are `height`.
    pub fn grow(&mut self, height: u32) {
        self.height = self.height.max(height);
        self.bits.resize(self.stride * self.height as usize, 0);
    }

    /// Lays another canvas on this one, black over white.
    pub fn draw(&mut self, other: &Self, x: u32, y: u32) {
        for (row, line) in (y..).zip(other.rows()) {
            for (column, bits) in (x..).step_by(8).zip(line).filter(|(_, bits)| **bits != 0) {
                self.draw_byte(column, row, *bits);
            }
        }
    }

    /// The rows from top to bottom, packed.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        self.bits.chunks_exact(self.stride.max(1))
    }

    /// How many dots are black.
    #[must_use]
    pub fn ink(&self) -> usize {
        self.bits.iter().map(|b| b.count_ones() as usize).sum()
    }

    /// A grey-scale PNG of one bit a dot, black on white. Never empty: a canvas without dots becomes one white dot.
    #[must_use]
    pub fn to_png(&self) -> Vec<u8> {
        let (width, height) = (self.width.max(1), self.height.max(1));
        let mut data: Vec<u8> = self.bits.iter().map(|b| !b).collect();
        data.resize(width.div_ceil(8) as usize * height as usize, 0xFF);
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        // Writing into a Vec cannot fail, and the sizes agree by construction.
        if let Ok(mut writer) = encoder.write_header() {
            let _ = writer.write_image_data(&data);
        }
        out
    }

    fn byte(&self, x: u32, y: u32) -> Option<usize> {
        (y < self.height).then(|| y as usize * self.stride + (x / 8) as usize)
    }

    fn draw_byte(&mut self, x: u32, y: u32, bits: u8) {
        let shift = x % 8;
        self.or(x, y, bits >> shift);
        if shift > 0 {
            self.or(x - shift + 8, y, bits << (8 - shift));
        }
    }

    /// Ors eight dots in, cutting off what lies beyond the right edge.
    fn or(&mut self, x: u32, y: u32, bits: u8) {
        let start = x - x % 8;
        if start >= self.width {
            return;
        }
        let room = (self.width - start).min(8);
        let kept = bits & (0xFFu16 << (8 - room)).to_be_bytes()[1];
        if let Some(byte) = self.byte(x, y).and_then(|at| self.bits.get_mut(at)) {
            *byte |= kept;
        }
    }

    fn each(&mut self, x: u32, y: u32, w: u32, h: u32, change: impl Fn(&mut u8, u8)) {
        let right = x.saturating_add(w).min(self.width);
        for row in y..y.saturating_add(h).min(self.height) {
            for at in x..right {
                if let Some(byte) = self.byte(at, row).and_then(|i| self.bits.get_mut(i)) {
                    change(byte, mask(at));
                }
            }
        }
    }
}

fn mask(x: u32) -> u8 {
    0x80 >> (x % 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_keeps_every_dot_at_any_offset_and_nothing_beyond_the_edge() {
        let mut stamp = Canvas::new(13, 3);
        stamp.fill(0, 0, 13, 3);
        for x in 0..9 {
            let mut canvas = Canvas::new(20, 4);
            canvas.draw(&stamp, x, 1);
            assert_eq!(u32::try_from(canvas.ink()), Ok(3 * 13.min(20 - x)), "at {x}");
            assert!(canvas.get(x, 1) && !canvas.get(x, 0));
        }
    }

    #[test]
    fn a_png_gives_back_the_dots() {
        let mut canvas = Canvas::new(9, 2);
        canvas.set(8, 1, true);
        let png = canvas.to_png();
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut data = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut data).unwrap();
        assert_eq!(data, [0xFF, 0xFF, 0xFF, 0x7F]);
        assert!(!Canvas::default().to_png().is_empty());
    }
}
