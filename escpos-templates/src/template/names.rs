//! Names known to the compiler, found by one hash and one comparison: templates and events look up hundreds a ticket.

/// Slots of the table: enough for a hundred names without two in one slot.
const SLOTS: usize = 2048;

/// A slot without a name.
const FREE: u8 = u8::MAX;

/// A set of names, each with a number that several may share.
pub(super) struct Names {
    list: &'static [(&'static str, u8)],
    seed: u32,
    slots: [u8; SLOTS],
}

impl Names {
    /// Builds the table; two equal names keep the compiler busy for good.
    pub(super) const fn new(list: &'static [(&'static str, u8)]) -> Self {
        let mut seed = 0;
        loop {
            if let Some(slots) = placed(list, seed) {
                return Self { list, seed, slots };
            }
            seed += 1;
        }
    }

    /// A name's place in the list and its number.
    pub(super) fn find(&self, name: &str) -> Option<(u8, usize)> {
        let place = *self.slots.get(slot(name.as_bytes(), self.seed))?;
        let (known, number) = self.list.get(usize::from(place))?;
        (*known == name).then_some((place, usize::from(*number)))
    }
}

/// Each name in a slot of its own, or `None` where two would share one.
#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "run by the compiler alone; lists are shorter than 255"
)]
const fn placed(list: &[(&str, u8)], seed: u32) -> Option<[u8; SLOTS]> {
    let mut slots = [FREE; SLOTS];
    let mut place = 0;
    while place < list.len() {
        let slot = slot(list[place].0.as_bytes(), seed);
        if slots[slot] != FREE {
            return None;
        }
        slots[slot] = place as u8;
        place += 1;
    }
    Some(slots)
}

/// FNV-1a, 32 bits.
const fn slot(name: &[u8], seed: u32) -> usize {
    let mut hash = 0x811c_9dc5 ^ seed;
    let mut rest = name;
    while let [byte, tail @ ..] = rest {
        hash = (hash ^ *byte as u32).wrapping_mul(0x0100_0193);
        rest = tail;
    }
    (hash ^ hash >> 16) as usize % SLOTS
}

/// An enum of fields, and the names under which each is found, the better ones first.
macro_rules! named {
    ($(#[$doc:meta])* $kind:ident, $($field:ident: $($name:literal),+;)+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $kind { $($field),+ }

        impl $kind {
            /// Every field once.
            pub(super) const ALL: &'static [Self] = &[$(Self::$field),+];
            /// How many fields there are.
            pub(super) const COUNT: usize = Self::ALL.len();
            /// Every name.
            pub(super) const LIST: &'static [(&'static str, u8)] = &[$($(($name, Self::$field as u8)),+),+];
            /// Finds a field's number by its name.
            pub(super) const NAMES: &'static $crate::template::names::Names = {
                static NAMES: $crate::template::names::Names = $crate::template::names::Names::new($kind::LIST);
                &NAMES
            };

            /// Its place in [`Self::ALL`].
            pub(super) const fn place(self) -> usize {
                self as usize
            }
        }
    };
}
pub(super) use named;

#[cfg(test)]
mod tests {
    use super::*;

    static NAMES: Names = Names::new(&[("table_number", 0), ("tableNumber", 0), ("area", 1)]);

    #[test]
    fn a_name_is_found_with_its_rank_and_number_and_no_other_is() {
        assert_eq!(NAMES.find("table_number"), Some((0, 0)));
        assert_eq!(NAMES.find("tableNumber"), Some((1, 0)));
        assert_eq!(NAMES.find("area"), Some((2, 1)));
        assert_eq!((NAMES.find("areas"), NAMES.find("")), (None, None));
    }
}
