//! StarPRNT's side of status and proof: the automatic status block with its counter of `ETB`.
//!
//! Source: Star's StarPRNT command specifications, appendix on automatic status, as condensed in PRINTERS.md.

/// `ESC ACK SOH`: the automatic status, now.
pub const STATUS: [u8; 3] = [0x1B, 0x06, 0x01];

/// `ESC RS a 1`: automatic status on; it outlives `ESC @`.
pub const AUTOMATIC_STATUS: [u8; 4] = [0x1B, 0x1E, b'a', 1];

/// `ESC RS E 0`: the counter of `ETB` starts at 0 again, when everything before it is printed.
const CLEAR_COUNT: [u8; 4] = [0x1B, 0x1E, b'E', 0];

/// Counts one more when everything before it is printed.
const ETB: u8 = 0x17;

/// Feed and cut.
const CUT: [u8; 5] = [b'\n', b'\n', 0x1B, b'd', 3];

/// Counts start here: what a printer counts from 0 after it lost its power is far from it.
const FIRST: u8 = 10;

/// The counter has five bits, and its last values are for what is counted before it starts again.
const LAST: u8 = 27;

/// The most that orders of an earlier connection may still add to the counter.
const STRAY: u8 = 8;

/// One automatic status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Cover open, offline and so on, from the block's third byte on.
    pub bits: [u8; 4],
    /// `ETB` executed, 0 to 31.
    pub count: u8,
}

/// The length of the block that begins with this byte, if one does: `0xx0xxx1`, the length in bits 1 to 3 and 5.
#[must_use]
pub fn block_len(head: u8) -> Option<usize> {
    let is_head = head & 0b1001_0001 == 0b0000_0001;
    let len = usize::from(head >> 1 & 0b111 | (head >> 5 & 1) << 3);
    (is_head && (7..=15).contains(&len)).then_some(len)
}

/// Reads a whole block; none where a fixed bit is wrong.
#[must_use]
pub fn read(block: &[u8]) -> Option<Said> {
    let [_, _, first, second, third, fourth, rest @ ..] = block else {
        return None;
    };
    let fixed = |byte: &u8| byte & 0b1001_0001 == 0;
    let counter = rest.get(1).copied().unwrap_or(0);
    block.iter().skip(1).all(fixed).then_some(Said {
        bits: [*first, *second, *third, *fourth],
        count: counter >> 1 & 0b111 | counter >> 2 & 0b1_1000,
    })
}

/// A count for a first agreement with a printer that stands at `now`: no stray order of an earlier connection
/// leads there.
#[must_use]
pub fn agreement(now: u8) -> u8 {
    [FIRST, FIRST + 10]
        .into_iter()
        .find(|count| (count + 32 - now % 32) % 32 > STRAY)
        .unwrap_or(FIRST)
}

/// Sets the counter to `count`, behind everything before.
#[must_use]
pub fn count_to(count: u8) -> Vec<u8> {
    [CLEAR_COUNT.as_slice(), &vec![ETB; usize::from(count)]].concat()
}

/// What follows a ticket whose connection stands at `count`, and where it stands then.
#[must_use]
pub fn count_on(count: u8) -> (Vec<u8>, u8) {
    if (FIRST..LAST).contains(&count) {
        return (vec![ETB], count + 1);
    }
    (count_to(FIRST), FIRST)
}

/// What ends an interrupted ticket.
#[must_use]
pub fn resync(mut nuls: Vec<u8>) -> Vec<u8> {
    nuls.extend([0x1B, b'@']);
    nuls.extend(CUT);
    nuls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_read_by_its_own_length_and_fixed_bits() {
        assert_eq!(block_len(0x0F), Some(7));
        assert_eq!(block_len(0x23), Some(9));
        assert_eq!(block_len(0x12), None);
        let said = read(&[0x23, 0x06, 0x28, 0, 0, 0x0E, 0, 0b0100_1100, 0]).unwrap();
        assert_eq!((said.bits, said.count), ([0x28, 0, 0, 0x0E], 0b1_0110));
        assert_eq!(read(&[0x23, 0x06, 0x28, 0x10, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn no_stray_order_leads_to_an_agreement_and_counts_never_look_like_a_fresh_start() {
        for now in 0..32 {
            let count = agreement(now);
            assert!((0..=STRAY).all(|stray| (now + stray) % 32 != count), "{now}");
        }
        let mut count = FIRST;
        for _ in 0..100 {
            let before = count;
            let bytes;
            (bytes, count) = count_on(count);
            assert!((FIRST..=LAST).contains(&count) && count != before);
            assert_eq!(
                bytes.len(),
                if count == FIRST { 4 + usize::from(FIRST) } else { 1 }
            );
        }
    }
}
