//! Bar codes: data to black and white modules, each symbology by its standard.

mod dense;
mod patterns;

use dense::{code93, code128, code128_text};
use patterns as p;

/// The symbologies of `GS k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    UpcA,
    UpcE,
    Ean13,
    Ean8,
    Code39,
    Itf,
    Nw7,
    Code93,
    Code128,
}

/// Wide elements are three modules; the manuals of TM printers print 2.5 to 3.
const WIDE: usize = 3;

impl Kind {
    /// By `m` of `GS k`, in both numberings.
    pub(super) fn numbered(m: u8) -> Option<Self> {
        Some(match m {
            0 | 65 => Self::UpcA,
            1 | 66 => Self::UpcE,
            2 | 67 => Self::Ean13,
            3 | 68 => Self::Ean8,
            4 | 69 => Self::Code39,
            5 | 70 => Self::Itf,
            6 | 71 => Self::Nw7,
            72 => Self::Code93,
            73 => Self::Code128,
            _ => return None,
        })
    }

    /// What stands under the bars.
    pub(super) fn shown(self, data: &[u8]) -> String {
        match self {
            Self::Code128 => code128_text(data),
            Self::Ean13 => with_check(data, 12),
            Self::UpcA => with_check(data, 11),
            Self::Ean8 => with_check(data, 7),
            _ => data.iter().map(|byte| char::from(*byte)).collect(),
        }
    }
}

/// The modules of the symbol without its quiet zones; `None` where it cannot hold the data.
pub(super) fn modules(kind: Kind, data: &[u8]) -> Option<Vec<bool>> {
    match kind {
        Kind::UpcA => ean13(&[&[0], digits(data)?.as_slice()].concat()),
        Kind::Ean13 => ean13(&digits(data)?),
        Kind::Ean8 => ean8(&digits(data)?),
        Kind::UpcE => upc_e(&digits(data)?),
        Kind::Code39 => code39(data),
        Kind::Itf => itf(&digits(data)?),
        Kind::Nw7 => nw7(data),
        Kind::Code93 => code93(data),
        Kind::Code128 => code128(data),
    }
}

fn digits(data: &[u8]) -> Option<Vec<u8>> {
    data.iter()
        .map(|byte| byte.is_ascii_digit().then(|| byte - b'0'))
        .collect()
}

/// Check digit of EAN and UPC: weights 3 and 1 from the right.
fn check_digit(digits: &[u8]) -> u8 {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip([3, 1].into_iter().cycle())
        .map(|(d, w)| u32::from(*d) * w)
        .sum();
    u8::try_from((10 - sum % 10) % 10).unwrap_or(0)
}

fn with_check(data: &[u8], length: usize) -> String {
    let mut all: Vec<u8> = data.to_vec();
    if let (true, Some(digits)) = (all.len() == length, digits(data)) {
        all.push(b'0' + check_digit(&digits));
    }
    all.into_iter().map(char::from).collect()
}

/// `length` with its check digit; one less and it is computed.
fn complete(digits: &[u8], length: usize) -> Option<Vec<u8>> {
    let body = digits.get(..length - 1)?;
    let check = check_digit(body);
    match digits.get(length - 1..) {
        Some([]) => {}
        Some([given]) if *given == check => {}
        _ => return None,
    }
    Some([body, &[check]].concat())
}

/// A UPC-A is an EAN-13 that begins with 0.
fn ean13(digits: &[u8]) -> Option<Vec<bool>> {
    let all = complete(digits, 13)?;
    let (first, rest) = all.split_first()?;
    let parity = p::EAN_PARITY.get(usize::from(*first))?;
    let (left, right) = rest.split_at_checked(6)?;
    Some(
        [
            guard(),
            left_half(left, *parity)?,
            middle(),
            right_half(right)?,
            guard(),
        ]
        .concat(),
    )
}

fn ean8(digits: &[u8]) -> Option<Vec<bool>> {
    let all = complete(digits, 8)?;
    let (left, right) = all.split_at_checked(4)?;
    Some(
        [
            guard(),
            left_half(left, 0)?,
            middle(),
            right_half(right)?,
            guard(),
        ]
        .concat(),
    )
}

