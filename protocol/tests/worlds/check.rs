//! The invariants of DELIVERY.md as this world can see them.

use std::collections::BTreeSet;

use protocol::link::WINDOW;
use protocol::{JobId, JobState};

use crate::office::StoredJob;
use crate::press::needs_release;
use crate::world::{Phase, World, is_heartbeat};

impl World {
    /// I4: what the relay shows is no more than the agent's evidence.
    pub(crate) fn check_shown(&mut self, id: &JobId) {
        let StoredJob {
            station,
            seq,
            state: shown,
            ..
        } = self.office.jobs[id].clone();
        if shown != JobState::Accepted {
            self.office.waiting.remove(&(station, seq));
        }
        let spooled = self.kitchen.spool.get(id);
        let on_paper = self.kitchen.paper.iter().any(|(_, paper)| paper == id);
        let proven = match shown {
            JobState::Accepted | JobState::Cancelled | JobState::Expired | JobState::Failed => true,
            JobState::Spooled | JobState::Held => spooled.is_some(),
            JobState::Printing | JobState::Unconfirmed => spooled.is_some_and(|job| job.attempt > 0),
            JobState::Printed | JobState::Sent => on_paper,
        };
        self.demand(proven, || {
            format!("I4: the relay shows {id} as {shown} without evidence")
        });
    }

    /// I2 and I5: one paper for each job, in order for each station.
    pub(crate) fn check_paper(&mut self, id: &JobId) {
        let again = self.kitchen.paper.iter().any(|(_, paper)| paper == id);
        self.demand(!again, || format!("I2: {id} came out twice"));
        let (station, seq) = (self.office.jobs[id].station.clone(), self.office.jobs[id].seq);
        // What a person released comes late on purpose.
        let later = self
            .kitchen
            .paper
            .iter()
            .any(|(on, other)| *on == station && self.office.jobs[other].seq > seq && !needs_release(id));
        self.demand(!later, || {
            format!("I5: {id} came out after a later one of {station}")
        });
    }

    /// The relay said `job_settled`.
    pub(crate) fn check_settled(&mut self, id: &JobId) {
        let settled = self.office.jobs[id].state.is_final();
        self.demand(settled, || {
            format!("I1: {id} was settled, but the relay has not stored it")
        });
    }

    /// I7: no more offers under way than the window.
    pub(crate) fn check_window(&mut self, open: &BTreeSet<(String, JobId)>) {
        for station in self.stations() {
            let wanted = |id| self.office.jobs[id].state == JobState::Accepted;
            let count = open
                .iter()
                .filter(|(on, id)| *on == station && wanted(id))
                .count();
            self.demand(count <= WINDOW, || {
                format!("I7: {count} offers under way to {station}")
            });
        }
    }

    /// In idle minutes there are heartbeats and nothing else.
    pub(crate) fn check_traffic(&mut self, text: &str) {
        let beat = is_heartbeat(text);
        self.heartbeats += u32::from(beat);
        let idle = self.phase == Phase::Idle;
        self.demand(beat || !idle, || format!("idle, and yet: {text}"));
    }

    pub(crate) fn is_done(&self) -> bool {
        let relay = self.office.jobs.values().all(|job| job.state.is_final());
        let agent = self.kitchen.spool.values().all(|job| job.settled);
        relay && agent && self.kitchen.conn.is_some()
    }

    /// I1 and I2, when everything has been well for a while.
    pub(crate) fn check_end(&mut self) {
        for (id, job) in self.office.jobs.clone() {
            let state = job.state;
            self.demand(state.is_final(), || {
                format!("I1: {id} is still {state} at the relay")
            });
            let papers = self
                .kitchen
                .paper
                .iter()
                .filter(|(_, paper)| *paper == id)
                .count();
            let wanted = usize::from(state == JobState::Printed);
            self.demand(papers == wanted, || {
                format!("I2: {id} is {state} and has {papers} papers")
            });
            let Some(spooled) = self.kitchen.spool.get(&id) else {
                continue;
            };
            let (agent, settled) = (spooled.state, spooled.settled);
            self.demand(settled, || {
                format!("I1: {id} is {agent} at the agent and not settled")
            });
            self.demand(agent == state, || {
                format!("I4: {id} is {agent} at the agent, {state} at the relay")
            });
        }
        let conns = self.office.conns.len();
        self.demand(conns == 1, || format!("I7: the relay holds {conns} connections"));
        let (unsettled, beats) = (self.kitchen.link.as_ref().unwrap().unsettled(), self.heartbeats);
        self.demand(unsettled == 0, || {
            format!("I7: the agent's link still holds {unsettled} jobs")
        });
        self.demand((78..=82).contains(&beats), || {
            format!("{beats} heartbeat frames in ten idle minutes")
        });
    }

    fn demand(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.trouble.is_none() {
            self.trouble = Some(what());
        }
    }

    /// Something is wrong in the world itself.
    pub(crate) fn complain(&mut self, what: String) {
        self.demand(false, || what);
    }
}
