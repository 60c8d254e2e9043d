//! Rows that no code page has: shaped (bidi, Arabic, Indic), with fallback fonts, and drawn as dots.

mod glyph;
mod group;
mod region;

use crate::layout::{Measure, Page, Row, RowStyle, Run, RunKind};
use crate::model::FontName;
use crate::raster::{Canvas, CellStyle, Font, builtin_faces, draw_cell};
use cosmic_text::{Buffer, FontSystem, Metrics, fontdb};
use glyph::{BOLD_FROM, Glyphs};
use group::{Drawing, Group};
use region::Region;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use swash::FontRef;

/// A font file's bytes.
pub(crate) type FontData = Arc<Vec<u8>>;

/// The page that rows belong to, and the paper's width.
#[derive(Clone, Copy)]
pub(crate) struct Sheet<'a> {
    pub(crate) page: &'a Page,
    pub(crate) measure: Measure,
    pub(crate) dots: u32,
}

/// Fonts, and what is remembered of their letters. Made on first use: most tickets need none, and few more than one
/// region's.
pub(crate) struct Shaper {
    fonts: Vec<FontData>,
    inner: [OnceLock<Mutex<Inner>>; Region::ALL.len()],
}

/// Everything that shaping changes.
struct Inner {
    system: FontSystem,
    buffer: Buffer,
    glyphs: Glyphs,
}

impl Shaper {
    /// A shaper with the built-in fonts and the caller's.
    pub(crate) fn new(fonts: Vec<FontData>) -> Self {
        Self {
            fonts,
            inner: Default::default(),
        }
    }

    /// Whether any font has a letter for `ch`.
    pub(crate) fn covers(&self, ch: char) -> bool {
        let has = |data: &[u8]| faces(data).any(|face| face.charmap().map(ch) != 0);
        builtin_faces().any(has) || self.fonts.iter().any(|data| has(data))
    }

    /// Draws a row of text on a canvas of the paper's width, as high as its ink needs; answers the characters that
    /// no font has, for which `?` stands.
    pub(crate) fn row(
        &self,
        sheet: Sheet<'_>,
        runs: &[Run],
        height: u8,
        style: RowStyle,
    ) -> (Canvas, Vec<char>) {
        let font = font(style);
        let mut drawing = Drawing::new(font, height);
        for part in runs.chunk_by(|a, b| a.kind == RunKind::Text && b.kind == a.kind && a.column == b.column)
        {
            let group = Group {
                sheet,
                runs: part,
                font,
            };
            match part.first().map(|run| run.kind) {
                Some(RunKind::Bar) => drawing.bar(&group),
                Some(RunKind::Text) if group.is_simple() => drawing.cells(&group),
                Some(RunKind::Text) => self.shaped(&group, &mut drawing, sheet.page.lang(style)),
                Some(RunKind::Blank) | None => {}
            }
        }
        drawing.finish(sheet.dots)
    }

    fn shaped(&self, group: &Group<'_>, drawing: &mut Drawing, lang: Option<&str>) {
        let region = Region::of(lang);
        let Some(inner) = self.inner.get(region as usize) else {
            return;
        };
        let inner = inner.get_or_init(|| Mutex::new(Inner::new(&self.fonts, region)));
        let mut inner = inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.draw(group, drawing);
    }
}

impl Inner {
    fn new(fonts: &[FontData], region: Region) -> Self {
        let mut db = fontdb::Database::new();
        for data in builtin_faces() {
            db.load_font_source(fontdb::Source::Binary(Arc::new(data)));
        }
        for data in fonts {
            db.load_font_source(fontdb::Source::Binary(Arc::new(Shared(data.clone()))));
        }
        let glyphs = Glyphs::emboldening(bold_stand_ins(&mut db));
        let system = FontSystem::new_with_locale_and_db(region.locale().to_owned(), db);
        Self {
            system,
            buffer: Buffer::new_empty(Metrics::new(20.0, 24.0)),
            glyphs,
        }
    }
}

/// Gives every family without a bold face one: its own face once more. The shaping library looks for a language's
/// font among faces of the asked weight alone, so that without it emphasis would choose any font that comes first.
fn bold_stand_ins(db: &mut fontdb::Database) -> HashSet<fontdb::ID> {
    let is_bold = |face: &fontdb::FaceInfo| face.weight.0 >= BOLD_FROM;
    let families = |face: &fontdb::FaceInfo| {
        face.families
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    let bold: HashSet<String> = db
        .faces()
        .filter(|face| is_bold(face))
        .flat_map(families)
        .collect();
    let lacking =
        |face: &&fontdb::FaceInfo| !is_bold(face) && families(face).iter().all(|name| !bold.contains(name));
    let plain: Vec<_> = db.faces().filter(lacking).cloned().collect();
    let stand_in = |face| fontdb::FaceInfo {
        weight: fontdb::Weight::BOLD,
        ..face
    };
    plain
        .into_iter()
        .map(|face| db.push_face_info(stand_in(face)))
        .collect()
}

struct Shared(FontData);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Draws a row that the printer prints by itself, with the built-in fonts.
pub(crate) fn native_row(sheet: Sheet<'_>, runs: &[Run], height: u8, style: RowStyle) -> Canvas {
    let font = font(style);
    let mut drawing = Drawing::new(font, height);
    for run in runs {
        let group = Group {
            sheet,
            runs: std::slice::from_ref(run),
            font,
        };
        match run.kind {
            RunKind::Bar => drawing.bar(&group),
            RunKind::Text => drawing.cells(&group),
            RunKind::Blank => {}
        }
    }
    drawing.finish(sheet.dots).0
}

/// Draws a rule or a piece of a frame.
pub(crate) fn line(sheet: Sheet<'_>, row: &Row, left: u32, chars: impl Iterator<Item = char>) -> Canvas {
    let style = CellStyle {
        font: font(row.style),
        ..CellStyle::default()
    };
    let (w, h) = style.font.cell();
    let mut canvas = Canvas::new(sheet.dots, h);
    for (i, ch) in (left..).zip(chars) {
        draw_cell(&mut canvas, i * w, 0, ch, style);
    }
    canvas
}

fn font(style: RowStyle) -> Font {
    match style.font {
        FontName::A => Font::A,
        FontName::B => Font::B,
    }
}

/// The faces of a font file or collection.
fn faces(data: &[u8]) -> impl Iterator<Item = FontRef<'_>> {
    (0..8).map_while(|index| FontRef::from_index(data, index))
}