/// Takes 6 digits, 7 with the number system 0, or 8 with the check digit; and 11 or 12 of a UPC-A that shortens.
fn upc_e(digits: &[u8]) -> Option<Vec<bool>> {
    let short: Vec<u8> = match digits {
        six if six.len() == 6 => six.to_vec(),
        [0, six @ ..] if six.len() == 6 => six.to_vec(),
        [0, six @ .., _] if six.len() == 6 => six.to_vec(),
        [0, body @ ..] if body.len() == 10 || body.len() == 11 => shorten(body)?,
        _ => return None,
    };
    let check = check_digit(&lengthen(&short)?);
    let parity = p::UPC_E_PARITY.get(usize::from(check))?;
    Some([guard(), left_half(&short, *parity)?, bits(0b01_0101, 6)].concat())
}

/// UPC-E to the first eleven digits of UPC-A.
fn lengthen(short: &[u8]) -> Option<Vec<u8>> {
    let [a, b, c, d, e, last] = *short else {
        return None;
    };
    Some(match last {
        0..=2 => vec![0, a, b, last, 0, 0, 0, 0, c, d, e],
        3 => vec![0, a, b, c, 0, 0, 0, 0, 0, d, e],
        4 => vec![0, a, b, c, d, 0, 0, 0, 0, 0, e],
        _ => vec![0, a, b, c, d, e, 0, 0, 0, 0, last],
    })
}

fn shorten(body: &[u8]) -> Option<Vec<u8>> {
    match *body {
        [a, b, n @ 0..=2, 0, 0, 0, 0, c, d, e, ..] => Some(vec![a, b, c, d, e, n]),
        [a, b, c, 0, 0, 0, 0, 0, d, e, ..] => Some(vec![a, b, c, d, e, 3]),
        [a, b, c, d, 0, 0, 0, 0, 0, e, ..] => Some(vec![a, b, c, d, e, 4]),
        [a, b, c, d, e, 0, 0, 0, 0, n @ 5..=9, ..] => Some(vec![a, b, c, d, e, n]),
        _ => None,
    }
}

fn guard() -> Vec<bool> {
    bits(0b101, 3)
}

fn middle() -> Vec<bool> {
    bits(0b01010, 5)
}

fn left_half(digits: &[u8], even: u16) -> Option<Vec<bool>> {
    let count = digits.len();
    let mut half = Vec::new();
    for (at, digit) in digits.iter().enumerate() {
        let odd = *p::EAN.get(usize::from(*digit))?;
        if even >> (count - 1 - at) & 1 == 1 {
            // The even pattern is the right-hand pattern read backwards.
            half.extend(bits(!odd & 0x7F, 7).into_iter().rev());
        } else {
            half.extend(bits(odd, 7));
        }
    }
    Some(half)
}

fn right_half(digits: &[u8]) -> Option<Vec<bool>> {
    let patterns: Option<Vec<_>> = digits
        .iter()
        .map(|digit| p::EAN.get(usize::from(*digit)).map(|odd| bits(!odd & 0x7F, 7)))
        .collect();
    Some(patterns?.concat())
}

fn bits(pattern: u16, count: u32) -> Vec<bool> {
    (0..count).rev().map(|bit| pattern >> bit & 1 == 1).collect()
}

/// Bars and spaces of those widths in turn, beginning with a bar.
fn bars(widths: impl IntoIterator<Item = usize>) -> Vec<bool> {
    widths
        .into_iter()
        .zip([true, false].into_iter().cycle())
        .flat_map(|(n, bar)| vec![bar; n])
        .collect()
}

/// Wide and narrow elements by the bits of a pattern.
fn two_widths(pattern: u16, count: u32) -> impl Iterator<Item = usize> {
    bits(pattern, count)
        .into_iter()
        .map(|wide| if wide { WIDE } else { 1 })
}

