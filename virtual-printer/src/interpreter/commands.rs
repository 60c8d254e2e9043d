//! One arm for each command.

use super::{Align, Effect, Interpreter};
use crate::codepage::Multibyte;
use crate::framer::{DLE, ESC, FS, GS, Token};
use crate::paper::CutKind;

/// Asks something of the printer and produces no paper.
pub(super) fn is_request(token: &Token) -> bool {
    let Token::Command(bytes) = token else {
        return false;
    };
    matches!(
        bytes.as_slice(),
        [GS, b'r' | b'I' | b'a', ..] | [GS, b'(', b'H', ..] | [DLE | 0, ..]
    )
}

impl Interpreter {
    pub(super) fn command(&mut self, bytes: &[u8]) {
        match bytes {
            [ESC, b'(' | b'c' | b'p' | b'B' | b'*' | b'D', ..]
            | [GS, b'(' | b'8' | b'v' | b'k' | b'V', ..] => {
                self.long_command(bytes);
            }
            [ESC, rest @ ..] => self.esc(rest, bytes),
            [GS, rest @ ..] => self.gs(rest, bytes),
            [FS, rest @ ..] => self.fs(rest, bytes),
            [control] => self.control(*control),
            // Real-time commands have been obeyed already.
            _ => {}
        }
    }

    fn control(&mut self, control: u8) {
        match control {
            b'\n' | 0x0C => self.print_line(self.mode.spacing, 1),
            b'\t' => self.tab(),
            0x18 => self.line.clear(),
            // Automatic line feed is off, so a carriage return does nothing.
            b'\r' | 0 => {}
            other => self.note(format!("control character {other:02X}")),
        }
    }

    fn esc(&mut self, rest: &[u8], all: &[u8]) {
        let mode = &mut self.mode;
        match *rest {
            [b'@'] => {
                self.reset();
                self.effects.push(Effect::Initialised);
            }
            [b'!', n] => self.print_mode(n),
            [b'E' | b'G', n] => mode.style.bold = n & 1 == 1,
            [b'-', n] => mode.style.underline = (n % 48).min(2),
            [b'M', n] => mode.style.font_b = n % 48 == 1,
            [b'{', n] => mode.style.upside_down = n & 1 == 1,
            [b' ', n] => mode.style.spacing = n,
            [b'a', n] => match n % 48 {
                0 => mode.align = Align::Left,
                1 => mode.align = Align::Centre,
                2 => mode.align = Align::Right,
                _ => self.unknown(all),
            },
            [b'2'] => mode.spacing = super::SPACING,
            [b'3', n] => mode.spacing = n.into(),
            [b'd', n] => self.print_line(u32::from(n) * self.mode.spacing, n.into()),
            [b'J', n] => self.feed_dots(n),
            [b'$', low, high] => self.line.x = position(low, high).min(mode.area),
            [b'\\', low, high] => {
                let by = i32::from(i16::from_le_bytes([low, high]));
                self.line.x = self.line.x.saturating_add_signed(by).min(self.mode.area);
            }
            [b't', n] => self.code_page(n),
            [b'R', n] => mode.region = n,
            [b'i'] => self.cut_now(CutKind::Full),
            [b'm'] => self.cut_now(CutKind::Partial),
            // Colour, peripheral and paper sensors, print direction, quality: nothing that shows here.
            [b'r' | b'=' | b'U' | b'?' | b'%' | b'u' | b'V' | b'K' | b'e', _] | [b'&', ..] | [b'<'] => {}
            _ => self.unknown(all),
        }
    }

    fn gs(&mut self, rest: &[u8], all: &[u8]) {
        let mode = &mut self.mode;
        match *rest {
            [b'!', n] => {
                mode.style.wide = (n >> 4 & 7) + 1;
                mode.style.high = (n & 7) + 1;
            }
            [b'B', n] => mode.style.invert = n & 1 == 1,
            [b'L', low, high] => self.margin(position(low, high)),
            [b'W', low, high] => {
                mode.area = position(low, high).clamp(1, self.dots - mode.left.min(self.dots - 1))
            }
            [b'H', n] => mode.symbol.hri = n % 48,
            [b'f', n] => mode.symbol.hri_font_b = n % 48 == 1,
            [b'h', n] => mode.symbol.bar_height = u32::from(n.max(1)),
            [b'w', n] => mode.symbol.module = u32::from(n.clamp(1, 6)),
            [b'r', n] => self.effects.push(Effect::Status(n % 48)),
            [b'I', n] => self.effects.push(Effect::Identity(n)),
            [b'a', n] => self.effects.push(Effect::Automatic(n)),
            // Smoothing, motion units (those of the printer are kept), counters.
            [b'b' | b'E' | b'T' | b'#' | b'/', _] | [b'P' | b'\\' | b'$', _, _] | [b'C', ..] => {}
            _ => self.unknown(all),
        }
    }

