//! The invariants at the end: after ten idle minutes, and when people have answered everything.

use std::collections::BTreeMap;

use protocol::{Evidence, JobId, JobKind, JobState};
use relay::store::{Job, Step};
use serde_json::Value;

use crate::store::ready;
use crate::world::World;

impl World {
    /// Nothing is left to do.
    pub(crate) fn is_over(&self) -> bool {
        let relay = self.office.is_up() && self.jobs().iter().all(|job| job.state.is_final());
        let agents = self.agents.iter().all(|agent| {
            let settled = agent
                .link
                .as_ref()
                .is_some_and(|link| link.is_live() && link.unsettled() == 0);
            settled && agent.asks.is_empty() && !agent.busy
        });
        relay && agents && self.guests.asks.iter().all(|ask| ask.answer.is_some())
    }

    /// I1: every accepted job is final or waits for a person; everybody is connected.
    pub(crate) fn check_idle(&mut self) {
        for job in self.jobs() {
            let id = &job.header.id;
            let asked = job.state == JobState::Unconfirmed || self.is_stale(&job) || self.prints_now(&job);
            self.demand(job.state.is_final() || asked, || {
                format!(
                    "I1: after ten idle minutes {id} is {} ({:?}) and nobody was asked",
                    job.state, job.detail
                )
            });
        }
        for index in 0..self.agents.len() {
            let live = self.agents[index].is_live();
            self.demand(live, || {
                format!("agent {index} is not connected after ten idle minutes")
            });
        }
        let open = self.guests.asks.iter().position(|ask| ask.answer.is_none());
        self.demand(open.is_none(), || format!("request {open:?} was never answered"));
    }

    /// A copy that was long waited for is just being printed.
    fn prints_now(&self, job: &Job) -> bool {
        let last = job.history.last();
        let age = last.map(|step| self.wall().duration_since(step.at).as_secs());
        job.state == JobState::Printing && age.is_some_and(|age| age < 60)
    }

    /// I1, I2, I4 and I7, when everything has been answered.
    pub(crate) fn check_end(&mut self) {
        let jobs = self.jobs();
        for job in &jobs {
            self.check_job(job);
        }
        self.check_numbers(&jobs);
        self.check_orders();
        self.check_ledger(&jobs);
        for index in 0..self.agents.len() {
            let unsettled = self.agents[index].spool.unsettled().unwrap();
            let unsettled = unsettled
                .iter()
                .filter(|report| !self.is_made_up_for(index, &report.job_id));
            let unsettled = unsettled.count();
            self.demand(unsettled == 0, || {
                format!("I7: {unsettled} jobs of agent {index} are not settled")
            });
            let open = self.agents[index].spool.open_jobs().unwrap();
            let open = open
                .iter()
                .filter(|job| !self.is_made_up_for(index, &job.job.id))
                .count();
            self.demand(open == 0, || {
                format!("I1: {open} jobs of agent {index} are still open")
            });
        }
        let (links, agents) = (self.office.links.len(), self.agents.len());
        self.demand(links <= agents, || {
            format!("I7: the relay holds {links} connections")
        });
    }

    /// What a full disk could not note, and a doubt that was withdrawn while its ticket is on paper elsewhere: that
    /// ends when the job expires.
    fn is_made_up_for(&self, index: usize, id: &JobId) -> bool {
        let job = self.agents[index].spool.get(id).unwrap();
        let withdrawn = job.is_some_and(|job| job.state == JobState::Unconfirmed && job.cancel_requested);
        withdrawn || self.audit.not_noted.contains(&(index, id.clone()))
    }

    fn check_job(&mut self, job: &Job) {
        let (id, state) = (&job.header.id, job.state);
        self.demand(state.is_final(), || {
            format!("I1: {id} is still {state} ({:?})", job.detail)
        });
        let paper = self.audit.is_on_paper(id);
        let proven = match (state, job.evidence) {
            (JobState::Printed, Some(Evidence::A | Evidence::B)) => paper,
            (JobState::Printed, Some(Evidence::Person)) => self.audit.wished.contains(id),
            (JobState::Printed, _) => false,
            _ => true,
        };
        self.demand(proven, || {
            format!("I1: {id} is {state} by {:?} and on no paper", job.evidence)
        });
        // A computer whose clock is wrong when it starts and that has not heard the relay yet cannot know.
        let early =
            state == JobState::Expired && self.wall() < job.header.expires && !self.audit.clocks_jumped;
        self.demand(!early, || format!("I1: {id} expired before its time"));
        let tried = |step: &Step| matches!(step.state, JobState::Printing | JobState::Unconfirmed);
        // What was said while the link was down comes as its last word alone, with the attempts that there were.
        let began = job.header.attempt > 0 || job.history.iter().any(tried);
        let hidden = matches!(state, JobState::Cancelled | JobState::Expired) && paper && !began;
        self.demand(!hidden, || format!("I4: {id} is {state} and came out"));
    }

