//! The runs of one column in one row, and the drawing that they become.

use super::glyph::{Glyph, GlyphKey};
use super::{Inner, Sheet};
use crate::layout::{Run, is_east_asian};
use crate::model::Style;
use crate::raster::{Canvas, CellStyle, Font, columns_of, draw_cell};
use cosmic_text::{Attrs, Family, LayoutGlyph, Metrics, Shaping, Weight, Wrap};
use std::ops::Range;
use std::sync::Arc;

/// Runs that are one paragraph to the reader.
pub(super) struct Group<'a> {
    pub(super) sheet: Sheet<'a>,
    pub(super) runs: &'a [Run],
    pub(super) font: Font,
}

impl Group<'_> {
    fn str(&self, run: &Run) -> &str {
        self.sheet.page.str(&run.text)
    }

    /// Whether every letter stands in a cell of its own: nothing to shape, nothing beyond the monospaced fonts.
    pub(super) fn is_simple(&self) -> bool {
        let plain = |c: char| c < '\u{300}' || matches!(c, '\u{370}'..='\u{52f}' | '\u{1e00}'..='\u{25ff}');
        self.runs
            .iter()
            .all(|run| self.str(run).chars().all(|c| plain(c) && !is_joiner(c)))
    }

    fn cell(&self, style: Style) -> CellStyle {
        let Style {
            bold,
            underline,
            invert,
            ..
        } = style;
        CellStyle {
            font: self.font,
            sx: style.sx(),
            sy: style.sy(),
            bold,
            underline,
            invert,
        }
    }

    fn text(&self) -> String {
        self.runs.iter().map(|run| self.str(run)).collect()
    }
}

