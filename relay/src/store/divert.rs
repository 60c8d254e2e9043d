//! Which jobs of a station that is down another station prints, and which come back. Pure: rows in, plans out.
//!
//! Never both unmarked: what an unreachable agent has acknowledged stays its own, what it may have got is
//! lent marked (by the caller), and what a connected agent holds is asked back first and goes on only when
//! the agent has confirmed that not one byte has left. A job is lent to its station's backup alone, never
//! on from there, so there are no loops.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use protocol::{JobId, JobKind, JobState};

use super::sql::jobs::JobRow;
use super::{Job, Printer};

/// How a job of an unreachable agent stands, for people.
pub(super) const UNREACHABLE: &str =
    "its agent cannot be reached and may still print it; cancel it and print it again elsewhere, or wait";

/// How a station and its backup are, as far as this relay knows.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The backup, by the outlet's settings.
    pub via: String,
    /// Down for how long before the backup takes over.
    pub after: Duration,
    /// The station's agent.
    pub home: Agent,
    /// The backup's agent.
    pub backup: Agent,
    /// When this relay began: what it offered before, nobody knows.
    pub began: Timestamp,
}

/// An agent as the links see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its device; none where nobody ever came.
    pub device: Option<String>,
    /// Gone for so long; none while it is connected.
    pub away: Option<Duration>,
}

/// What is to be done with one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Plan {
    /// Accepted and nobody's: the backup gets it.
    Lend,
    /// Not yet offered to the backup: home again. Marked where it may have been.
    Return {
        /// The backup's agent may have it.
        doubt: bool,
    },
    /// Held with not one byte sent: asked back, for the station that is named.
    AskBack(String),
    /// A person should know where it is.
    Tell,
}

/// What is decided about, besides each job.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) standing: &'a Standing,
    pub(super) printers: &'a [Printer],
    /// The station's open jobs, by their place in its queue.
    pub(super) rows: &'a [JobRow],
    /// Of corrections that are lent: where the original was lent to.
    pub(super) originals: &'a HashMap<JobId, Option<String>>,
    /// The station's queue was offered to the backup up to here.
    pub(super) offered: u64,
    pub(super) now: Timestamp,
}

/// The plans, in the queue's order.
pub(super) fn plan(scene: &Scene<'_>) -> Vec<(JobId, Plan)> {
    let mut plans: Vec<(JobId, Plan)> = Vec::new();
    for row in scene.rows {
        let plan = scene.of(row).filter(|plan| scene.keeps_order(row, plan, &plans));
        plans.extend(plan.map(|plan| (row.job.header.id.clone(), plan)));
    }
    plans
}

