//! An agent's computer: its process around the link, the spool, the presses and the watch.

use std::collections::{BTreeMap, VecDeque};

use agent::config::Station;
use agent::spool::Spool;
use agent::watch::Watch;
use jiff::{SignedDuration, Timestamp};
use protocol::frames::{AgentInfo, PrinterInfo, PrinterStatus, Registration};
use protocol::link::{AgentInput, AgentLink, AgentLinkConfig, AgentOutput};
use protocol::{JobUpdate, Offer, RelayFrame, Tick};
use rand::RngExt as _;

use crate::event::Event;
use crate::lane::Ask;
use crate::press::Press;
use crate::setup::AgentPlan;
use crate::world::World;

/// Where the clock's correction is kept.
const CLOCK_FACT: &str = "clock_behind_ms";

/// What a press tells the link.
#[derive(Debug)]
pub(crate) enum News {
    Job(JobUpdate),
    Printer(PrinterStatus),
}

/// One computer.
pub(crate) struct Agent {
    pub(crate) plan: AgentPlan,
    // Durable.
    pub(crate) spool: Spool,
    pub(crate) spool_id: String,
    pub(crate) disk_full: bool,
    /// How far its own clock is ahead, in milliseconds.
    pub(crate) clock_off: i64,
    /// Milliseconds that its monotonic clock did not count.
    pub(crate) slept: u64,
    pub(crate) asleep: bool,
    pub(crate) slept_at: u64,
    /// It dies at the n-th step from now: before it is durable, or right after.
    pub(crate) dies_at: Option<(u32, bool)>,
    /// It dies when so many more bytes were written.
    pub(crate) dies_in: Option<u64>,
    // Gone with the process.
    pub(crate) life: u32,
    pub(crate) link: Option<AgentLink>,
    pub(crate) conn: Option<u32>,
    pub(crate) behind: i64,
    pub(crate) asks: VecDeque<Ask>,
    pub(crate) busy: bool,
    pub(crate) presses: BTreeMap<usize, Press>,
    /// The registrations by the names that the relay gives their stations.
    confirmed: BTreeMap<String, usize>,
    pub(crate) statuses: BTreeMap<String, PrinterStatus>,
    pub(crate) watch: Watch,
    pub(crate) wake: u64,
}

impl Agent {
    pub(crate) fn new(index: usize, plan: &AgentPlan) -> Self {
        let spool_id = format!("spool-{index}-0");
        Self {
            plan: plan.clone(),
            spool: Spool::in_memory(&spool_id).unwrap(),
            spool_id,
            disk_full: false,
            clock_off: 0,
            slept: 0,
            asleep: false,
            slept_at: 0,
            dies_at: None,
            dies_in: None,
            life: 0,
            link: None,
            conn: None,
            behind: 0,
            asks: VecDeque::new(),
            busy: false,
            presses: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            statuses: BTreeMap::new(),
            watch: Watch::default(),
            wake: 0,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.link.is_some()
    }

    pub(crate) fn is_live(&self) -> bool {
        self.link.as_ref().is_some_and(AgentLink::is_live)
    }

    pub(crate) fn printer_name(index: usize) -> String {
        format!("p{index}")
    }

    /// Its printers' indexes, each once.
    pub(crate) fn printers(&self) -> Vec<usize> {
        let mut printers: Vec<usize> = self
            .plan
            .stations
            .iter()
            .map(|(_, _, printer)| *printer)
            .collect();
        printers.dedup();
        printers
    }

    /// The stations as agent.toml has them.
    pub(crate) fn stations(&self) -> Vec<Station> {
        let stations = self.plan.stations.iter().map(|(role, location, printer)| {
            let other = self.printers().into_iter().find(|other| other != printer);
            Station {
                location: location.map(str::to_owned),
                backup: other.filter(|_| self.plan.backups).map(Self::printer_name),
                ..Station::new(role, &Self::printer_name(*printer))
            }
        });
        stations.collect()
    }

    fn registrations(&self) -> Vec<Registration> {
        let printers: Vec<PrinterInfo> = self.printers().into_iter().map(info).collect();
        let stations = self.plan.stations.iter().map(|(role, location, _)| Registration {
            device_id: self.plan.device.clone(),
            role: (*role).to_owned(),
            location: location.map(str::to_owned),
            outlet_id: self.plan.outlet.to_owned(),
            agent: AgentInfo {
                version: "0".to_owned(),
                protocol: protocol::PROTOCOL_VERSION,
                spool: Some(self.spool_id.clone()),
            },
            printers: printers.clone(),
        });
        stations.collect()
    }
}

fn info(index: usize) -> PrinterInfo {
    PrinterInfo {
        name: Agent::printer_name(index),
        profile: "generic-80".to_owned(),
        proof: None,
        state: "unknown".to_owned(),
    }
}

impl World {
    pub(crate) fn agent_starts(&mut self, index: usize) {
        if self.agents[index].is_up() || self.agents[index].asleep {
            return;
        }
        let seed = self.rng.random();
        let now = self.agent_tick(index);
        let agent = &mut self.agents[index];
        agent.life += 1;
        agent.behind = agent
            .spool
            .recall(CLOCK_FACT)
            .unwrap()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        agent.watch = Watch::default();
        agent.statuses.clear();
        let config = AgentLinkConfig {
            registrations: agent.registrations(),
            seed,
        };
        agent.link = Some(AgentLink::new(config, now));
        let reports = agent.spool.unsettled().unwrap();
        let (life, count) = (agent.life, reports.len());
        self.say(|| format!("agent {index} starts, {count} reports unsettled"));
        for report in reports {
            self.agent_input(index, AgentInput::Report(report));
        }
        self.agent_input(index, AgentInput::Timeout);
        for printer in self.agents[index].printers() {
            self.press_starts(index, printer);
        }
        self.after(1000, Event::WatchLooks(index, life));
    }

