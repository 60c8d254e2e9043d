//! What strangers say, made safe to show: bounded, and nothing in it acts on a terminal.

/// The text with everything escaped that a terminal or a reader could mistake: control characters, marks
/// that turn the direction of writing, invisible characters. At most `most` characters of the original;
/// what is cut ends in `…`.
#[must_use]
pub fn plain(text: &str, most: usize) -> String {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == most {
            shown.push('…');
            break;
        }
        if is_unsafe(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Controls, line separators, zero-width characters, direction marks, tags and private use.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            u32::from(character),
            0xAD | 0x61C
                | 0x115F..=0x1160
                | 0x180E
                | 0x200B..=0x200F
                | 0x2028..=0x202E
                | 0x2060..=0x206F
                | 0xFE00..=0xFE0F
                | 0xFEFF
                | 0xFFF9..=0xFFFB
                | 0xE000..=0xF8FF
                | 0xE_0000..=0x10_FFFF
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x10_what_a_terminal_would_obey_is_shown_instead() {
        assert_eq!(plain("\u{1b}]0;owned\u{7}", 80), "\\u{1b}]0;owned\\u{7}");
        assert_eq!(plain("TM\r\nfake line", 80), "TM\\u{d}\\u{a}fake line");
        assert_eq!(plain("abc\u{202e}gnp.exe", 80), "abc\\u{202e}gnp.exe");
        assert_eq!(plain("\u{9b}31m", 80), "\\u{9b}31m");
        assert_eq!(plain(" EPSON \0\0", 80), "EPSON");
    }

    #[test]
    fn x10_however_much_is_said_a_field_is_bounded() {
        let shown = plain(&"\u{1b}".repeat(1_000_000), 80);
        assert!(shown.len() < 80 * 12 && shown.ends_with('…'), "{}", shown.len());
        assert_eq!(plain("ABCDEF", 6), "ABCDEF");
    }
}