impl Scene<'_> {
    fn of(&self, row: &JobRow) -> Option<Plan> {
        if row.job.cancel_requested || row.wish.is_some() || row.hand_back.is_some() {
            return None;
        }
        match (row.job.state, &row.diverted) {
            (JobState::Accepted, None) => self.lends().then_some(Plan::Lend),
            (JobState::Accepted, Some(_)) => self.returns(row),
            (JobState::Held, None) if self.holds(&self.standing.home, row) => {
                let down = self.is_out(&self.standing.home, row) && self.backup_is_ready();
                (down && self.differ()).then(|| Plan::AskBack(self.standing.via.clone()))
            }
            (JobState::Held, Some(_)) if self.holds(&self.standing.backup, row) => {
                let down = self.is_out(&self.standing.backup, row) && self.home_is_ready(row);
                (down && self.differ()).then(|| Plan::AskBack(row.job.header.station.clone()))
            }
            (JobState::Spooled | JobState::Held, None) => self.tells(row).then_some(Plan::Tell),
            _ => None,
        }
    }

    /// A correction never leaves alone, nor comes back alone.
    fn keeps_order(&self, row: &JobRow, plan: &Plan, plans: &[(JobId, Plan)]) -> bool {
        let header = &row.job.header;
        if *plan == Plan::Tell || !matches!(header.kind, JobKind::Void | JobKind::Change) {
            return true;
        }
        let mut earlier = self
            .rows
            .iter()
            .filter(|other| other.job.order_id == row.job.order_id && other.job.header.seq < header.seq);
        match earlier.next_back() {
            Some(original)
                if original.job.state == JobState::Accepted && original.diverted != row.diverted =>
            {
                true
            }
            Some(original) => plans
                .iter()
                .any(|(id, with)| *id == original.job.header.id && with == plan),
            // On paper: a correction that is lent stays where its original came out.
            None => match plan {
                Plan::Return { doubt: false } => self
                    .originals
                    .get(&header.id)
                    .is_none_or(|at| *at != row.diverted),
                _ => true,
            },
        }
    }

    fn lends(&self) -> bool {
        let Standing { home, after, .. } = self.standing;
        home.away.is_some_and(|away| away >= *after) && self.backup_is_ready()
    }

    fn returns(&self, row: &JobRow) -> Option<Plan> {
        if !self.home_is_ready(row) {
            return None;
        }
        let Standing {
            backup, after, began, ..
        } = self.standing;
        if backup.away.is_some_and(|away| away >= *after) {
            return Some(Plan::Return { doubt: true });
        }
        // What was offered is acknowledged in a moment, and printed there.
        let never_offered = row.job.header.seq > self.offered && row.job.created_at > *began;
        never_offered.then_some(Plan::Return { doubt: false })
    }

    /// An agent that cannot be reached holds it.
    fn tells(&self, row: &JobRow) -> bool {
        let Standing { home, after, .. } = self.standing;
        let gone = home.away.is_some_and(|away| away >= *after);
        let held = home.device.is_some() && holder(&row.job) == home.device.as_deref();
        gone && held && row.job.detail.as_deref() != Some(UNREACHABLE)
    }

    fn holds(&self, agent: &Agent, row: &JobRow) -> bool {
        agent.away.is_none() && agent.device.is_some() && holder(&row.job) == agent.device.as_deref()
    }

    fn differ(&self) -> bool {
        self.standing.home.device != self.standing.backup.device
    }

    /// The printer that this job waits for has been out for too long; one that waits for a person waits on.
    fn is_out(&self, agent: &Agent, row: &JobRow) -> bool {
        let stale = row
            .job
            .detail
            .as_deref()
            .is_some_and(|why| why.starts_with("stale"));
        let Some((device, name)) = agent.device.as_deref().zip(row.job.printer.as_deref()) else {
            return false;
        };
        let Some(at) = self.offline_since(device, name) else {
            return false;
        };
        let beside = self
            .rows
            .iter()
            .filter(|other| holder(&other.job) == Some(device) && other.job.printer.as_deref() == Some(name));
        let since = beside
            .filter_map(|other| held_since(&other.job))
            .chain([at])
            .min();
        !stale
            && since.is_some_and(|since| self.now.duration_since(since).unsigned_abs() >= self.standing.after)
    }

    fn offline_since(&self, device: &str, name: &str) -> Option<Timestamp> {
        let printer = self
            .printers
            .iter()
            .find(|printer| printer.device == device && printer.name == name)?;
        let offline = printer.status.as_ref().is_some_and(|status| !status.online);
        offline.then_some(printer.at)
    }

    fn home_is_ready(&self, row: &JobRow) -> bool {
        let home = &self.standing.home;
        let Some(device) = home.device.as_deref().filter(|_| home.away.is_none()) else {
            return false;
        };
        match row.job.printer.as_deref() {
            Some(name) if self.has(device, name) => self.offline_since(device, name).is_none(),
            _ => self.some_printer_is_up(device),
        }
    }

    fn backup_is_ready(&self) -> bool {
        let backup = &self.standing.backup;
        let device = backup.device.as_deref().filter(|_| backup.away.is_none());
        device.is_some_and(|device| self.some_printer_is_up(device))
    }

    fn has(&self, device: &str, name: &str) -> bool {
        self.printers
            .iter()
            .any(|printer| printer.device == device && printer.name == name)
    }

    fn some_printer_is_up(&self, device: &str) -> bool {
        let mut own = self
            .printers
            .iter()
            .filter(|printer| printer.device == device)
            .peekable();
        own.peek().is_none() || own.any(|printer| printer.status.as_ref().is_none_or(|status| status.online))
    }
}

fn holder(job: &Job) -> Option<&str> {
    job.holder.as_ref().map(|(device, _)| device.as_str())
}

/// Since when it has been held without a break.
fn held_since(job: &Job) -> Option<Timestamp> {
    let held = job
        .history
        .iter()
        .rev()
        .take_while(|step| step.state == JobState::Held);
    held.last().map(|step| step.at)
}
