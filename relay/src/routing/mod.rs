//! What changed -> tickets per station, against what each station already has on paper. Pure.

pub mod assign;
mod check;
pub mod explain;
pub mod late;
mod ledger;
mod looks;
pub mod route;
pub mod settings;
#[cfg(test)]
mod tests;
pub mod ticket;

pub use assign::assign;
pub use explain::{DryRun, Finding, dry_run, lint};
pub use late::{late_void, reprint_lines};
pub use looks::{LONGEST_TEMPLATE, Look};
pub use route::plan;
pub use settings::{Settings, order_number, station_for_device};
pub use ticket::test_ticket;

use protocol::{Banner, JobId, JobKind, JobState};
use serde::{Deserialize, Serialize};

/// Why a ticket prints (D1 `print_trigger`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the wire's")]
pub enum Trigger {
    Immediate,
    Confirmed,
    Paid,
    Added,
    Changed,
    Void,
    Reprint,
}

/// One ticket for one station: the print event's payload for rooms, and a job for paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// The station: `kitchen`, `bar_depan`, `bar_belakang`, `cashier` or one of the outlet's own.
    pub station: String,
    /// What sort.
    pub kind: JobKind,
    /// Why it prints.
    pub trigger: Trigger,
    /// What is on it: the difference alone.
    pub lines: Vec<Line>,
    /// What it must carry on top.
    pub banners: Vec<Banner>,
    /// Papers to print.
    pub copies: u32,
    /// The job for paper; none where rooms alone hear of it (a VOID whose original never began).
    pub job: Option<JobId>,
    /// Rooms hear of it; not where another ticket of the same change tells them (what replaces a
    /// withdrawn job), and not of bills.
    pub rooms: bool,
    /// The print event's name, such as `kitchen_immediate_print`.
    pub event: String,
    /// The print event's `data` without `job`: D1's columns and all that paper needs beyond them.
    pub data: serde_json::Value,
}

/// An item on a ticket: how many of it this ticket adds (VOID: takes away).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The item's id within the order.
    pub item: String,
    /// How many.
    pub quantity: u32,
    /// No rule matched it.
    pub unrouted: bool,
}

/// A job of the order as the ledger sees it: together they say what each station has on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerJob {
    /// The job's id.
    pub id: JobId,
    /// Its station.
    pub station: String,
    /// What sort.
    pub kind: JobKind,
    /// Where it stands.
    pub state: JobState,
    /// What is on it.
    pub lines: Vec<Line>,
    /// A cancellation was asked of the agent and not answered yet.
    pub cancel_requested: bool,
}

/// What routing asks of the store.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// Tickets in station order.
    pub tickets: Vec<Ticket>,
    /// Jobs that have not begun and are withdrawn instead of voided.
    pub withdraw: Vec<JobId>,
}
