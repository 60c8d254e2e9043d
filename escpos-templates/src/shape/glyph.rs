//! Outlines to dots, remembered.

use crate::raster::Canvas;
use cosmic_text::{FontSystem, LayoutGlyph, fontdb};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use swash::scale::image::Content;
use swash::scale::{Render, ScaleContext, Source, StrikeWith};
use swash::zeno::{Format, Transform};

/// Coverage from which a dot is black.
const INK_FROM: u8 = 112;
/// Glyphs remembered: a Chinese menu in two sizes is about two thousand.
const CACHE_LIMIT: usize = 8192;

/// A face of this weight (100 to 900, OpenType's `usWeightClass`) and more is bold: semibold is the lightest.
pub(super) const BOLD_FROM: u16 = 600;

/// A glyph as dots. `left` is from the pen to the right, `top` from the baseline up.
pub(super) struct Glyph {
    canvas: Canvas,
    pub(super) left: i32,
    pub(super) top: i32,
}

impl Glyph {
    pub(super) fn rows(&self) -> i32 {
        i32::try_from(self.canvas.height()).unwrap_or(0)
    }

    /// Draws it with its upper left corner at (x, y); what would lie left of the paper moves in.
    pub(super) fn put(&self, canvas: &mut Canvas, x: i32, y: i32) {
        canvas.draw(&self.canvas, x.max(0).unsigned_abs(), y.max(0).unsigned_abs());
    }
}

/// What a drawn glyph hangs on. Sizes and stretches in hundredths, so that they can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct GlyphKey {
    font: fontdb::ID,
    weight: u16,
    glyph: u16,
    size: i32,
    stretch: i32,
    bold: bool,
}

impl GlyphKey {
    pub(super) fn new(glyph: &LayoutGlyph, stretch: f32, bold: bool) -> Self {
        Self {
            font: glyph.font_id,
            weight: glyph.font_weight.0,
            glyph: glyph.glyph_id,
            size: super::group::whole(glyph.font_size * 100.0),
            stretch: super::group::whole(stretch * 100.0),
            bold,
        }
    }
}

#[derive(Default)]
pub(super) struct Glyphs {
    context: ScaleContext,
    drawn: HashMap<GlyphKey, Option<Arc<Glyph>>>,
    /// Faces that are called bold and are not.
    stand_ins: HashSet<fontdb::ID>,
}

impl Glyphs {
    /// Draws the bold glyphs of these faces bolder than they are, as those of every face that is not called bold.
    pub(super) fn emboldening(stand_ins: HashSet<fontdb::ID>) -> Self {
        Self {
            stand_ins,
            ..Self::default()
        }
    }

    pub(super) fn get(&mut self, system: &mut FontSystem, key: GlyphKey) -> Option<Arc<Glyph>> {
        if let Some(known) = self.drawn.get(&key) {
            return known.clone();
        }
        if self.drawn.len() >= CACHE_LIMIT {
            self.drawn.clear();
        }
        let drawn = self.draw(system, key).map(Arc::new);
        self.drawn.insert(key, drawn.clone());
        drawn
    }

    fn draw(&mut self, system: &mut FontSystem, key: GlyphKey) -> Option<Glyph> {
        let bold_face = system
            .db()
            .face(key.font)
            .is_some_and(|face| face.weight.0 >= BOLD_FROM && !self.stand_ins.contains(&face.id));
        let font = system.get_font(key.font, fontdb::Weight(key.weight))?;
        #[expect(clippy::cast_precision_loss, reason = "hundredths of some hundred dots")]
        let (size, stretch) = (key.size as f32 / 100.0, key.stretch as f32 / 100.0);
        let mut scaler = self.context.builder(font.as_swash()).size(size).build();
        let image = Render::new(&[Source::Outline, Source::ColorBitmap(StrikeWith::BestFit)])
            .format(Format::Alpha)
            .embolden(if key.bold && !bold_face { size / 24.0 } else { 0.0 })
            .transform(Some(Transform::scale(stretch, 1.0)))
            .render(&mut scaler, key.glyph)?;
        let (width, height) = (image.placement.width, image.placement.height);
        let mut canvas = Canvas::new(width, height);
        let depth = if image.content == Content::Mask { 1 } else { 4 };
        for (i, sample) in (0..).zip(image.data.chunks_exact(depth)) {
            let (x, y) = (i % width.max(1), i / width.max(1));
            canvas.set(x, y, is_ink(sample, x, y));
        }
        Some(Glyph {
            canvas,
            left: image.placement.left,
            top: image.placement.top,
        })
    }
}

/// Coverage for outlines; coloured pictures are dithered.
fn is_ink(sample: &[u8], x: u32, y: u32) -> bool {
    match *sample {
        [coverage] => coverage >= INK_FROM,
        [r, g, b, alpha] => {
            let light = (u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000;
            let dark = (255 - light) * u32::from(alpha) / 255;
            let index = usize::try_from(y % 4 * 4 + x % 4).unwrap_or(0);
            dark > BAYER.get(index).map_or(128, |step| step * 14 + 14)
        }
        _ => false,
    }
}

/// Bayer's ordered dither.
const BAYER: [u32; 16] = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];
