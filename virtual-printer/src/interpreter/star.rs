//! StarPRNT: Star's commands on the same line and sheet.
//!
//! From "StarPRNT command specifications" Rev. 2.25.

use qrcode::EcLevel;

use super::commands::position;
use super::picture::{pair, upright};
use super::symbol::MAX_DATA;
use super::{Align, Effect, Interpreter};
use crate::framer::{ESC, GS, Token};
use crate::paper::{Bits, CutKind, Ink};

const RS: u8 = 0x1E;
const ETX: u8 = 0x03;
const ETB: u8 = 0x17;
/// `ESC z 0` and `ESC z 1`: 3 and 4 mm.
const SPACINGS: (u32, u32) = (24, 32);

/// Asks something of the printer and produces no paper.
pub(super) fn is_request(token: &Token) -> bool {
    let Token::Command(bytes) = token else {
        return false;
    };
    matches!(
        bytes.as_slice(),
        [ESC, 6, ..] | [ESC, RS, b'a' | b'E', ..] | [ESC, GS, ETX, ..] | [ETB | 0]
    )
}

impl Interpreter {
    pub(super) fn star(&mut self, bytes: &[u8]) {
        match bytes {
            [ESC, GS, rest @ ..] => self.star_group(rest, bytes),
            [ESC, RS, rest @ ..] => self.star_record(rest, bytes),
            [ESC, b'X' | b'K' | b'L', ..] => self.star_image(bytes),
            [ESC, b'b', rest @ ..] => self.star_bars(rest, bytes),
            [ESC, b'D', stops @ ..] => {
                self.mode.tabs = stops.iter().copied().take_while(|stop| *stop != 0).collect();
            }
            [ESC, rest @ ..] => self.star_escape(rest, bytes),
            [control] => self.star_control(*control),
            _ => self.unknown(bytes),
        }
    }

    fn star_control(&mut self, control: u8) {
        let style = &mut self.mode.style;
        match control {
            b'\n' | 0x0C => self.print_line(self.mode.spacing, 1),
            b'\t' => self.tab(),
            0x0E => style.wide = 2,
            0x14 => style.wide = 1,
            0x0F => style.upside_down = true,
            0x12 => style.upside_down = false,
            0x07 | 0x1C | 0x19 | 0x1A => {
                self.sheet.kick();
                self.effects.push(Effect::Kick);
            }
            0x18 => {
                self.reset();
                self.effects.push(Effect::ClearEtb);
            }
            ETB => self.effects.push(Effect::CountEtb),
            b'\r' | 0 => {}
            other => self.note(format!("control character {other:02X}")),
        }
    }

    fn star_escape(&mut self, rest: &[u8], all: &[u8]) {
        let mode = &mut self.mode;
        let style = &mut mode.style;
        match *rest {
            // Automatic status is a setting of its own and outlives this.
            [b'@'] => self.reset(),
            [b'E'] => style.bold = true,
            [b'F'] => style.bold = false,
            [b'4'] => style.invert = true,
            [b'5'] => style.invert = false,
            [b'-', n] => style.underline = (n % 48).min(1),
            [b'W', n] => style.wide = (n % 48).min(5) + 1,
            [b'h', n] => style.high = (n % 48).min(5) + 1,
            [b'i', high, wide] => {
                style.high = (high % 48).min(5) + 1;
                style.wide = (wide % 48).min(5) + 1;
            }
            [0x0E] => style.high = 2,
            [0x14] => style.high = 1,
            [b' ', n] => style.spacing = n,
            [b'M' | b':'] => style.font_b = false,
            [b'P'] => style.font_b = true,
            [b'z', n] => mode.spacing = if n % 48 == 0 { SPACINGS.0 } else { SPACINGS.1 },
            [b'0'] => mode.spacing = SPACINGS.0,
            [b'1' | b'2'] => mode.spacing = SPACINGS.1,
            [b'a', n] => self.print_line(u32::from(n) * self.mode.spacing, n.into()),
            [b'J', n] => self.feed_dots(n.saturating_mul(2)),
            [b'I', n] => self.feed_dots(n),
            [b'R', n] => mode.region = n,
            [b'p'] => mode.kanji = true,
            [b'q'] => mode.kanji = false,
            [b'd', n] => self.star_cut(n % 48, all),
            // Upper line, margins in characters, page length, slashed zero, pulse times: nothing that shows here.
            [
                b'_' | b'l' | b'Q' | b'C' | b'N' | b'/' | b'%' | b'$' | b't' | b'?' | b'U' | b'A' | b'B' | 6,
                _,
            ]
            | [7 | b's', _, _] => {}
            _ => self.unknown(all),
        }
    }