    pub(crate) fn agent_dies(&mut self, index: usize, when: &str) {
        if !self.agents[index].is_up() {
            return;
        }
        self.say(|| format!("agent {index} killed {when}"));
        let agent = &mut self.agents[index];
        agent.life += 1;
        agent.link = None;
        agent.asks.clear();
        agent.busy = false;
        agent.wake = 0;
        agent.confirmed.clear();
        let conn = agent.conn.take();
        for (printer, _) in std::mem::take(&mut agent.presses) {
            self.abandon(printer);
        }
        if let Some(conn) = conn {
            self.hang_up(conn, true);
        }
    }

    /// The computer's own monotonic clock.
    pub(crate) fn agent_tick(&self, index: usize) -> Tick {
        Tick(self.now - self.agents[index].slept)
    }

    /// The wall clock as the agent corrects it.
    pub(crate) fn agent_wall(&self, index: usize) -> Timestamp {
        let agent = &self.agents[index];
        self.wall()
            .checked_add(SignedDuration::from_millis(agent.clock_off + agent.behind))
            .unwrap()
    }

    pub(crate) fn agent_connected(&mut self, conn: u32) {
        let (agent, cut) = (self.wire(conn).agent, self.wire(conn).cut);
        if self.agents[agent].conn == Some(conn) && !cut {
            self.agent_input(agent, AgentInput::Connected);
        }
    }

    pub(crate) fn agent_failed(&mut self, conn: u32) {
        let agent = self.wire(conn).agent;
        if self.agents[agent].conn == Some(conn) && !self.agents[agent].asleep {
            self.agents[agent].conn = None;
            self.agent_input(
                agent,
                AgentInput::ConnectFailed {
                    why: "refused".to_owned(),
                },
            );
        }
    }

    pub(crate) fn agent_hung_up(&mut self, conn: u32) {
        let agent = self.wire(conn).agent;
        if self.agents[agent].conn == Some(conn) && !self.agents[agent].asleep {
            self.agents[agent].conn = None;
            self.wire(conn).agent_open = false;
            self.agent_input(agent, AgentInput::Disconnected { retry_after: None });
        }
    }

    pub(crate) fn agent_hears(&mut self, conn: u32, text: &str) {
        let agent = self.wire(conn).agent;
        if self.agents[agent].conn != Some(conn) || self.agents[agent].asleep {
            return;
        }
        match RelayFrame::decode(text) {
            Ok(frame) => self.agent_input(agent, AgentInput::Received(frame)),
            Err(error) => self.demand(false, || format!("the agent cannot read {text}: {error}")),
        }
    }

    pub(crate) fn agent_wakes(&mut self, index: usize, life: u32) {
        let agent = &mut self.agents[index];
        if life == agent.life && agent.wake == self.now && !agent.asleep {
            agent.wake = 0;
            self.agent_input(index, AgentInput::Timeout);
        }
    }

