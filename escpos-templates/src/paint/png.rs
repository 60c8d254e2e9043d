//! A page as the paper: one pixel for each dot.

use super::{is_inner_cut, picture, row};
use crate::layout::Kind;
use crate::profile::Profile;
use crate::raster::Canvas;
use crate::shape::Sheet;

/// Rows of dots for a cut within a page: a dashed line.
const CUT_ROWS: u32 = 24;
/// The longest paper drawn, in dots: 12 metres. What is beyond is not in the picture.
const MOST_ROWS: u32 = 100_000;

/// The whole paper.
pub(crate) fn render(sheet: Sheet<'_>, pictures: &[(usize, Canvas)], profile: &Profile) -> Canvas {
    let mut paper = Canvas::new(profile.dots(), 0);
    for (index, line) in sheet.page.rows.iter().enumerate() {
        let top = paper.height();
        if top > MOST_ROWS {
            break;
        }
        let drawn = picture(pictures, index)
            .cloned()
            .or_else(|| row(sheet, line, profile));
        if let Some(drawn) = drawn {
            paper.grow(top + drawn.height());
            paper.draw(&drawn, 0, top);
        } else if matches!(line.kind, Kind::Cut(_)) && is_inner_cut(sheet.page, index) {
            paper.grow(top + CUT_ROWS);
            for x in (0..profile.dots()).step_by(12) {
                paper.fill(x, top + CUT_ROWS / 2, 6, 2);
            }
        }
    }
    paper
}
