//! What each station has on paper or coming, and how an item is taken away again.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{JobId, JobKind, JobState};

use super::{LedgerJob, Line};

/// The order's jobs, oldest first, as the store knows them.
pub(super) struct Ledger<'a> {
    jobs: &'a [LedgerJob],
}

/// How a station loses items: what is withdrawn, what replaces it, what is voided on paper.
#[derive(Debug, Default)]
pub(super) struct Removal {
    /// Jobs that have not begun.
    pub(super) withdraw: Vec<JobId>,
    /// What is left of withdrawn jobs, to be printed by new ones.
    pub(super) again: Vec<(JobKind, Vec<Line>)>,
    /// What is taken back on paper.
    pub(super) void: Vec<Line>,
}

/// The ticket is on paper, being printed or in doubt.
pub(super) fn begun(state: JobState) -> bool {
    match state {
        JobState::Printing | JobState::Printed | JobState::Sent | JobState::Unconfirmed => true,
        JobState::Accepted | JobState::Spooled | JobState::Held => false,
        JobState::Cancelled | JobState::Expired | JobState::Failed => false,
    }
}

/// No byte has left and nobody withdrew it.
fn waiting(job: &LedgerJob) -> bool {
    let early = matches!(job.state, JobState::Accepted | JobState::Spooled | JobState::Held);
    early && !job.cancel_requested
}

fn counts(job: &LedgerJob) -> bool {
    begun(job.state) || waiting(job)
}

fn adds(job: &LedgerJob) -> bool {
    matches!(job.kind, JobKind::Order | JobKind::Add)
}

/// Tells about what is there, and is pointless without it.
fn comments(job: &LedgerJob) -> bool {
    job.lines.is_empty() && matches!(job.kind, JobKind::Order | JobKind::Add | JobKind::Change)
}

fn quantity(job: &LedgerJob, item: &str) -> u32 {
    let lines = job.lines.iter().filter(|line| line.item == item);
    lines.fold(0, |sum, line| sum.saturating_add(line.quantity))
}

impl<'a> Ledger<'a> {
    pub(super) fn new(jobs: &'a [LedgerJob]) -> Self {
        Self { jobs }
    }

    /// Stations that have a job for the order's items, in order of their names.
    pub(super) fn stations(&self) -> BTreeSet<&'a str> {
        let lined = self.jobs.iter().filter(|job| adds(job) && !job.lines.is_empty());
        lined.map(|job| job.station.as_str()).collect()
    }

    /// Stations to which the item was ever sent.
    pub(super) fn stations_of(&self, item: &str) -> BTreeSet<&'a str> {
        let with = self
            .jobs
            .iter()
            .filter(|job| adds(job) && quantity(job, item) > 0);
        with.map(|job| job.station.as_str()).collect()
    }

    /// How many of the item the station has on paper or coming, what was voided taken off.
    pub(super) fn held(&self, station: &str, item: &str) -> u32 {
        let here = self
            .jobs
            .iter()
            .filter(|job| job.station == station && counts(job));
        let (mut added, mut voided) = (0_u32, 0_u32);
        for job in here {
            if adds(job) {
                added = added.saturating_add(quantity(job, item));
            } else if job.kind == JobKind::Void {
                voided = voided.saturating_add(quantity(job, item));
            }
        }
        added.saturating_sub(voided)
    }

    /// Takes `gone` away from a station: from jobs that have not begun where that is certain, on
    /// paper otherwise.
    ///
    /// A job of which nothing remains is withdrawn. A job that loses a part is withdrawn and
    /// replaced only while no agent has it: were the agent asked first, its answer could come after
    /// the paper, and the rest would be there twice. So a part of a spooled job is voided behind it.
    pub(super) fn remove(&self, station: &str, gone: &[Line]) -> Removal {
        let mut left: BTreeMap<&str, u32> = BTreeMap::new();
        for line in gone {
            let held = self.held(station, &line.item);
            let entry = left.entry(line.item.as_str()).or_default();
            *entry = entry.saturating_add(line.quantity).min(held);
        }
        let mut removal = Removal::default();
        for job in self.withdrawable(station) {
            take_back(job, &mut left, &mut removal);
        }
        removal.void = voids(gone, &left);
        self.sweep(station, gone, &mut removal);
        removal
    }

    /// Jobs that have not begun, newest first: what was added last goes first.
    fn withdrawable(&self, station: &str) -> impl Iterator<Item = &'a LedgerJob> {
        let here = move |job: &&LedgerJob| job.station == station && waiting(job);
        let jobs: Vec<&LedgerJob> = self
            .jobs
            .iter()
            .filter(here)
            .filter(|job| adds(job) && !job.lines.is_empty())
            .collect();
        jobs.into_iter().rev()
    }

    /// Withdraws what would only comment on tickets that never come.
    fn sweep(&self, station: &str, gone: &[Line], removal: &mut Removal) {
        let here = || self.jobs.iter().filter(|job| job.station == station);
        let stays = |job: &&LedgerJob| adds(job) && counts(job) && !job.lines.is_empty();
        let staying: Vec<_> = here()
            .filter(stays)
            .filter(|job| !removal.withdraw.contains(&job.id))
            .collect();
        let lost = |item: &str| {
            let lines = gone.iter().filter(|line| line.item == item);
            lines.fold(0_u32, |sum, line| sum.saturating_add(line.quantity))
        };
        let mut lines = staying.iter().flat_map(|job| &job.lines);
        if lines.any(|line| self.held(station, &line.item) > lost(&line.item)) {
            return;
        }
        let idle = here().filter(|job| comments(job) && waiting(job));
        removal.withdraw.extend(idle.map(|job| job.id.clone()));
    }
}

fn take_back(job: &LedgerJob, left: &mut BTreeMap<&str, u32>, removal: &mut Removal) {
    let mut rest = Vec::new();
    let mut taken = Vec::new();
    for line in &job.lines {
        let wanted = left.get(line.item.as_str()).copied().unwrap_or(0);
        let take = wanted.min(line.quantity);
        if take > 0 {
            taken.push((line.item.as_str(), take));
        }
        if take < line.quantity {
            rest.push(Line {
                quantity: line.quantity - take,
                ..line.clone()
            });
        }
    }
    if taken.is_empty() || (!rest.is_empty() && job.state != JobState::Accepted) {
        return;
    }
    for (item, take) in taken {
        if let Some(count) = left.get_mut(item) {
            *count = count.saturating_sub(take);
        }
    }
    removal.withdraw.push(job.id.clone());
    if !rest.is_empty() {
        removal.again.insert(0, (job.kind, rest));
    }
}

fn voids(gone: &[Line], left: &BTreeMap<&str, u32>) -> Vec<Line> {
    let mut left = left.clone();
    let take = |line: &Line| {
        let count = left.get_mut(line.item.as_str())?;
        let take = line.quantity.min(*count);
        *count -= take;
        (take > 0).then(|| Line {
            quantity: take,
            ..line.clone()
        })
    };
    gone.iter().filter_map(take).collect()
}
