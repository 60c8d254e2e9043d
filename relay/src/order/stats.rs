//! Kitchen statistics: how many orders stand where (D2 `kitchen:stats_update`).

use super::event::{Change, Stats};
use super::model::Status;

impl Stats {
    /// Counts orders by stage: what is confirmed still waits for the kitchen, what is served has
    /// left it.
    #[must_use]
    pub fn count(orders: impl IntoIterator<Item = Status>) -> Self {
        let mut stats = Self {
            pending: 0,
            preparing: 0,
            ready: 0,
            total: 0,
        };
        for status in orders {
            stats.add(status, 1);
        }
        stats
    }

    /// Adds `orders` orders of one status, such as a row of `SELECT status, count(*)`.
    pub fn add(&mut self, status: Status, orders: u32) {
        let stage = match status {
            Status::Pending | Status::Confirmed => &mut self.pending,
            Status::Preparing => &mut self.preparing,
            Status::Ready => &mut self.ready,
            Status::Served | Status::Completed | Status::Cancelled => return,
        };
        *stage = stage.saturating_add(orders);
        self.total = self.total.saturating_add(orders);
    }

    /// Whether these changes are told with statistics (DIALECTS.md, "What a change emits").
    #[must_use]
    pub fn follow(changes: &[Change]) -> bool {
        changes.iter().any(|change| {
            matches!(
                change,
                Change::Created | Change::Status { .. } | Change::Cancelled { .. }
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_counted_by_the_kitchens_stages() {
        let stats = Stats::count([
            Status::Pending,
            Status::Confirmed,
            Status::Preparing,
            Status::Ready,
            Status::Served,
            Status::Completed,
            Status::Cancelled,
        ]);
        assert_eq!(
            stats,
            Stats {
                pending: 2,
                preparing: 1,
                ready: 1,
                total: 4
            }
        );
    }

    #[test]
    fn statistics_follow_what_moves_an_order() {
        assert!(Stats::follow(&[Change::ReceiptAsked, Change::Created]));
        assert!(!Stats::follow(&[
            Change::ReceiptAsked,
            Change::ItemCancelled { item: "a".into() }
        ]));
    }
}