fn is_joiner(ch: char) -> bool {
    matches!(ch, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// What a row is made of, with heights above the row's foot.
pub(super) struct Drawing {
    font: Font,
    /// Dots of the row before any letter needs more.
    height: u32,
    cells: Vec<(u32, char, CellStyle)>,
    glyphs: Vec<(i32, i32, Arc<Glyph>)>,
    /// Spans to turn white on black, or to underline with so many dots.
    inverted: Vec<Range<u32>>,
    underlined: Vec<(Range<u32>, u32)>,
    missing: Vec<char>,
}

impl Drawing {
    pub(super) fn new(font: Font, height: u8) -> Self {
        let height = font.cell().1 * u32::from(height);
        let (cells, glyphs, missing) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            font,
            height,
            cells,
            glyphs,
            inverted: Vec::new(),
            underlined: Vec::new(),
            missing,
        }
    }

    /// A frame's bar, as high as the row.
    pub(super) fn bar(&mut self, group: &Group<'_>) {
        let (w, h) = self.font.cell();
        let sy = u8::try_from(self.height / h).unwrap_or(1);
        for run in group.runs {
            self.cells.push((
                run.x * w,
                '│',
                CellStyle {
                    font: self.font,
                    sy,
                    ..CellStyle::default()
                },
            ));
        }
    }

    /// Letters cell by cell.
    pub(super) fn cells(&mut self, group: &Group<'_>) {
        let w = self.font.cell().0;
        for run in group.runs {
            let style = group.cell(run.style);
            let mut x = run.x * w;
            for ch in group.str(run).chars() {
                self.cells.push((x, ch, style));
                x += group.sheet.measure.width(ch) * w * u32::from(style.sx);
            }
        }
    }

    /// Puts everything on a canvas that is high enough for it.
    pub(super) fn finish(self, dots: u32) -> (Canvas, Vec<char>) {
        let foot = i32::try_from(self.height).unwrap_or(i32::MAX);
        let top = self.glyphs.iter().map(|(_, y, _)| *y).min().unwrap_or(0).min(0);
        let bottom = self
            .glyphs
            .iter()
            .map(|(_, y, g)| y + g.rows())
            .max()
            .unwrap_or(foot)
            .max(foot);
        let above = top.unsigned_abs();
        let mut canvas = Canvas::new(dots, (bottom - top).unsigned_abs());
        for (x, y, glyph) in &self.glyphs {
            glyph.put(&mut canvas, *x, y - top);
        }
        for (x, ch, style) in &self.cells {
            let y = above + self.height.saturating_sub(style.cell(1).1);
            draw_cell(&mut canvas, *x, y, *ch, *style);
        }
        for (span, thick) in &self.underlined {
            let y = (above + self.height).saturating_sub(*thick);
            canvas.fill(span.start, y, span.end.saturating_sub(span.start), *thick);
        }
        let height = canvas.height();
        for span in &self.inverted {
            canvas.invert(span.start, 0, span.end.saturating_sub(span.start), height);
        }
        (canvas, self.missing)
    }
}

impl Inner {
    /// Shapes a group and places its glyphs.
    pub(super) fn draw(&mut self, group: &Group<'_>, drawing: &mut Drawing) {
        let text = group.text();
        self.shape(group, &text);
        let line = self.buffer.layout_runs().next();
        let mut glyphs: Vec<LayoutGlyph> = line.map(|line| line.glyphs.to_vec()).unwrap_or_default();
        // A line that begins at the right lists its glyphs from there.
        glyphs.sort_by(|a, b| a.x.total_cmp(&b.x));
        let cell = group.font.cell().0;
        let columns: u32 = group.runs.iter().map(|run| run.columns).sum();
        let natural: f32 = glyphs.iter().map(|g| g.w * stretch(group, g)).sum();
        let room = dots(columns * cell);
        let squeeze = if natural > room { room / natural } else { 1.0 };
        let left = group.runs.first().map_or(0, |run| run.x * cell);
        // Text that runs from right to left stands at the right of its columns.
        let rtl = glyphs.first().is_some_and(|g| g.level.is_rtl()) && glyphs.iter().all(|g| g.level.is_rtl());
        let mut pen = dots(left) + if rtl { room - natural * squeeze } else { 0.0 };
        for glyph in &glyphs {
            pen = self.place(group, &text, glyph, (pen, squeeze), drawing);
        }
    }

    fn shape(&mut self, group: &Group<'_>, text: &str) {
        let mut spans = Vec::new();
        let mut at = 0;
        for (index, run) in group.runs.iter().enumerate() {
            let part = group.str(run);
            let wide = |c: char| is_east_asian(c);
            for piece in part
                .split_inclusive(|_: char| true)
                .collect::<Vec<_>>()
                .chunk_by(|a, b| a.chars().all(wide) == b.chars().all(wide))
            {
                let length: usize = piece.iter().map(|p| p.len()).sum();
                let slice = text.get(at..at + length).unwrap_or("");
                spans.push((
                    slice,
                    attrs(group.font, run.style, index, slice.chars().all(wide)),
                ));
                at += length;
            }
        }
        let plain = Attrs::new().family(Family::Name("DejaVu Sans Mono"));
        self.buffer.set_wrap(Wrap::None);
        self.buffer.set_size(None, None);
        self.buffer.set_rich_text(spans, &plain, Shaping::Advanced, None);
        self.buffer.shape_until_scroll(&mut self.system, false);
    }

    /// Places one glyph at the pen; answers where the next one goes.
    fn place(
        &mut self,
        group: &Group<'_>,
        text: &str,
        glyph: &LayoutGlyph,
        (pen, squeeze): (f32, f32),
        drawing: &mut Drawing,
    ) -> f32 {
        let Some(run) = group.runs.get(glyph.metadata) else {
            return pen;
        };
        let stretch = stretch(group, glyph) * squeeze;
        let mut next = pen + glyph.w * stretch;
        let sy = i32::from(run.style.sy());
        let foot = i32::try_from(drawing.height).unwrap_or(0);
        if glyph.glyph_id == 0 {
            let ch = text
                .get(glyph.start..)
                .and_then(|t| t.chars().next())
                .unwrap_or('?');
            next = pen.max(next.min(pen + dots(columns_of(ch) * group.cell(run.style).cell(1).0)));
            drawing.missing.push(ch);
            drawing.cells.push((
                whole(pen).unsigned_abs(),
                '?',
                group.cell(Style {
                    underline: false,
                    invert: false,
                    ..run.style
                }),
            ));
        } else {
            let key = GlyphKey::new(glyph, stretch, run.style.bold);
            let Some(drawn) = self.glyphs.get(&mut self.system, key) else {
                return next;
            };
            let rise = glyph.font_size * glyph.y_offset;
            let below = i32::try_from(group.font.cell().1 - group.font.baseline()).unwrap_or(5) * sy;
            let y = foot - below - drawn.top - whole(rise);
            let x = whole(pen + glyph.font_size * glyph.x_offset * stretch) + drawn.left;
            drawing.glyphs.push((x, y, drawn));
        }
        let span = whole(pen).unsigned_abs()..whole(next).unsigned_abs();
        if run.style.invert {
            drawing.inverted.push(span.clone());
        }
        if run.style.underline {
            drawing
                .underlined
                .push((span, 2 * u32::from(run.style.sy()).min(2)));
        }
        next
    }
}

/// Size of an em: East Asian letters fill two columns, the others go with the monospaced ones.
fn attrs(font: Font, style: Style, index: usize, wide: bool) -> Attrs<'static> {
    let plain = match (font, wide) {
        (Font::A, true) => 24.0,
        (Font::A, false) => 20.0,
        (Font::B, true) => 18.0,
        (Font::B, false) => 15.0,
    };
    let size = plain * f32::from(style.sy());
    let weight = if style.bold { Weight::BOLD } else { Weight::NORMAL };
    let family = Family::Name("DejaVu Sans Mono");
    Attrs::new()
        .family(family)
        .weight(weight)
        .metadata(index)
        .metrics(Metrics::new(size, size * 1.5))
}

/// How much wider than high a glyph's run is.
fn stretch(group: &Group<'_>, glyph: &LayoutGlyph) -> f32 {
    let style = group
        .runs
        .get(glyph.metadata)
        .map(|run| run.style)
        .unwrap_or_default();
    f32::from(style.sx()) / f32::from(style.sy())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a row is some thousand dots wide at most"
)]
fn dots(n: u32) -> f32 {
    n as f32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a row is some thousand dots wide at most"
)]
pub(super) fn whole(x: f32) -> i32 {
    x.round() as i32
}
