//! Lengths of commands in Star's languages.
//!
//! From "StarPRNT command specifications" Rev. 2.25. The graphics mode of older printers (`ESC * r`) is not here.

use super::{ESC, Need, u16_of, until};

const RS: u8 = 0x1E;
const GS: u8 = 0x1D;
const ETX: u8 = 0x03;

/// Lengths in StarPRNT.
pub(crate) fn star(bytes: &[u8]) -> Need {
    match bytes {
        [ESC] => Need::At(2),
        [ESC, RS, ..] => record(bytes),
        [ESC, GS, ..] => group(bytes),
        [
            ESC,
            b'@' | b'E' | b'F' | b'4' | b'5' | b'M' | b'P' | b':' | b'0' | b'1' | b'2' | b'p' | b'q' | 0x0E
            | 0x14,
            ..,
        ] => Need::Total(2),
        [
            ESC,
            b'-' | b'_' | b'W' | b'h' | b'd' | b'a' | b'J' | b'I' | b'l' | b'Q' | b'z' | b'R' | b'/' | b' '
            | b'A' | b'C' | b'N' | b'%' | b'$' | b't' | b'?' | b'U' | b'B' | 6,
            ..,
        ] => Need::Total(3),
        [ESC, b'i' | 7 | b's', ..] => Need::Total(4),
        [ESC, b'X' | b'K' | b'L'] => Need::At(4),
        [ESC, b'X', low, high, ..] => Need::Total(4 + 3 * u16_of(*low, *high)),
        [ESC, b'K' | b'L', low, high, ..] => Need::Total(4 + u16_of(*low, *high)),
        [ESC, b'X' | b'K' | b'L', _] => Need::At(4),
        [ESC, b'b'] => Need::At(7),
        [ESC, b'b', data @ ..] => until(RS, 2, data, 255),
        [ESC, b'D', data @ ..] => until(0, 2, data, 32),
        [ESC, ..] => Need::Unknown,
        _ => Need::Total(1),
    }
}

fn record(bytes: &[u8]) -> Need {
    match bytes {
        [_, _] => Need::At(3),
        [
            _,
            _,
            b'a' | b'E' | b'F' | b'd' | b'r' | b'C' | b'A' | b'm' | b'n',
            ..,
        ] => Need::Total(4),
        [_, _, b'L' | b'I', ..] => Need::Total(5),
        [_, _, b'i', ..] => Need::Total(6),
        _ => Need::Unknown,
    }
}

fn group(bytes: &[u8]) -> Need {
    match bytes {
        [_, _] => Need::At(3),
        [_, _, b't' | b'a' | b'P' | b'b' | b'h' | b'c' | b'r', ..] => Need::Total(4),
        [_, _, b'A' | b'R', ..] => Need::Total(5),
        [_, _, ETX | 7 | 0x19, ..] => Need::Total(6),
        [_, _, b'S'] => Need::At(9),
        [_, _, b'S', _, xl, xh, yl, yh, ..] => Need::Total(9 + u16_of(*xl, *xh) * u16_of(*yl, *yh)),
        [_, _, b'S', ..] => Need::At(9),
        [_, _, b')'] | [_, _, b')', _] => Need::At(6),
        [_, _, b')', _, low, high, ..] => Need::Total(6 + u16_of(*low, *high)),
        [_, _, b')', ..] => Need::At(6),
        [_, _, b'y'] => Need::At(4),
        [_, _, b'y', b'S', ..] => Need::Total(6),
        [_, _, b'y', b'P' | b'I', ..] => Need::Total(4),
        [_, _, b'y', b'D'] => Need::At(8),
        [_, _, b'y', b'D', b'1', _, low, high, ..] => Need::Total(8 + u16_of(*low, *high)),
        [_, _, b'y', b'D', rest @ ..] if rest.len() < 4 => Need::At(8),
        _ => Need::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_ends_where_the_manual_says() {
        let commands: &[&[u8]] = &[
            b"\x1b@",
            b"\x1bd\x03",
            b"\x1b\x1ea\x01",
            b"\x1b\x1d\x03\x01\x00\x00",
            b"\x1b\x1dS\x01\x02\x00\x02\x00\x00abcd",
            b"\x1b\x1dyD1\x00\x02\x00hi",
            b"\x1b\x1dyS0\x02",
            b"\x1bb\x06\x02\x02\x40ABC\x1e",
            b"\x07",
        ];
        for bytes in commands {
            assert_eq!(length(bytes), Need::Total(bytes.len()), "{bytes:x?}");
        }
    }

    /// Asks as the framer does, byte by byte.
    fn length(bytes: &[u8]) -> Need {
        let mut at = 1;
        loop {
            match star(&bytes[..at]) {
                Need::At(next) if next <= bytes.len() => at = next,
                need => return need,
            }
        }
    }
}
