//! What becomes of a job that another station prints for its own: lent, asked back, given back, brought home.

use jiff::Timestamp;
use protocol::JobState;

use super::step;
use crate::store::AgentUpdate;
use crate::store::sql::jobs::JobRow;

/// The agent had not begun it and gives it back: it is offered where it was asked for, unless somebody
/// wants it withdrawn for good.
pub(in crate::store) fn take_back(row: &mut JobRow, now: Timestamp) -> bool {
    let waiting = matches!(row.job.state, JobState::Spooled | JobState::Held);
    if !waiting || row.withdrawn || row.wish.is_some() {
        return false;
    }
    let Some(to) = row.hand_back.take() else {
        return false;
    };
    row.job.holder = None;
    row.job.cancel_requested = false;
    row.job.header.hops += 1;
    row.diverted = Some(to).filter(|to| *to != row.job.header.station);
    row.lent = row.diverted.clone().or(row.lent.take());
    let place = row.diverted.as_ref().unwrap_or(&row.job.header.station);
    let detail = format!("given back before the first byte, for {place}");
    step(&mut row.job, JobState::Accepted, now, Some(detail));
    true
}

/// Whether this is what a device says of a job that it gave back.
pub(in crate::store) fn gave_back(row: &JobRow, said: &AgentUpdate) -> bool {
    row.job.header.hops > 0 && said.state == JobState::Cancelled && said.attempt == 0
}

/// A job that nobody has goes to the backup. Returns whether the row changed.
pub(in crate::store) fn lend(row: &mut JobRow, via: &str, now: Timestamp) -> bool {
    if row.job.state != JobState::Accepted || row.diverted.is_some() {
        return false;
    }
    row.diverted = Some(via.to_owned());
    row.lent.clone_from(&row.diverted);
    step(
        &mut row.job,
        JobState::Accepted,
        now,
        Some(format!("its agent is away: goes to {via}")),
    );
    true
}

/// A job that the backup has not got goes home; with `doubt` it may have got it. Returns whether the row changed.
pub(in crate::store) fn bring_back(row: &mut JobRow, doubt: bool, now: Timestamp) -> bool {
    if row.job.state != JobState::Accepted || row.diverted.take().is_none() {
        return false;
    }
    if doubt {
        row.doubt.get_or_insert(row.job.created_at);
    }
    step(
        &mut row.job,
        JobState::Accepted,
        now,
        Some("its own station is back".to_owned()),
    );
    true
}

/// A job of which not one byte has left is asked back from its agent. Returns whether the row changed.
pub(in crate::store) fn ask_back(row: &mut JobRow, to: String) -> bool {
    let waits = row.job.state == JobState::Held && row.wish.is_none() && !row.job.cancel_requested;
    if waits {
        row.hand_back = Some(to);
        row.job.cancel_requested = true;
    }
    waits
}

/// Says of a job that its agent cannot be reached. Returns whether the row changed.
pub(in crate::store) fn tell_unreachable(row: &mut JobRow, why: &str, now: Timestamp) -> bool {
    let waits = matches!(row.job.state, JobState::Spooled | JobState::Held);
    if waits {
        let state = row.job.state;
        step(&mut row.job, state, now, Some(why.to_owned()));
    }
    waits
}
