//! Frames and blocks, drawn from edge to edge so that neighbouring cells join, as printers' own do.

use super::{Canvas, CellStyle};

/// Arms of a light frame character, in the order left, right, up, down.
const FRAMES: [(char, [bool; 4]); 11] = [
    ('─', [true, true, false, false]),
    ('│', [false, false, true, true]),
    ('┌', [false, true, false, true]),
    ('┐', [true, false, false, true]),
    ('└', [false, true, true, false]),
    ('┘', [true, false, true, false]),
    ('├', [false, true, true, true]),
    ('┤', [true, false, true, true]),
    ('┬', [true, true, false, true]),
    ('┴', [true, true, true, false]),
    ('┼', [true, true, true, true]),
];

/// Draws a frame or block character into the rectangle (x, y, w, h); false where `ch` is neither.
pub(super) fn draw(canvas: &mut Canvas, cell: (u32, u32, u32, u32), ch: char, style: &CellStyle) -> bool {
    if !('\u{2500}'..='\u{259F}').contains(&ch) {
        return false;
    }
    if let Some((_, arms)) = FRAMES.iter().find(|(c, _)| *c == ch) {
        frame(canvas, cell, *arms, if style.bold { 3 } else { 2 });
        return true;
    }
    block(canvas, cell, ch)
}

fn frame(canvas: &mut Canvas, (x, y, w, h): (u32, u32, u32, u32), arms: [bool; 4], thick: u32) {
    let (cx, cy) = (x + (w - thick) / 2, y + (h - thick) / 2);
    let [left, right, up, down] = arms;
    let near = |on: bool, centre: u32, start: u32| if on { start } else { centre };
    let x0 = near(left, cx, x);
    let x1 = if right { x + w } else { cx + thick };
    let y0 = near(up, cy, y);
    let y1 = if down { y + h } else { cy + thick };
    if left || right {
        canvas.fill(x0, cy, x1 - x0, thick);
    }
    if up || down {
        canvas.fill(cx, y0, thick, y1 - y0);
    }
}

fn block(canvas: &mut Canvas, (x, y, w, h): (u32, u32, u32, u32), ch: char) -> bool {
    match ch {
        '█' => canvas.fill(x, y, w, h),
        '▀' => canvas.fill(x, y, w, h / 2),
        '▄' => canvas.fill(x, y + h / 2, w, h - h / 2),
        '▌' => canvas.fill(x, y, w / 2, h),
        '▐' => canvas.fill(x + w / 2, y, w - w / 2, h),
        '░' => shade(canvas, (x, y, w, h), |a, b| a % 2 == 0 && (a / 2 + b) % 2 == 0),
        '▒' => shade(canvas, (x, y, w, h), |a, b| (a + b) % 2 == 0),
        '▓' => shade(canvas, (x, y, w, h), |a, b| a % 2 == 0 || b % 2 == 0),
        _ => return false,
    }
    true
}

fn shade(canvas: &mut Canvas, (x, y, w, h): (u32, u32, u32, u32), black: impl Fn(u32, u32) -> bool) {
    for row in y..y + h {
        for column in (x..x + w).filter(|c| black(*c, row)) {
            canvas.set(column, row, true);
        }
    }
}
