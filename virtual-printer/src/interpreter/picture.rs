//! Pictures: `GS v 0`, `ESC *` and the stored graphics of `GS ( L`.

use super::Interpreter;
use crate::paper::{Bits, Ink};

impl Interpreter {
    /// `GS v 0 m xL xH yL yH d…`: rows of bytes.
    pub(super) fn raster(&mut self, bytes: &[u8]) {
        let [_, _, _, mode, xl, xh, yl, yh, rows @ ..] = bytes else {
            return self.unknown(bytes);
        };
        let scale = (1 + u32::from(mode & 1), 1 + u32::from(mode >> 1 & 1));
        let bits = Bits {
            width: pair(*xl, *xh) * 8,
            height: pair(*yl, *yh),
            scale,
            rows: rows.to_vec(),
        };
        self.print_bits(bits);
    }

    /// `ESC * m nL nH d…`: columns of 8 or 24 dots, on the line.
    pub(super) fn bit_image(&mut self, bytes: &[u8]) {
        let [_, _, mode, _, _, columns @ ..] = bytes else {
            return self.unknown(bytes);
        };
        let (depth, scale) = match mode {
            0 => (1, (2, 3)),
            1 => (1, (1, 3)),
            32 => (3, (2, 1)),
            33 => (3, (1, 1)),
            _ => return self.unknown(bytes),
        };
        let bits = Bits {
            scale,
            ..upright(columns, depth)
        };
        let room = self.mode.area.saturating_sub(self.line.x);
        if bits.width * scale.0 > room {
            self.note(format!(
                "image is {} dots wider than the line",
                bits.width * scale.0 - room
            ));
        }
        self.line.put_ink(Ink::Bits(bits));
    }

    /// The functions of `GS ( L` and `GS 8 L` that store and print an image.
    pub(super) fn graphics(&mut self, data: &[u8]) {
        match data {
            [48, 112, tone, bx, by, _colour, xl, xh, yl, yh, rows @ ..] => {
                if *tone != 48 {
                    self.note(format!("graphics in tone {tone} are drawn in black and white"));
                }
                let scale = (u32::from(*bx).clamp(1, 2), u32::from(*by).clamp(1, 2));
                let bits = Bits {
                    width: pair(*xl, *xh),
                    height: pair(*yl, *yh),
                    scale,
                    rows: rows.to_vec(),
                };
                self.stored = Some(bits);
            }
            [48, 2 | 50] => match self.stored.take() {
                Some(bits) => self.print_bits(bits),
                None => self.note("graphics printed before any were stored".into()),
            },
            // Memory and resolution: kept as they are.
            [48, 0 | 1 | 3 | 4 | 48 | 49 | 51 | 52 | 64 | 65, ..] => {}
            _ => self.note(format!("unknown graphics function{}", super::hex(data))),
        }
    }

    pub(super) fn print_bits(&mut self, bits: Bits) {
        let (width, height) = (bits.width * bits.scale.0, bits.height * bits.scale.1);
        if width > self.mode.area {
            self.note(format!("image is {width} dots wide on {} dots", self.mode.area));
        }
        let need = (bits.width.div_ceil(8) * bits.height) as usize;
        if bits.rows.len() < need {
            self.note(format!("image has {} bytes of {need}", bits.rows.len()));
        }
        self.print_picture(bits, &format!("[image {width}x{height}]"));
    }
}

pub(super) fn pair(low: u8, high: u8) -> u32 {
    u16::from_le_bytes([low, high]).into()
}

/// Columns of `depth` bytes, top first, turned into rows.
pub(super) fn upright(columns: &[u8], depth: usize) -> Bits {
    let count = columns.len() / depth;
    let stride = count.div_ceil(8);
    let height = depth * 8;
    let mut rows = vec![0; stride * height];
    for (x, column) in columns.chunks_exact(depth).enumerate() {
        for y in 0..height {
            let black = column
                .get(y / 8)
                .is_some_and(|byte| byte & (0x80 >> (y % 8)) != 0);
            if let Some(byte) = rows.get_mut(y * stride + x / 8).filter(|_| black) {
                *byte |= 0x80 >> (x % 8);
            }
        }
    }
    let dots = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Bits {
        width: dots(count),
        height: dots(height),
        scale: (1, 1),
        rows,
    }
}
