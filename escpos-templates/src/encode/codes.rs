//! QR and bar codes: as the printer's own commands through the `escpos` crate, and as dots.

use super::image::acts_in_real_time;
use crate::layout::CodeBlock;
use crate::model::{CodeOption, Level, Symbology};
use crate::profile::Profile;
use crate::raster::{Canvas, CellStyle, draw_cell};
use escpos::driver::Driver;
use escpos::printer::Printer;
use escpos::utils::{
    BarcodeFont, BarcodeHeight, BarcodeOption, BarcodePosition, BarcodeWidth, Protocol,
    QRCodeCorrectionLevel, QRCodeModel, QRCodeOption,
};
use std::cell::RefCell;
use std::rc::Rc;

/// A driver that keeps what it is given: the crate's own ones open devices.
#[derive(Clone, Default)]
struct Collector(Rc<RefCell<Vec<u8>>>);

impl Driver for Collector {
    fn name(&self) -> String {
        "collector".to_owned()
    }

    fn write(&self, data: &[u8]) -> escpos::errors::Result<()> {
        self.0.borrow_mut().extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _buffer: &mut [u8]) -> escpos::errors::Result<usize> {
        Ok(0)
    }

    fn flush(&self) -> escpos::errors::Result<()> {
        Ok(())
    }
}

/// The commands for a code that the printer draws itself; `None` where it cannot, or where the content does not fit
/// the symbology.
pub(super) fn native(block: &CodeBlock, profile: &Profile) -> Option<Vec<u8>> {
    let bytes = match block.option.symbology {
        Symbology::QrCode if profile.qr() => qr(&block.data, &block.option),
        Symbology::QrCode => None,
        symbology if profile.barcode(symbology) => barcode(&block.data, &block.option),
        _ => None,
    }?;
    (!acts_in_real_time(&bytes)).then_some(bytes)
}

fn qr(data: &str, option: &CodeOption) -> Option<Vec<u8>> {
    if data.chars().any(char::is_control) {
        return None;
    }
    let level = match option.level {
        Level::L => QRCodeCorrectionLevel::L,
        Level::M => QRCodeCorrectionLevel::M,
        Level::Q => QRCodeCorrectionLevel::Q,
        Level::H => QRCodeCorrectionLevel::H,
    };
    collect(|printer| {
        printer.qrcode_option(data, QRCodeOption::new(QRCodeModel::Model2, option.cell, level))?;
        Ok(())
    })
}

fn barcode(data: &str, option: &CodeOption) -> Option<Vec<u8>> {
    let position = if option.hri {
        BarcodePosition::Below
    } else {
        BarcodePosition::None
    };
    let look = BarcodeOption::new(BarcodeWidth::M, BarcodeHeight::S, BarcodeFont::A, position);
    let bytes = match option.symbology {
        Symbology::Code93 => ours(72, data, option),
        Symbology::Code128 => ours(73, &format!("{{B{}", data.replace('{', "{{")), option),
        Symbology::QrCode => return None,
        symbology => collect(|printer| {
            match (symbology, data.len()) {
                (Symbology::Upc, ..=8) => printer.upce_option(data, look)?,
                (Symbology::Upc, _) => printer.upca_option(data, look)?,
                (Symbology::Ean, ..=8) => printer.ean8_option(data, look)?,
                (Symbology::Ean, _) => printer.ean13_option(data, look)?,
                (Symbology::Itf, _) => printer.itf_option(data, look)?,
                (Symbology::Codabar, _) => printer.codabar_option(data, look)?,
                _ => printer.code39_option(data, look)?,
            };
            Ok(())
        })?,
    };
    Some(sized(bytes, option))
}

/// The crate knows five heights and widths; the markup says exactly how many dots.
fn sized(mut bytes: Vec<u8>, option: &CodeOption) -> Vec<u8> {
    for (command, value) in [(b'w', option.module), (b'h', option.height)] {
        let found = bytes.windows(2).position(|w| w == [0x1d, command]);
        if let Some(byte) = found.and_then(|at| bytes.get_mut(at + 2)) {
            *byte = value;
        }
    }
    bytes
}

/// `GS k` function B for the two symbologies that the crate lacks.
fn ours(system: u8, data: &str, option: &CodeOption) -> Vec<u8> {
    let position = if option.hri { 2 } else { 0 };
    let length = u8::try_from(data.len()).unwrap_or(0);
    let mut out = vec![
        0x1d, b'w', 2, 0x1d, b'h', 72, 0x1d, b'f', 0, 0x1d, b'H', position, 0x1d, b'k', system, length,
    ];
    out.extend(data.bytes());
    out
}

