//! The agent's side: its shell around the link, a durable spool, a press and the paper that came out.

use std::collections::BTreeMap;

use protocol::frames::{AgentInfo, Registration};
use protocol::link::{AgentInput, AgentLink, AgentLinkConfig, AgentOutput, DisconnectReason};
use protocol::{AgentFrame, JobId, JobState, Offer, RelayFrame};
use rand::RngExt as _;

use crate::office::Wish;
use crate::plant::Plant;
use crate::world::{Event, Phase, World};

#[derive(Debug, Clone)]
pub(crate) struct SpoolJob {
    pub(crate) state: JobState,
    pub(crate) attempt: u32,
    pub(crate) settled: bool,
    pub(crate) station: String,
    pub(crate) wish: Option<Wish>,
    pub(crate) at: jiff::Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Kitchen {
    pub(crate) stations: Vec<String>,
    // Durable.
    pub(crate) spool: BTreeMap<JobId, SpoolJob>,
    pub(crate) arrivals: Vec<JobId>,
    pub(crate) paper: Vec<(String, JobId)>,
    pub(crate) disk_full: bool,
    // Gone with the process.
    pub(crate) life: u32,
    pub(crate) link: Option<AgentLink>,
    pub(crate) conn: Option<u32>,
    spooling: Option<Box<Offer>>,
    pub(crate) busy: Vec<String>,
    wake: u64,
    connects: u32,
}

impl Kitchen {
    pub(crate) fn new(stations: usize) -> Self {
        let stations = ["kitchen", "bar"]
            .iter()
            .take(stations)
            .map(|name| (*name).to_owned())
            .collect();
        Self {
            stations,
            ..Self::default()
        }
    }
}

impl World {
    pub(crate) fn agent_starts(&mut self) {
        if self.kitchen.link.is_some() {
            return;
        }
        self.say(|| "agent starts".to_owned());
        self.kitchen.life += 1;
        let registrations = self
            .kitchen
            .stations
            .iter()
            .map(|station| registration(station))
            .collect();
        let config = AgentLinkConfig {
            registrations,
            seed: self.rng.random(),
        };
        self.kitchen.link = Some(AgentLink::new(config, self.tick()));
        for id in self.kitchen.arrivals.clone() {
            if !self.kitchen.spool[&id].settled && self.plant != Some(Plant::ForgetUnsettled) {
                self.report(&id);
            }
        }
        self.agent(AgentInput::Timeout);
        for station in self.stations() {
            self.press_nudge(&station);
        }
    }

    pub(crate) fn agent_dies(&mut self) {
        self.say(|| "agent killed".to_owned());
        let kitchen = &mut self.kitchen;
        kitchen.life += 1;
        kitchen.link = None;
        kitchen.spooling = None;
        kitchen.busy.clear();
        kitchen.wake = 0;
        if let Some(conn) = kitchen.conn.take() {
            self.hang_up(conn, true);
        }
    }

    pub(crate) fn agent_connected(&mut self, conn: u32) {
        if self.kitchen.conn == Some(conn) && !self.wire(conn).cut {
            self.agent(AgentInput::Connected);
        }
    }

    pub(crate) fn agent_failed(&mut self, conn: u32) {
        if self.kitchen.conn == Some(conn) {
            self.kitchen.conn = None;
            self.agent(AgentInput::ConnectFailed {
                why: "refused".to_owned(),
            });
        }
    }

    pub(crate) fn agent_hung_up(&mut self, conn: u32) {
        if self.kitchen.conn == Some(conn) {
            self.kitchen.conn = None;
            self.wire(conn).agent_open = false;
            self.agent(AgentInput::Disconnected { retry_after: None });
        }
    }

    pub(crate) fn agent_hears(&mut self, conn: u32, text: &str) {
        if self.kitchen.conn != Some(conn) {
            return;
        }
        match RelayFrame::decode(text) {
            Ok(frame) => self.agent(AgentInput::Received(frame)),
            Err(error) => self.complain(format!("the agent cannot read {text}: {error}")),
        }
    }

    pub(crate) fn agent_wakes(&mut self, life: u32) {
        if life == self.kitchen.life && self.kitchen.wake == self.now {
            self.kitchen.wake = 0;
            if self.plant == Some(Plant::DeafToSilence) {
                let tick = self.tick();
                let ping = RelayFrame::Ping { now: self.wall() };
                let link = self.kitchen.link.as_mut().unwrap();
                link.handle(AgentInput::Received(ping), tick);
                while link.poll_output().is_some() {}
            }
            self.agent(AgentInput::Timeout);
        }
    }

    /// Feeds the link and does what it says.
    pub(crate) fn agent(&mut self, input: AgentInput) {
        let live = matches!(input, AgentInput::Spooled(_) | AgentInput::Report(_));
        let tick = self.tick();
        let Some(link) = self.kitchen.link.as_mut() else {
            return;
        };
        link.handle(input, tick);
        while let Some(output) = self.kitchen.link.as_mut().and_then(AgentLink::poll_output) {
            self.agent_does(output, live);
        }
        let Some(due) = self.kitchen.link.as_ref().and_then(AgentLink::poll_timeout) else {
            return;
        };
        if self.kitchen.wake == 0 || due.0 < self.kitchen.wake {
            self.kitchen.wake = due.0.max(self.now + 1);
            self.at(self.kitchen.wake, Event::AgentWakes(self.kitchen.life));
        }
    }

