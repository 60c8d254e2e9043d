//! The members of a property cell. A member that makes no sense is passed over; the others count.

use super::escape;
use super::split::trim;
use crate::model::{
    Align, Border, CodeOption, Color, Cut, Extension, FontName, Level, Property, Symbology, Width,
};
use std::borrow::Cow;

/// Wider than any paper; a larger number shrinks to the same columns.
const WIDEST: u32 = 4096;

/// Reads what stands between the braces; the flag says whether a key of our own is among it.
pub(super) fn parse(inner: &str) -> (Property, bool) {
    let mut property = Property::default();
    let mut extended = false;
    let inner = match inner.contains('\\') {
        true => Cow::Owned(escape::to_hex(&escape::protect(inner), |b| b == b';')),
        false => Cow::Borrowed(inner),
    };
    for (key, value) in inner.split(';').filter_map(member) {
        let value = match value.contains('\\') {
            true => Cow::Owned(escape::resolve(&value.replace("\\n", "\n"))),
            false => Cow::Borrowed(value),
        };
        if !standard(&mut property, key, &value) {
            extended |= ours(&mut property.extension, key, &value);
        }
    }
    (property, extended)
}

/// `key : value`, the key being a word and the value not empty.
fn member(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    let (key, value) = (trim(key), trim(value));
    let mut letters = key.bytes();
    let first = letters
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let word = first && letters.all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (word && !value.is_empty()).then_some((key, value))
}

fn standard(property: &mut Property, key: &str, value: &str) -> bool {
    let lower = || lowercase(value);
    match key {
        "text" | "t" => property.wrap = Some(lower() != "nowrap"),
        "border" | "b" => property.border = Some(border(&lower())),
        "width" | "w" => property.width = Some(widths(&lower())),
        "align" | "a" => property.align = Some(align(&lower())),
        "option" | "o" => property.option = Some(option(&lower())),
        "code" | "c" => property.code = Some(value.to_owned()),
        "image" | "i" => property.image = Some(base64(value)),
        "command" | "x" => property.command = Some(value.to_owned()),
        "comment" | "_" => {}
        _ => return false,
    }
    true
}

/// The value in lower case; most are written so.
fn lowercase(value: &str) -> Cow<'_, str> {
    match value.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii()) {
        true => Cow::Owned(value.to_lowercase()),
        false => Cow::Borrowed(value),
    }
}

fn border(value: &str) -> Border {
    match value {
        "line" => Border::Line,
        "none" => Border::Space(0),
        _ => match number(value) {
            Some(n) if n <= 2 => Border::Space(u8::try_from(n).unwrap_or(1)),
            _ => Border::Space(1),
        },
    }
}

fn align(value: &str) -> Align {
    match value {
        "left" => Align::Left,
        "right" => Align::Right,
        _ => Align::Center,
    }
}

fn widths(value: &str) -> Vec<Width> {
    if words(value).any(|word| word == "auto") {
        return Vec::new();
    }
    let width = |word| match word {
        "*" => Width::Flexible,
        word => Width::Fixed(number(word).unwrap_or(0).min(WIDEST)),
    };
    words(value).map(width).collect()
}

/// Splits at runs of blanks and at each comma, so that `10, *` has an empty word in between.
fn words(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(at) = text.bytes().position(|b| matches!(b, b' ' | b'\t' | b',')) else {
            rest = None;
            return Some(text);
        };
        let (word, tail) = text.split_at(at);
        rest = match tail.strip_prefix(',') {
            Some(tail) => Some(tail),
            None => Some(tail.trim_start_matches([' ', '\t'])),
        };
        Some(word)
    })
}

fn number(word: &str) -> Option<u32> {
    let digits = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| word.parse().unwrap_or(u32::MAX))
}

fn option(value: &str) -> CodeOption {
    let words: Vec<&str> = words(value).collect();
    let first = |low: u32, high: u32| {
        let found = words
            .iter()
            .filter_map(|w| number(w))
            .find(|n| (low..=high).contains(n));
        found.and_then(|n| u8::try_from(n).ok())
    };
    let plain = CodeOption::default();
    CodeOption {
        symbology: words.iter().find_map(|w| symbology(w)).unwrap_or(plain.symbology),
        module: first(2, 4).unwrap_or(plain.module),
        height: first(24, 240).unwrap_or(plain.height),
        hri: words.contains(&"hri"),
        cell: first(3, 8).unwrap_or(plain.cell),
        level: words.iter().find_map(|w| level(w)).unwrap_or(plain.level),
    }
}

fn symbology(word: &str) -> Option<Symbology> {
    Some(match word {
        "upc" => Symbology::Upc,
        "ean" | "jan" => Symbology::Ean,
        "code39" => Symbology::Code39,
        "itf" => Symbology::Itf,
        "codabar" | "nw7" => Symbology::Codabar,
        "code93" => Symbology::Code93,
        "code128" => Symbology::Code128,
        "qrcode" => Symbology::QrCode,
        _ => return None,
    })
}

fn level(word: &str) -> Option<Level> {
    Some(match word {
        "l" => Level::L,
        "m" => Level::M,
        "q" => Level::Q,
        "h" => Level::H,
        _ => return None,
    })
}

/// Drops what is not base64 and pads the rest.
fn base64(value: &str) -> String {
    let value = value.split('=').next().unwrap_or("");
    let mut out: String = value
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
        .collect();
    match out.len() % 4 {
        1 => {
            out.pop();
        }
        2 => out.push_str("=="),
        3 => out.push('='),
        _ => {}
    }
    out
}

/// Our own keys. An unknown value leaves the setting as it is, yet the key marks the document as one of ours.
fn ours(extension: &mut Extension, key: &str, value: &str) -> bool {
    let lower = lowercase(value);
    match key {
        "drawer" => extension.drawer = digit(&lower).filter(|n| (1..=2).contains(n)).or(extension.drawer),
        "beep" => extension.beep = digit(&lower).filter(|n| (1..=9).contains(n)).or(extension.beep),
        "cut" => extension.cut = cut(&lower).or(extension.cut),
        "font" => extension.font = font(&lower).or(extension.font),
        "color" => extension.color = color(&lower).or(extension.color),
        "lang" => extension.lang = Some(lower.into_owned()),
        "wrap" => extension.words = Some(lower == "word"),
        _ => return false,
    }
    true
}

fn digit(value: &str) -> Option<u8> {
    number(value).and_then(|n| u8::try_from(n).ok())
}

fn cut(value: &str) -> Option<Cut> {
    match value {
        "partial" => Some(Cut::Partial),
        "full" => Some(Cut::Full),
        _ => None,
    }
}

fn font(value: &str) -> Option<FontName> {
    match value {
        "a" => Some(FontName::A),
        "b" => Some(FontName::B),
        _ => None,
    }
}

fn color(value: &str) -> Option<Color> {
    match value {
        "black" => Some(Color::Black),
        "red" => Some(Color::Red),
        _ => None,
    }
}