    fn fs(&mut self, rest: &[u8], all: &[u8]) {
        match *rest {
            [b'&'] => self.mode.kanji = true,
            [b'.'] => {
                self.mode.kanji = false;
                self.carry.clear();
            }
            [b'C', n] if n % 48 != 0 => self.mode.multibyte = Multibyte::ShiftJis,
            [b'!', n] => {
                self.mode.style.wide = 1 + u8::from(n & 4 != 0);
                self.mode.style.high = 1 + u8::from(n & 8 != 0);
            }
            [b'W', n] => {
                self.mode.style.wide = 1 + (n & 1);
                self.mode.style.high = 1 + (n & 1);
            }
            [b'-', n] => self.mode.style.underline = (n % 48).min(2),
            [b'S', _, _] => {}
            _ => self.unknown(all),
        }
    }

    fn long_command(&mut self, bytes: &[u8]) {
        match bytes {
            [ESC, b'*', ..] => self.bit_image(bytes),
            [ESC, b'D', stops @ ..] => {
                self.mode.tabs = stops.iter().copied().take_while(|stop| *stop != 0).collect();
            }
            [ESC, b'p', ..] => {
                self.sheet.kick();
                self.effects.push(Effect::Kick);
            }
            [ESC, b'B', ..] | [ESC, b'(', b'A', ..] => self.sheet.beep(),
            [ESC, b'c', ..] => {}
            [GS, b'v', ..] => self.raster(bytes),
            [GS, b'k', kind, data @ ..] => self.bar_code(*kind, data),
            [GS, b'V', kind, rest @ ..] => {
                self.feed_and_cut(*kind, rest.first().copied().unwrap_or(0), bytes)
            }
            [GS, b'(', b'k', _, _, rest @ ..] => self.two_dimensional(rest),
            [GS, b'(', b'L', _, _, rest @ ..] | [GS, b'8', b'L', _, _, _, _, rest @ ..] => {
                self.graphics(rest)
            }
            [GS, b'(', b'H', 6, 0, 48, 48, marks @ ..] => {
                if let Ok(marks) = marks.try_into() {
                    self.effects.push(Effect::Proof(marks));
                }
            }
            // Density, speed, settings of the panel: nothing that shows here.
            [GS, b'(', b'K' | b'E' | b'D' | b'M' | b'N' | b'A' | b'H', ..] => {}
            _ => self.unknown(bytes),
        }
    }

    fn print_mode(&mut self, n: u8) {
        let style = &mut self.mode.style;
        style.font_b = n & 1 != 0;
        style.bold = n & 8 != 0;
        style.high = 1 + u8::from(n & 16 != 0);
        style.wide = 1 + u8::from(n & 32 != 0);
        style.underline = u8::from(n & 128 != 0);
    }

    pub(super) fn code_page(&mut self, n: u8) {
        self.mode.page = self.profile.pages.page(n);
        if self.mode.page.is_none() {
            self.note(format!("code page {n} is not known here"));
        }
    }

    pub(super) fn feed_dots(&mut self, n: u8) {
        if self.line.is_empty() {
            let spacing = self.mode.spacing.max(1);
            for _ in 0..u32::from(n) / spacing {
                self.sheet.write_line("");
            }
            self.line.x = 0;
            return self.advance(n.into(), 1);
        }
        self.print_line(n.into(), 1);
    }

    fn margin(&mut self, left: u32) {
        let right = self.mode.left + self.mode.area;
        self.mode.left = left.min(self.dots - 1);
        self.mode.area = right.max(self.mode.left + 1) - self.mode.left;
    }

    pub(super) fn feed_and_cut(&mut self, kind: u8, feed: u8, all: &[u8]) {
        let kind = match kind {
            0 | 48 | 65 | 97 | 103 => CutKind::Full,
            1 | 49 | 66 | 98 | 104 => CutKind::Partial,
            _ => return self.unknown(all),
        };
        self.end_line();
        if feed > 0 {
            self.advance(feed.into(), 1);
        }
        self.cut_now(kind);
    }

    pub(super) fn cut_now(&mut self, kind: CutKind) {
        self.end_line();
        self.effects.push(Effect::Cut(kind));
    }
}

pub(super) fn position(low: u8, high: u8) -> u32 {
    u16::from_le_bytes([low, high]).into()
}
