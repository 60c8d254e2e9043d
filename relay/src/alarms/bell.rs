//! When people are told of trouble, and when it is over. Pure: what is wrong now in, what to say out.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// A printer whose cover somebody opens to change the roll is no news. Half of the minute that DELIVERY.md allows.
const PATIENCE: SignedDuration = SignedDuration::from_secs(15);

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// Names it for as long as it lasts: `printer:grill`.
    pub key: String,
    /// What people read.
    pub text: String,
    /// Since when it is known.
    pub since: Timestamp,
    /// People were told.
    pub told: bool,
}

/// What to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct News {
    /// The trouble's name.
    pub key: String,
    /// What people read.
    pub text: String,
    /// It is over.
    pub is_over: bool,
}

/// One outlet's troubles.
#[derive(Debug, Default)]
pub(super) struct Bell {
    open: BTreeMap<String, Trouble>,
}

impl Bell {
    /// Takes what is wrong now, texts by their names, and says what is new and what is over.
    pub(super) fn look(&mut self, wrong: &BTreeMap<String, String>, now: Timestamp) -> Vec<News> {
        let mut news = Vec::new();
        self.open.retain(|key, trouble| {
            let lasts = wrong.contains_key(key);
            if !lasts && trouble.told {
                news.push(said(trouble, true));
            }
            lasts
        });
        for (key, text) in wrong {
            let trouble = self.open.entry(key.clone()).or_insert_with(|| Trouble {
                key: key.clone(),
                text: text.clone(),
                since: now,
                told: false,
            });
            trouble.text.clone_from(text);
            if !trouble.told && now.duration_since(trouble.since) >= PATIENCE {
                trouble.told = true;
                news.push(said(trouble, false));
            }
        }
        news
    }

    /// What is wrong, by its name.
    #[must_use]
    pub(super) fn open(&self) -> Vec<Trouble> {
        self.open.values().cloned().collect()
    }
}

fn said(trouble: &Trouble, is_over: bool) -> News {
    News {
        key: trouble.key.clone(),
        text: trouble.text.clone(),
        is_over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn wrong(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
        texts
            .iter()
            .map(|(key, text)| ((*key).into(), (*text).into()))
            .collect()
    }

    #[test]
    fn trouble_is_told_once_after_a_moment_and_once_when_it_is_over() {
        let mut bell = Bell::default();
        let paper = wrong(&[("printer:grill", "grill: out of paper")]);
        assert_eq!(bell.look(&paper, at(0)), []);
        assert_eq!(bell.look(&paper, at(14)), []);
        let told = bell.look(&paper, at(15));
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].text.as_str(), told[0].is_over),
            ("grill: out of paper", false)
        );
        assert_eq!(bell.look(&paper, at(600)), [], "told once");
        let over = bell.look(&wrong(&[]), at(601));
        assert_eq!((over[0].key.as_str(), over[0].is_over), ("printer:grill", true));
        assert_eq!(bell.look(&wrong(&[]), at(602)), []);
    }

    #[test]
    fn what_passes_by_itself_is_never_told() {
        let mut bell = Bell::default();
        bell.look(&wrong(&[("printer:grill", "grill: cover is open")]), at(0));
        assert_eq!(bell.look(&wrong(&[]), at(10)), []);
        assert_eq!(bell.open(), []);
    }
}
