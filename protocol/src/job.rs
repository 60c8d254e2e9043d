//! A job: one ticket for one station, its states and what may follow them (DELIVERY.md).

mod moves;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The relay's id of a job (a `UUIDv7` as text). The same on every hop and in every log line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(String);

impl JobId {
    /// Wraps the text of an id.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last eight characters, for the foot of a ticket.
    #[must_use]
    pub fn short(&self) -> &str {
        let start = self.0.char_indices().rev().nth(7).map_or(0, |(index, _)| index);
        self.0.get(start..).unwrap_or(&self.0)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a job stands. The order of the variants is no ranking: see [`JobState::may_become`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Committed at the relay with its order.
    Accepted,
    /// Fsynced in the agent's spool.
    Spooled,
    /// No byte sent, with a reason: printer not ready, or stale.
    Held,
    /// The intent is fsynced; bytes may have left.
    Printing,
    /// Evidence A or B, or a person's word.
    Printed,
    /// Evidence C: sent, not verified.
    Sent,
    /// At least one byte sent, no evidence.
    Unconfirmed,
    /// Withdrawn before a byte left, or closed by a person.
    Cancelled,
    /// Too old to print.
    Expired,
    /// Set aside: it cannot be printed at all.
    Failed,
}

impl JobState {
    /// Every state, in the order of DELIVERY.md's table.
    pub const ALL: [Self; 10] = [
        Self::Accepted,
        Self::Spooled,
        Self::Held,
        Self::Printing,
        Self::Printed,
        Self::Sent,
        Self::Unconfirmed,
        Self::Cancelled,
        Self::Expired,
        Self::Failed,
    ];

    /// Whether nothing follows any more.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::Printed | Self::Sent | Self::Cancelled | Self::Expired | Self::Failed => true,
            Self::Accepted | Self::Spooled | Self::Held | Self::Printing | Self::Unconfirmed => false,
        }
    }

    /// The name on the wire and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Spooled => "spooled",
            Self::Held => "held",
            Self::Printing => "printing",
            Self::Printed => "printed",
            Self::Sent => "sent",
            Self::Unconfirmed => "unconfirmed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How it is known that a ticket is on paper, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Evidence {
    /// The printer itself says that this very job is done.
    A,
    /// An ordered status reply behind the data and a clean status.
    B,
    /// The bytes were taken and nothing was said against them.
    C,
    /// A person looked.
    #[serde(rename = "person")]
    Person,
}

impl Evidence {
    /// The name on the wire and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::Person => "person",
        }
    }

    /// The evidence of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::A, Self::B, Self::C, Self::Person]
            .into_iter()
            .find(|evidence| evidence.as_str() == name)
    }
}

/// What sort of ticket a job prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// A station's first ticket of an order.
    Order,
    /// Items added later.
    Add,
    /// Something changed: quantity, table.
    Change,
    /// Items or the order withdrawn.
    Void,
    /// A bill.
    Receipt,
    /// The whole order, for the pass.
    Expo,
    /// What is waiting at a station.
    Summary,
    /// A neighbour is in trouble.
    Alarm,
    /// A test ticket.
    Test,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Order,
        Self::Add,
        Self::Change,
        Self::Void,
        Self::Receipt,
        Self::Expo,
        Self::Summary,
        Self::Alarm,
        Self::Test,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Add => "add",
            Self::Change => "change",
            Self::Void => "void",
            Self::Receipt => "receipt",
            Self::Expo => "expo",
            Self::Summary => "summary",
            Self::Alarm => "alarm",
            Self::Test => "test",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A line on top of a ticket that says what is special about it (TICKETS.md, "The event").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Banner {
    /// `LATE n min`.
    Late {
        /// Minutes since the job was due.
        minutes: u32,
    },
    /// `POSSIBLE DUPLICATE`, with the time of the first try.
    PossibleDuplicate {
        /// When the first attempt began.
        first_try: Timestamp,
    },
    /// `REPRINT`: a person asked for it.
    Reprint,
    /// `BACKUP FROM <station>`.
    Backup {
        /// The station whose printer is down.
        station: String,
    },
    /// `UNROUTED`: no rule matched an item.
    Unrouted,
}

/// The `job` of a print event: what the agent needs to own it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobHeader {
    /// The relay's id.
    pub id: JobId,
    /// Position in the station's queue at the relay: strictly increasing per station.
    pub seq: u64,
    /// The station's name, such as `kitchen` or `bar_depan`.
    pub station: String,
    /// The station's running number as printed; a backup keeps it.
    pub number: u64,
    /// What sort of ticket.
    pub kind: JobKind,
    /// Papers to print, 1 or more.
    #[serde(default = "one")]
    pub copies: u32,
    /// When it should be on paper.
    pub due: Timestamp,
    /// When it is no longer wanted.
    pub expires: Timestamp,
    /// Attempts begun before this offer, anywhere: 0 for a job never tried.
    #[serde(default)]
    pub attempt: u32,
    /// Milliseconds since `due` by the relay's clock at the moment of this offer; 0 before it.
    #[serde(default)]
    pub age_ms: u64,
    /// What the ticket must carry on top.
    #[serde(default)]
    pub banners: Vec<Banner>,
    /// The station whose printer prints it in place of `station`, which is down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// How often the relay took it back from an agent that had not begun it. With a higher number a job that
    /// was withdrawn is wanted again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hops: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn one() -> u32 {
    1
}
