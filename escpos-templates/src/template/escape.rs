//! The auto-escape: no value can be anything but text, in a cell or in a property.

use super::item::{Item, Items};
use minijinja::value::{Value, ValueKind};
use minijinja::{Error, Output, State};
use std::fmt::{self, Write};

/// Writes a template's value. Markup that a template itself marks as safe goes out as it is; nothing prints nothing;
/// an item, and all items together, print their lines, with the template's `sign` before quantities.
pub(super) fn write(out: &mut Output<'_>, state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if value.is_safe() => out.write_str(text)?,
        Some(text) => put(out, text)?,
        None => match items(state, value) {
            Some(lines) => out.write_str(&lines?)?,
            None => put_value(out, value)?,
        },
    }
    Ok(())
}

/// The lines of items, where the value is one or more of them.
fn items(state: &State<'_, '_>, value: &Value) -> Option<Result<String, Error>> {
    let sign = || state.lookup("sign").unwrap_or_default();
    let mut lines = String::new();
    let written = if let Some(items) = value.downcast_object_ref::<Items>() {
        lines.reserve(MARKUP);
        items.lines(&mut lines, sign().as_str().unwrap_or(""))
    } else if let Some(item) = value.downcast_object_ref::<Item>() {
        item.lines(&mut lines, sign().as_str().unwrap_or(""))
    } else {
        return None;
    };
    Some(written.map(|()| lines).map_err(Error::from))
}

/// Bytes of markup that an ordinary order's items make.
const MARKUP: usize = 1024;

/// A value as markup that prints it.
pub(super) fn put_value(out: &mut impl Write, value: &Value) -> fmt::Result {
    if let Some(text) = value.as_str() {
        return put(out, text);
    }
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Ok(()),
        ValueKind::Number => match i64::try_from(value.clone()) {
            Ok(digit @ 0..10) => out.write_char(char::from(b'0' + u8::try_from(digit).unwrap_or(0))),
            _ => write!(out, "{value}"),
        },
        _ => put(out, &value.to_string()),
    }
}

/// A text as markup that prints it.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    // Writing to a String cannot fail.
    let _ = put(&mut out, text);
    out
}

/// Special characters become `\xHH`, which is text in cells and in properties alike; line ends become breaks, other
/// control characters vanish, and outer blanks become `~`, so that they cannot move a cell.
pub(super) fn put(out: &mut impl Write, text: &str) -> fmt::Result {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let bytes = text.as_bytes();
    let mut plain = 0;
    let inner = |from: usize| {
        bytes
            .get(from..)
            .and_then(|b| b.iter().position(|b| is_special(*b)))
    };
    if bytes.first() == Some(&b' ') {
        out.write_char('~')?;
        plain = 1;
    }
    while let Some(ahead) = inner(plain) {
        let at = plain + ahead;
        out.write_str(text.get(plain..at).unwrap_or(""))?;
        plain = at + 1;
        match bytes.get(at) {
            Some(b'\t') => out.write_char('~')?,
            Some(b'\n') => out.write_str("\\n")?,
            Some(b'\r') if bytes.get(plain) == Some(&b'\n') => {}
            Some(b'\r') => out.write_str("\\n")?,
            Some(special) => out.write_str(hex(*special))?,
            None => {}
        }
    }
    let rest = text.get(plain..).unwrap_or("");
    match rest.strip_suffix(' ') {
        Some(rest) => out.write_str(rest).and_then(|()| out.write_char('~')),
        None => out.write_str(rest),
    }
}

/// `\xHH` of the characters that mean something; formatting them anew each time would cost more than the rest.
fn hex(byte: u8) -> &'static str {
    match byte {
        b'\\' => "\\x5c",
        b'|' => "\\x7c",
        b'{' => "\\x7b",
        b'}' => "\\x7d",
        b'~' => "\\x7e",
        b'_' => "\\x5f",
        b'"' => "\\x22",
        b'`' => "\\x60",
        b'^' => "\\x5e",
        b'-' => "\\x2d",
        b'=' => "\\x3d",
        b';' => "\\x3b",
        _ => "",
    }
}

fn is_special(byte: u8) -> bool {
    static SPECIAL: [bool; 256] = crate::markup::table(b"\\|{}~_\"`^-=;");
    SPECIAL.get(usize::from(byte)).copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Line, Piece};

    #[test]
    fn every_special_character_comes_back_as_text() {
        let nasty = r#"\ | { } ~ _ " ` ^ - = ; --- === {drawer:1} {command:\x1bp} \n \x41"#;
        let receipt = crate::markup::parse(&escaped(nasty));
        let Line::Text(cells) = &receipt.lines[0] else {
            panic!("text")
        };
        assert_eq!(
            cells[0].pieces,
            [Piece::Text(Default::default(), nasty.to_owned())]
        );
        assert!(!receipt.extended);
        for rule in ["-", "---", "=", "==="] {
            assert!(matches!(
                crate::markup::parse(&escaped(rule)).lines[0],
                Line::Text(_)
            ));
        }
    }

    #[test]
    fn a_value_in_a_property_stays_one_value() {
        let receipt = crate::markup::parse(&format!("{{code: {}; option: qrcode}}", escaped("a-b;x:1}|{")));
        let Line::Property(property) = &receipt.lines[0] else {
            panic!("property")
        };
        assert_eq!(property.code.as_deref(), Some("a-b;x:1}|{"));
        assert_eq!(property.command, None);
    }

    #[test]
    fn line_ends_break_control_characters_vanish_and_outer_blanks_stay_put() {
        assert_eq!(escaped("a\r\nb\rc\nd"), r"a\nb\nc\nd");
        assert_eq!(escaped("a\u{1b}p\u{0}\u{7f}b"), "apb");
        assert_eq!(escaped(" a b "), "~a b~");
        assert_eq!((escaped(" ").as_str(), escaped("  ").as_str()), ("~", "~~"));
        assert_eq!(escaped(" -"), r"~\x2d");
    }
}