    /// A station's running numbers have neither gaps nor repeats.
    fn check_numbers(&mut self, jobs: &[Job]) {
        let mut numbers: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
        for job in jobs {
            let place = (job.outlet.to_string(), job.header.station.clone());
            numbers.entry(place).or_default().push(job.header.number);
        }
        for ((outlet, station), mut numbers) in numbers {
            numbers.sort_unstable();
            let whole = numbers
                .iter()
                .copied()
                .eq(1..=u64::try_from(numbers.len()).unwrap());
            self.demand(whole, || {
                format!("I5: {station} of {outlet} has the numbers {numbers:?}")
            });
        }
    }

    /// Each caller's order was made once, and is there.
    fn check_orders(&mut self) {
        for (request, times) in self.guests.done.clone() {
            self.demand(times == 1, || {
                format!("I2: request {request} was done {times} times")
            });
        }
        let asks: Vec<(&'static str, String, bool)> = self
            .guests
            .asks
            .iter()
            .map(|ask| (ask.outlet, ask.order.clone(), matches!(ask.answer, Some(Ok(_)))))
            .collect();
        for (outlet, order, accepted) in asks {
            let there = self.read(|store| ready(store.get_order(outlet, &order)).unwrap().is_some());
            self.demand(!accepted || there != Some(false), || {
                format!("I1: order {order} of {outlet} is gone")
            });
        }
    }

    /// The paper at a station adds up to what the order has for it; only where people did not interfere.
    fn check_ledger(&mut self, jobs: &[Job]) {
        let mut orders: BTreeMap<(String, String), Vec<&Job>> = BTreeMap::new();
        for job in jobs {
            if let Some(order) = &job.order_id {
                orders
                    .entry((job.outlet.to_string(), order.clone()))
                    .or_default()
                    .push(job);
            }
        }
        for ((outlet, order), jobs) in orders {
            let meddled = jobs
                .iter()
                .any(|job| self.audit.wished.contains(&job.header.id) || is_copy(job));
            let all = jobs.iter().all(|job| match job.state {
                JobState::Printed | JobState::Sent => true,
                // What nobody printed in its time is missing on paper, and was told.
                JobState::Expired | JobState::Failed => false,
                _ => job.started_at.is_none(),
            });
            if meddled || !all {
                continue;
            }
            let paper = on_paper(&jobs);
            let Some(wanted) = self.wanted(&outlet, &order) else {
                continue;
            };
            self.demand(paper == wanted, || {
                format!("I1: order {order} of {outlet} wants {wanted:?}, on paper is {paper:?}")
            });
        }
    }

    /// What an order has, by item: how many.
    fn wanted(&self, outlet: &str, order: &str) -> Option<BTreeMap<String, i64>> {
        let order = self.read(|store| ready(store.get_order(outlet, order)).unwrap())??;
        let order: Value = serde_json::to_value(&order).unwrap();
        let gone = order["status"] == "cancelled";
        let mut wanted = BTreeMap::new();
        for item in order["items"].as_array()? {
            let count = if gone || item["status"] == "cancelled" {
                0
            } else {
                item["quantity"].as_i64()?
            };
            if count > 0 {
                wanted.insert(item["name"].as_str()?.to_owned(), count);
            }
        }
        Some(wanted)
    }
}

fn is_copy(job: &Job) -> bool {
    job.header.banners.contains(&protocol::Banner::Reprint) || job.header.kind == JobKind::Change
}

/// What the printed tickets of an order add up to.
fn on_paper(jobs: &[&Job]) -> BTreeMap<String, i64> {
    let mut paper: BTreeMap<String, i64> = BTreeMap::new();
    for job in jobs
        .iter()
        .filter(|job| matches!(job.state, JobState::Printed | JobState::Sent))
    {
        let data: Value = serde_json::from_str(&job.data).unwrap();
        let sign = if job.header.kind == JobKind::Void { -1 } else { 1 };
        for item in data["order_items"].as_array().into_iter().flatten() {
            let name = item["name"].as_str().unwrap_or_default().to_owned();
            *paper.entry(name).or_default() += sign * item["quantity"].as_i64().unwrap_or(0);
        }
    }
    paper.retain(|_, count| *count != 0);
    paper
}