fn collect(write: impl FnOnce(&mut Printer<Collector>) -> escpos::errors::Result<()>) -> Option<Vec<u8>> {
    let collector = Collector::default();
    let mut printer = Printer::new(collector.clone(), Protocol::default(), None);
    write(&mut printer).ok()?;
    printer.print().ok()?;
    Some(collector.0.take())
}

/// A code as dots, for previews and for printers that have no such code; `None` where the content does not fit it.
pub(crate) fn draw(block: &CodeBlock) -> Option<Canvas> {
    match block.option.symbology {
        Symbology::QrCode => draw_qr(&block.data, &block.option),
        _ => draw_bars(&block.data, &block.option),
    }
}

fn draw_qr(data: &str, option: &CodeOption) -> Option<Canvas> {
    let level = match option.level {
        Level::L => qrcode::EcLevel::L,
        Level::M => qrcode::EcLevel::M,
        Level::Q => qrcode::EcLevel::Q,
        Level::H => qrcode::EcLevel::H,
    };
    let code = qrcode::QrCode::with_error_correction_level(data.as_bytes(), level).ok()?;
    let (side, cell) = (u32::try_from(code.width()).ok()?, u32::from(option.cell));
    let mut canvas = Canvas::new(side * cell, side * cell);
    for (i, dark) in (0..).zip(code.to_colors()) {
        if dark == qrcode::Color::Dark {
            canvas.fill(i % side * cell, i / side * cell, cell, cell);
        }
    }
    Some(canvas)
}

fn draw_bars(data: &str, option: &CodeOption) -> Option<Canvas> {
    let modules = modules(data, option.symbology)?;
    let (module, height) = (u32::from(option.module), u32::from(option.height));
    let width = u32::try_from(modules.len()).ok()? * module;
    let text = if option.hri { 26 } else { 0 };
    let letters = u32::try_from(data.chars().count()).unwrap_or(0);
    let mut canvas = Canvas::new(
        width.max(if option.hri { letters * 12 } else { 0 }),
        height + text,
    );
    for (x, _) in (0..).zip(&modules).filter(|(_, bar)| **bar == 1) {
        canvas.fill(x * module, 0, module, height);
    }
    if option.hri {
        let left = canvas.width().saturating_sub(letters * 12) / 2;
        for (i, ch) in (0..).zip(data.chars()) {
            draw_cell(&mut canvas, left + i * 12, height + 2, ch, CellStyle::default());
        }
    }
    Some(canvas)
}

