//! What a ticket must carry on top, beside what is in its event.

use serde::{Deserialize, Serialize};

/// A warning at the head of a ticket. In JSON `{"kind": "late", "minutes": 7}` and so on, as in a job's `banners`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Banner {
    /// The ticket is older than it should be.
    Late {
        /// Its age in minutes.
        minutes: u32,
    },
    /// It may have been printed before.
    PossibleDuplicate {
        /// When it was tried first, RFC 3339.
        first_try: String,
    },
    /// A person asked for another copy.
    Reprint,
    /// It is another station's.
    Backup {
        /// The station that it is for.
        station: String,
    },
    /// No routing rule matched an item on it.
    Unrouted,
}
