//! A page as SVG: letters stay letters, so that people can search, copy and enlarge; all else is drawn.

use super::{is_inner_cut, picture, row};
use crate::layout::{Kind, Row, Run, RunKind};
use crate::model::FontName;
use crate::profile::Profile;
use crate::raster::Canvas;
use crate::shape::Sheet;
use base64::Engine as _;
use std::fmt::Write;

/// The whole page. Same size as the PNG.
pub(crate) fn render(sheet: Sheet<'_>, pictures: &[(usize, Canvas)], profile: &Profile) -> String {
    let mut svg = Svg {
        sheet,
        body: String::new(),
        y: 0,
    };
    for (index, line) in sheet.page.rows.iter().enumerate() {
        match &line.kind {
            Kind::Text { runs, height } => {
                let least = cell(line).1 * u32::from(*height);
                let rows = picture(pictures, index).map_or(least, |p| p.height().max(least));
                svg.text_row(line, sheet.page.runs(runs), rows);
            }
            Kind::Cut(_) if is_inner_cut(sheet.page, index) => svg.cut(profile.dots()),
            Kind::Command(_) | Kind::Drawer(_) | Kind::Beep(_) | Kind::Cut(_) => {}
            Kind::Rule { .. } | Kind::Frame { .. } | Kind::Image { .. } | Kind::Code { .. } => {
                let drawn = picture(pictures, index)
                    .cloned()
                    .or_else(|| row(sheet, line, profile));
                svg.canvas(drawn);
            }
        }
    }
    svg.finish(profile.dots())
}

fn cell(row: &Row) -> (u32, u32) {
    if row.style.font == FontName::B {
        (9, 17)
    } else {
        (12, 24)
    }
}

struct Svg<'a> {
    sheet: Sheet<'a>,
    body: String,
    y: u32,
}

impl Svg<'_> {
    fn text_row(&mut self, row: &Row, runs: &[Run], rows: u32) {
        let (w, h) = cell(row);
        for run in runs {
            match run.kind {
                RunKind::Text => self.run(row, run, rows),
                RunKind::Bar => {
                    let x = run.x * w + w / 2 - 1;
                    self.rectangle((x, self.y, 2, rows), "#000");
                }
                RunKind::Blank => {}
            }
        }
        self.y += rows.max(h);
    }

    fn run(&mut self, row: &Row, run: &Run, rows: u32) {
        let (w, h) = cell(row);
        let (sx, sy) = (u32::from(run.style.sx()), u32::from(run.style.sy()));
        let (x, width) = (run.x * w, run.columns * w);
        let ink = if row.style.red { "#c00" } else { "#000" };
        if run.style.invert {
            self.rectangle((x, self.y + rows - h * sy, width, h * sy), ink);
        }
        let base = self.y + rows - (if h == 24 { 5 } else { 3 }) * sy;
        let fill = if run.style.invert { "#fff" } else { ink };
        let weight = if run.style.bold {
            r#" font-weight="bold""#
        } else {
            ""
        };
        let line = if run.style.underline {
            r#" text-decoration="underline""#
        } else {
            ""
        };
        let size = if h == 24 { 20 } else { 15 };
        // Writing into a String cannot fail, here and below.
        let _ = write!(
            self.body,
            r#"<text transform="translate({x},{base}) scale({sx},{sy})" font-size="{size}" fill="{fill}"{weight}{line}>"#
        );
        let mut at = 0;
        for ch in self.sheet.page.str(&run.text).chars() {
            let columns = self.sheet.measure.width(ch);
            if columns > 0 {
                let _ = write!(self.body, r#"<tspan x="{}">"#, at * w);
                push(&mut self.body, ch);
                self.body.push_str("</tspan>");
            } else if self.body.ends_with("</tspan>") {
                // A mark belongs to the letter before it.
                self.body.truncate(self.body.len() - "</tspan>".len());
                push(&mut self.body, ch);
                self.body.push_str("</tspan>");
            }
            at += columns;
        }
        self.body.push_str("</text>");
    }

    fn rectangle(&mut self, (x, y, w, h): (u32, u32, u32, u32), fill: &str) {
        let _ = write!(
            self.body,
            r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{fill}"/>"#
        );
    }

    /// Dots as an embedded PNG.
    fn canvas(&mut self, canvas: Option<Canvas>) {
        let Some(canvas) = canvas else { return };
        let data = base64::engine::general_purpose::STANDARD.encode(canvas.to_png());
        let (y, w, h) = (self.y, canvas.width(), canvas.height());
        let _ = write!(
            self.body,
            r#"<image x="0" y="{y}" width="{w}" height="{h}" style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>"#
        );
        self.y += h;
    }

    fn cut(&mut self, dots: u32) {
        let y = self.y + 12;
        let _ = write!(
            self.body,
            r##"<path d="M0,{y}h{dots}" stroke="#000" stroke-width="2" stroke-dasharray="6"/>"##
        );
        self.y += 24;
    }

    fn finish(self, dots: u32) -> String {
        let height = self.y.max(1);
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{dots}" height="{height}" viewBox="0 0 {dots} {height}"><rect width="100%" height="100%" fill="#fff"/><g font-family="'DejaVu Sans Mono','Courier New',monospace" xml:space="preserve">{}</g></svg>
"##,
            self.body
        )
    }
}

/// A character as XML text. Control characters have no place there.
fn push(out: &mut String, ch: char) {
    match ch {
        ' ' => out.push_str("&#xa0;"),
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        ch if ch.is_control() || matches!(ch, '\u{fffe}' | '\u{ffff}') => {}
        ch => out.push(ch),
    }
}
