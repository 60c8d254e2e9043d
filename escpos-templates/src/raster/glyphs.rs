//! Outlines to dots: letters of the built-in fonts, fitted into a printer's cell and remembered.

use super::{Canvas, CellStyle, Font};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use swash::FontRef;
use swash::scale::{Render, ScaleContext, Source};
use swash::zeno::{Format, Transform, Vector};

/// Coverage from which a dot is black: a little under a half, since thermal heads print thin strokes thinner.
const INK_FROM: u8 = 112;
/// Letters remembered; a restaurant's menu in two sizes is some hundreds.
const CACHE_LIMIT: usize = 8192;

const MONO: &[u8] = include_bytes!("../../fonts/DejaVuSansMono.ttf");
const MONO_BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSansMono-Bold.ttf");
const OTHERS: [&[u8]; 4] = [
    include_bytes!("../../fonts/NotoSansThai.ttf"),
    include_bytes!("../../fonts/NotoSansHebrew.ttf"),
    include_bytes!("../../fonts/NotoSansArabic.ttf"),
    include_bytes!("../../fonts/NotoSansDevanagari.ttf"),
];

/// The fonts that the crate ships, the two monospaced ones first.
pub(crate) fn builtin_faces() -> impl Iterator<Item = &'static [u8]> {
    [MONO, MONO_BOLD].into_iter().chain(OTHERS)
}

type Key = (char, Font, u8, u8, bool);

/// A drawing is a function of its key alone, so remembering it changes nothing but the time it takes.
static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Cache {
    context: ScaleContext,
    cells: HashMap<Key, Option<Arc<Canvas>>>,
}

/// Draws a letter; where no font has it, an empty box and `false`.
pub(super) fn draw(canvas: &mut Canvas, x: u32, y: u32, ch: char, style: &CellStyle, columns: u32) -> bool {
    if ch.is_whitespace() {
        return true;
    }
    let key = (
        ch,
        style.font,
        style.sx.clamp(1, 8),
        style.sy.clamp(1, 8),
        style.bold,
    );
    match cell(key, columns) {
        Some(cell) => {
            canvas.draw(&cell, x, y);
            true
        }
        None => {
            hollow(canvas, x, y, style.cell(columns));
            false
        }
    }
}

fn cell(key: Key, columns: u32) -> Option<Arc<Canvas>> {
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = cache.cells.get(&key) {
        return known.clone();
    }
    if cache.cells.len() >= CACHE_LIMIT {
        cache.cells.clear();
    }
    let drawn = outline(&mut cache.context, key, columns).map(Arc::new);
    cache.cells.insert(key, drawn.clone());
    drawn
}

fn outline(context: &mut ScaleContext, (ch, font, sx, sy, bold): Key, columns: u32) -> Option<Canvas> {
    let faces = if bold {
        [MONO_BOLD, MONO]
    } else {
        [MONO, MONO_BOLD]
    };
    let (face, own) = faces
        .into_iter()
        .map(|data| (data, true))
        .chain(OTHERS.map(|data| (data, false)))
        .filter_map(|(data, own)| FontRef::from_index(data, 0).map(|f| (f, own)))
        .find(|(f, _)| f.charmap().map(ch) != 0)?;
    let glyph = face.charmap().map(ch);
    let (w, h) = (
        font.cell().0 * columns * u32::from(sx),
        font.cell().1 * u32::from(sy),
    );
    let ppem = em(font) * f32::from(sy);
    let natural = face.glyph_metrics(&[]).scale(ppem).advance_width(glyph);
    // A monospaced letter is stretched as the printer stretches its own; a proportional one is only squeezed to fit.
    #[expect(
        clippy::cast_precision_loss,
        reason = "cells are some hundred dots wide at most"
    )]
    let (room, square) = (w as f32, f32::from(sx) / f32::from(sy));
    let stretch = if own {
        square
    } else {
        square.min(room / natural.max(1.0))
    };
    let left = if own {
        0.0
    } else {
        (room - natural * stretch).max(0.0) / 2.0
    };
    let mut scaler = context
        .builder(face)
        .size(ppem)
        .hint(own && sx == 1 && sy == 1)
        .build();
    let image = Render::new(&[Source::Outline])
        .format(Format::Alpha)
        .embolden(if bold && !own { ppem / 24.0 } else { 0.0 })
        .transform(Some(Transform::scale(stretch, 1.0)))
        .offset(Vector::new(left, 0.0))
        .render(&mut scaler, glyph)?;
    let mut cell = Canvas::new(w, h);
    let baseline = i64::from(font.baseline() * u32::from(sy));
    let (x, y) = (
        i64::from(image.placement.left),
        baseline - i64::from(image.placement.top),
    );
    blot(&mut cell, &image.data, image.placement.width, x, y);
    Some(cell)
}

/// Size in dots of an em whose letters are as wide as the cell: DejaVu Sans Mono advances 0.602 em.
fn em(font: Font) -> f32 {
    match font {
        Font::A => 20.0,
        Font::B => 15.0,
    }
}

/// Sets the dots of a coverage map that are black enough. Marks above the cell are moved in by being cut off.
fn blot(cell: &mut Canvas, coverage: &[u8], width: u32, x: i64, y: i64) {
    for (row, line) in (y..).zip(coverage.chunks_exact(width.max(1) as usize)) {
        for (column, _) in (x..).zip(line).filter(|(_, c)| **c >= INK_FROM) {
            if let (Ok(column), Ok(row)) = (u32::try_from(column), u32::try_from(row)) {
                cell.set(column, row, true);
            }
        }
    }
}

fn hollow(canvas: &mut Canvas, x: u32, y: u32, (w, h): (u32, u32)) {
    let (x, y, w, h) = (x + 1, y + 2, w.saturating_sub(2), h.saturating_sub(4));
    canvas.fill(x, y, w, 1);
    canvas.fill(x, y + h, w, 1);
    canvas.fill(x, y, 1, h);
    canvas.fill(x + w.saturating_sub(1), y, 1, h);
}
