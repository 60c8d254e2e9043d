//! Characters of a byte: code pages by the vendor's numbers, and the multi-byte modes.

mod tables;

use encoding_rs::Encoding;

/// Whose numbers `ESC t` (Star: `ESC GS t`) uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// Epson, TM series ("ESC/POS command reference", `ESC t`).
    Epson,
    /// Star ("StarPRNT command specifications", `ESC GS t`).
    Star,
    /// The 58 mm printers of Zjiang and their like (escpos-printer-db, POS-5890).
    Pos58,
}

/// What two (or four) bytes mean while kanji mode is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multibyte {
    /// Simplified Chinese, GB18030 with its four-byte characters.
    Gb18030,
    /// Japanese.
    ShiftJis,
    /// Traditional Chinese.
    Big5,
    /// Korean (KS C 5601).
    EucKr,
}

/// One code page: what the bytes 80h to FFh mean.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Page {
    Table(&'static str),
    Known(&'static Encoding),
    /// Half-width katakana, A1h to DFh.
    Katakana,
}

impl Pages {
    /// The page of that number, if the vendor has one and we draw it.
    pub(crate) fn page(self, number: u8) -> Option<Page> {
        match self {
            Self::Epson => epson(number),
            Self::Star => star(number),
            Self::Pos58 => pos_58(number),
        }
    }
}

fn epson(number: u8) -> Option<Page> {
    use tables as t;
    Some(match number {
        0 => Page::Table(t::CP437),
        1 => Page::Katakana,
        2 => Page::Table(t::CP850),
        3 => Page::Table(t::CP860),
        4 => Page::Table(t::CP863),
        5 => Page::Table(t::CP865),
        13 => Page::Table(t::CP857),
        14 => Page::Table(t::CP737),
        15 => Page::Known(encoding_rs::ISO_8859_7),
        16 => Page::Known(encoding_rs::WINDOWS_1252),
        17 => Page::Known(encoding_rs::IBM866),
        18 => Page::Table(t::CP852),
        19 => Page::Table(t::CP858),
        // Thai character code 11 is TIS-620 with the tone marks where Windows has them.
        21 => Page::Known(encoding_rs::WINDOWS_874),
        32 => Page::Table(t::CP720),
        33 => Page::Table(t::CP775),
        34 => Page::Table(t::CP855),
        35 => Page::Table(t::CP861),
        36 => Page::Table(t::CP862),
        37 => Page::Table(t::CP864),
        38 => Page::Table(t::CP869),
        39 => Page::Known(encoding_rs::ISO_8859_2),
        40 => Page::Known(encoding_rs::ISO_8859_15),
        44 => Page::Table(t::CP1125),
        45 => Page::Known(encoding_rs::WINDOWS_1250),
        46 => Page::Known(encoding_rs::WINDOWS_1251),
        47 => Page::Known(encoding_rs::WINDOWS_1253),
        48 => Page::Known(encoding_rs::WINDOWS_1254),
        49 => Page::Known(encoding_rs::WINDOWS_1255),
        50 => Page::Known(encoding_rs::WINDOWS_1256),
        51 => Page::Known(encoding_rs::WINDOWS_1257),
        52 => Page::Known(encoding_rs::WINDOWS_1258),
        _ => return None,
    })
}

fn pos_58(number: u8) -> Option<Page> {
    use tables as t;
    Some(match number {
        0 => Page::Table(t::CP437),
        2 => Page::Table(t::CP850),
        3 => Page::Table(t::CP860),
        4 => Page::Table(t::CP863),
        5 => Page::Table(t::CP865),
        16 => Page::Known(encoding_rs::WINDOWS_1252),
        17 => Page::Known(encoding_rs::IBM866),
        18 => Page::Table(t::CP852),
        19 => Page::Table(t::CP858),
        25 => Page::Known(encoding_rs::WINDOWS_1257),
        56 => Page::Table(t::CP861),
        60 => Page::Table(t::CP855),
        61 => Page::Table(t::CP857),
        64 => Page::Table(t::CP737),
        66 => Page::Table(t::CP869),
        72 => Page::Known(encoding_rs::WINDOWS_1250),
        73 => Page::Known(encoding_rs::WINDOWS_1251),
        90 => Page::Known(encoding_rs::WINDOWS_1253),
        91 => Page::Known(encoding_rs::WINDOWS_1254),
        95 => Page::Table(t::CP775),
        _ => return None,
    })
}

fn star(number: u8) -> Option<Page> {
    use tables as t;
    Some(match number {
        0 | 1 | 3 => Page::Table(t::CP437),
        2 => Page::Katakana,
        4 => Page::Table(t::CP858),
        5 => Page::Table(t::CP852),
        6 => Page::Table(t::CP860),
        7 => Page::Table(t::CP861),
        8 => Page::Table(t::CP863),
        9 => Page::Table(t::CP865),
        10 => Page::Known(encoding_rs::IBM866),
        11 => Page::Table(t::CP855),
        12 => Page::Table(t::CP857),
        13 => Page::Table(t::CP862),
        14 => Page::Table(t::CP864),
        15 => Page::Table(t::CP737),
        17 => Page::Table(t::CP869),
        21 => Page::Known(encoding_rs::WINDOWS_874),
        32 => Page::Known(encoding_rs::WINDOWS_1252),
        33 => Page::Known(encoding_rs::WINDOWS_1250),
        34 => Page::Known(encoding_rs::WINDOWS_1251),
        _ => return None,
    })
}

impl Page {
    /// The character of `byte`; U+FFFD where the page has none.
    pub(crate) fn char(self, byte: u8) -> char {
        if byte < 0x80 {
            return char::from(byte);
        }
        match self {
            Self::Table(table) => table.chars().nth(usize::from(byte - 0x80)).unwrap_or('\u{fffd}'),
            Self::Known(encoding) => single(encoding, &[byte]),
            Self::Katakana => match byte {
                0xA1..=0xDF => single(encoding_rs::SHIFT_JIS, &[byte]),
                _ => '\u{fffd}',
            },
        }
    }
}

impl Multibyte {
    /// How many bytes the character takes that begins with `so_far` (1 to 3 bytes long).
    pub(crate) fn length(self, so_far: &[u8]) -> usize {
        match (self, so_far) {
            (_, [..=0x80]) => 1,
            (Self::ShiftJis, [0xA0..=0xDF]) => 1,
            (Self::Gb18030, [0x81..=0xFE, 0x30..=0x39, ..]) => 4,
            _ => 2,
        }
    }

    /// The character of those bytes; U+FFFD where they mean none.
    pub(crate) fn char(self, bytes: &[u8]) -> char {
        let encoding = match self {
            Self::Gb18030 => encoding_rs::GB18030,
            Self::ShiftJis => encoding_rs::SHIFT_JIS,
            Self::Big5 => encoding_rs::BIG5,
            Self::EucKr => encoding_rs::EUC_KR,
        };
        single(encoding, bytes)
    }
}

fn single(encoding: &'static Encoding, bytes: &[u8]) -> char {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    text.chars().next().unwrap_or('\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_128_characters() {
        for number in 0..=255 {
            if let Some(Page::Table(table)) = epson(number) {
                assert_eq!(table.chars().count(), 128, "page {number}");
            }
        }
    }

    #[test]
    fn the_same_letter_has_its_own_byte_in_each_page() {
        let char = |number, byte| epson(number).unwrap().char(byte);
        assert_eq!(char(0, 0x82), 'é');
        assert_eq!(char(2, 0x82), 'é');
        assert_eq!(char(16, 0xE9), 'é');
        assert_eq!(char(17, 0x80), 'А');
        assert_eq!(char(19, 0xD5), '€');
        assert_eq!(char(2, 0xD5), 'ı');
        assert_eq!(star(32).unwrap().char(0xE9), 'é');
        assert_eq!(epson(1).unwrap().char(0xB1), 'ｱ');
    }

    #[test]
    fn multibyte_characters_know_their_length() {
        let gb = Multibyte::Gb18030;
        assert_eq!(
            (gb.length(&[0xB9]), gb.length(&[0x81, 0x30]), gb.length(b"a")),
            (2, 4, 1)
        );
        assert_eq!(gb.char(&[0xB9, 0xAC]), '宫');
        assert_eq!(Multibyte::ShiftJis.char(&[0x8A, 0xBF]), '漢');
        assert_eq!(Multibyte::ShiftJis.length(&[0xB1]), 1);
    }
}
