//! Single commands in the two languages, byte for byte. Sources: Epson ESC/POS command reference; Star StarPRNT
//! command specifications, revision 1.

use crate::model::Cut;
use crate::profile::{Buzzer, CutCommand, Language, Profile};

const ESC: u8 = 0x1b;
const GS: u8 = 0x1d;
const FS: u8 = 0x1c;

/// Drawer pulse: 50 ms on and 500 ms off, in units of 2 ms.
const DRAWER_PULSE: [u8; 2] = [25, 250];

/// Writes commands in a profile's language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Commands {
    star: bool,
}

impl Commands {
    pub(super) fn of(profile: &Profile) -> Self {
        Self {
            star: profile.language() == Language::Starprnt,
        }
    }

    /// Puts the printer into its state after power-on, out of any multi-byte mode.
    pub(super) fn init(self, out: &mut Vec<u8>, leave_kanji: bool) {
        out.extend([ESC, b'@']);
        if leave_kanji && !self.star {
            self.kanji(out, false);
        }
        self.pitch(out, 24);
    }

    /// Row pitch in dots. Printers never feed less than the letters' height, so 24 means "close together" also where
    /// the unit is half a dot.
    pub(super) fn pitch(self, out: &mut Vec<u8>, dots: u8) {
        if self.star {
            out.extend([ESC, b'z', b'0'])
        } else {
            out.extend([ESC, b'3', dots])
        }
    }

    pub(super) fn bold(self, out: &mut Vec<u8>, on: bool) {
        match self.star {
            true => out.extend([ESC, if on { b'E' } else { b'F' }]),
            false => out.extend([ESC, b'E', u8::from(on)]),
        }
    }

    /// Two dots thick, so that it survives a worn head.
    pub(super) fn underline(self, out: &mut Vec<u8>, on: bool) {
        let thick = if self.star { 1 } else { 2 };
        out.extend([ESC, b'-', if on { thick } else { 0 }]);
    }

    pub(super) fn invert(self, out: &mut Vec<u8>, on: bool) {
        match self.star {
            true => out.extend([ESC, if on { b'4' } else { b'5' }]),
            false => out.extend([GS, b'B', u8::from(on)]),
        }
    }

    /// Times as wide and as high, 1 to 8 (StarPRNT: 6).
    pub(super) fn size(self, out: &mut Vec<u8>, sx: u8, sy: u8) {
        let (w, h) = (sx.clamp(1, 8) - 1, sy.clamp(1, 8) - 1);
        if self.star {
            out.extend([ESC, b'i', h, w])
        } else {
            out.extend([GS, b'!', w << 4 | h])
        }
    }

    pub(super) fn font(self, out: &mut Vec<u8>, b: bool) {
        match self.star {
            true => out.extend([ESC, 0x1e, b'F', u8::from(b)]),
            false => out.extend([ESC, b'M', u8::from(b)]),
        }
    }

    pub(super) fn red(self, out: &mut Vec<u8>, on: bool) {
        match self.star {
            true => out.extend([ESC, 0x1e, b'C', u8::from(on)]),
            false => out.extend([ESC, b'r', u8::from(on)]),
        }
    }

    pub(super) fn page(self, out: &mut Vec<u8>, number: u8) {
        if self.star {
            out.extend([ESC, GS, b't', number])
        } else {
            out.extend([ESC, b't', number])
        }
    }

    /// Enters or leaves the multi-byte mode.
    pub(super) fn kanji(self, out: &mut Vec<u8>, on: bool) {
        match self.star {
            true => out.extend([ESC, if on { b'p' } else { b'q' }]),
            false => out.extend([FS, if on { b'&' } else { b'.' }]),
        }
    }

    /// Chooses Shift-JIS for the multi-byte mode.
    pub(super) fn shift_jis(self, out: &mut Vec<u8>) {
        if self.star {
            out.extend([ESC, b'$', 1])
        } else {
            out.extend([FS, b'C', 1])
        }
    }

    /// Left, middle or right, for codes.
    pub(super) fn align(self, out: &mut Vec<u8>, halves: u8) {
        if self.star {
            out.extend([ESC, GS, b'a', halves])
        } else {
            out.extend([ESC, b'a', halves])
        }
    }

    /// Opens the drawer at connector 1 or 2.
    pub(super) fn drawer(self, out: &mut Vec<u8>, connector: u8) {
        let second = connector == 2;
        match self.star {
            true => out.push(if second { 0x1a } else { 0x07 }),
            false => {
                out.extend([ESC, b'p', u8::from(second)]);
                out.extend(DRAWER_PULSE);
            }
        }
    }

    /// Sounds so many times.
    pub(super) fn beep(self, out: &mut Vec<u8>, times: u8, buzzer: Buzzer) {
        match buzzer {
            Buzzer::None => {}
            // Function 97, the built-in buzzer: pattern 1 (of 1 to 7), so many times, 200 ms on and off.
            Buzzer::EscParenA => out.extend([ESC, b'(', b'A', 5, 0, 97, 100, times, 2, 2]),
            Buzzer::EscB => out.extend([ESC, b'B', times, 2]),
            Buzzer::Bel => out.extend(std::iter::repeat_n(0x07, times.into())),
        }
    }

    /// Feeds to the cutter and cuts, or feeds to the tear bar where there is no cutter.
    pub(super) fn cut(self, out: &mut Vec<u8>, profile: &Profile, wanted: Cut) {
        out.extend(std::iter::repeat_n(b'\n', profile.feed().into()));
        let kind = match profile.cutters() {
            [] => return,
            has if has.contains(&wanted) => wanted,
            has => has.first().copied().unwrap_or_default(),
        };
        let partial = u8::from(kind == Cut::Partial);
        match profile.cut_command() {
            _ if self.star => out.extend([ESC, b'd', 2 + partial]),
            CutCommand::GsVFeed => out.extend([GS, b'V', 65 + partial, 0]),
            CutCommand::GsV => out.extend([GS, b'V', partial]),
            CutCommand::EscI => out.extend([ESC, if partial == 1 { b'm' } else { b'i' }]),
        }
    }
}
