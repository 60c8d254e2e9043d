//! Commands to paper: what each command does to the line, the sheet and the settings.
//!
//! Written from Epson's "ESC/POS command reference", and on purpose without our encoder: two halves of one house would
//! agree on a mistake.

mod barcode;
mod commands;
mod line;
mod picture;
mod sheet;
mod star;
mod symbol;
mod text;

use std::time::Duration;

use crate::codepage::{Multibyte, Page};
use crate::config::{Language, Profile};
use crate::framer::Token;
use crate::paper::{Bits, CutKind, Ink, Item, Paper, Style};
use line::Line;
use sheet::Sheet;
use symbol::Symbol;

/// Widest printer that there is, in dots; also the limit of what a command may ask for.
pub const MAX_DOTS: u32 = 2048;
/// Line spacing until `ESC 3`: 30 dots (1/6 inch).
const SPACING: u32 = 30;

/// What the interpreter cannot do by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The paper moved.
    Moved {
        lines: u32,
        dots: u32,
    },
    Cut(CutKind),
    Kick,
    /// `GS r n`.
    Status(u8),
    /// `GS I n`.
    Identity(u8),
    /// `GS ( H` function 48.
    Proof([u8; 4]),
    /// `GS a n`.
    Automatic(u8),
    /// Star's `ETB`.
    CountEtb,
    /// Star's `ESC RS E`.
    ClearEtb,
    /// Star's `ESC GS ETX s n1 n2`.
    PrintEnd([u8; 3]),
    /// `ESC @`.
    Initialised,
}

/// Left, centre or right (`ESC a`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// All that `ESC @` resets.
#[derive(Debug)]
struct Mode {
    style: Style,
    align: Align,
    /// Left margin and width of the printing area in dots.
    left: u32,
    area: u32,
    spacing: u32,
    page: Option<Page>,
    /// The set of national characters of `ESC R`.
    region: u8,
    kanji: bool,
    multibyte: Multibyte,
    /// In characters of font A.
    tabs: Vec<u8>,
    symbol: Symbol,
}

impl Mode {
    fn new(dots: u32, profile: Profile) -> Self {
        Self {
            style: Style::default(),
            align: Align::Left,
            left: 0,
            area: dots,
            spacing: SPACING,
            page: profile.pages.page(0),
            region: 0,
            kanji: false,
            multibyte: profile.multibyte,
            tabs: (1..=31).map(|n| n * 8).collect(),
            symbol: Symbol::default(),
        }
    }
}

/// The state of one printer between commands.
#[derive(Debug)]
pub(crate) struct Interpreter {
    dots: u32,
    profile: Profile,
    mode: Mode,
    /// The first bytes of a multi-byte character.
    carry: Vec<u8>,
    line: Line,
    sheet: Sheet,
    /// Stored by `GS ( L`, printed by its function 50.
    stored: Option<Bits>,
    papers: usize,
    effects: Vec<Effect>,
}

impl Interpreter {
    pub(crate) fn new(dots: u32, profile: Profile) -> Self {
        Self {
            dots,
            profile,
            mode: Mode::new(dots, profile),
            carry: Vec::new(),
            line: Line::default(),
            sheet: Sheet::default(),
            stored: None,
            papers: 0,
            effects: Vec::new(),
        }
    }

    /// Does one command; what is left to do for others comes back.
    pub(crate) fn execute(&mut self, token: &Token, now: Duration) -> Vec<Effect> {
        let request = match self.profile.language {
            Language::EscPos => commands::is_request(token),
            Language::Star => star::is_request(token),
        };
        if !request {
            self.sheet.take_bytes(token.bytes(), now);
        }
        match token {
            Token::Text(bytes) => self.text(bytes),
            Token::Command(bytes) => match self.profile.language {
                Language::EscPos => self.command(bytes),
                Language::Star => self.star(bytes),
            },
            Token::Unknown(bytes) => self.unknown(bytes),
        }
        if self.sheet.is_too_long() {
            self.sheet.note("torn off: too long without a cut".into());
            self.effects.push(Effect::Cut(CutKind::Torn));
        }
        std::mem::take(&mut self.effects)
    }

    /// The cutter has done its work.
    pub(crate) fn cut(&mut self, kind: CutKind, now: Duration) -> Paper {
        let index = self.papers;
        self.papers += 1;
        self.sheet.cut(kind, index, self.dots, now)
    }

    /// Nothing has been printed, fed or kicked since the last cut.
    pub(crate) fn is_blank(&self) -> bool {
        self.sheet.is_blank()
    }

    /// A pulse that came by a real-time command.
    pub(crate) fn kick(&mut self) {
        self.sheet.kick();
    }

    /// Power was lost: settings and the print buffer are gone, what is on paper stays.
    pub(crate) fn forget(&mut self) {
        self.reset();
        self.stored = None;
    }

    fn reset(&mut self) {
        self.mode = Mode::new(self.dots, self.profile);
        self.carry.clear();
        self.line.clear();
    }

    fn note(&mut self, note: String) {
        self.sheet.note(note);
    }

    fn unknown(&mut self, bytes: &[u8]) {
        self.note(format!("unknown command{}", hex(bytes)));
    }

    /// Prints the line and feeds `feed` dots, or the line's height where that is more.
    fn print_line(&mut self, feed: u32, lines: u32) {
        let indent = self.indent(self.line.width());
        let text = self.line.text(indent);
        let height = self.line.height();
        let items = self.line.take(indent, self.sheet.height());
        self.sheet.place(items);
        self.sheet.write_line(&text);
        for _ in 1..lines {
            self.sheet.write_line("");
        }
        self.advance(feed.max(height), lines.max(1));
    }

    /// Ends a line that has something on it, before something that needs a line of its own.
    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.print_line(self.mode.spacing, 1);
        }
    }

    /// Prints a picture on lines of its own, aligned, with `text` standing for it.
    fn print_picture(&mut self, bits: Bits, text: &str) {
        self.end_line();
        let item = Item {
            x: 0,
            y: 0,
            ink: Ink::Bits(bits),
        };
        let (width, height) = item.size();
        let x = self.indent(width);
        self.sheet.place([Item {
            x,
            y: self.sheet.height(),
            ..item
        }]);
        self.sheet.write_line(text);
        self.line.x = 0;
        self.advance(height, height.div_ceil(SPACING).max(1));
    }

    fn advance(&mut self, dots: u32, lines: u32) {
        self.sheet.feed(dots);
        self.effects.push(Effect::Moved { lines, dots });
    }

    /// Where something of that width begins on the paper.
    fn indent(&self, width: u32) -> u32 {
        let free = self.mode.area.saturating_sub(width);
        self.mode.left
            + match self.mode.align {
                Align::Left => 0,
                Align::Centre => free / 2,
                Align::Right => free,
            }
    }
}

/// ` 1B 40`, at most 16 bytes of it.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!(" {byte:02X}")).collect()
}