    pub(crate) fn agent_input(&mut self, index: usize, input: AgentInput) {
        let tick = self.agent_tick(index);
        let Some(link) = self.agents[index].link.as_mut() else {
            return;
        };
        link.handle(input, tick);
        while let Some(output) = self.agents[index].link.as_mut().and_then(AgentLink::poll_output) {
            self.agent_output(index, output);
        }
        self.arm_agent(index);
    }

    fn arm_agent(&mut self, index: usize) {
        let now = self.now;
        let agent = &mut self.agents[index];
        let Some(at) = agent.link.as_ref().and_then(AgentLink::poll_timeout) else {
            return;
        };
        let (at, life) = ((at.0 + agent.slept).max(now + 1), agent.life);
        if agent.wake == 0 || at < agent.wake {
            agent.wake = at;
            self.at(at, Event::AgentWakes(index, life));
        }
    }

    fn agent_output(&mut self, index: usize, output: AgentOutput) {
        match output {
            AgentOutput::Connect => {
                self.agents[index].confirmed.clear();
                self.dial(index);
            }
            AgentOutput::Send(frame) => {
                if let Some(conn) = self.agents[index].conn {
                    self.carry(conn, false, frame.encode());
                }
            }
            AgentOutput::Spool(offer) => {
                let printer = self.printer_for(index, &offer);
                self.ask_spool(index, Ask::Accept(offer, printer));
            }
            AgentOutput::Cancel(id) => self.ask_spool(index, Ask::Wish(id, agent::spool::Wish::Cancel)),
            AgentOutput::Resolve { job_id, printed } => {
                let wish = if printed {
                    agent::spool::Wish::Printed
                } else {
                    agent::spool::Wish::Again
                };
                self.ask_spool(index, Ask::Wish(job_id, wish));
            }
            AgentOutput::Release(id) => self.ask_spool(index, Ask::Wish(id, agent::spool::Wish::Release)),
            AgentOutput::Settled(id) => self.ask_spool(index, Ask::Settle(id)),
            AgentOutput::Station {
                registration,
                station,
            } => {
                self.agents[index].confirmed.insert(station, registration);
            }
            AgentOutput::Clock {
                relay_now,
                at_tick: _,
            } => self.correct_clock(index, relay_now),
            AgentOutput::Refused(error) => {
                self.say(|| format!("agent {index}: refused: {} ({})", error.message, error.code));
            }
            AgentOutput::Disconnect { reason } => {
                self.say(|| format!("agent {index} disconnects: {}", reason.as_str()));
                if let Some(conn) = self.agents[index].conn.take() {
                    self.hang_up(conn, true);
                }
            }
        }
    }

    fn correct_clock(&mut self, index: usize, relay_now: Timestamp) {
        let own = self
            .wall()
            .checked_add(SignedDuration::from_millis(self.agents[index].clock_off))
            .unwrap();
        let behind = i64::try_from(relay_now.duration_since(own).as_millis()).unwrap();
        let before = std::mem::replace(&mut self.agents[index].behind, behind);
        if behind.abs_diff(before) >= 1000 {
            self.ask_spool(index, Ask::Remember(CLOCK_FACT.to_owned(), behind.to_string()));
        }
    }

    /// The printer of the station that a job names; a job of another station comes as its backup.
    fn printer_for(&self, index: usize, offer: &Offer) -> String {
        let agent = &self.agents[index];
        let station = offer.job.via.as_ref().unwrap_or(&offer.job.station);
        let stations = &agent.plan.stations;
        let found = agent
            .confirmed
            .get(station)
            .and_then(|place| stations.get(*place));
        let found = found
            .or_else(|| stations.iter().find(|(role, _, _)| role == station))
            .or(stations.first());
        found
            .map(|(_, _, printer)| Agent::printer_name(*printer))
            .unwrap_or_default()
    }

    /// News of a press; the link takes them in their order.
    pub(crate) fn press_said(&mut self, index: usize, news: News) {
        match news {
            News::Job(update) => self.agent_input(index, AgentInput::Report(update)),
            News::Printer(status) => {
                let agent = &mut self.agents[index];
                agent.statuses.insert(status.printer.clone(), status.clone());
                self.agent_input(index, AgentInput::Printer(status));
            }
        }
    }

    /// Whether a printer said of itself that it cannot print.
    pub(crate) fn says_trouble(&self, index: usize, printer: &str) -> bool {
        let status = self.agents[index].statuses.get(printer);
        status.is_some_and(|status| !status.online)
    }
}
