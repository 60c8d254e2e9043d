//! An order's trail in the log: its id once with the ids of its jobs, then each job by its id until it is on
//! paper. The agent's log names the same job.

use tracing::info;

use crate::order::{Event, Subject};
use crate::store::Committed;

/// Writes down what a commit did.
pub(crate) fn of(commit: &Committed) {
    for (outlet, event) in &commit.events {
        changed(outlet, event);
    }
    for (outlet, job, station, state) in &commit.jobs {
        info!(%outlet, job.id = %job, station, %state, "{job} for {station} is {state}");
    }
}

/// Orders alone: what else changes never prints.
fn changed(outlet: &str, event: &Event) {
    let Subject::Order { order, tickets, .. } = &event.subject else {
        return;
    };
    let jobs: Vec<String> = tickets
        .iter()
        .filter_map(|ticket| ticket.job.as_ref().map(ToString::to_string))
        .collect();
    let (id, number) = (order.id.key(), &order.order_number);
    info!(
        outlet,
        order.id = id,
        event.seq,
        status = order.status.as_str(),
        jobs = jobs.join(" "),
        "{number} is {}",
        order.status.as_str()
    );
}
