//! A sheet of dots, black or white.

/// Dots of one paper, row by row, most significant bit first; 1 is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Canvas {
    width: u32,
    height: u32,
    stride: usize,
    rows: Vec<u8>,
}

impl Canvas {
    /// A white sheet; at least one dot each way, since PNG knows no empty picture.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let stride = width.div_ceil(8) as usize;
        Self {
            width,
            height,
            stride,
            rows: vec![0; stride * height as usize],
        }
    }

    pub(crate) fn get(&self, x: u32, y: u32) -> bool {
        self.place(x, y)
            .is_some_and(|(at, mask)| self.rows.get(at).is_some_and(|byte| byte & mask != 0))
    }

    /// Sets one dot; outside the sheet nothing happens.
    pub(crate) fn set(&mut self, x: u32, y: u32, black: bool) {
        let Some((at, mask)) = self.place(x, y) else {
            return;
        };
        let Some(byte) = self.rows.get_mut(at) else { return };
        if black {
            *byte |= mask;
        } else {
            *byte &= !mask;
        }
    }

    pub(crate) fn fill(&mut self, (x, y): (u32, u32), size: (u32, u32)) {
        for (dx, dy) in dots(size) {
            self.set(x + dx, y + dy, true);
        }
    }

    pub(crate) fn invert(&mut self, (x, y): (u32, u32), size: (u32, u32)) {
        for (dx, dy) in dots(size) {
            self.set(x + dx, y + dy, !self.get(x + dx, y + dy));
        }
    }

    /// Turns a part by 180 degrees.
    pub(crate) fn turn(&mut self, (x, y): (u32, u32), (width, height): (u32, u32)) {
        let before: Vec<bool> = dots((width, height))
            .map(|(dx, dy)| self.get(x + dx, y + dy))
            .collect();
        for ((dx, dy), black) in dots((width, height)).zip(before.into_iter().rev()) {
            self.set(x + dx, y + dy, black);
        }
    }

    /// The sheet as a PNG.
    pub(crate) fn png(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let white_is_one: Vec<u8> = self.rows.iter().map(|byte| !byte).collect();
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&white_is_one));
        debug_assert!(written.is_ok(), "a Vec takes everything: {written:?}");
        file
    }

    fn place(&self, x: u32, y: u32) -> Option<(usize, u8)> {
        (x < self.width && y < self.height)
            .then(|| (y as usize * self.stride + (x / 8) as usize, 0x80 >> (x % 8)))
    }
}

fn dots((width, height): (u32, u32)) -> impl Iterator<Item = (u32, u32)> {
    (0..height).flat_map(move |y| (0..width).map(move |x| (x, y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_outside_the_sheet_are_lost() {
        let mut canvas = Canvas::new(10, 2);
        canvas.fill((8, 1), (5, 5));
        assert!(canvas.get(9, 1) && !canvas.get(7, 1) && !canvas.get(10, 1));
    }

    #[test]
    fn a_png_says_black_where_the_dots_are() {
        let mut canvas = Canvas::new(9, 1);
        canvas.set(8, 0, true);
        let file = canvas.png();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut rows = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut rows).unwrap();
        assert_eq!(rows[0], 0xFF);
        assert_eq!(rows[1] & 0x80, 0);
    }

    #[test]
    fn turning_and_inverting_twice_changes_nothing() {
        let mut canvas = Canvas::new(8, 3);
        canvas.set(1, 0, true);
        let before = canvas.clone();
        canvas.turn((0, 0), (8, 3));
        assert!(canvas.get(6, 2) && !canvas.get(1, 0));
        canvas.turn((0, 0), (8, 3));
        canvas.invert((0, 0), (8, 3));
        canvas.invert((0, 0), (8, 3));
        assert_eq!(canvas, before);
    }
}
