//! The invariants at the end: after ten idle minutes, and when people have answered everything.

use std::collections::BTreeMap;

use protocol::{Evidence, JobKind, JobState};
use relay::store::Job;
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
            let asked = job.state == JobState::Unconfirmed || self.is_stale(&job);
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
            let unsettled = self.agents[index].spool.unsettled().unwrap().len();
            self.demand(unsettled == 0, || {
                format!("I7: {unsettled} jobs of agent {index} are not settled")
            });
            let open = self.agents[index].spool.open_jobs().unwrap().len();
            self.demand(open == 0, || {
                format!("I1: {open} jobs of agent {index} are still open")
            });
        }
        let (links, agents) = (self.office.links.len(), self.agents.len());
        self.demand(links <= agents, || {
            format!("I7: the relay holds {links} connections")
        });
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
        let early = state == JobState::Expired && self.wall() < job.header.expires;
        self.demand(!early, || format!("I1: {id} expired before its time"));
        let began = job
            .history
            .iter()
            .any(|step| matches!(step.state, JobState::Printing | JobState::Unconfirmed));
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
            let all = jobs.iter().all(|job| {
                matches!(job.state, JobState::Printed | JobState::Sent) || job.started_at.is_none()
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
