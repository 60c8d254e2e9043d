//! A PNG from markup to dots.

use crate::raster::Canvas;
use base64::Engine as _;
use std::io::Cursor;
use std::ops::Range;

/// Dots in a picture: 576 by 4,000, half a metre of paper. A logo that claims more is a mistake or an attack.
const MOST_PIXELS: u64 = 2_304_000;
/// Bytes of a decoded file: a picture of that size in four colours of 16 bits.
const MOST_BYTES: usize = 8 * 2_304_000;

/// Why a picture is left out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogoError {
    #[error("a picture was left out: it is no PNG in base64")]
    Unreadable,
    #[error("a picture was left out: {0} x {1} pixels, more than {MOST_PIXELS}")]
    TooLarge(u32, u32),
}

/// Decodes a picture and fits it into the dots `area`, smaller where it is wider; blank rows above and below go.
pub(crate) fn decode(base64: &str, area: Range<u32>) -> Result<Canvas, LogoError> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(base64)
        .map_err(|_| LogoError::Unreadable)?;
    let grey = grey(&bytes)?;
    Ok(cropped(&grey.fitted((area.end - area.start).max(8)).dots()))
}

struct Grey {
    width: u32,
    height: u32,
    /// 0 black to 255 white, transparency laid on white.
    pixels: Vec<u8>,
}

fn grey(bytes: &[u8]) -> Result<Grey, LogoError> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: MOST_BYTES });
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(|_| LogoError::Unreadable)?;
    let (width, height) = reader.info().size();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(LogoError::TooLarge(width, height));
    }
    let size = reader
        .output_buffer_size()
        .filter(|n| *n <= MOST_BYTES)
        .ok_or(LogoError::TooLarge(width, height))?;
    let mut data = vec![0; size];
    let frame = reader.next_frame(&mut data).map_err(|_| LogoError::Unreadable)?;
    let pixels = data
        .chunks_exact(frame.color_type.samples())
        .map(lightness)
        .collect();
    Ok(Grey {
        width,
        height,
        pixels,
    })
}

fn lightness(sample: &[u8]) -> u8 {
    let (light, alpha) = match *sample {
        [grey] => (u32::from(grey), 255),
        [grey, alpha] => (u32::from(grey), u32::from(alpha)),
        [r, g, b] => (luma(r, g, b), 255),
        [r, g, b, alpha] => (luma(r, g, b), u32::from(alpha)),
        _ => (255, 255),
    };
    u8::try_from((light * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255)
}

/// ITU-R BT.601.
fn luma(r: u8, g: u8, b: u8) -> u32 {
    (u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000
}

impl Grey {
    /// Shrinks to `width` by averages; never grows.
    fn fitted(self, width: u32) -> Self {
        if self.width <= width {
            return self;
        }
        let height = (u64::from(self.height) * u64::from(width) / u64::from(self.width)).max(1);
        let height = u32::try_from(height).unwrap_or(1);
        let pixels = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| self.average(span(x, width, self.width), span(y, height, self.height)));
        let pixels = pixels.collect();
        Self {
            width,
            height,
            pixels,
        }
    }

    fn average(&self, xs: Range<u32>, ys: Range<u32>) -> u8 {
        let mut sum = (0u32, 0u32);
        for y in ys {
            for x in xs.clone() {
                sum = (sum.0 + u32::from(self.at(x, y)), sum.1 + 1);
            }
        }
        u8::try_from(sum.0 / sum.1.max(1)).unwrap_or(255)
    }

    fn at(&self, x: u32, y: u32) -> u8 {
        let index = u64::from(y) * u64::from(self.width) + u64::from(x);
        usize::try_from(index)
            .ok()
            .and_then(|i| self.pixels.get(i))
            .copied()
            .unwrap_or(255)
    }

    /// Floyd and Steinberg's dithering.
    fn dots(&self) -> Canvas {
        let mut canvas = Canvas::new(self.width, self.height);
        let width = usize::try_from(self.width).unwrap_or(0);
        let (mut here, mut below) = (vec![0i32; width + 2], vec![0i32; width + 2]);
        for (y, row) in (0..).zip(self.pixels.chunks_exact(width.max(1))) {
            for ((x, i), pixel) in (0..).zip(1usize..).zip(row) {
                let light = i32::from(*pixel) + here.get(i).copied().unwrap_or(0) / 16;
                let black = light < 128;
                canvas.set(x, y, black);
                let error = if black { light } else { light - 255 };
                spread(&mut here, i + 1, error * 7);
                spread(&mut below, i - 1, error * 3);
                spread(&mut below, i, error * 5);
                spread(&mut below, i + 1, error);
            }
            std::mem::swap(&mut here, &mut below);
            below.fill(0);
        }
        canvas
    }
}

fn spread(errors: &mut [i32], at: usize, error: i32) {
    if let Some(sum) = errors.get_mut(at) {
        *sum += error;
    }
}

fn span(at: u32, of: u32, source: u32) -> Range<u32> {
    let edge =
        |n: u32| u32::try_from(u64::from(n) * u64::from(source) / u64::from(of.max(1))).unwrap_or(source);
    edge(at)..edge(at + 1).max(edge(at) + 1)
}

fn cropped(canvas: &Canvas) -> Canvas {
    let blank = |row: &&[u8]| row.iter().all(|b| *b == 0);
    let top = canvas.rows().take_while(blank).count();
    let foot = canvas.rows().rev().take_while(blank).count();
    let height = canvas.rows().len().saturating_sub(top + foot);
    let mut out = Canvas::new(canvas.width(), u32::try_from(height).unwrap_or(0));
    for (y, row) in (0..).zip(canvas.rows().skip(top).take(height)) {
        for (x, bits) in (0..).step_by(8).zip(row) {
            for bit in (0..8).filter(|bit| bits & (0x80 >> bit) != 0) {
                out.set(x + bit, y, true);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base64(canvas: &Canvas) -> String {
        base64::engine::general_purpose::STANDARD.encode(canvas.to_png())
    }

    #[test]
    fn a_logo_keeps_its_dots_and_loses_its_blank_rows() {
        let mut logo = Canvas::new(40, 30);
        logo.fill(3, 10, 20, 5);
        let decoded = decode(&base64(&logo), 0..576).unwrap();
        assert_eq!((decoded.width(), decoded.height(), decoded.ink()), (40, 5, 100));
    }

    #[test]
    fn f6_a_wide_logo_shrinks_to_the_paper_and_a_giant_is_refused_by_its_pixels() {
        let mut wide = Canvas::new(1000, 100);
        wide.fill(0, 0, 1000, 100);
        let decoded = decode(&base64(&wide), 0..384).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (384, 38));
        // Small as a file and small when unpacked, and still more paper than any ticket has.
        let long = base64(&Canvas::new(576, 4001));
        assert!(matches!(
            decode(&long, 0..576),
            Err(LogoError::TooLarge(576, 4001))
        ));
        assert!(decode(&base64(&Canvas::new(576, 4000)), 0..576).is_ok());
        let giant = base64(&Canvas::new(4000, 4000));
        assert!(matches!(
            decode(&giant, 0..384),
            Err(LogoError::TooLarge(4000, 4000))
        ));
        assert!(matches!(decode("AAAA", 0..384), Err(LogoError::Unreadable)));
    }
}