    fn agent_does(&mut self, output: AgentOutput, live: bool) {
        match output {
            AgentOutput::Connect => {
                self.kitchen.connects += 1;
                if self.plant != Some(Plant::GiveUp) || self.kitchen.connects < 4 {
                    self.dial();
                }
            }
            AgentOutput::Send(frame) => self.agent_sends(&frame, live),
            AgentOutput::Spool(offer) => self.spool(offer),
            AgentOutput::Cancel(id) => self.wish(&id, Wish::Cancel),
            AgentOutput::Release(id) => self.wish(&id, Wish::Release),
            AgentOutput::Resolve { job_id, .. } => self.wish(&job_id, Wish::Resolve),
            AgentOutput::Settled(id) => {
                self.check_settled(&id);
                if self.plant != Some(Plant::ForgetSettled) {
                    self.kitchen.spool.get_mut(&id).unwrap().settled = true;
                }
            }
            AgentOutput::Disconnect { reason } => self.agent_disconnects(reason),
            AgentOutput::Refused(error) => self.complain(format!("the relay refused: {}", error.message)),
            AgentOutput::Station { .. } | AgentOutput::Clock { .. } => {}
        }
    }

    fn agent_sends(&mut self, frame: &AgentFrame, live: bool) {
        let job = matches!(frame, AgentFrame::JobAck { .. } | AgentFrame::JobUpdate(_));
        let register = matches!(frame, AgentFrame::Register(_));
        let planted = match self.plant {
            Some(Plant::NoResend) => job && !live,
            Some(Plant::RegisterOnce) => register && self.kitchen.connects > 1,
            _ => false,
        };
        let Some(conn) = self.kitchen.conn.filter(|_| !planted) else {
            return;
        };
        let text = frame.encode();
        self.say(|| format!("agent -> {text}"));
        self.carry(conn, false, text);
    }

    fn agent_disconnects(&mut self, reason: DisconnectReason) {
        self.say(|| format!("agent disconnects: {reason:?}"));
        if matches!(reason, DisconnectReason::Flooded) || self.phase == Phase::Idle {
            self.complain(format!("the agent disconnects: {reason:?}"));
        }
        if let Some(conn) = self.kitchen.conn.take() {
            self.hang_up(conn, true);
        }
    }

    fn spool(&mut self, offer: Box<Offer>) {
        if self.kitchen.spooling.is_some() && self.plant.is_none() {
            self.complain(format!("I7: {} is spooled beside another", offer.job.id));
        }
        let (life, id) = (self.kitchen.life, offer.job.id.clone());
        self.kitchen.spooling = Some(offer);
        let fsync = if self.rng.random_bool(0.9) {
            1..20_u64
        } else {
            20..3000
        };
        let fsync = self.rng.random_range(fsync);
        self.after(fsync, Event::SpoolCommits { life, id: id.clone() });
        if self.plant == Some(Plant::AckBeforeSpooled) {
            self.agent(AgentInput::Spooled(id));
        }
    }

    pub(crate) fn spool_commits(&mut self, life: u32, id: JobId) {
        if life != self.kitchen.life {
            return;
        }
        let Some(offer) = self.kitchen.spooling.take() else {
            return;
        };
        let delay = self.rng.random_range(0..3);
        if self.kitchen.disk_full {
            self.say(|| format!("the spool refuses {id}"));
            self.after(
                delay,
                Event::SpoolAnswers {
                    life,
                    id,
                    why: Some("disk full"),
                },
            );
            return;
        }
        let known = self.kitchen.spool.contains_key(&id);
        if !known {
            let (station, at) = (offer.job.station.clone(), self.wall());
            let state = JobState::Spooled;
            let job = SpoolJob {
                state,
                attempt: 0,
                settled: false,
                station,
                wish: None,
                at,
            };
            self.kitchen.spool.insert(id.clone(), job);
            self.kitchen.arrivals.push(id.clone());
        }
        self.after(delay, Event::SpoolAnswers { life, id, why: None });
    }

    pub(crate) fn spool_answers(&mut self, life: u32, id: JobId, why: Option<&'static str>) {
        if life != self.kitchen.life {
            return;
        }
        let Some(job) = self.kitchen.spool.get(&id).filter(|_| why.is_none()) else {
            self.agent(AgentInput::SpoolRefused(id, why.unwrap_or_default().to_owned()));
            return;
        };
        let (station, news) = (job.station.clone(), job.state != JobState::Spooled);
        if news {
            self.report(&id);
        }
        self.agent(AgentInput::Spooled(id));
        self.press_nudge(&station);
    }
}

fn registration(station: &str) -> Registration {
    Registration {
        device_id: "pc-1".to_owned(),
        role: station.to_owned(),
        location: None,
        outlet_id: "demo".to_owned(),
        agent: AgentInfo {
            version: "0".to_owned(),
            protocol: 1,
            spool: Some("s".to_owned()),
        },
        printers: Vec::new(),
    }
}
