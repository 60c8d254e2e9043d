//! What a printer says of itself: the bits of PRINTERS.md from the printer's condition.

/// Bits of `GS a n` (ESC/POS command reference).
pub(crate) const ASB_DRAWER: u8 = 1;
pub(crate) const ASB_ONLINE: u8 = 2;
pub(crate) const ASB_ERROR: u8 = 4;
pub(crate) const ASB_PAPER: u8 = 8;
pub(crate) const ASB_SWITCH: u8 = 64;

/// The sensors and errors of the mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Condition {
    pub(crate) cover_open: bool,
    pub(crate) paper_end: bool,
    pub(crate) near_end: bool,
    pub(crate) cutter_error: bool,
    /// The cause of the cutter's error is still there.
    pub(crate) cutter_stuck: bool,
    pub(crate) overheated: bool,
    pub(crate) unrecoverable: bool,
    pub(crate) drawer_high: bool,
    pub(crate) feed_button: bool,
}

const fn bit(on: bool, number: u32) -> u8 {
    if on { 1 << number } else { 0 }
}

impl Condition {
    /// Data is not processed while any of these lasts.
    pub(crate) fn offline(self) -> bool {
        self.cover_open || self.paper_end || self.error()
    }

    pub(crate) fn error(self) -> bool {
        self.cutter_error || self.overheated || self.unrecoverable
    }

    /// Answer to `DLE EOT n`; `None` for an `n` that does not exist.
    pub(crate) fn real_time(self, n: u8) -> Option<u8> {
        const FIXED: u8 = 0b0001_0010;
        let bits = match n {
            1 => {
                bit(self.drawer_high, 2)
                    | bit(self.offline(), 3)
                    | bit(self.cutter_error, 5)
                    | bit(self.feed_button, 6)
            }
            2 => {
                bit(self.cover_open, 2)
                    | bit(self.feed_button, 3)
                    | bit(self.paper_end, 5)
                    | bit(self.error(), 6)
            }
            3 => {
                bit(self.cutter_error, 2)
                    | bit(self.cutter_error, 3)
                    | bit(self.unrecoverable, 5)
                    | bit(self.overheated, 6)
            }
            4 => both(self.near_end || self.paper_end, 2) | both(self.paper_end, 5),
            _ => return None,
        };
        Some(FIXED | bits)
    }

    /// The four bytes of automatic status.
    pub(crate) fn automatic(self) -> [u8; 4] {
        let first = 0b0001_0000
            | bit(self.drawer_high, 2)
            | bit(self.offline(), 3)
            | bit(self.cover_open, 5)
            | bit(self.feed_button, 6);
        let second = bit(self.cutter_error, 0)
            | bit(self.feed_button, 1)
            | bit(self.cutter_error, 2)
            | bit(self.cutter_error, 3)
            | bit(self.unrecoverable, 5)
            | bit(self.overheated, 6);
        [first, second, self.paper(), 0]
    }

    /// Star's automatic status of nine bytes ("StarPRNT command specifications", appendix 2), with the 5-bit ETB
    /// counter; `executed` says that an ETB has counted since the last one.
    pub(crate) fn star(self, etb: u8, executed: bool) -> [u8; 9] {
        let first = bit(executed, 1)
            | bit(self.drawer_high, 2)
            | bit(self.offline(), 3)
            | bit(self.cover_open, 5)
            | bit(self.feed_button, 6);
        let second = bit(self.cutter_error, 3) | bit(self.unrecoverable, 5) | bit(self.overheated, 6);
        let paper = both(self.near_end || self.paper_end, 1) | bit(self.paper_end, 3);
        // Bits 0 and 4 of every byte are fixed at 0, so the counter lies in 1 to 3 and 5 to 6.
        let counter = (etb & 0b0_0111) << 1 | (etb & 0b1_1000) << 2;
        [0x23, 0x06, first, second, 0, paper, 0, counter, 0]
    }

    /// Answer to `GS r 1` (paper); the same bits as the third byte of automatic status.
    pub(crate) fn paper(self) -> u8 {
        both(self.near_end || self.paper_end, 0) | both(self.paper_end, 2)
    }

    /// Answer to `GS r 2` (drawer).
    pub(crate) fn drawer(self) -> u8 {
        bit(self.drawer_high, 0)
    }

