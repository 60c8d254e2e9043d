//! A page as plain text, equal to the reference's.

use crate::layout::{Kind, Measure, Page, Run, RunKind};

/// The page's text; every row ends with LF.
pub(crate) fn render(page: &Page, measure: Measure) -> String {
    let mut out = String::with_capacity(page.text.len() * 2 + page.rows.len());
    for row in &page.rows {
        match &row.kind {
            Kind::Text { runs, .. } => text_row(&mut out, page, page.runs(runs), measure),
            Kind::Rule { left, width } => {
                repeat(&mut out, ' ', *left);
                repeat(&mut out, '-', *width);
            }
            Kind::Frame { left, ascii, .. } => {
                repeat(&mut out, ' ', *left);
                out.push_str(page.str(ascii));
            }
            Kind::Image { .. } | Kind::Code { .. } | Kind::Command(_) => continue,
            Kind::Drawer(_) | Kind::Beep(_) | Kind::Cut(_) => continue,
        }
        out.push('\n');
    }
    out
}

fn text_row(out: &mut String, page: &Page, runs: &[Run], measure: Measure) {
    let mut at = 0;
    for run in runs {
        repeat(out, ' ', run.x.saturating_sub(at));
        at = run.x + run.columns;
        match run.kind {
            RunKind::Blank => out.push(' '),
            RunKind::Bar => out.push('|'),
            RunKind::Text if run.style.sx() == 1 => out.push_str(page.str(&run.text)),
            RunKind::Text => {
                let scale = u32::from(run.style.sx());
                for ch in page.str(&run.text).chars() {
                    out.push(ch);
                    repeat(out, ' ', measure.width(ch) * (scale - 1));
                }
            }
        }
    }
}

fn repeat(out: &mut String, ch: char, times: u32) {
    out.extend(std::iter::repeat_n(ch, usize::try_from(times).unwrap_or(0)));
}
