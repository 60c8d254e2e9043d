//! The invariants of DELIVERY.md, looked at while things happen.

use std::collections::{BTreeMap, BTreeSet};

use agent::spool::Step;
use protocol::link::WINDOW;
use protocol::{Banner, Evidence, JobId, JobKind, JobState, Offer};
use virtual_printer::{CutKind, Paper};

use crate::store::ready;
use crate::world::World;

/// Half an hour, and the minutes for which clocks may differ after a restart.
const STALE_MS: i64 = 33 * 60_000;
/// Five minutes, and as much.
const LATE_MS: i64 = 8 * 60_000;

/// What is written on one paper.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    pub(crate) printer: usize,
    pub(crate) job: JobId,
    pub(crate) marks: Vec<String>,
    pub(crate) whole: bool,
}

impl Sheet {
    /// It says itself that it may not be the first.
    pub(crate) fn is_marked(&self) -> bool {
        self.marks
            .iter()
            .any(|mark| mark == "duplicate" || mark == "reprint")
    }
}

/// What was seen so far.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    /// The first promise that was broken.
    pub(crate) broken: Option<String>,
    pub(crate) sheets: Vec<Sheet>,
    /// When somebody was last told of a printer.
    pub(crate) told: BTreeMap<String, u64>,
    /// When a person could last see that something is wrong with a job.
    pub(crate) told_of: BTreeMap<JobId, u64>,
    /// A computer's clock was set wrong.
    pub(crate) clocks_jumped: bool,
    /// Jobs that another printer took over.
    pub(crate) moved: BTreeSet<JobId>,
    /// Wishes and notes "the relay has settled it" for which a disk had no room: made up for when the agent
    /// connects or starts the next time.
    pub(crate) not_noted: BTreeSet<(usize, JobId)>,
    /// Jobs of which a person wanted something.
    pub(crate) wished: BTreeSet<JobId>,
    /// Attempts whose first line was written.
    begun: BTreeSet<(usize, JobId, u32)>,
    /// Jobs whose last line was written.
    sent: BTreeSet<JobId>,
    /// Jobs that were sent and not verified: of those nobody knows whether they came out whole.
    unverified: BTreeSet<JobId>,
    /// Jobs of which it was ever unknown whether they printed, or that stood still.
    pub(crate) doubted: BTreeSet<JobId>,
    outlets: BTreeMap<JobId, &'static str>,
    /// When a ticket's first line was written last.
    written: BTreeMap<JobId, u64>,
    orders: BTreeMap<JobId, String>,
    headers: BTreeMap<JobId, protocol::JobHeader>,
}

impl Audit {
    pub(crate) fn is_on_paper(&self, id: &JobId) -> bool {
        self.sheets.iter().any(|sheet| sheet.job == *id && sheet.whole)
    }
}

impl World {
    /// A job is in a spool: it is one of its own outlet's.
    pub(crate) fn spooled(&mut self, index: usize, offer: &Offer, printer: &str) {
        let id = offer.job.id.clone();
        let outlet = self.agents[index].plan.outlet;
        self.say(|| format!("agent {index} has {id} in its spool for {printer}"));
        let known = self.read(|store| ready(store.get_job(outlet, id.as_str())).unwrap().is_some());
        self.demand(known != Some(false), || {
            format!("I6: {id} came to an agent of {outlet}, which is not its own")
        });
        self.audit.outlets.insert(id.clone(), outlet);
        let data: serde_json::Value = serde_json::from_str(offer.data.get()).unwrap();
        self.audit.orders.insert(id.clone(), data["order_id"].to_string());
        self.audit.headers.insert(id, offer.job.clone());
    }

    /// I3: before a ticket's first line leaves, its attempt is on disk, and no attempt is made twice.
    pub(crate) fn check_written(&mut self, printer: usize, id: &JobId, begins: bool) {
        let owner = self.printers[printer].owner;
        if !begins {
            self.audit.sent.insert(id.clone());
            return;
        }
        let job = self.agents[owner].spool.get(id).unwrap();
        let Some(job) = job else {
            return self.demand(false, || {
                format!("I6: p{printer} gets {id}, which is not in its agent's spool")
            });
        };
        self.audit.written.insert(id.clone(), self.now);
        let age = self.age(id);
        let stale = age > STALE_MS && !self.audit.wished.contains(id);
        self.demand(!stale, || {
            format!("C2: {id} is printed {age} ms late, and nobody released it")
        });
        let on_disk = job.state == JobState::Printing && job.attempt > 0;
        self.demand(on_disk, || {
            format!("I3: {id} is written while its spool says {}", job.state)
        });
        let fresh = self.audit.begun.insert((owner, id.clone(), job.attempt)) || job.job.copies > 1;
        self.demand(fresh, || {
            format!("I3: attempt {} of {id} is written twice", job.attempt)
        });
    }

