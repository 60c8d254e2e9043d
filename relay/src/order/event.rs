//! The canonical event: what one request changed. Numbered in its transaction, kept as JSON, and
//! projected into every dialect by pure functions, live and on replay alike.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::model::{Item, ItemStatus, Order, Priority, Status, money};
use crate::routing::Ticket;

/// One numbered event of an outlet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The outlet's next number N, without gaps.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: `role:subject`.
    pub by: String,
    /// What changed, and how it looks now.
    pub subject: Subject,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// One request to one order: one event, with every change it made.
    Order {
        /// The order after the request.
        order: Box<Order>,
        /// What the request changed, in the order of DIALECTS.md's table.
        changes: Vec<Change>,
        /// The tickets that follow, in station order: print events for rooms, jobs for agents.
        tickets: Vec<Ticket>,
        /// Kitchen statistics after it, where they changed.
        stats: Option<Stats>,
        /// The table session it belongs to.
        session: Option<String>,
    },
    /// A table, as JSON (D4 `table:updated`).
    Table(serde_json::Value),
    /// A menu item, as JSON (D4 `menu:updated`).
    Menu(serde_json::Value),
}

/// One change of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields say it")]
pub enum Change {
    Created,
    Confirmed,
    /// To another status; `back` for one step back.
    Status {
        from: Status,
        to: Status,
        back: bool,
        /// Whole minutes since preparing began, on completion (`prepTime`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prep_minutes: Option<u32>,
    },
    /// Cancelled, with the reason; `accepted` when it answers a request.
    Cancelled {
        reason: String,
        accepted: bool,
    },
    ItemsAdded {
        items: Vec<Item>,
    },
    ItemQuantity {
        item: String,
        from: u32,
        to: u32,
    },
    ItemStatus {
        item: String,
        status: ItemStatus,
    },
    ItemCancelled {
        item: String,
    },
    CancelRequested {
        reason: String,
        staff_id: Option<String>,
    },
    CancelRejected {
        reason: String,
    },
    Paid {
        #[serde(with = "money")]
        amount: Decimal,
        method: Option<String>,
        in_full: bool,
    },
    Acknowledged {
        chef_id: Option<String>,
        chef_name: Option<String>,
    },
    Priority {
        priority: Priority,
    },
    StationAssigned {
        station_id: String,
        station_name: Option<String>,
    },
    Moved {
        from_table: Option<String>,
        from_area: Option<String>,
        #[serde(default)]
        from_table_id: Option<String>,
    },
    Reprinted {
        /// One station; none for all that have the order on paper.
        station: Option<String>,
    },
    ReceiptAsked,
}

/// Kitchen statistics: orders by stage (D2 `kitchen:stats_update`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the wire's")]
pub struct Stats {
    pub pending: u32,
    pub preparing: u32,
    pub ready: u32,
    pub total: u32,
}
