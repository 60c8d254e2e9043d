//! Code pages: which byte of which page stands for a character. Tables from the Unicode consortium's mappings,
//! without invisible characters and without scripts that must be shaped.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// The upper half of a code page; the lower half is ASCII.
#[derive(Debug)]
pub(crate) struct CodePage {
    /// Characters in order of their code points, with their bytes.
    chars: Vec<(char, u8)>,
}

static PAGES: LazyLock<HashMap<&'static str, Arc<CodePage>>> =
    LazyLock::new(|| include_str!("codepages.txt").lines().filter_map(parse).collect());

fn parse(line: &'static str) -> Option<(&'static str, Arc<CodePage>)> {
    let (name, upper) = line.split_once(' ')?;
    let mut chars: Vec<_> = upper
        .chars()
        .zip(0x80..=0xffu8)
        .filter(|(c, _)| *c != '\u{fffd}')
        .collect();
    chars.sort_unstable();
    chars.dedup_by_key(|(c, _)| *c);
    Some((name, Arc::new(CodePage { chars })))
}

impl CodePage {
    /// The page of that name, such as `cp437`.
    pub(crate) fn named(name: &str) -> Option<Arc<Self>> {
        PAGES.get(name).cloned()
    }

    /// The byte for a character that is not ASCII.
    pub(crate) fn byte(&self, ch: char) -> Option<u8> {
        let index = self.chars.binary_search_by_key(&ch, |(c, _)| *c).ok()?;
        self.chars.get(index).map(|(_, byte)| *byte)
    }

    /// Whether every character of a text has a byte.
    pub(crate) fn covers(&self, text: &str) -> bool {
        text.chars().all(|c| c.is_ascii() || self.byte(c).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_map_as_the_vendors_print() {
        let byte = |page: &str, ch| CodePage::named(page).unwrap().byte(ch);
        assert_eq!(byte("cp437", 'é'), Some(0x82));
        assert_eq!(byte("cp1252", '€'), Some(0x80));
        assert_eq!(byte("cp858", '€'), Some(0xD5));
        assert_eq!(byte("cp866", 'Ж'), Some(0x86));
        assert_eq!(byte("katakana", 'ｱ'), Some(0xB1));
        assert_eq!(byte("cp437", '€'), None);
        assert!(CodePage::named("cp850").unwrap().covers("Crème brûlée"));
    }
}