    /// A step is durable.
    pub(crate) fn recorded(&mut self, printer: usize, step: &Step) {
        let id = &step.job_id;
        if matches!(step.state, JobState::Unconfirmed | JobState::Held) {
            self.audit.doubted.insert(id.clone());
        }
        if step.state == JobState::Sent {
            self.audit.unverified.insert(id.clone());
        }
        let proven = match (step.state, step.evidence) {
            (JobState::Printed, Some(Evidence::A | Evidence::B)) => self.audit.is_on_paper(id),
            (JobState::Printed, Some(Evidence::Person)) => self.audit.wished.contains(id),
            (JobState::Sent, Some(Evidence::C)) => self.audit.sent.contains(id),
            (JobState::Printed | JobState::Sent, _) => false,
            _ => true,
        };
        self.demand(proven, || {
            format!(
                "I4: p{printer} says {id} is {} by {:?}, and it is not so",
                step.state, step.evidence
            )
        });
    }

    /// I4: what the relay shows is no more than what is known.
    pub(crate) fn check_shown(&mut self, outlet: &str, id: &JobId, state: JobState) {
        // An agent that gave it back to the relay still remembers it, beside the one that has it now.
        let mine = self.agents.iter().filter(|agent| agent.plan.outlet == outlet);
        let attempts = mine
            .filter_map(|agent| agent.spool.get(id).unwrap())
            .map(|job| job.attempt);
        let held = attempts.max();
        let proven = match state {
            JobState::Accepted | JobState::Cancelled | JobState::Expired | JobState::Failed => true,
            JobState::Spooled | JobState::Held => held.is_some(),
            JobState::Printing | JobState::Unconfirmed => held.is_some_and(|attempt| attempt > 0),
            JobState::Printed => self.audit.is_on_paper(id) || self.audit.wished.contains(id),
            JobState::Sent => self.audit.sent.contains(id),
        };
        self.demand(proven, || {
            format!("I4: the relay shows {id} as {state} without evidence")
        });
    }

    /// I7: no more offers under way than the window.
    pub(crate) fn check_window(&mut self, conn: u32) {
        let wire = self.cable.wires.get(&conn);
        let Some(agent) = wire.map(|wire| wire.agent) else {
            return;
        };
        let bound = WINDOW * 4;
        let waiting = self.agents[agent].asks.len();
        self.demand(waiting <= 4 * bound, || {
            format!("I7: {waiting} calls wait for a spool")
        });
    }

    /// A paper fell out.
    pub(crate) fn paper(&mut self, printer: usize, paper: &Paper) {
        let (mut marks, mut jobs) = (Vec::new(), Vec::new());
        let whole_cut = paper.cut != CutKind::Torn;
        for line in paper.text.lines() {
            let word = |name: &str| {
                line.trim()
                    .strip_prefix(name)
                    .and_then(|rest| rest.strip_suffix('.'))
                    .map(str::to_owned)
            };
            if let Some(mark) = word("MARK ") {
                marks.push(mark);
            }
            if let Some(id) = word("JOB ") {
                jobs.push(Sheet {
                    printer,
                    job: JobId::new(id),
                    marks: std::mem::take(&mut marks),
                    whole: false,
                });
            }
            if let Some(id) = word("END ")
                && let Some(last) = jobs.last_mut()
            {
                last.whole = whole_cut && last.job.as_str() == id;
            }
        }
        let text = paper.text.replace('\n', " / ");
        self.say(|| format!("p{printer} drops a paper: {text}"));
        let scraps = jobs.iter().rev().skip(1);
        let known = scraps
            .filter(|sheet| !self.audit.unverified.contains(&sheet.job))
            .count();
        self.demand(known == 0, || {
            format!("I2: two tickets on one paper of p{printer}: {text}")
        });
        for sheet in jobs {
            self.sheet(sheet);
        }
    }