fn code39(data: &[u8]) -> Option<Vec<bool>> {
    let body = data.strip_prefix(b"*").unwrap_or(data);
    let body = body.strip_suffix(b"*").unwrap_or(body);
    if body.is_empty() || body.contains(&b'*') {
        return None;
    }
    let mut modules = Vec::new();
    for byte in [b"*", body, b"*"].concat() {
        let (_, pattern) = p::CODE39.iter().find(|(known, _)| *known == byte)?;
        modules.extend(bars(two_widths(*pattern, 9)));
        modules.push(false);
    }
    modules.pop();
    Some(modules)
}

fn itf(digits: &[u8]) -> Option<Vec<bool>> {
    if digits.is_empty() || digits.len() % 2 == 1 {
        return None;
    }
    let mut modules = bars([1, 1, 1, 1]);
    for pair in digits.chunks_exact(2) {
        let [bar, space] = pair else { return None };
        let bar = two_widths(*p::ITF.get(usize::from(*bar))?, 5);
        let space = two_widths(*p::ITF.get(usize::from(*space))?, 5);
        modules.extend(bars(bar.zip(space).flat_map(|(bar, space)| [bar, space])));
    }
    modules.extend(bars([WIDE, 1, 1]));
    Some(modules)
}

fn nw7(data: &[u8]) -> Option<Vec<bool>> {
    let upper = data.to_ascii_uppercase();
    let framed = matches!(upper.as_slice(), [b'A'..=b'D', .., b'A'..=b'D']);
    let all = if framed {
        upper
    } else {
        [b"A", upper.as_slice(), b"A"].concat()
    };
    let mut modules = Vec::new();
    for byte in all {
        let (_, pattern) = p::NW7.iter().find(|(known, _)| *known == byte)?;
        modules.extend(bars(two_widths(*pattern, 7)));
        modules.push(false);
    }
    modules.pop();
    Some(modules)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(kind: Kind, data: &[u8]) -> String {
        modules(kind, data)
            .unwrap()
            .into_iter()
            .map(|bar| if bar { '#' } else { ' ' })
            .collect()
    }

    #[test]
    fn an_ean_13_has_the_modules_of_the_standard() {
        let got = drawn(Kind::Ean13, b"400638133393");
        // Digit by digit: parity OEOOEE for a first 4, then the right-hand patterns.
        let left = ["0001101", "0100111", "0101111", "0111101", "0001001", "0110011"].concat();
        let right = ["1000010", "1000010", "1000010", "1110100", "1000010", "1100110"].concat();
        let want = ["101", &left, "01010", &right, "101"].concat();
        assert_eq!(got.replace('#', "1").replace(' ', "0"), want);
        assert_eq!(
            modules(Kind::Ean13, b"4006381333931"),
            modules(Kind::Ean13, b"400638133393")
        );
        assert_eq!(modules(Kind::Ean13, b"4006381333932"), None);
        assert_eq!(Kind::Ean13.shown(b"400638133393"), "4006381333931");
    }

    #[test]
    fn every_symbology_has_the_width_of_its_standard() {
        assert_eq!(drawn(Kind::UpcA, b"01234567890").len(), 95);
        assert_eq!(drawn(Kind::UpcE, b"123456").len(), 51);
        assert_eq!(drawn(Kind::Ean8, b"9638507").len(), 67);
        assert_eq!(drawn(Kind::Code39, b"A1").len(), 4 * 15 + 3);
        assert_eq!(drawn(Kind::Itf, b"1234").len(), 4 + 2 * 18 + 5);
        assert_eq!(drawn(Kind::Code93, b"AB").len(), 6 * 9 + 1);
        assert_eq!(drawn(Kind::Code128, b"{BAb1").len(), 5 * 11 + 13);
        assert_eq!(drawn(Kind::Code128, b"{C\x0c\x22").len(), 4 * 11 + 13);
    }

    #[test]
    fn data_that_a_symbology_cannot_hold_is_refused() {
        assert_eq!(modules(Kind::Code39, b"a"), None);
        assert_eq!(modules(Kind::Itf, b"123"), None);
        assert_eq!(modules(Kind::Ean8, b"12"), None);
        assert_eq!(modules(Kind::Code128, b"no set"), None);
        assert_eq!(modules(Kind::Nw7, b"x"), None);
    }
}