    /// Whether the change from `before` is one that automatic status with `mask` reports.
    pub(crate) fn changed_for(self, before: Self, mask: u8) -> bool {
        let drawer = self.drawer_high != before.drawer_high;
        let online = self.offline() != before.offline() || self.cover_open != before.cover_open;
        let error = (self.cutter_error, self.overheated, self.unrecoverable)
            != (before.cutter_error, before.overheated, before.unrecoverable);
        let paper = self.paper() != before.paper();
        let switch = self.feed_button != before.feed_button;
        let on = |flag: u8| mask & flag != 0;
        (drawer && on(ASB_DRAWER))
            || (online && on(ASB_ONLINE))
            || (error && on(ASB_ERROR))
            || (paper && on(ASB_PAPER))
            || (switch && on(ASB_SWITCH))
    }
}

/// Sensors that take two bits.
const fn both(on: bool, lower: u32) -> u8 {
    bit(on, lower) | bit(on, lower + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(condition: Condition) -> ([u8; 4], [u8; 4]) {
        (
            [1, 2, 3, 4].map(|n| condition.real_time(n).unwrap()),
            condition.automatic(),
        )
    }

    #[test]
    fn each_condition_sets_the_bits_of_the_table() {
        let ready = Condition::default();
        assert_eq!(all(ready), ([0x12, 0x12, 0x12, 0x12], [0x10, 0, 0, 0]));
        let cover = Condition {
            cover_open: true,
            ..ready
        };
        assert_eq!(all(cover), ([0x1A, 0x16, 0x12, 0x12], [0x38, 0, 0, 0]));
        let empty = Condition {
            paper_end: true,
            ..ready
        };
        assert_eq!(all(empty), ([0x1A, 0x32, 0x12, 0x7E], [0x18, 0, 0x0F, 0]));
        let low = Condition {
            near_end: true,
            ..ready
        };
        assert_eq!(all(low), ([0x12, 0x12, 0x12, 0x1E], [0x10, 0, 0x03, 0]));
        let cutter = Condition {
            cutter_error: true,
            ..ready
        };
        assert_eq!(all(cutter), ([0x3A, 0x52, 0x1E, 0x12], [0x18, 0x0D, 0, 0]));
        let hot = Condition {
            overheated: true,
            ..ready
        };
        assert_eq!(all(hot), ([0x1A, 0x52, 0x52, 0x12], [0x18, 0x40, 0, 0]));
        let broken = Condition {
            unrecoverable: true,
            ..ready
        };
        assert_eq!(all(broken), ([0x1A, 0x52, 0x32, 0x12], [0x18, 0x20, 0, 0]));
        let drawer = Condition {
            drawer_high: true,
            ..ready
        };
        assert_eq!(all(drawer), ([0x16, 0x12, 0x12, 0x12], [0x14, 0, 0, 0]));
    }

    #[test]
    fn replies_keep_the_fixed_bits_of_their_class_whatever_happens() {
        for bits in 0..512_u32 {
            let on = |n: u32| bits & (1 << n) != 0;
            let condition = Condition {
                cover_open: on(0),
                paper_end: on(1),
                near_end: on(2),
                cutter_error: on(3),
                cutter_stuck: on(4),
                overheated: on(5),
                unrecoverable: on(6),
                drawer_high: on(7),
                feed_button: on(8),
            };
            let (real_time, automatic) = all(condition);
            assert!(real_time.iter().all(|byte| byte & 0b1001_0011 == 0b0001_0010));
            assert_eq!(automatic[0] & 0b1001_0011, 0b0001_0000);
            assert!(automatic[1..].iter().all(|byte| byte & 0b1001_0000 == 0));
        }
    }

    #[test]
    fn star_status_has_its_counter_between_fixed_bits() {
        let ready = Condition::default();
        assert_eq!(ready.star(0, false), [0x23, 0x06, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(ready.star(0b1_0110, true)[7], 0b0100_1100);
        let empty = Condition {
            paper_end: true,
            cover_open: true,
            ..ready
        };
        assert_eq!(empty.star(31, false), [0x23, 0x06, 0x28, 0, 0, 0x0E, 0, 0x6E, 0]);
    }

    #[test]
    fn automatic_status_reports_only_what_was_asked_for() {
        let ready = Condition::default();
        let low = Condition {
            near_end: true,
            ..ready
        };
        assert!(low.changed_for(ready, ASB_PAPER));
        assert!(!low.changed_for(ready, ASB_ONLINE | ASB_ERROR | ASB_DRAWER | ASB_SWITCH));
    }
}
