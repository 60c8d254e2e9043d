//! Shapes of characters on the canvas.

use crate::canvas::Canvas;

/// The box of one character before scaling, and how much it is scaled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) scale: (u32, u32),
}

/// Draws a mark that is different for every character, until a font is there.
pub(crate) fn draw(canvas: &mut Canvas, (x, y): (u32, u32), ch: char, cell: Cell, bold: bool) {
    if ch.is_whitespace() {
        return;
    }
    let (across, down) = (cell.width / 6, cell.height / 6);
    for bit in 0..20 {
        if u32::from(ch) & (1 << bit) == 0 {
            continue;
        }
        let at = (
            x + (1 + bit % 4) * across * cell.scale.0,
            y + (bit / 4) * down * cell.scale.1,
        );
        let size = ((across + u32::from(bold)) * cell.scale.0, down * cell.scale.1);
        canvas.fill(at, size);
    }
}
