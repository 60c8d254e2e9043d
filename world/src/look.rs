//! The watch over all printers of an agent: backups and slips.

use std::collections::BTreeMap;

use agent::spool::HandOver;
use agent::watch::{Act, View};

use crate::agent::{Agent, News};
use crate::event::Event;
use crate::world::World;

impl World {
    /// Looks once a second, while there is something to print.
    pub(crate) fn watch_looks(&mut self, index: usize, life: u32) {
        if life != self.agents[index].life || self.agents[index].asleep {
            return;
        }
        self.after(1000, Event::WatchLooks(index, life));
        if self.agents[index].presses.values().all(|press| press.is_empty()) {
            return;
        }
        let (tick, wall) = (self.agent_tick(index), self.agent_wall(index));
        let (stations, agent) = (self.agents[index].stations(), &mut self.agents[index]);
        for status in agent.statuses.values() {
            agent.watch.heard(status, tick);
        }
        let printers: Vec<String> = agent.printers().into_iter().map(Agent::printer_name).collect();
        let jobs = agent.spool.open_jobs().unwrap();
        let mut originals = BTreeMap::new();
        for job in jobs.iter().filter(|job| job.is_waiting() && job.is_correction()) {
            if let Some(printer) = agent.spool.printer_before(job).unwrap() {
                originals.insert(job.job.id.clone(), printer);
            }
        }
        let view = View {
            stations: &stations,
            printers: &printers,
            jobs: &jobs,
            originals: &originals,
            wall,
        };
        for act in agent.watch.look(view, tick) {
            self.watch_acts(index, act);
        }
    }

    fn watch_acts(&mut self, index: usize, act: Act) {
        match act {
            Act::Move(over) => {
                let at = self.agent_wall(index);
                let id = over.job.clone();
                self.say(|| format!("agent {index}: {id} {}", over.detail));
                let over = HandOver {
                    job_id: over.job,
                    from: over.from,
                    to: over.to,
                    banners: over.banners,
                    detail: over.detail,
                    at,
                };
                let update = self.agents[index].spool.hand_over(over).unwrap();
                if let Some(update) = update {
                    self.audit.moved.insert(update.job_id.clone());
                    self.press_said(index, News::Job(update));
                }
                self.nudge_presses(index);
            }
            Act::Print(slip) => {
                self.say(|| format!("agent {index}: a slip at {}: {}", slip.printer, slip.message));
                self.audit.told.insert(slip.about.clone(), self.now);
                self.agents[index].watch.printed(slip.id);
            }
        }
    }
}