fn modules(data: &str, symbology: Symbology) -> Option<Vec<u8>> {
    use barcoders::sym::{codabar, code39, code93, code128, ean8, ean13, tf};
    match symbology {
        Symbology::Upc => ean13::UPCA::new(format!("0{data}")).ok().map(|c| c.encode()),
        Symbology::Ean if data.len() <= 8 => ean8::EAN8::new(data).ok().map(|c| c.encode()),
        Symbology::Ean => ean13::EAN13::new(data).ok().map(|c| c.encode()),
        Symbology::Code39 => code39::Code39::new(data).ok().map(|c| c.encode()),
        Symbology::Itf => tf::TF::interleaved(data).ok().map(|c| c.encode()),
        Symbology::Codabar => codabar::Codabar::new(data).ok().map(|c| c.encode()),
        Symbology::Code93 => code93::Code93::new(data).ok().map(|c| c.encode()),
        // `Ɓ` starts character set B, in which every printable ASCII character stands.
        Symbology::Code128 => code128::Code128::new(format!("\u{181}{data}"))
            .ok()
            .map(|c| c.encode()),
        Symbology::QrCode => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use escpos::printer_options::PrinterOptions;
    use escpos::utils::{CashDrawer, PageCode};

    fn by_the_crate(options: Option<PrinterOptions>, write: impl FnOnce(&mut Printer<Collector>)) -> Vec<u8> {
        let collector = Collector::default();
        let mut printer = Printer::new(collector.clone(), Protocol::default(), options);
        write(&mut printer);
        printer.print().unwrap();
        collector.0.take()
    }

    /// Each of these is a reason for a command of our own. When one fails, the crate was mended: use it.
    #[test]
    fn the_crates_known_defects_are_still_there() {
        let drawer = by_the_crate(None, |p| drop(p.cash_drawer(CashDrawer::Pin2)));
        assert_eq!(drawer, [0x1b, b'p', 0], "the two time bytes are missing");
        let cut = by_the_crate(None, |p| drop(p.partial_cut()));
        assert_eq!(cut, [0x1d, b'V', 65, 1], "a partial cut is a full one");
        let feed = by_the_crate(None, |p| drop(p.feed()));
        assert_eq!(feed, [0x1b, b'd', 1], "lines end with ESC d");
        let text = by_the_crate(Some(PrinterOptions::new(Some(PageCode::PC437), None, 42)), |p| {
            drop(p.write("寿"))
        });
        assert_eq!(text, "寿".as_bytes(), "what a page lacks goes out as UTF-8");
        let hyphen = by_the_crate(Some(PrinterOptions::new(Some(PageCode::PC858), None, 42)), |p| {
            drop(p.write("-"))
        });
        assert_eq!(hyphen, [0xf0], "a hyphen becomes a soft one");
    }

    /// Keeps each packet, and fails at its first flush.
    #[derive(Clone, Default)]
    struct Flaky {
        packets: Rc<RefCell<Vec<Vec<u8>>>>,
        flushes: Rc<RefCell<u32>>,
    }

    impl Driver for Flaky {
        fn name(&self) -> String {
            "flaky".to_owned()
        }

        fn write(&self, data: &[u8]) -> escpos::errors::Result<()> {
            self.packets.borrow_mut().push(data.to_vec());
            Ok(())
        }

        fn read(&self, _buffer: &mut [u8]) -> escpos::errors::Result<usize> {
            Ok(0)
        }

        fn flush(&self) -> escpos::errors::Result<()> {
            *self.flushes.borrow_mut() += 1;
            match *self.flushes.borrow() {
                1 => Err(escpos::errors::PrinterError::Io("unplugged".to_owned())),
                _ => Ok(()),
            }
        }
    }

    /// Why tickets are collected into one buffer and written by somebody else.
    #[test]
    fn the_crate_writes_packet_by_packet_and_repeats_a_ticket_after_a_failed_flush() {
        let driver = Flaky::default();
        let mut printer = Printer::new(driver.clone(), Protocol::default(), None);
        drop(printer.write("a"));
        drop(printer.write("b"));
        assert!(printer.print().is_err());
        drop(printer.write("c"));
        printer.print().unwrap();
        let packets = driver.packets.take();
        assert_eq!(
            packets,
            ["a", "b", "a", "b", "c"].map(|text| text.as_bytes().to_vec())
        );
    }

    #[test]
    fn codes_have_the_size_that_the_markup_says() {
        let option = CodeOption {
            symbology: Symbology::Ean,
            module: 4,
            height: 100,
            hri: true,
            ..CodeOption::default()
        };
        let bytes = barcode("4006381333931", &option).unwrap();
        for command in [[0x1d, b'w', 4], [0x1d, b'h', 100], [0x1d, b'H', 2]] {
            assert!(
                bytes.windows(3).any(|w| w == command),
                "{command:02x?} in {bytes:02x?}"
            );
        }
        let qr = qr(
            "hello",
            &CodeOption {
                cell: 5,
                level: Level::M,
                ..CodeOption::default()
            },
        )
        .unwrap();
        assert!(
            qr.windows(8).any(|w| w == [0x1d, b'(', b'k', 3, 0, 49, 67, 5]),
            "{qr:02x?}"
        );
    }

    #[test]
    fn content_that_does_not_fit_its_code_is_refused_and_control_characters_are_drawn() {
        let option = |symbology| CodeOption {
            symbology,
            ..CodeOption::default()
        };
        assert!(
            draw(&CodeBlock {
                data: "abc".into(),
                option: option(Symbology::Ean)
            })
            .is_none()
        );
        assert!(qr("a\u{10}\u{14}", &option(Symbology::QrCode)).is_none());
        for symbology in [
            Symbology::Code39,
            Symbology::Code93,
            Symbology::Code128,
            Symbology::Itf,
        ] {
            assert!(
                draw(&CodeBlock {
                    data: "123456".into(),
                    option: option(symbology)
                })
                .unwrap()
                .ink()
                    > 0
            );
        }
    }
}
