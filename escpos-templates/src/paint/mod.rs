//! A laid-out page for people: plain text, SVG, PNG.

pub(crate) mod png;
pub(crate) mod svg;
pub(crate) mod text;

use crate::encode::{dots, draw_code, place};
use crate::layout::{Kind, Page, Row};
use crate::logo;
use crate::profile::Profile;
use crate::raster::Canvas;
use crate::shape::{self, Sheet};

/// A row as dots, as the printer puts it on paper; `None` for what leaves none.
pub(crate) fn row(sheet: Sheet<'_>, row: &Row, profile: &Profile) -> Option<Canvas> {
    let dots = |area: &std::ops::Range<u32>| dots(area, row.style, profile);
    Some(match &row.kind {
        Kind::Text { runs, height } => shape::native_row(sheet, sheet.page.runs(runs), *height, row.style),
        Kind::Rule { left, width } => {
            let rule = std::iter::repeat_n('─', usize::try_from(*width).unwrap_or(0));
            shape::line(sheet, row, *left, rule)
        }
        Kind::Frame { left, boxed, .. } => shape::line(sheet, row, *left, sheet.page.str(boxed).chars()),
        Kind::Image { area, align, base64 } => place(
            &logo::decode(base64, dots(area)).ok()?,
            &dots(area),
            *align,
            profile.dots(),
        ),
        Kind::Code { area, align, block } => place(&draw_code(block)?, &dots(area), *align, profile.dots()),
        Kind::Command(_) | Kind::Drawer(_) | Kind::Beep(_) | Kind::Cut(_) => return None,
    })
}

/// The picture that a row went out as, where it did.
pub(crate) fn picture(pictures: &[(usize, Canvas)], index: usize) -> Option<&Canvas> {
    let at = pictures.binary_search_by_key(&index, |(i, _)| *i).ok()?;
    pictures.get(at).map(|(_, canvas)| canvas)
}

/// Whether a cut follows that is not the last thing on the page.
pub(crate) fn is_inner_cut(page: &Page, index: usize) -> bool {
    let rest = page.rows.get(index + 1..).unwrap_or(&[]);
    rest.iter()
        .any(|row| !matches!(row.kind, Kind::Drawer(_) | Kind::Beep(_) | Kind::Command(_)))
}
