//! The link's calls to the spool: in order, each durable at one moment and answered at a later one.

use agent::spool::{Accepted, SpoolError, Wish};
use protocol::link::AgentInput;
use protocol::{JobId, JobUpdate, Offer};

use crate::event::Event;
use crate::world::World;

/// What the link asks of the spool.
#[derive(Debug)]
pub(crate) enum Ask {
    Accept(Box<Offer>, String),
    Settle(JobId),
    Wish(JobId, Wish),
    Remember(String, String),
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Done {
    /// The job is fsynced; its latest report where it was known already.
    Accepted(JobId, Option<JobUpdate>),
    Refused(JobId),
    Wished,
    Quiet,
}

impl World {
    pub(crate) fn ask_spool(&mut self, index: usize, ask: Ask) {
        self.agents[index].asks.push_back(ask);
        self.spool_next(index);
    }

    fn spool_next(&mut self, index: usize) {
        let delay = 1 + self.disk_time() / 2;
        let agent = &mut self.agents[index];
        if !agent.busy && !agent.asks.is_empty() {
            agent.busy = true;
            let life = agent.life;
            self.after(delay, Event::SpoolDoes(index, life));
        }
    }

    /// The commit.
    pub(crate) fn spool_does(&mut self, index: usize, life: u32) {
        if life != self.agents[index].life {
            return;
        }
        let Some(ask) = self.agents[index].asks.pop_front() else {
            return;
        };
        let done = self.spool_call(index, ask);
        let delay = 1 + self.disk_time() / 2;
        self.after(delay, Event::SpoolSays(index, life, Box::new(done)));
    }

    fn spool_call(&mut self, index: usize, ask: Ask) -> Done {
        let wall = self.agent_wall(index);
        let agent = &self.agents[index];
        match ask {
            Ask::Accept(offer, _) if agent.disk_full => Done::Refused(offer.job.id),
            Ask::Accept(offer, printer) => {
                let others = agent
                    .printers()
                    .into_iter()
                    .map(crate::agent::Agent::printer_name)
                    .collect();
                let id = offer.job.id.clone();
                match agent.spool.accept_among(&offer, &printer, others, wall).unwrap() {
                    Accepted::New => {
                        self.spooled(index, &offer, &printer);
                        Done::Accepted(id, None)
                    }
                    Accepted::Known => {
                        let known = agent.spool.get(&id).unwrap();
                        Done::Accepted(id, known.map(|job| job.update()))
                    }
                }
            }
            Ask::Settle(id) if agent.disk_full => {
                self.audit.not_noted.insert((index, id));
                Done::Quiet
            }
            Ask::Remember(..) if agent.disk_full => Done::Quiet,
            Ask::Settle(id) => {
                agent.spool.settle(&id).unwrap();
                Done::Quiet
            }
            Ask::Remember(key, value) => {
                agent.spool.remember(&key, &value).unwrap();
                Done::Quiet
            }
            Ask::Wish(id, _) if agent.disk_full => {
                self.audit.not_noted.insert((index, id));
                Done::Quiet
            }
            Ask::Wish(id, wish) => match agent.spool.wish(&id, wish) {
                Ok(()) => Done::Wished,
                Err(SpoolError::Refused { .. } | SpoolError::NoSuchJob(_)) => Done::Quiet,
                Err(error) => panic_on(&error),
            },
        }
    }

    pub(crate) fn spool_says(&mut self, index: usize, life: u32, done: Done) {
        if life != self.agents[index].life {
            return;
        }
        self.agents[index].busy = false;
        match done {
            Done::Accepted(id, known) => {
                self.agent_input(index, AgentInput::Spooled(id));
                match known {
                    Some(update) => self.agent_input(index, AgentInput::Report(update)),
                    None => self.nudge_presses(index),
                }
            }
            Done::Refused(id) => {
                self.agent_input(index, AgentInput::SpoolRefused(id, "the disk is full".to_owned()));
            }
            Done::Wished => self.nudge_presses(index),
            Done::Quiet => {}
        }
        self.spool_next(index);
    }
}

fn panic_on(error: &SpoolError) -> Done {
    unreachable!("a spool in memory does not fail: {error}")
}
