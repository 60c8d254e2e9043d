//! The agent's presses: one ticket at a time for each station, by a printer that can prove what it printed.

use protocol::link::AgentInput;
use protocol::{Evidence, JobId, JobState, JobUpdate};
use rand::RngExt as _;

use crate::kitchen::SpoolJob;
use crate::office::Wish;
use crate::plant::Plant;
use crate::world::{Event, World};

impl World {
    pub(crate) fn wish(&mut self, id: &JobId, wish: Wish) {
        let Some(job) = self.kitchen.spool.get_mut(id) else {
            return;
        };
        job.wish = Some(wish);
        let station = job.station.clone();
        self.press_nudge(&station);
    }

    pub(crate) fn press_nudge(&mut self, station: &str) {
        if !self.kitchen.busy.iter().any(|busy| busy == station) {
            self.kitchen.busy.push(station.to_owned());
            let (life, station) = (self.kitchen.life, station.to_owned());
            self.after(1, Event::PressLooks { life, station });
        }
    }

    pub(crate) fn press_looks(&mut self, life: u32, station: &str) {
        if life != self.kitchen.life {
            return;
        }
        let spool = &self.kitchen.spool;
        let next = |id: &&JobId| spool[*id].station == station && !spool[*id].waits_for_a_person(id);
        let Some(id) = self.kitchen.arrivals.iter().find(next).cloned() else {
            self.kitchen.busy.retain(|busy| busy != station);
            return;
        };
        let look = Event::PressLooks {
            life,
            station: station.to_owned(),
        };
        let job = &self.kitchen.spool[&id];
        let begun = job.attempt > 0;
        if job.wish == Some(Wish::Cancel) && !begun {
            self.step(&id, JobState::Cancelled);
            self.after(1, look);
        } else if job.state == JobState::Spooled && (needs_release(&id) || self.rng.random_bool(0.1)) {
            self.step(&id, JobState::Held);
            let wait = self.rng.random_range(10..3000);
            self.after(wait, look);
        } else if begun && self.plant != Some(Plant::ForgetIntent) && self.is_on_paper(&id) {
            self.after(5, Event::ProofComes { life, id });
        } else {
            self.kitchen.spool.get_mut(&id).unwrap().attempt += 1;
            self.step(&id, JobState::Printing);
            if self.plant == Some(Plant::ReportBeforePaper) {
                self.step(&id, JobState::Printed);
            }
            let speed = self.rng.random_range(20..300);
            self.after(speed, Event::PaperComes { life, id });
        }
    }

    pub(crate) fn paper_comes(&mut self, life: u32, id: &JobId) {
        if life != self.kitchen.life {
            return;
        }
        self.check_paper(id);
        let station = self.kitchen.spool[id].station.clone();
        self.say(|| format!("paper at {station}: {id}"));
        self.kitchen.paper.push((station, id.clone()));
        let late = needs_answer(id) || self.rng.random_bool(0.1);
        if late {
            self.step(id, JobState::Unconfirmed);
        }
        if needs_answer(id) {
            let station = self.kitchen.spool[id].station.clone();
            self.after(1, Event::PressLooks { life, station });
            return;
        }
        let wait = self.rng.random_range(5..if late { 5000 } else { 100 });
        self.after(wait, Event::ProofComes { life, id: id.clone() });
    }

    pub(crate) fn proof_comes(&mut self, life: u32, id: &JobId) {
        if life != self.kitchen.life {
            return;
        }
        self.step(id, JobState::Printed);
        let station = self.kitchen.spool[id].station.clone();
        self.after(1, Event::PressLooks { life, station });
    }

    fn is_on_paper(&self, id: &JobId) -> bool {
        self.kitchen.paper.iter().any(|(_, paper)| paper == id)
    }

    /// Makes a step durable, then reports it.
    fn step(&mut self, id: &JobId, state: JobState) {
        let at = self.wall();
        let job = self.kitchen.spool.get_mut(id).unwrap();
        let from = std::mem::replace(&mut job.state, state);
        job.at = at;
        if !from.may_become(state) && self.plant.is_none() {
            self.complain(format!("the press takes {id} from {from} to {state}"));
        }
        self.report(id);
    }

    pub(crate) fn report(&mut self, id: &JobId) {
        let job = &self.kitchen.spool[id];
        let update = JobUpdate {
            job_id: id.clone(),
            state: job.state,
            attempt: job.attempt,
            printer: None,
            evidence: (job.state == JobState::Printed).then_some(Evidence::A),
            detail: None,
            at: job.at,
        };
        self.agent(AgentInput::Report(update));
    }
}

impl SpoolJob {
    /// Nothing to do for the press: over, or somebody must say something first.
    fn waits_for_a_person(&self, id: &JobId) -> bool {
        match self.state {
            JobState::Held => needs_release(id) && self.wish.is_none(),
            JobState::Unconfirmed => needs_answer(id) && self.wish != Some(Wish::Resolve),
            _ => self.state.is_final(),
        }
    }
}

/// Stale jobs: the press holds them until a person releases them.
pub(crate) fn needs_release(id: &JobId) -> bool {
    id.as_str().ends_with('7')
}

/// Jobs of which the printer says nothing: a person must look.
fn needs_answer(id: &JobId) -> bool {
    id.as_str().ends_with('5')
}
