//! How columns share the paper.

use crate::model::{Align, Border, Width};

/// Where a line stands: columns from the left edge, and how many it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Area {
    pub(super) left: u32,
    pub(super) width: u32,
    pub(super) right: u32,
}

/// The visible columns of one line of text. Kept from line to line for its buffers.
#[derive(Debug, Default)]
pub(super) struct Columns {
    cells: Vec<usize>,
    widths: Vec<u32>,
    /// Places of the flexible ones in `widths`.
    flexible: Vec<usize>,
    area: Area,
    gap: u32,
}

impl Columns {
    /// Shares `cpl` columns among the visible ones of a line of `count` cells.
    pub(super) fn for_text(
        mut self,
        count: usize,
        asked: &[Width],
        border: Border,
        cpl: u32,
        align: Align,
    ) -> Self {
        let (most, gap) = limits(border, cpl);
        self.cells.clear();
        self.widths.clear();
        self.gap = gap;
        self.flexible.clear();
        for cell in 0..count.max(asked.len()) {
            let width = match asked.get(cell) {
                None if asked.is_empty() => Width::Flexible,
                None => Width::Fixed(0),
                Some(width) => *width,
            };
            if width == Width::Fixed(0) || self.cells.len() >= most {
                continue;
            }
            if width == Width::Flexible {
                self.flexible.push(self.widths.len());
            }
            self.cells.push(cell);
            self.widths.push(if let Width::Fixed(n) = width { n } else { 0 });
        }
        let left_over = self.share(border, cpl);
        self.area = area(left_over, cpl, align);
        self
    }

    /// Gives the flexible columns their parts; answers what nobody takes.
    fn share(&mut self, border: Border, cpl: u32) -> u32 {
        let taken = u64::from(borders(self.cells.len(), border));
        let room = u64::from(cpl)
            .saturating_sub(taken)
            .saturating_sub(self.flexible.len() as u64);
        shrink(&mut self.widths, room);
        let fixed: u32 = self.widths.iter().sum();
        let free = cpl
            .saturating_sub(fixed)
            .saturating_sub(borders(self.cells.len(), border));
        let count = u32::try_from(self.flexible.len()).unwrap_or(u32::MAX);
        for (k, index) in (0..).zip(&self.flexible) {
            if let Some(width) = self.widths.get_mut(*index) {
                *width = (free + k) / count;
            }
        }
        if self.flexible.is_empty() { free } else { 0 }
    }

    /// Cell numbers with their widths.
    pub(super) fn visible(&self) -> impl Iterator<Item = (usize, u32)> {
        self.cells.iter().copied().zip(self.widths.iter().copied())
    }

    pub(super) fn widths(&self) -> &[u32] {
        &self.widths
    }

    pub(super) fn area(&self) -> Area {
        self.area
    }

    /// Columns between two columns of text.
    pub(super) fn gap(&self) -> u32 {
        self.gap
    }
}

/// The area of a rule, an image or a code: the sum of the columns, or all where one is flexible.
pub(super) fn block(asked: &[Width], border: Border, cpl: u32, align: Align) -> Area {
    if asked.is_empty() || asked.contains(&Width::Flexible) {
        return Area {
            left: 0,
            width: cpl,
            right: 0,
        };
    }
    let fixed = asked
        .iter()
        .filter_map(|w| if let Width::Fixed(n) = w { Some(*n) } else { None });
    let (count, sum) = fixed
        .filter(|n| *n > 0)
        .fold((0, 0u32), |(c, s), n| (c + 1, s.saturating_add(n)));
    let width = if count == 0 {
        0
    } else {
        sum.saturating_add(borders(count, border))
    };
    area(cpl.saturating_sub(width), cpl, align)
}

fn area(left_over: u32, cpl: u32, align: Align) -> Area {
    let left = left_over * align.halves() / 2;
    Area {
        left,
        width: cpl - left_over,
        right: left_over - left,
    }
}

/// The most columns that fit, and the gap between them.
fn limits(border: Border, cpl: u32) -> (usize, u32) {
    let (most, gap) = match border {
        Border::Line => (cpl.saturating_sub(1) / 2, 1),
        Border::Space(n) => ((cpl + u32::from(n)) / (u32::from(n) + 1), u32::from(n)),
    };
    (usize::try_from(most).unwrap_or(usize::MAX), gap)
}

/// Columns that the borders around `count` columns take.
fn borders(count: usize, border: Border) -> u32 {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    match border {
        _ if count == 0 => 0,
        Border::Line => count.saturating_add(1),
        Border::Space(n) => (count - 1).saturating_mul(u32::from(n)),
    }
}

/// Takes from the widest column, the last of equals, until all fit into `room`.
fn shrink(widths: &mut [u32], room: u64) {
    while widths.iter().map(|w| u64::from(*w)).sum::<u64>() > room {
        let Some(widest) = widths.iter_mut().max_by_key(|w| **w).filter(|w| **w > 0) else {
            return;
        };
        *widest -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Width::{Fixed, Flexible};

    fn shared(asked: &[Width], border: Border, cpl: u32) -> Vec<u32> {
        Columns::default()
            .for_text(asked.len(), asked, border, cpl, Align::Center)
            .widths()
            .to_vec()
    }

    #[test]
    fn flexible_columns_share_what_is_free_the_later_ones_rounding_up() {
        assert_eq!(
            shared(&[Flexible, Flexible, Flexible], Border::Space(1), 32),
            [10, 10, 10]
        );
        assert_eq!(shared(&[Flexible, Flexible], Border::Space(1), 32), [15, 16]);
        assert_eq!(shared(&[Fixed(10), Flexible], Border::Line, 32), [10, 19]);
    }

    #[test]
    fn too_wide_columns_shrink_from_the_last_of_the_widest() {
        assert_eq!(shared(&[Fixed(40), Fixed(40)], Border::Space(0), 32), [16, 16]);
        assert_eq!(
            shared(&[Fixed(40), Fixed(40), Flexible], Border::Space(1), 32),
            [15, 14, 1]
        );
        assert_eq!(
            shared(&[Fixed(4), Fixed(0), Fixed(3)], Border::Space(1), 32),
            [4, 3]
        );
    }

    #[test]
    fn blocks_are_as_wide_as_their_columns() {
        let wide = |asked: &[Width]| block(asked, Border::Space(1), 32, Align::Center);
        assert_eq!(
            wide(&[Fixed(10), Fixed(9)]),
            Area {
                left: 6,
                width: 20,
                right: 6
            }
        );
        assert_eq!(wide(&[Fixed(10), Flexible]).width, 32);
        assert_eq!(wide(&[Fixed(0)]).width, 0);
    }
}
