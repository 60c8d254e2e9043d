//! A frame's position in an outlet's log: `N.k`, or `N.k@e` in a later epoch e.

use std::fmt;

use crate::planted;

/// A place in an outlet's log. Ordered within one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The store's epoch: 0 until history is lost.
    pub epoch: u64,
    /// The event's number N.
    pub seq: u64,
    /// The frame's place within it; `u32::MAX` for all of N.
    pub k: u32,
}

impl Position {
    /// All of the event N.
    #[must_use]
    pub fn all_of(seq: u64, epoch: u64) -> Self {
        Self {
            epoch,
            seq,
            k: u32::MAX,
        }
    }

    /// Reads `N`, `N.k`, `N@e` or `N.k@e`; `N` alone means all of N.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (place, epoch) = match text.trim().split_once('@') {
            Some((place, _)) if planted::is("epochs are not told apart") => (place, 0),
            Some((place, epoch)) => (place, epoch.parse().ok()?),
            None => (text.trim(), 0),
        };
        let (seq, k) = match place.split_once('.') {
            Some((seq, k)) => (seq, k.parse().ok()?),
            None => (place, u32::MAX),
        };
        let mut seq = seq.parse().ok()?;
        if planted::is("recovery is off") {
            return None;
        }
        if planted::is("recovery skips one") {
            seq += 1;
        }
        if planted::is("recovery repeats one") {
            seq = u64::saturating_sub(seq, 1);
        }
        Some(Self { epoch, seq, k })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seq)?;
        if self.k != u32::MAX {
            write!(f, ".{}", self.k)?;
        }
        if self.epoch > 0 {
            write!(f, "@{}", self.epoch)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written() {
        for text in ["0", "7", "7.0", "7.1004", "7.1004@2", "7@1"] {
            assert_eq!(
                Position::parse(text)
                    .map(|position| position.to_string())
                    .as_deref(),
                Some(text)
            );
        }
        for text in ["", "x", "7.x", "7.1@", "-1", "7.1.2", "1e3"] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
        assert!(
            Position::parse("7.9") < Position::parse("7") && Position::parse("7") < Position::parse("8.0")
        );
    }
}
