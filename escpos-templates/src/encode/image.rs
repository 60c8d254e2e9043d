//! Pictures as commands: in bands, cropped at the right, and without the byte pairs that act in real time.

use crate::profile::{Language, Profile, Raster};
use crate::raster::Canvas;

const ESC: u8 = 0x1b;
const GS: u8 = 0x1d;

/// The command's length is 16 bits and counts ten bytes of its own.
const MOST_BYTES_OF_GS_PAREN_L: usize = 65_535 - 10;

/// Appends a picture, a row of the page of its own; false where the printer takes none.
pub(super) fn put(out: &mut Vec<u8>, canvas: &Canvas, profile: &Profile) -> bool {
    let picture = Picture::new(canvas);
    let band = usize::try_from(profile.band()).unwrap_or(128);
    match profile.raster() {
        _ if profile.language() == Language::Starprnt => picture.bands(band, |rows| picture.star(out, rows)),
        Raster::GsV0 => picture.bands(band, |rows| picture.gs_v_0(out, rows)),
        Raster::GsParenL => {
            let band = band.min(MOST_BYTES_OF_GS_PAREN_L / picture.width).max(1);
            picture.bands(band, |rows| picture.gs_paren_l(out, rows));
        }
        Raster::EscStar => picture.bands(24, |rows| picture.esc_star(out, rows, 24)),
        Raster::EscStar8 => picture.bands(8, |rows| picture.esc_star(out, rows, 8)),
        Raster::None => return false,
    }
    true
}

/// Rows cut to the last byte that has a dot.
struct Picture {
    width: usize,
    rows: Vec<Vec<u8>>,
}

impl Picture {
    fn new(canvas: &Canvas) -> Self {
        let used = |row: &[u8]| row.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        let width = canvas.rows().map(used).max().unwrap_or(0).max(1);
        let rows = canvas
            .rows()
            .map(|row| row.get(..width).unwrap_or(row).to_vec())
            .collect();
        Self { width, rows }
    }

    fn bands(&self, height: usize, mut each: impl FnMut(&[Vec<u8>])) {
        self.rows.chunks(height).for_each(&mut each);
    }

    fn gs_v_0(&self, out: &mut Vec<u8>, rows: &[Vec<u8>]) {
        out.extend([GS, b'v', b'0', 0]);
        out.extend(le16(self.width));
        out.extend(le16(rows.len()));
        data(out, rows.iter().flatten().copied());
    }

    /// Functions 112 (store) and 50 (print).
    fn gs_paren_l(&self, out: &mut Vec<u8>, rows: &[Vec<u8>]) {
        let bytes = self.width * rows.len();
        out.extend([GS, b'(', b'L']);
        out.extend(le16(bytes + 10));
        out.extend([48, 112, 48, 1, 1, 49]);
        out.extend(le16(self.width * 8));
        out.extend(le16(rows.len()));
        data(out, rows.iter().flatten().copied());
        out.extend([GS, b'(', b'L', 2, 0, 48, 50]);
    }

    fn star(&self, out: &mut Vec<u8>, rows: &[Vec<u8>]) {
        out.extend([ESC, GS, b'S', 1]);
        out.extend(le16(self.width));
        out.extend(le16(rows.len()));
        out.push(0);
        data(out, rows.iter().flatten().copied());
    }

    /// Columns of 24 or 8 dots, top first; the line feed is as high as the stripe.
    fn esc_star(&self, out: &mut Vec<u8>, rows: &[Vec<u8>], height: usize) {
        let mode = if height == 24 { 33 } else { 1 };
        let columns = self.width * 8;
        out.extend([ESC, b'3', if height == 24 { 24 } else { 16 }]);
        out.extend([ESC, b'*', mode]);
        out.extend(le16(columns));
        let dot = |x: usize, y: usize| {
            let byte = rows.get(y).and_then(|row| row.get(x / 8)).copied().unwrap_or(0);
            byte >> (7 - x % 8) & 1
        };
        let stripe =
            |x: usize| (0..height / 8).map(move |k| (0..8).fold(0, |b, i| b << 1 | dot(x, k * 8 + i)));
        data(out, (0..columns).flat_map(stripe));
        out.push(b'\n');
        if height != 24 {
            out.extend([ESC, b'3', 24]);
        }
    }
}

fn le16(n: usize) -> [u8; 2] {
    u16::try_from(n).unwrap_or(u16::MAX).to_le_bytes()
}

/// Appends image data. `10 04`, `10 05` and `10 14` are obeyed in real time wherever they stand, so the first byte of
/// such a pair gets one dot more.
fn data(out: &mut Vec<u8>, bytes: impl Iterator<Item = u8>) {
    let start = out.len();
    for byte in bytes {
        let acts = matches!(byte, 0x04 | 0x05 | 0x14) && out.len() > start;
        if let Some(last) = out.last_mut().filter(|last| acts && **last == 0x10) {
            *last = 0x18;
        }
        out.push(byte);
    }
}

/// Whether bytes hold a pair that a printer obeys in real time.
pub(super) fn acts_in_real_time(bytes: &[u8]) -> bool {
    bytes
        .windows(2)
        .any(|pair| matches!(pair, [0x10, 0x04 | 0x05 | 0x14]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile::parse(crate::profile::BUILT_IN[0]).unwrap()
    }

    #[test]
    fn a_picture_goes_out_in_bands_without_its_right_margin() {
        let mut canvas = Canvas::new(576, 300);
        canvas.fill(0, 0, 20, 300);
        let mut out = Vec::new();
        assert!(put(&mut out, &canvas, &profile()));
        assert_eq!(out[..8], [0x1d, b'v', b'0', 0, 3, 0, 128, 0]);
        assert_eq!(out.len(), 3 * 8 + 300 * 3);
    }

    #[test]
    fn f3_no_byte_pair_of_a_picture_acts_in_real_time() {
        let mut canvas = Canvas::new(64, 200);
        for (y, second) in (0..200).zip([0x04u8, 0x05, 0x14].into_iter().cycle()) {
            for x in (0..8).filter(|x| (0x10 >> (7 - x)) & 1 == 1) {
                canvas.set(x, y, true);
            }
            for x in (0..8).filter(|x| (second >> (7 - x)) & 1 == 1) {
                canvas.set(8 + x, y, true);
            }
        }
        let mut out = Vec::new();
        put(&mut out, &canvas, &profile());
        assert!(!acts_in_real_time(&out));
        assert!(out.contains(&0x18));
    }
}
