//! The frame of `border: line`: when its top, joints and foot are drawn, and with which characters.

use super::widths::Area;

/// A row of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    pub(super) left: u32,
    pub(super) ascii: String,
    pub(super) boxed: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// No frame.
    #[default]
    Waiting,
    /// The next row of text begins it.
    Ready,
    /// Rows stand in it.
    Running,
    /// The same, and a rule waits for the next row.
    Joint,
}

#[derive(Debug, Default)]
pub(super) struct Frame {
    state: State,
    area: Area,
    widths: Vec<u32>,
}

impl Frame {
    /// Whether rows carry bars.
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Running
    }

    pub(super) fn open(&mut self) {
        self.state = State::Ready;
    }

    /// A rule: true where it is to be drawn as a plain one.
    pub(super) fn rule(&mut self) -> bool {
        if self.state == State::Running {
            self.state = State::Joint;
        }
        self.state == State::Waiting
    }

    /// What is drawn above a row of text.
    pub(super) fn before_row(&mut self, area: Area, widths: &[u32]) -> Option<Drawn> {
        let drawn = match self.state {
            State::Waiting => return None,
            State::Ready => Some(draw(area.left, "", &plan(widths))),
            State::Joint => Some(self.joint(area, widths)),
            State::Running => None,
        };
        self.state = State::Running;
        self.area = area;
        self.widths.clear();
        self.widths.extend_from_slice(widths);
        drawn
    }

    /// Ends the frame for good.
    pub(super) fn close(&mut self) -> Option<Drawn> {
        let drawn = self.foot();
        self.state = State::Waiting;
        drawn
    }

    /// Ends the frame at a cut; the next row begins a new one.
    pub(super) fn interrupt(&mut self) -> Option<Drawn> {
        let drawn = self.foot();
        if self.state != State::Waiting {
            self.state = State::Ready;
        }
        drawn
    }

    fn foot(&self) -> Option<Drawn> {
        matches!(self.state, State::Running | State::Joint)
            .then(|| draw(self.area.left, &plan(&self.widths), ""))
    }

    fn joint(&self, area: Area, widths: &[u32]) -> Drawn {
        let left = area.left.min(self.area.left);
        let indent = |a: Area, widths: &[u32]| format!("{}{}", blanks(a.left - left), plan(widths));
        draw(left, &indent(self.area, &self.widths), &indent(area, widths))
    }
}

fn blanks(n: u32) -> String {
    " ".repeat(usize::try_from(n).unwrap_or(0))
}

/// `+---+--+`: where the bars of a row stand and where its columns are.
fn plan(widths: &[u32]) -> String {
    widths.iter().fold("+".to_owned(), |mut plan, width| {
        plan.extend(std::iter::repeat_n('-', usize::try_from(*width).unwrap_or(0)));
        plan.push('+');
        plan
    })
}

/// Joins the bars above with the bars below.
fn draw(left: u32, above: &str, below: &str) -> Drawn {
    let (above, below) = (above.as_bytes(), below.as_bytes());
    let length = above.len().max(below.len());
    let at = |plan: &[u8], i: usize| plan.get(i).copied().unwrap_or(b' ');
    let ink = |i: usize| at(above, i) != b' ' || at(below, i) != b' ';
    let (mut ascii, mut boxed) = (String::with_capacity(length), String::with_capacity(length * 3));
    for i in 0..length {
        let (up, down) = (at(above, i) == b'+', at(below, i) == b'+');
        let arm_left = i > 0 && ink(i - 1) && ink(i);
        let arm_right = i + 1 < length && ink(i + 1) && ink(i);
        ascii.push(if up || down {
            '+'
        } else if ink(i) {
            '-'
        } else {
            ' '
        });
        boxed.push(joint(arm_left, arm_right, up, down));
    }
    Drawn { left, ascii, boxed }
}

fn joint(left: bool, right: bool, up: bool, down: bool) -> char {
    match (left, right, up, down) {
        (false, false, false, false) => ' ',
        (_, _, false, false) => '─',
        (false, false, _, _) => '│',
        (false, true, false, true) => '┌',
        (true, false, false, true) => '┐',
        (false, true, true, false) => '└',
        (true, false, true, false) => '┘',
        (false, true, true, true) => '├',
        (true, false, true, true) => '┤',
        (true, true, false, true) => '┬',
        (true, true, true, false) => '┴',
        (true, true, true, true) => '┼',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joint_carries_the_bars_of_both_rows() {
        let mut frame = Frame::default();
        frame.open();
        assert!(!frame.rule(), "a rule right after the start prints nothing");
        let wide = Area {
            left: 0,
            width: 8,
            right: 0,
        };
        assert_eq!(frame.before_row(wide, &[2, 3]).unwrap().boxed, "┌──┬───┐");
        assert!(!frame.rule());
        let narrow = Area {
            left: 2,
            width: 6,
            right: 0,
        };
        let joint = frame.before_row(narrow, &[4]).unwrap();
        assert_eq!(
            (joint.ascii.as_str(), joint.boxed.as_str()),
            ("+-++---+", "└─┬┴───┤")
        );
        assert_eq!(frame.close().unwrap().boxed, "└────┘");
        assert!(frame.rule(), "outside a frame a rule is a rule");
    }
}