    fn sheet(&mut self, sheet: Sheet) {
        let (printer, id) = (sheet.printer, sheet.job.clone());
        let owner = self.printers[printer].owner;
        let outlet = self.agents[owner].plan.outlet;
        let home = self.audit.outlets.get(&id).copied();
        self.demand(home == Some(outlet), || {
            format!("I6: {id} of {home:?} came out at {outlet}")
        });
        self.check_order(&sheet);
        self.check_marks(&sheet);
        let again = self.audit.sheets.iter().any(|earlier| earlier.job == id);
        self.audit.sheets.push(sheet.clone());
        let unmarked = self
            .audit
            .sheets
            .iter()
            .filter(|sheet| sheet.job == id && !sheet.is_marked())
            .count();
        self.demand(!again || unmarked <= 1, || {
            format!("I2: {id} came out {unmarked} times without a mark")
        });
    }

    /// What is late says so, a ticket is copied by itself once, and no correction comes before what it corrects.
    fn check_marks(&mut self, sheet: &Sheet) {
        let (id, wished) = (&sheet.job, self.audit.wished.contains(&sheet.job));
        // A scrap may have stood in the printer's mouth since the power went.
        let late = !sheet.whole || sheet.marks.iter().any(|mark| mark.starts_with("late"));
        let age = self.age_written(id);
        self.demand(late || age < LATE_MS, || {
            format!("C2: {id} came out {age} ms late and does not say so")
        });
        let marked = |banner: &Banner| matches!(banner, Banner::PossibleDuplicate { .. } | Banner::Reprint);
        let header = self.audit.headers.get(id);
        // One that comes marked from the relay may be copied once, as any other.
        let most = usize::from(header.is_some_and(|header| header.banners.iter().any(marked)));
        let copies = self
            .audit
            .sheets
            .iter()
            .filter(|other| other.job == *id && other.is_marked())
            .count();
        let again = sheet.is_marked() && copies > most && !wished && !self.audit.moved.contains(id);
        self.demand(!again, || {
            format!("I2: {id} was copied {} times by itself", copies + 1)
        });
        let overtaken = self.overtaken(sheet).filter(|_| !wished);
        self.demand(overtaken.is_none(), || {
            format!("I5: {overtaken:?} came out before {id}, which it corrects")
        });
    }

    /// The correction that came out of the same printer before this first ticket of its order.
    fn overtaken(&self, sheet: &Sheet) -> Option<JobId> {
        let audit = &self.audit;
        let mine = audit.headers.get(&sheet.job)?;
        let first = !audit.sheets.iter().any(|other| other.job == sheet.job);
        let corrects = |other: &&Sheet| {
            let same = audit.orders.get(&sheet.job) == audit.orders.get(&other.job);
            audit.headers.get(&other.job).is_some_and(|its| {
                let correction = matches!(its.kind, JobKind::Void | JobKind::Change);
                correction && same && its.station == mine.station && its.seq > mine.seq
            })
        };
        let earlier = audit
            .sheets
            .iter()
            .filter(|other| other.printer == sheet.printer)
            .find(corrects);
        earlier.filter(|_| first).map(|other| other.job.clone())
    }

    /// Milliseconds since a job was due, by a clock that is right.
    fn age(&self, id: &JobId) -> i64 {
        let header = self.audit.headers.get(id);
        header.map_or(0, |header| {
            i64::try_from(self.wall().duration_since(header.due).as_millis()).unwrap()
        })
    }

    fn age_written(&self, id: &JobId) -> i64 {
        let since = self.audit.written.get(id).map_or(0, |at| self.now - at);
        self.age(id) - i64::try_from(since).unwrap()
    }

    /// I5: first tries come out in the order of their station's numbers.
    fn check_order(&mut self, sheet: &Sheet) {
        let plain = |audit: &Audit, id: &JobId| {
            !audit.doubted.contains(id) && !audit.moved.contains(id) && !audit.wished.contains(id)
        };
        if sheet.is_marked() || !plain(&self.audit, &sheet.job) {
            return;
        }
        let Some(header) = self.audit.headers.get(&sheet.job).cloned() else {
            return;
        };
        if matches!(header.kind, JobKind::Void | JobKind::Change) {
            // It waits for the copy of what it corrects, while others go by: see `overtaken`.
            return;
        }
        let later = self.audit.sheets.iter().find(|earlier| {
            let other = self.audit.headers.get(&earlier.job);
            let same = other.is_some_and(|other| other.station == header.station && other.seq > header.seq);
            same && earlier.printer == sheet.printer
                && !earlier.is_marked()
                && plain(&self.audit, &earlier.job)
        });
        let later = later.map(|later| later.job.clone());
        self.demand(later.is_none(), || {
            format!("I5: {} came out after {later:?}", sheet.job)
        });
    }
}
