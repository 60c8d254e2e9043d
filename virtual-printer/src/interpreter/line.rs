//! The line being composed: what is in the print buffer until a line feed puts it on paper.

use crate::paper::{Ink, Item, Style};

/// Things placed from the left margin on.
#[derive(Debug, Default)]
pub(crate) struct Line {
    items: Vec<Item>,
    /// Where the next thing goes, in dots from the left margin.
    pub(crate) x: u32,
}

impl Line {
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.x = 0;
    }

    /// Adds a character; a run of one style is one item.
    pub(crate) fn put_char(&mut self, ch: char, style: Style, advance: u32) {
        let end = self.x;
        self.x += advance;
        if let Some(Item {
            x,
            ink:
                Ink::Text {
                    text,
                    style: same,
                    width,
                },
            ..
        }) = self.items.last_mut()
            && *same == style
            && *x + *width == end
        {
            text.push(ch);
            *width += advance;
            return;
        }
        self.put(
            end,
            Ink::Text {
                text: ch.into(),
                style,
                width: advance,
            },
        );
    }

    /// Adds something at the current place and moves on by its width.
    pub(crate) fn put_ink(&mut self, ink: Ink) {
        let item = Item { x: self.x, y: 0, ink };
        self.x += item.size().0;
        self.items.push(item);
    }

    fn put(&mut self, x: u32, ink: Ink) {
        self.items.push(Item { x, y: 0, ink });
    }

    pub(crate) fn width(&self) -> u32 {
        self.items
            .iter()
            .map(|item| item.x + item.size().0)
            .max()
            .unwrap_or(0)
    }

    pub(crate) fn height(&self) -> u32 {
        self.items.iter().map(|item| item.size().1).max().unwrap_or(0)
    }

    /// What a person reads, with gaps as spaces; `indent` is where the line begins on the paper.
    pub(crate) fn text(&self, indent: u32) -> String {
        let mut items: Vec<&Item> = self.items.iter().collect();
        items.sort_by_key(|item| item.x);
        let mut line = String::new();
        let mut end = 0;
        for item in items {
            let x = item.x + indent;
            match &item.ink {
                Ink::Text { text, style, .. } => {
                    pad(&mut line, x.saturating_sub(end), style.cell().0);
                    line.push_str(text);
                }
                Ink::Bits(bits) => {
                    let (width, height) = (bits.width * bits.scale.0, bits.height * bits.scale.1);
                    line.push_str(&format!("[image {width}x{height}]"));
                }
            }
            end = x + item.size().0;
        }
        line
    }

    /// The items at their place on the paper, standing on one base line; the line is empty then.
    pub(crate) fn take(&mut self, indent: u32, top: u32) -> Vec<Item> {
        let height = self.height();
        let mut items = std::mem::take(&mut self.items);
        for item in &mut items {
            item.x += indent;
            item.y = top + height.saturating_sub(item.size().1);
        }
        self.x = 0;
        items
    }
}

fn pad(line: &mut String, gap: u32, column: u32) {
    // Half a column more or less is alignment, not a space.
    let spaces = (gap + column / 2) / column.max(1);
    line.extend(std::iter::repeat_n(' ', spaces as usize));
}
