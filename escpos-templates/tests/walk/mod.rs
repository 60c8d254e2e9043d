//! A walk over a ticket's bytes: what the printer is told to do beside printing letters, and how each letter looks.
//! Every command is known by its length; one that is not known is a failure.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "shared by tests"
)]

/// What a ticket does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// `GS V`, with its kind.
    Cut(u8),
    /// `ESC p`, with its connector.
    Drawer(u8),
    /// `ESC ( A`, `ESC B` or BEL.
    Beep,
    /// `ESC r`.
    Colour(u8),
    /// `GS v 0`, `GS ( L` or `ESC *`.
    Picture,
    /// `GS k` or `GS ( k`.
    Code,
    /// `ESC a`.
    Align(u8),
}

/// How a letter is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Look {
    pub bold: u8,
    pub underline: u8,
    pub invert: u8,
    pub size: u8,
    pub font: u8,
}

/// A walked ticket.
#[derive(Debug, Default)]
pub struct Walk {
    pub acts: Vec<Act>,
    pub letters: Vec<(u8, Look)>,
}

impl Walk {
    pub fn pictures(&self) -> usize {
        self.acts.iter().filter(|act| **act == Act::Picture).count()
    }

    /// The looks that a letter has, sorted, each once.
    pub fn looks_of(&self, letter: u8) -> Vec<Look> {
        let mut looks: Vec<Look> = self
            .letters
            .iter()
            .filter(|(l, _)| *l == letter)
            .map(|(_, look)| *look)
            .collect();
        looks.sort_unstable();
        looks.dedup();
        looks
    }
}

/// Walks over ESC/POS.
pub fn walk(bytes: &[u8]) -> Walk {
    let (mut walk, mut look, mut at) = (Walk::default(), Look::default(), 0);
    while at < bytes.len() {
        let rest = &bytes[at..];
        at += setting(rest, &mut look)
            .or_else(|| act(rest, &mut walk.acts))
            .unwrap_or_else(|| panic!("unexpected {:02x?} at {at}", &rest[..rest.len().min(8)]));
        if let [letter @ 0x20..=0xff, ..] = rest {
            walk.letters.push((*letter, look));
        }
    }
    walk
}

/// The bytes without the commands that sound a buzzer.
pub fn without_sounds(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let mut acts = Vec::new();
        let rest = &bytes[at..];
        let length = setting(rest, &mut Look::default()).or_else(|| act(rest, &mut acts));
        let length =
            length.unwrap_or_else(|| panic!("unexpected {:02x?} at {at}", &rest[..rest.len().min(8)]));
        if acts != [Act::Beep] {
            out.extend_from_slice(&rest[..length]);
        }
        at += length;
    }
    out
}

/// Letters and how they look; answers the command's length.
fn setting(rest: &[u8], look: &mut Look) -> Option<usize> {
    match *rest {
        [0x1b, b'@', ..] => *look = Look::default(),
        [0x1b, b'E', n, ..] => look.bold = n,
        [0x1b, b'-', n, ..] => look.underline = n,
        [0x1b, b'M', n, ..] => look.font = n,
        [0x1d, b'B', n, ..] => look.invert = n,
        [0x1d, b'!', n, ..] => look.size = n,
        _ => {}
    }
    Some(match rest {
        [0x0a | 0x20..=0xff, ..] => 1,
        [0x1b, b'@', ..] | [0x1c, b'.' | b'&', ..] => 2,
        [0x1b, b'E' | b'-' | b'M' | b'3' | b't', _, ..]
        | [0x1d, b'!' | b'B', _, ..]
        | [0x1c, b'C', _, ..] => 3,
        _ => return None,
    })
}

fn act(rest: &[u8], acts: &mut Vec<Act>) -> Option<usize> {
    let le = |low: u8, high: u8| usize::from(low) + 256 * usize::from(high);
    let (act, length) = match *rest {
        [0x1d, b'V', kind @ (65 | 66), 0, ..] => (Act::Cut(kind), 4),
        [0x1d, b'V', kind @ (0 | 1), ..] => (Act::Cut(kind), 3),
        [0x1b, b'p', connector, _, _, ..] => (Act::Drawer(connector), 5),
        [0x07, ..] => (Act::Beep, 1),
        [0x1b, b'B', _, _, ..] => (Act::Beep, 4),
        [0x1b, b'(', b'A', l, h, ..] => (Act::Beep, 5 + le(l, h)),
        [0x1b, b'r', n, ..] => (Act::Colour(n), 3),
        [0x1b, b'a', n, ..] => (Act::Align(n), 3),
        [0x1d, b'v', b'0', _, xl, xh, yl, yh, ..] => (Act::Picture, 8 + le(xl, xh) * le(yl, yh)),
        [0x1d, b'(', b'L', l, h, 48, 112, ..] => (Act::Picture, 5 + le(l, h)),
        [0x1d, b'(', b'L', 2, 0, 48, 50, ..] => return Some(7),
        [0x1b, b'*', 33, l, h, ..] => (Act::Picture, 5 + 3 * le(l, h)),
        [0x1b, b'*', 1, l, h, ..] => (Act::Picture, 5 + le(l, h)),
        // Function 81 prints a QR code; the others prepare it.
        [0x1d, b'(', b'k', 3, 0, 49, 81, 48, ..] => (Act::Code, 8),
        [0x1d, b'(', b'k', l, h, ..] => return Some(5 + le(l, h)),
        [0x1d, b'w' | b'h' | b'f' | b'H', _, ..] => return Some(3),
        [0x1d, b'k', _, length, ..] => (Act::Code, 4 + usize::from(length)),
        _ => return None,
    };
    acts.push(act);
    Some(length)
}
