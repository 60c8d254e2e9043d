//! What concerns several printers of one agent: backups, and slips that tell people of trouble.
//!
//! It decides and is pure: told what the printers say and what the spool holds, it says which waiting jobs
//! go to another printer and what is printed where. [`crate::daemon`] does it.

mod backup;
mod hung;
mod slips;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use protocol::frames::PrinterStatus;
use protocol::{Banner, JobId, JobKind, Tick};

use crate::config::Station;
use crate::spool::SpoolJob;
pub use hung::{HUNG_AFTER, Hung};

/// A printer that is down for so long with jobs waiting is told of at its neighbour: before its backup takes
/// over, and well within the minute that DELIVERY.md gives.
pub const ALARM_AFTER: Duration = Duration::from_secs(20);

/// A doubt this old is asked about on paper: a proof that is only late makes no slip.
pub const ASK_AFTER: Duration = Duration::from_secs(5);

/// A printer that has been ready for so long gets the list of what went stale meanwhile, all at once.
pub const SETTLED: Duration = Duration::from_secs(3);

/// Tickets that a slip lists at most; it says how many more there are.
pub const LISTED: usize = 40;

/// Slips remembered, so that the spool is not asked every second.
const REMEMBERED: usize = 1000;

/// What is looked at: the configuration, the open jobs and where corrections belong.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The stations of agent.toml.
    pub stations: &'a [Station],
    /// The printers' names, in the order of agent.toml.
    pub printers: &'a [String],
    /// Every job that is not final, in order of arrival.
    pub jobs: &'a [SpoolJob],
    /// Of waiting corrections: the printer that their original is at.
    pub originals: &'a BTreeMap<JobId, String>,
    /// The corrected wall clock.
    pub wall: Timestamp,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Give a waiting job to another printer.
    Move(Move),
    /// Print a slip.
    Print(Slip),
}

/// A waiting job goes to another printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Which job.
    pub job: JobId,
    /// Where it waits.
    pub from: String,
    /// Where it goes.
    pub to: String,
    /// The agent's banners from now on.
    pub banners: Vec<Banner>,
    /// Why, in words for a person.
    pub detail: String,
}

/// A slip of the agent's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Its id: the same news is never printed twice, not even after a restart.
    pub id: JobId,
    /// [`JobKind::Alarm`] or [`JobKind::Summary`].
    pub kind: JobKind,
    /// The printer that it comes out of.
    pub printer: String,
    /// The station that it is about.
    pub station: String,
    /// The printer that it is about.
    pub about: String,
    /// What is the matter, in words for a cook.
    pub message: String,
    /// The ticket that it is about, where it is about one.
    pub ticket: Option<Ticket>,
    /// The tickets that wait.
    pub waiting: Vec<Ticket>,
}

/// A ticket as a slip lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The station's running number.
    pub number: u64,
    /// The order's number.
    pub order_number: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The outlet's time zone.
    pub timezone: Option<String>,
    /// Minutes since it was due.
    pub age_min: u64,
}

/// What was heard of a printer.
#[derive(Debug)]
struct Seen {
    online: bool,
    since: Tick,
    error: String,
    /// This outage was told of.
    told: bool,
}

/// The watch over all printers of an agent.
#[derive(Debug, Default)]
pub struct Watch {
    seen: BTreeMap<String, Seen>,
    /// The newest stale job of each station and printer at the last look.
    stale: BTreeMap<(String, String), i64>,
    /// Slips that the spool has.
    printed: BTreeSet<JobId>,
}

impl Watch {
    /// What a printer says of itself.
    pub fn heard(&mut self, status: &PrinterStatus, now: Tick) {
        let error = status.error.clone().unwrap_or_default();
        match self.seen.get_mut(&status.printer) {
            Some(seen) if seen.online == status.online => seen.error = error,
            _ => {
                let seen = Seen {
                    online: status.online,
                    since: now,
                    error,
                    told: false,
                };
                self.seen.insert(status.printer.clone(), seen);
            }
        }
    }

    /// The spool has this slip: it is not asked for again.
    pub fn printed(&mut self, slip: JobId) {
        if self.printed.len() >= REMEMBERED {
            // The spool knows them for good.
            self.printed.clear();
        }
        self.printed.insert(slip);
    }

    /// What is to be done now: first the moves, then the slips.
    pub fn look(&mut self, view: View<'_>, now: Tick) -> Vec<Act> {
        self.seen.retain(|name, _| view.printers.contains(name));
        let mut acts: Vec<Act> = self.moves(view, now).into_iter().map(Act::Move).collect();
        let slips = self.slips(view, now).into_iter();
        acts.extend(
            slips
                .filter(|slip| !self.printed.contains(&slip.id))
                .map(Act::Print),
        );
        acts
    }

    /// It said itself that it can print. One that has said nothing is neither up nor down.
    fn is_online(&self, printer: &str) -> bool {
        self.seen.get(printer).is_some_and(|seen| seen.online)
    }

    /// Whether it has been down for so long.
    fn is_down(&self, printer: &str, limit: Duration, now: Tick) -> bool {
        let seen = self.seen.get(printer).filter(|seen| !seen.online);
        seen.is_some_and(|seen| now.since(seen.since) >= limit)
    }
}

/// Whether a job is a slip or a test of the agent's own: it stays where it was sent.
fn is_slip(job: &SpoolJob) -> bool {
    matches!(job.job.kind, JobKind::Alarm | JobKind::Summary | JobKind::Test)
}
