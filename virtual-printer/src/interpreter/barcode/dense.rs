//! CODE93 and CODE128: symbologies of four widths, with check characters by weights.

use super::{bars, patterns as p};

/// Six decimal digits to six widths.
fn widths(pattern: u32) -> [usize; 6] {
    [100_000, 10_000, 1000, 100, 10, 1].map(|unit| (pattern / unit % 10) as usize)
}

pub(super) fn code93(data: &[u8]) -> Option<Vec<bool>> {
    let mut values = Vec::new();
    for byte in data {
        values.extend(code93_values(*byte)?);
    }
    let c = code93_check(&values, 20);
    values.push(c);
    let k = code93_check(&values, 15);
    values.push(k);
    let mut modules = Vec::new();
    for value in [&[47], values.as_slice(), &[47]].concat() {
        modules.extend(bars(widths(*p::CODE93.get(value)?)));
    }
    modules.push(true);
    Some(modules)
}

fn code93_check(values: &[usize], most: usize) -> usize {
    values
        .iter()
        .rev()
        .zip((1..=most).cycle())
        .map(|(value, weight)| value * weight)
        .sum::<usize>()
        % 47
}

/// Plain characters have one value, the rest of ASCII a shift (43 to 46) and a letter.
fn code93_values(byte: u8) -> Option<Vec<usize>> {
    const PLAIN: &[u8; 43] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";
    if let Some(value) = PLAIN.iter().position(|known| *known == byte) {
        return Some(vec![value]);
    }
    let (shift, letter) = match byte {
        0 => (44, b'U'),
        1..=26 => (43, b'A' + byte - 1),
        27..=31 => (44, b'A' + byte - 27),
        b'!'..=b',' => (45, b'A' + byte - b'!'),
        b':' => (45, b'Z'),
        b';'..=b'?' => (44, b'F' + byte - b';'),
        b'@' => (44, b'V'),
        b'['..=b'_' => (44, b'K' + byte - b'['),
        b'`' => (44, b'W'),
        b'a'..=b'z' => (46, b'A' + byte - b'a'),
        b'{'..=127 => (44, b'P' + byte - b'{'),
        _ => return None,
    };
    Some(vec![shift, PLAIN.iter().position(|known| *known == letter)?])
}

/// Data of `GS k 73`: `{A`, `{B`, `{C` choose a set, `{1` to `{4` are functions, `{{` is a brace.
pub(super) fn code128(data: &[u8]) -> Option<Vec<bool>> {
    let values = code128_values(data)?;
    let check = values
        .iter()
        .zip(std::iter::once(1).chain(1..))
        .map(|(value, weight)| value * weight)
        .sum::<usize>()
        % 103;
    let mut modules = Vec::new();
    for value in values.into_iter().chain([check]) {
        modules.extend(bars(widths(*p::CODE128.get(value)?)));
    }
    modules.extend(bars([2, 3, 3, 1, 1, 1, 2]));
    Some(modules)
}

fn code128_values(data: &[u8]) -> Option<Vec<usize>> {
    let mut values = Vec::new();
    let mut set = None;
    let mut rest = data;
    while let [first, tail @ ..] = rest {
        rest = tail;
        let (value, consumed) = match (*first, tail) {
            (b'{', [to @ b'A'..=b'C', ..]) => {
                let value = match (set.replace(*to), to) {
                    (None, _) => 103 + usize::from(to - b'A'),
                    (Some(_), b'A') => 101,
                    (Some(_), b'B') => 100,
                    (Some(_), _) => 99,
                };
                (value, 1)
            }
            (b'{', [b'1', ..]) => (102, 1),
            (b'{', [b'2', ..]) => (97, 1),
            (b'{', [b'3', ..]) => (96, 1),
            (b'{', [b'4', ..]) => (if set == Some(b'A') { 101 } else { 100 }, 1),
            (b'{', [b'S', ..]) => (98, 1),
            (b'{', [b'{', ..]) => (usize::from(b'{' - 32), 1),
            // Set C takes a pair as one byte, 0 to 99.
            (pair @ 0..=99, _) if set == Some(b'C') => (usize::from(pair), 0),
            (byte @ 32..=95, _) => (usize::from(byte - 32), 0),
            (byte @ 0..=31, _) if set == Some(b'A') => (usize::from(byte) + 64, 0),
            (byte @ 96..=127, _) if set == Some(b'B') => (usize::from(byte - 32), 0),
            _ => return None,
        };
        set?;
        values.push(value);
        rest = rest.get(consumed..)?;
    }
    (values.len() > 1).then_some(values)
}

pub(super) fn code128_text(data: &[u8]) -> String {
    let mut text = String::new();
    let mut set_c = false;
    let mut bytes = data.iter();
    while let Some(byte) = bytes.next() {
        match (byte, set_c) {
            (b'{', _) => match bytes.next() {
                Some(b'C') => set_c = true,
                Some(b'A' | b'B') => set_c = false,
                Some(b'{') => text.push('{'),
                _ => {}
            },
            (pair, true) => text.push_str(&format!("{pair:02}")),
            (byte, false) => text.push(char::from(*byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code128_reads_its_escapes() {
        assert_eq!(code128_text(b"{BNo. {C\x0c\x22"), "No. 1234");
        assert_eq!(code128_values(b"{BA{{"), Some(vec![104, 33, 91]));
    }
}
