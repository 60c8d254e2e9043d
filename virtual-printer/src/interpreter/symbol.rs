//! Bar codes and QR codes with their settings.

use qrcode::{Color, EcLevel, QrCode};

use super::barcode::{self, Kind};
use super::{Interpreter, Mode};
use crate::paper::{Bits, Ink, Item, Style};

/// Longest data of a QR code (version 40, level L, bytes).
pub(super) const MAX_DATA: usize = 7089;

/// Settings of `GS h`, `GS w`, `GS H`, `GS f` and the QR functions of `GS ( k`.
#[derive(Debug)]
pub(super) struct Symbol {
    pub(super) bar_height: u32,
    pub(super) module: u32,
    /// 0 none, 1 above, 2 below, 3 both.
    pub(super) hri: u8,
    pub(super) hri_font_b: bool,
    pub(super) qr_module: u32,
    pub(super) qr_level: EcLevel,
    pub(super) qr_data: Vec<u8>,
    pdf_data: Vec<u8>,
}

impl Default for Symbol {
    fn default() -> Self {
        Self {
            bar_height: 162,
            module: 3,
            hri: 0,
            hri_font_b: false,
            qr_module: 3,
            qr_level: EcLevel::L,
            qr_data: Vec::new(),
            pdf_data: Vec::new(),
        }
    }
}

impl Interpreter {
    /// `GS k m …`, with `data` what follows `m`: ended by a NUL (m up to 6), or a length and that many bytes.
    pub(super) fn bar_code(&mut self, kind: u8, data: &[u8]) {
        let data = match (kind, data) {
            (0..=6, [data @ .., 0]) => data,
            (0..=6, data) => data,
            (_, [_, data @ ..]) => data,
            (_, []) => &[],
        };
        let Some(known) = Kind::numbered(kind) else {
            return self.note(format!("bar code {kind} is not drawn here"));
        };
        let shown = known.shown(data);
        let Some(modules) = barcode::modules(known, data) else {
            return self.note(format!("bar code {kind} cannot hold `{shown}`"));
        };
        self.print_bars(&modules, &shown);
    }

    fn print_bars(&mut self, modules: &[bool], shown: &str) {
        let symbol = &self.mode.symbol;
        let scale = (symbol.module, symbol.bar_height);
        let (hri, font_b) = (symbol.hri, symbol.hri_font_b);
        let bits = Bits {
            scale,
            ..packed(modules, modules.len())
        };
        let width = bits.width * scale.0;
        if width > self.mode.area {
            // A printer leaves out a symbol that does not fit.
            return self.note(format!("bar code of {width} dots on {} dots", self.mode.area));
        }
        self.end_line();
        if hri & 1 != 0 {
            self.print_hri(shown, font_b, width);
        }
        self.print_picture(bits, &format!("[barcode: {shown}]"));
        if hri & 2 != 0 {
            self.print_hri(shown, font_b, width);
        }
    }

    /// The readable text, centred on the bars.
    fn print_hri(&mut self, shown: &str, font_b: bool, bars: u32) {
        let style = Style {
            font_b,
            ..Style::default()
        };
        let width = style.advance(1) * u32::try_from(shown.chars().count()).unwrap_or(0);
        let x = self.indent(bars) + bars.saturating_sub(width) / 2;
        let ink = Ink::Text {
            text: shown.into(),
            style,
            width,
        };
        self.sheet.place([Item {
            x,
            y: self.sheet.height(),
            ink,
        }]);
        self.sheet.write_line(shown);
        self.advance(style.height(), 1);
    }

    /// `GS ( k pL pH cn fn …` from `cn` on.
    pub(super) fn two_dimensional(&mut self, data: &[u8]) {
        let symbol = &mut self.mode.symbol;
        match data {
            [49, 65, ..] => {}
            [49, 67, n] => symbol.qr_module = u32::from(n.clamp(&1, &16).to_owned()),
            [49, 69, n] => {
                symbol.qr_level = match n % 48 {
                    1 => EcLevel::M,
                    2 => EcLevel::Q,
                    3 => EcLevel::H,
                    _ => EcLevel::L,
                }
            }
            [49, 80, 48, data @ ..] if data.len() <= MAX_DATA => symbol.qr_data = data.to_vec(),
            [49, 81, 48] => self.print_qr(),
            [48, 80, 48, data @ ..] if data.len() <= MAX_DATA => symbol.pdf_data = data.to_vec(),
            [48, 81, 48] => self.print_pdf417(),
            [48, 65..=70, ..] => {}
            _ => self.note(format!("unknown symbol function{}", super::hex(data))),
        }
    }

    pub(super) fn print_qr(&mut self) {
        let Mode { symbol, area, .. } = &self.mode;
        let shown = String::from_utf8_lossy(&symbol.qr_data).into_owned();
        let Ok(code) = QrCode::with_error_correction_level(&symbol.qr_data, symbol.qr_level) else {
            return self.note(format!("QR code cannot hold {} bytes", symbol.qr_data.len()));
        };
        let width = code.width();
        let dark: Vec<bool> = code
            .into_colors()
            .into_iter()
            .map(|colour| colour == Color::Dark)
            .collect();
        let bits = Bits {
            scale: (symbol.qr_module, symbol.qr_module),
            ..packed(&dark, width)
        };
        let dots = bits.width * bits.scale.0;
        if dots > *area {
            return self.note(format!("QR code of {dots} dots on {area} dots"));
        }
        self.print_picture(bits, &format!("[qr: {shown}]"));
    }

    /// Its data is shown, its bars are not drawn.
    fn print_pdf417(&mut self) {
        let shown = String::from_utf8_lossy(&self.mode.symbol.pdf_data).into_owned();
        self.end_line();
        self.print_picture(
            Bits {
                scale: (1, 1),
                height: 24,
                ..Bits::default()
            },
            &format!("[pdf417: {shown}]"),
        );
    }
}

/// Rows of modules, packed into bytes.
fn packed(modules: &[bool], width: usize) -> Bits {
    let rows = modules.chunks(width.max(1));
    let height = rows.len();
    let pack = |byte: &[bool]| {
        byte.iter()
            .zip([128, 64, 32, 16, 8, 4, 2, 1])
            .map(|(on, bit)| u8::from(*on) * bit)
            .sum()
    };
    let packed = rows
        .flat_map(|row| row.chunks(8).map(pack).collect::<Vec<u8>>())
        .collect();
    let dots = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Bits {
        width: dots(width),
        height: dots(height),
        scale: (1, 1),
        rows: packed,
    }
}
