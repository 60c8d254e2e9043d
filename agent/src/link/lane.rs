//! The link's calls to the spool: in order, off the link's own task.

use std::collections::VecDeque;

use protocol::{JobId, JobUpdate, Offer};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::spool::{Accepted, Spool, SpoolError, Wish};

/// What the link asks of the spool.
#[derive(Debug)]
pub(super) enum Ask {
    /// Keep an offered job for a printer, the first; a correction may belong to one of the others.
    Accept(Box<Offer>, String, Vec<String>),
    /// The relay stored their final states.
    Settle(Vec<JobId>),
    /// A person's wish, by way of the relay.
    Wish(JobId, Wish),
    /// A small fact.
    Remember(String, String),
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Done {
    /// The job is fsynced; its latest report where it was known already.
    Accepted(JobId, Option<JobUpdate>),
    /// The job stays at the relay.
    Refused(JobId, String),
    /// A wish is kept: the presses should look.
    Wished,
    /// A wish came too late or for a job that is not here.
    Idle(String),
    /// Nothing to say.
    Quiet,
}

/// The queues in front of the spool: jobs and wishes in their order, and beside them notes that
/// nobody waits for, so that both share a commit.
pub(super) struct Lane {
    jobs: Queue,
    notes: Queue,
}

impl Lane {
    pub(super) fn new(spool: Spool, clock: Clock) -> Self {
        Self {
            jobs: Queue::new(spool.clone(), clock.clone()),
            notes: Queue::new(spool, clock),
        }
    }

    /// Puts a call at the end of its queue.
    pub(super) fn ask(&mut self, ask: Ask) {
        match ask {
            Ask::Accept(..) | Ask::Wish(..) => self.jobs.ask(ask),
            Ask::Settle(_) | Ask::Remember(..) => self.notes.ask(ask),
        }
    }

    /// The next result; waits for ever while nothing runs.
    pub(super) async fn done(&mut self) -> Result<Done, SpoolError> {
        tokio::select! {
            done = self.jobs.done() => done,
            done = self.notes.done() => done,
        }
    }

    /// Whether nothing waits or runs.
    pub(super) fn is_idle(&self) -> bool {
        self.jobs.running.is_empty() && self.notes.running.is_empty()
    }
}

/// Calls in order, one at a time.
struct Queue {
    spool: Spool,
    clock: Clock,
    waiting: VecDeque<Ask>,
    running: JoinSet<Result<Done, SpoolError>>,
}

impl Queue {
    fn new(spool: Spool, clock: Clock) -> Self {
        Self {
            spool,
            clock,
            waiting: VecDeque::new(),
            running: JoinSet::new(),
        }
    }

    /// Settled jobs that wait together share one call.
    fn ask(&mut self, ask: Ask) {
        match (self.waiting.back_mut(), ask) {
            (Some(Ask::Settle(waiting)), Ask::Settle(more)) => waiting.extend(more),
            (_, ask) => self.waiting.push_back(ask),
        }
        self.start();
    }

    async fn done(&mut self) -> Result<Done, SpoolError> {
        let Some(joined) = self.running.join_next().await else {
            return std::future::pending().await;
        };
        self.start();
        joined.unwrap_or(Err(SpoolError::Closed))
    }

    fn start(&mut self) {
        if !self.running.is_empty() {
            return;
        }
        if let Some(ask) = self.waiting.pop_front() {
            let (spool, clock) = (self.spool.clone(), self.clock.clone());
            self.running.spawn_blocking(move || perform(&spool, &clock, ask));
        }
    }
}

fn perform(spool: &Spool, clock: &Clock, ask: Ask) -> Result<Done, SpoolError> {
    match ask {
        Ask::Accept(offer, printer, others) => accept(spool, clock, &offer, &printer, others),
        Ask::Settle(ids) => quiet(spool.settle_all(ids)),
        Ask::Remember(key, value) => quiet(spool.remember(&key, &value)),
        Ask::Wish(id, wish) => match spool.wish(&id, wish) {
            Ok(()) => Ok(Done::Wished),
            Err(error) if is_fatal(&error) => Err(error),
            Err(error) => Ok(Done::Idle(error.to_string())),
        },
    }
}

/// A note that finds no room costs a repeated report and no ticket.
fn quiet(result: Result<(), SpoolError>) -> Result<Done, SpoolError> {
    match result {
        Err(error) if is_fatal(&error) => Err(error),
        _ => Ok(Done::Quiet),
    }
}

fn is_fatal(error: &SpoolError) -> bool {
    match error {
        SpoolError::Broken(_) | SpoolError::Closed | SpoolError::Folder(_) => true,
        SpoolError::AlreadyRunning | SpoolError::Newer { .. } => true,
        SpoolError::DiskFull | SpoolError::NoSuchJob(_) => false,
        SpoolError::Refused { .. } | SpoolError::Elsewhere { .. } => false,
    }
}

fn accept(
    spool: &Spool,
    clock: &Clock,
    offer: &Offer,
    printer: &str,
    others: Vec<String>,
) -> Result<Done, SpoolError> {
    let id = offer.job.id.clone();
    match spool.accept_among(offer, printer, others, clock.now()) {
        Ok(Accepted::New) => Ok(Done::Accepted(id, None)),
        Ok(Accepted::Known) => {
            let known = spool.get(&id)?;
            Ok(Done::Accepted(id, known.map(|job| job.update())))
        }
        Err(error @ SpoolError::DiskFull) => Ok(Done::Refused(id, error.to_string())),
        Err(error) => Err(error),
    }
}
