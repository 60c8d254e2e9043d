//! I8: a minute after a ticket was due somebody has been told of it, or it is on paper.

use protocol::JobState;
use relay::store::Job;

use crate::agent::Agent;
use crate::event::Event;
use crate::store::ready;
use crate::world::World;

/// Between two looks.
const LOOK_EVERY: u64 = 10_000;
/// The promise's 60 s, and the time that telling takes over a slow line.
const WITHIN_MS: i128 = 70_000;

impl World {
    pub(crate) fn alarms(&mut self) {
        self.after(LOOK_EVERY, Event::Alarms);
        if !self.office.is_up() || self.is_quiet_at_relay() {
            return;
        }
        let is_young = self.now < self.office.began + 70_000;
        let wall = self.wall();
        for job in self.jobs() {
            let (id, state) = (&job.header.id, job.state);
            let age = wall.duration_since(job.header.due).as_millis();
            if self.is_told(&job) {
                self.audit.told_of.insert(id.clone(), self.now);
            }
            // Whoever was told a moment ago knows of it, and what is mended needs a moment to print.
            let told = self.audit.told_of.get(id);
            let told = told.is_some_and(|at| u128::from(self.now - at) < WITHIN_MS.unsigned_abs());
            if is_young || job.state.is_final() || age < WITHIN_MS || told {
                continue;
            }
            self.demand(false, || {
                format!(
                    "I8: {id} is {state} ({:?}) after {age} ms and nobody was told",
                    job.detail
                )
            });
        }
    }

    /// The screens say why, its computer is shown as away, or its printer as in trouble.
    fn is_told(&mut self, job: &Job) -> bool {
        let said = matches!(job.state, JobState::Held | JobState::Unconfirmed) || job.cancel_requested;
        let (outlet, station) = (job.outlet.to_string(), job.header.station.clone());
        let holder = job.holder.as_ref().map(|(device, _)| device.clone()).or_else(|| {
            let holder = self
                .read(|store| ready(store.holder(&outlet, &station)).unwrap())
                .flatten();
            holder.map(|holder| holder.device)
        });
        let away = holder
            .as_ref()
            .is_none_or(|device| self.office.line(&outlet, device).is_none());
        let computer = self
            .agents
            .iter()
            .position(|agent| agent.plan.outlet == outlet && holder.as_ref() == Some(&agent.plan.device));
        let Some(computer) = computer else { return true };
        let known = self.agents[computer]
            .spool
            .get(&job.header.id)
            .unwrap()
            .map(|job| job.printer);
        let printers: Vec<String> = match known {
            Some(printer) => vec![printer],
            None => self.agents[computer]
                .printers()
                .into_iter()
                .map(Agent::printer_name)
                .collect(),
        };
        let told = printers
            .iter()
            .any(|printer| self.audit.told.contains_key(printer) || self.says_trouble(computer, printer));
        let busy =
            self.agents[computer].asleep || self.agents[computer].disk_full || !self.agents[computer].is_up();
        said || away || told || busy || job.detail.is_some()
    }
}
