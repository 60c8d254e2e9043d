//! Text to characters on the line.

use super::Interpreter;
use crate::paper::columns;

/// National characters of `ESC R`: which replace `# $ @ [ \ ] ^ ` { | } ~`, by number (ESC/POS command reference).
const REGIONS: &[[char; 12]] = &[
    ['#', '$', '@', '[', '\\', ']', '^', '`', '{', '|', '}', '~'],
    ['#', '$', 'à', '°', 'ç', '§', '^', '`', 'é', 'ù', 'è', '¨'],
    ['#', '$', '§', 'Ä', 'Ö', 'Ü', '^', '`', 'ä', 'ö', 'ü', 'ß'],
    ['£', '$', '@', '[', '\\', ']', '^', '`', '{', '|', '}', '~'],
    ['#', '$', '@', 'Æ', 'Ø', 'Å', '^', '`', 'æ', 'ø', 'å', '~'],
    ['#', '¤', 'É', 'Ä', 'Ö', 'Å', 'Ü', 'é', 'ä', 'ö', 'å', 'ü'],
    ['#', '$', '@', '°', '\\', 'é', '^', 'ù', 'à', 'ò', 'è', 'ì'],
    ['₧', '$', '@', '¡', 'Ñ', '¿', '^', '`', '¨', 'ñ', '}', '~'],
    ['#', '$', '@', '[', '¥', ']', '^', '`', '{', '|', '}', '~'],
    ['#', '¤', 'É', 'Æ', 'Ø', 'Å', 'Ü', 'é', 'æ', 'ø', 'å', 'ü'],
];

impl Interpreter {
    pub(super) fn text(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.mode.kanji {
                self.multibyte(*byte);
            } else {
                let ch = self.single(*byte);
                self.put(ch);
            }
        }
    }

    fn single(&mut self, byte: u8) -> char {
        if byte == 0x7F {
            self.note("unprintable byte 7F".into());
        }
        let Some(page) = self.mode.page else {
            return '\u{fffd}';
        };
        let ch = page.char(byte);
        if ch == '\u{fffd}' {
            self.note(format!("byte {byte:02X} has no character in this code page"));
        }
        national(ch, self.mode.region)
    }

    fn multibyte(&mut self, byte: u8) {
        self.carry.push(byte);
        if self.carry.len() < self.mode.multibyte.length(&self.carry) {
            return;
        }
        let ch = self.mode.multibyte.char(&self.carry);
        if ch == '\u{fffd}' {
            self.note(format!("no character for{}", super::hex(&self.carry)));
        }
        self.carry.clear();
        self.put(ch);
    }

    fn put(&mut self, ch: char) {
        let advance = self.mode.style.advance(columns(ch));
        if self.line.x + advance > self.mode.area && self.line.x > 0 {
            self.print_line(self.mode.spacing, 1);
        }
        self.line.put_char(ch, self.mode.style, advance);
    }

    /// `HT`: on to the next stop; without one, nothing happens.
    pub(super) fn tab(&mut self) {
        let advance = self.mode.style.advance(1);
        let next = self
            .mode
            .tabs
            .iter()
            .map(|stop| u32::from(*stop) * advance)
            .find(|x| *x > self.line.x);
        if let Some(x) = next.filter(|x| *x < self.mode.area) {
            self.line.x = x;
        }
    }
}

fn national(ch: char, region: u8) -> char {
    let plain = REGIONS.first().into_iter().flatten();
    let chosen = REGIONS.get(usize::from(region)).into_iter().flatten();
    plain
        .zip(chosen)
        .find(|(from, _)| **from == ch)
        .map_or(ch, |(_, to)| *to)
}
