//! Backslash escapes, pass by pass, exactly as the reference takes them: what is left of one bad escape may make
//! another, so the order of the passes is part of the language.

/// Characters that a backslash protects before a line is split.
pub(super) fn is_protected(byte: u8) -> bool {
    matches!(byte, b'\\' | b'{' | b'|' | b'}')
}

/// Turns `\\ \{ \| \}` into `\xHH`.
pub(super) fn protect(text: &str) -> String {
    to_hex(text, is_protected)
}

/// Turns a backslash and a character that is wanted into `\xHH`.
pub(super) fn to_hex(text: &str, wanted: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars
            .peek()
            .and_then(|n| u8::try_from(*n).ok())
            .filter(|n| n.is_ascii() && wanted(*n));
        match next {
            Some(n) if c == '\\' => {
                out.push_str(&format!("\\x{n:02x}"));
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

/// Removes control characters, plain and as `\x00` to `\x1f` and `\x7f`.
pub(super) fn without_controls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..).unwrap_or("");
        if c.is_ascii_control() {
            rest = tail;
        } else if c == '\\' && is_hex_control(tail) {
            rest = tail.get(3..).unwrap_or("");
        } else {
            out.push(c);
            rest = tail;
        }
    }
    out
}

fn is_hex_control(tail: &str) -> bool {
    match tail.as_bytes() {
        [b'x', b'0' | b'1', low, ..] => low.is_ascii_hexdigit(),
        [b'x', b'7', b'f' | b'F', ..] => true,
        _ => false,
    }
}

/// Resolves what is left in a piece of text: bad `\x` and any other escape vanish, `\xHH` is a character.
pub(super) fn resolve(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    characters(&without_unknown(&without_bad_hex(text)))
}

/// `\` at the end, and `\x` that two hexadecimal digits do not follow, with up to two characters after it.
fn without_bad_hex(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let ahead = (chars.get(at + 1), chars.get(at + 2), chars.get(at + 3));
        at += match (c, ahead) {
            ('\\', (None, ..)) => 1,
            ('\\', (Some('x'), None, _)) => 2,
            ('\\', (Some('x'), Some(_), None)) => 3,
            ('\\', (Some('x'), Some(a), Some(b))) if !(a.is_ascii_hexdigit() && b.is_ascii_hexdigit()) => 4,
            _ => {
                out.push(c);
                1
            }
        };
    }
    out
}

/// A backslash and any character but `x`.
fn without_unknown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && *next != 'x' => {
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

/// `\xHH` to the character of that number.
fn characters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        match tail.get(2..4).and_then(|hex| hex_byte(hex.as_bytes())) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = tail.get(4..).unwrap_or("");
            }
            None => {
                out.push_str("\\x");
                rest = tail.get(2..).unwrap_or("");
            }
        }
    }
    out.push_str(rest);
    out
}

/// The value of two hexadecimal digits.
pub(super) fn hex_byte(digits: &[u8]) -> Option<u8> {
    let value = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    match digits {
        [high, low] => Some(value(*high)? << 4 | value(*low)?),
        _ => None,
    }
}