    fn star_group(&mut self, rest: &[u8], all: &[u8]) {
        match rest {
            [b't', n] => self.code_page(*n),
            [b'a', n] => {
                self.mode.align = match n % 48 {
                    0 => Align::Left,
                    1 => Align::Centre,
                    2 => Align::Right,
                    _ => return self.unknown(all),
                }
            }
            [b'A', low, high] => self.line.x = position(*low, *high).min(self.mode.area),
            [b'R', low, high] => {
                let by = i32::from(i16::from_le_bytes([*low, *high]));
                self.line.x = self.line.x.saturating_add_signed(by).min(self.mode.area);
            }
            [ETX, 3, ..] => self.reset(),
            [ETX, s, n1, n2] => {
                self.end_line();
                self.effects.push(Effect::PrintEnd([*s, *n1, *n2]));
            }
            [7 | 0x19, ..] => self.sheet.beep(),
            [b'S', _, xl, xh, yl, yh, _, rows @ ..] => {
                let bits = Bits {
                    width: pair(*xl, *xh) * 8,
                    height: pair(*yl, *yh),
                    scale: (1, 1),
                    rows: rows.to_vec(),
                };
                self.print_bits(bits);
            }
            [b'y', rest @ ..] => self.star_qr(rest, all),
            [b')' | b'P' | b'b' | b'h' | b'c' | b'r', ..] => {}
            _ => self.unknown(all),
        }
    }

    fn star_record(&mut self, rest: &[u8], all: &[u8]) {
        match *rest {
            [b'a', n] => self
                .effects
                .push(Effect::Automatic(if n % 48 == 0 { 0 } else { u8::MAX })),
            [b'E', _] => self.effects.push(Effect::ClearEtb),
            [b'F', n] => self.mode.style.font_b = n % 48 != 0,
            [b'd' | b'r' | b'C' | b'A' | b'm' | b'n' | b'i', ..] => {}
            _ => self.unknown(all),
        }
    }

    fn star_cut(&mut self, n: u8, all: &[u8]) {
        match n {
            0 | 2 => self.cut_now(CutKind::Full),
            1 | 3 => self.cut_now(CutKind::Partial),
            _ => self.unknown(all),
        }
    }

    fn star_image(&mut self, bytes: &[u8]) {
        let [_, kind, _, _, columns @ ..] = bytes else {
            return self.unknown(bytes);
        };
        let (depth, scale) = match kind {
            b'X' => (3, (1, 1)),
            b'K' => (1, (2, 3)),
            _ => (1, (1, 3)),
        };
        let bits = Bits {
            scale,
            ..upright(columns, depth)
        };
        self.line.put_ink(Ink::Bits(bits));
    }

    fn star_qr(&mut self, rest: &[u8], all: &[u8]) {
        let symbol = &mut self.mode.symbol;
        match rest {
            [b'S', b'0', _] | [b'I'] => {}
            [b'S', b'1', n] => {
                symbol.qr_level = match n {
                    1 => EcLevel::M,
                    2 => EcLevel::Q,
                    3 => EcLevel::H,
                    _ => EcLevel::L,
                }
            }
            [b'S', b'2', n] => symbol.qr_module = u32::from(*n).clamp(1, 8),
            [b'D', b'1', _, _, _, data @ ..] if data.len() <= MAX_DATA => symbol.qr_data = data.to_vec(),
            [b'P'] => self.print_qr(),
            _ => self.unknown(all),
        }
    }

    /// `ESC b n1 n2 n3 n4 d… RS`.
    fn star_bars(&mut self, rest: &[u8], all: &[u8]) {
        let [kind, hri, module, height, data @ .., RS] = rest else {
            return self.unknown(all);
        };
        // Star's numbers to those of `GS k`.
        let Some(known) = [66, 65, 68, 67, 69, 70, 73, 72, 71]
            .get(usize::from(kind % 48))
            .copied()
        else {
            return self.unknown(all);
        };
        let symbol = &mut self.mode.symbol;
        symbol.hri = if matches!(hri % 48, 2 | 4) { 2 } else { 0 };
        symbol.module = u32::from(module % 48).clamp(1, 3) + 1;
        symbol.bar_height = u32::from(*height).max(1);
        let set: &[u8] = if known == 73 { b"{B" } else { b"" };
        self.bar_code(known, &[&[0], set, data].concat());
    }
}
