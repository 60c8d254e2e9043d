//! The dots of a PNG, whatever its compression.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "tests fail by panicking")]

/// Width, height and pixels.
pub fn dots(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut data).unwrap();
    let (width, height) = reader.info().size();
    (width, height, data)
}
