//! What the clerk is asked to do, and how each caller hears what became of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::{Failure, sorted};
use crate::store::StoreError;
use crate::store::desk::{Desk, Outcome};

/// Something to be done in a transaction.
pub(super) trait Call: Send {
    /// Whether it may be done a second time, where the first was undone with the whole transaction.
    fn repeats(&self) -> bool;
    /// Does it; `false` where nothing of it may stay.
    fn run(&mut self, desk: &mut Desk<'_>) -> bool;
    /// Tells the caller: its own outcome, or why the transaction failed.
    fn answer(self: Box<Self>, failed: Option<&Failure>);
}

/// What a call does.
pub(super) trait Work<T>: Send {
    const REPEATS: bool;
    /// Does it; none where it was done before and cannot be done again.
    fn perform(&mut self, desk: &mut Desk<'_>) -> Option<Outcome<T>>;
}

pub(super) struct Once<F>(pub(super) Option<F>);

impl<T, F: FnOnce(&mut Desk<'_>) -> Outcome<T> + Send> Work<T> for Once<F> {
    const REPEATS: bool = false;

    fn perform(&mut self, desk: &mut Desk<'_>) -> Option<Outcome<T>> {
        self.0.take().map(|work| work(desk))
    }
}

pub(super) struct Again<F>(pub(super) F);

impl<T, F: FnMut(&mut Desk<'_>) -> Outcome<T> + Send> Work<T> for Again<F> {
    const REPEATS: bool = true;

    fn perform(&mut self, desk: &mut Desk<'_>) -> Option<Outcome<T>> {
        Some(self.0(desk))
    }
}

pub(super) struct Entry<T, W> {
    pub(super) work: W,
    pub(super) outcome: Option<Outcome<T>>,
    pub(super) reply: oneshot::Sender<Outcome<T>>,
}

impl<T: Send, W: Work<T>> Call for Entry<T, W> {
    fn repeats(&self) -> bool {
        W::REPEATS
    }

    fn run(&mut self, desk: &mut Desk<'_>) -> bool {
        desk.refused = false;
        let work = AssertUnwindSafe(|| self.work.perform(desk));
        let outcome = catch_unwind(work).unwrap_or(Some(Err(StoreError::Fault)));
        self.outcome = outcome;
        !desk.refused && matches!(self.outcome, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, failed: Option<&Failure>) {
        let outcome = match (self.outcome, failed) {
            // What it had to say about itself is true whatever became of the transaction.
            (Some(Err(error)), _) => Err(sorted(error)),
            (_, Some(failure)) => Err(failure.error()),
            (Some(done), None) => done,
            (None, None) => Err(StoreError::Fault),
        };
        // A caller that no longer waits is no fault.
        let _gone = self.reply.send(outcome);
    }
}
