//! Rows of text: by the printer's own letters where it has them all, else as a picture of the row.

use super::Encoder;
use crate::layout::{RowStyle, Run, RunKind};
use crate::model::Style;
use crate::profile::Kanji;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// The printer has no letter for something in this row.
struct Missing;

impl Encoder<'_> {
    pub(super) fn text_row(&mut self, index: usize, style: RowStyle, runs: &Range<usize>, height: u8) {
        self.row_style(style);
        let (length, state) = (self.out.len(), self.state);
        let page = self.job.page;
        let runs = page.runs(runs);
        if self.native_row(runs, height).is_ok() {
            self.out.push(b'\n');
            return;
        }
        self.out.truncate(length);
        self.state = state;
        let (canvas, missing) = self.job.shaper.row(self.sheet(), runs, height, style);
        if super::image::put(&mut self.out, &canvas, self.job.profile) {
            self.report.image_rows += 1;
            missing.into_iter().for_each(|ch| self.report.missing(ch, '?'));
            self.pictures.push((index, canvas));
        } else {
            self.substituted_row(runs, height);
        }
    }

    fn native_row(&mut self, runs: &[Run], height: u8) -> Result<(), Missing> {
        let mut at = 0;
        for run in runs {
            match run.kind {
                RunKind::Blank => continue,
                RunKind::Bar => {
                    self.spaces(run.x.saturating_sub(at), height);
                    self.style(Style::default(), (1, height))?;
                    self.frame_char('│');
                }
                RunKind::Text => {
                    self.spaces(run.x.saturating_sub(at), height);
                    self.style(run.style, (run.style.sx(), run.style.sy()))?;
                    self.put(run)?;
                }
            }
            at = run.x + run.columns;
        }
        Ok(())
    }

    fn style(&mut self, style: Style, size: (u8, u8)) -> Result<(), Missing> {
        let most = self.job.profile.max_scale();
        if size.0 > most || size.1 > most {
            return Err(Missing);
        }
        self.size(size);
        if style.bold != self.state.bold {
            self.commands.bold(&mut self.out, style.bold);
            self.state.bold = style.bold;
        }
        self.marks(style.underline, style.invert);
        Ok(())
    }

    fn marks(&mut self, underline: bool, invert: bool) {
        if underline != self.state.underline {
            self.commands.underline(&mut self.out, underline);
            self.state.underline = underline;
        }
        let invert = invert && self.job.profile.inverts();
        if invert != self.state.invert {
            self.commands.invert(&mut self.out, invert);
            self.state.invert = invert;
        }
    }

    fn size(&mut self, size: (u8, u8)) {
        if size != self.state.size {
            self.commands.size(&mut self.out, size.0, size.1);
            self.state.size = size;
        }
    }

    /// No decoration, plain size.
    pub(super) fn plain(&mut self) {
        // A plain style is within every printer's means.
        let _ = self.style(Style::default(), (1, 1));
    }

    /// Blank columns in a row of so many plain heights. They are kept as wide as they are in plain size, bare, and no
    /// higher than the row: paper is fed by the highest character, blanks too.
    pub(super) fn spaces(&mut self, columns: u32, height: u8) {
        if columns == 0 {
            return;
        }
        self.marks(false, false);
        let (sx, sy) = self.state.size;
        if sx > 1 || sy > height {
            self.size((1, if sy > height { 1 } else { sy }));
        }
        let end = self.out.len() + usize::try_from(columns).unwrap_or(0);
        self.out.resize(end, b' ');
    }

    /// A frame character, or what ASCII has for it.
    pub(super) fn frame_char(&mut self, ch: char) {
        let bytes = self.out.len();
        if self.single(ch).is_none() {
            self.out.truncate(bytes);
            self.out.push(match ch {
                '─' => b'-',
                '│' => b'|',
                ' ' => b' ',
                _ => b'+',
            });
        }
    }

    fn put(&mut self, run: &Run) -> Result<(), Missing> {
        let page = self.job.page;
        let text = page.str(&run.text);
        if text.bytes().fold(true, |ok, b| ok & (0x20..0x7f).contains(&b)) {
            self.out.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        if self.one_page(text) || self.kanji(text) {
            return self.pad(run, text);
        }
        for ch in text.chars() {
            self.single(ch).ok_or(Missing)?;
        }
        self.pad(run, text)
    }

    /// Columns that the layout gives a character beyond what the printer's letter takes.
    fn pad(&mut self, run: &Run, text: &str) -> Result<(), Missing> {
        let scale = u32::from(run.style.sx());
        let natural: u32 = text.chars().map(crate::raster::columns_of).sum::<u32>() * scale;
        let missing = run.columns.saturating_sub(natural) / scale.max(1);
        self.out
            .extend(std::iter::repeat_n(b' ', usize::try_from(missing).unwrap_or(0)));
        Ok(())
    }

    /// The whole text in one page: the current one if it will do, else the first that does.
    fn one_page(&mut self, text: &str) -> bool {
        let pages = self.job.profile.pages();
        let covers = |index: &usize| pages.get(*index).is_some_and(|p| p.table.covers(text));
        let Some(index) = self
            .state
            .page
            .filter(covers)
            .or_else(|| (0..pages.len()).find(covers))
        else {
            return false;
        };
        self.page(index);
        let Some(page) = pages.get(index) else {
            return false;
        };
        self.out
            .extend(text.chars().map(|c| byte(&page.table, c).unwrap_or(b'?')));
        true
    }

    /// One character in any page; a control character is none.
    fn single(&mut self, ch: char) -> Option<()> {
        if ch.is_ascii() {
            self.out.push(if ch.is_ascii_control() {
                b'?'
            } else {
                u8::try_from(ch).ok()?
            });
            return Some(());
        }
        let pages = self.job.profile.pages();
        let has = |index: &usize| pages.get(*index).is_some_and(|p| byte(&p.table, ch).is_some());
        let index = self
            .state
            .page
            .filter(has)
            .or_else(|| (0..pages.len()).find(has))?;
        self.page(index);
        self.out.push(byte(&pages.get(index)?.table, ch)?);
        Some(())
    }

    fn page(&mut self, index: usize) {
        if self.state.kanji {
            self.commands.kanji(&mut self.out, false);
            self.state.kanji = false;
        }
        if self.state.page != Some(index) {
            let number = self.job.profile.pages().get(index).map_or(0, |p| p.number);
            self.commands.page(&mut self.out, number);
            self.state.page = Some(index);
        }
    }

    /// The whole text in one of the printer's multi-byte modes.
    fn kanji(&mut self, text: &str) -> bool {
        for mode in self.job.profile.kanji() {
            let encoding = match mode {
                Kanji::Gb18030 => encoding_rs::GBK,
                Kanji::Big5 => encoding_rs::BIG5,
                Kanji::Ksc5601 => encoding_rs::EUC_KR,
                Kanji::ShiftJis => encoding_rs::SHIFT_JIS,
            };
            let (bytes, _, unmappable) = encoding.encode(text);
            if unmappable
                || !text
                    .chars()
                    .all(|c| c.is_ascii_graphic() || c == ' ' || crate::layout::is_east_asian(c))
            {
                continue;
            }
            if *mode == Kanji::ShiftJis {
                self.commands.shift_jis(&mut self.out);
            }
            self.commands.kanji(&mut self.out, true);
            self.out.extend_from_slice(&bytes);
            self.commands.kanji(&mut self.out, false);
            return true;
        }
        false
    }

    /// The last resort: letters without their marks, else `?`, counted.
    fn substituted_row(&mut self, runs: &[Run], height: u8) {
        let mut at = 0;
        let page = self.job.page;
        for run in runs.iter().filter(|run| run.kind != RunKind::Blank) {
            let most = self.job.profile.max_scale();
            self.spaces(run.x.saturating_sub(at), height.min(most));
            let (sx, sy) = (
                run.style.sx(),
                if run.kind == RunKind::Bar {
                    height
                } else {
                    run.style.sy()
                },
            );
            let _ = self.style(run.style, (sx.min(most), sy.min(most)));
            if run.kind == RunKind::Bar {
                self.frame_char('│');
            }
            for ch in page.str(&run.text).chars() {
                self.substituted(ch, u32::from(sx) / u32::from(sx.min(most)));
            }
            at = run.x + run.columns;
        }
        self.out.push(b'\n');
    }

    fn substituted(&mut self, ch: char, repeat: u32) {
        let columns = self.job.measure.width(ch) * repeat;
        if columns == 0 {
            return self.report.missing(ch, ' ');
        }
        if self.single(ch).is_none() {
            let plain = std::iter::once(ch).nfd().next().filter(|c| c.is_ascii_graphic());
            let stand_in = plain.unwrap_or('?');
            self.out.push(u8::try_from(stand_in).unwrap_or(b'?'));
            self.report.missing(ch, stand_in);
        }
        self.out.extend(std::iter::repeat_n(
            b' ',
            usize::try_from(columns - 1).unwrap_or(0),
        ));
    }
}

fn byte(table: &super::pages::CodePage, ch: char) -> Option<u8> {
    match ch {
        ' '..='~' => u8::try_from(ch).ok(),
        '\u{a0}' => Some(b' '),
        ch if ch.is_ascii() => None,
        ch => table.byte(ch),
    }
}
