//! Puts right what turned out otherwise after the plan was made.

use std::collections::BTreeSet;

use protocol::{JobId, JobKind};

use super::ledger::{Ledger, begun};
use super::route::{Paper, active};
use super::settings::Settings;
use super::{LedgerJob, Line, Ticket, Trigger};
use crate::order::model::{Order, Status};

/// The VOID for a job that was to be withdrawn and had already begun: what its station now has more
/// of than the order says, of the items of this job. None where nothing is too much.
///
/// `ledger` is the order's jobs from oldest to newest, with this one in the state that the agent
/// reported and its `cancel_requested` cleared.
#[must_use]
pub fn late_void(
    job: &LedgerJob,
    order: &Order,
    ledger: &[LedgerJob],
    settings: &Settings,
    new_id: &mut dyn FnMut() -> String,
) -> Option<Ticket> {
    if !matches!(job.kind, JobKind::Order | JobKind::Add) {
        return None;
    }
    let book = Ledger::new(ledger);
    let items: BTreeSet<&str> = job.lines.iter().map(|line| line.item.as_str()).collect();
    let excess = |id: &&str| {
        let item = order.items.iter().find(|item| item.id == **id)?;
        let quantity = book.held(&job.station, id).saturating_sub(wanted(order, id));
        let line = Line {
            item: item.id.clone(),
            quantity,
            unrouted: false,
        };
        (quantity > 0).then_some(line)
    };
    let lines: Vec<Line> = items.iter().filter_map(excess).collect();
    if lines.is_empty() {
        return None;
    }
    let paper = Paper {
        kind: JobKind::Void,
        trigger: Trigger::Void,
        shown: lines.clone(),
        lines,
        rooms: false,
        extra: Vec::new(),
    };
    let id = JobId::new(new_id());
    Some(paper.draft(order, settings, &job.station, Some(id)).ticket())
}

fn wanted(order: &Order, id: &str) -> u32 {
    if order.status == Status::Cancelled {
        return 0;
    }
    active(order)
        .find(|item| item.id == id)
        .map_or(0, |item| item.quantity)
}

/// The lines of a copy that a person asks for: what the original would have added, where it never
/// came to paper; nothing where it did, so that the ledger does not count it twice.
#[must_use]
pub fn reprint_lines(job: &LedgerJob) -> Vec<Line> {
    if begun(job.state) || !job.state.is_final() {
        return Vec::new();
    }
    job.lines.clone()
}
