//! One world: a clock, what is going to happen, and everybody in it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use protocol::Tick;
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

use crate::agent::Agent;
use crate::cable::Cable;
use crate::check::Audit;
use crate::event::Event;
use crate::guest::Guests;
use crate::office::Office;
use crate::printer::Printer;
use crate::setup::Setup;
use crate::story::Verdict;

/// How long things go wrong, in milliseconds.
pub(crate) const TROUBLE_MS: u64 = 180_000;
/// Ten minutes without the relay.
const APART_MS: u64 = 600_000;
/// Ten idle minutes, in which nobody does anything: by then everything is on paper or with a person.
const IDLE_MS: u64 = 600_000;
/// By then people have answered everything, at the latest.
const ANSWER_MS: u64 = 900_000;
/// The moment at which every world begins, in Unix milliseconds: 2026-11-20T18:00:00Z.
const BEGIN_MS: i64 = 1_795_197_600_000;

/// In which part of the evening it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Trouble,
    Idle,
    Answers,
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) rng: SmallRng,
    pub(crate) setup: Setup,
    pub(crate) phase: Phase,
    pub(crate) office: Office,
    pub(crate) agents: Vec<Agent>,
    pub(crate) printers: Vec<Printer>,
    pub(crate) cable: Cable,
    pub(crate) guests: Guests,
    pub(crate) audit: Audit,
    pub(crate) tells: bool,
    pub(crate) story: Vec<String>,
    queue: BTreeMap<(u64, u64), Event>,
    events: u64,
}

impl World {
    pub(crate) fn new(seed: u64, tells: bool) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let setup = Setup::roll(&mut rng);
        let agents = setup
            .agents
            .iter()
            .enumerate()
            .map(|(index, plan)| Agent::new(index, plan));
        let agents = agents.collect();
        let printers = setup.printers.iter().map(Printer::new).collect();
        Self {
            now: 0,
            phase: Phase::Trouble,
            office: Office::new(BEGIN_MS),
            agents,
            printers,
            cable: Cable::default(),
            guests: Guests::default(),
            audit: Audit::default(),
            tells,
            story: Vec::new(),
            queue: BTreeMap::new(),
            events: 0,
            setup,
            rng,
        }
    }

    pub(crate) fn run(&mut self) -> Verdict {
        self.say(|| "the evening begins".to_owned());
        self.open_outlets();
        self.at(0, Event::RelayStarts);
        for agent in 0..self.agents.len() {
            self.at(0, Event::AgentStarts(agent));
        }
        self.plan_orders();
        self.plan_faults();
        self.at(60_000, Event::Upkeep);
        self.at(10_000, Event::People);
        self.at(10_000, Event::Alarms);
        self.grow_apart();
        self.run_until(TROUBLE_MS)?;
        if self.setup.apart {
            self.run_until(APART_MS)?;
        }
        self.nightfall()?;
        self.heal();
        self.phase = Phase::Idle;
        self.run_until(self.now + IDLE_MS)?;
        self.check_idle();
        self.verdict()?;
        self.phase = Phase::Answers;
        let end = self.now + ANSWER_MS;
        while self.now < end && !self.is_over() {
            self.run_until(self.now + 15_000)?;
        }
        self.check_end();
        self.verdict()
    }

    /// N1: for ten minutes no computer reaches the relay, while orders come.
    fn grow_apart(&mut self) {
        for agent in 0..self.agents.len() {
            if self.setup.apart {
                self.cable.down.push(agent);
            }
        }
    }

    /// Everything stands still for a while: orders wait at the relay and in spools, and grow old.
    fn nightfall(&mut self) -> Verdict {
        let Some(night) = self.setup.night else {
            return Ok(());
        };
        for agent in 0..self.agents.len() {
            self.power_cut(agent, night);
        }
        self.phase = Phase::Idle;
        self.run_until(self.now + night)
    }

    /// The same evening, but for ten minutes nobody reaches the relay, and nothing else goes wrong.
    pub(crate) fn apart(seed: u64) -> Self {
        let mut world = Self::new(seed, false);
        (world.setup.apart, world.setup.faults, world.setup.night) = (true, 0, None);
        world
    }

    fn plan_faults(&mut self) {
        for _ in 0..self.setup.faults {
            let at = self.rng.random_range(2_000..TROUBLE_MS);
            self.at(at, Event::Fault);
        }
    }

    pub(crate) fn at(&mut self, at: u64, event: Event) {
        self.events += 1;
        self.queue.insert((at.max(self.now), self.events), event);
    }

    pub(crate) fn after(&mut self, delay: u64, event: Event) {
        self.at(self.now + delay, event);
    }

    pub(crate) fn tick(&self) -> Tick {
        Tick(self.now)
    }

    /// The time by a clock that is right: the relay's.
    pub(crate) fn wall(&self) -> Timestamp {
        Timestamp::from_millisecond(BEGIN_MS + i64::try_from(self.now).unwrap()).unwrap()
    }

    pub(crate) fn disk_time(&mut self) -> u64 {
        self.rng.random_range(1..=self.setup.disk)
    }

    pub(crate) fn say(&mut self, line: impl FnOnce() -> String) {
        if self.tells {
            let line = line();
            self.story
                .push(format!("{:>9}.{:03} {line}", self.now / 1000, self.now % 1000));
        }
    }

    /// A promise: the first one that is broken ends the world.
    pub(crate) fn demand(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.audit.broken.is_none() {
            self.audit.broken = Some(what());
        }
    }

    fn verdict(&mut self) -> Verdict {
        self.audit.broken.take().map_or(Ok(()), Err)
    }

    fn run_until(&mut self, end: u64) -> Verdict {
        while self
            .queue
            .first_key_value()
            .is_some_and(|((at, _), _)| *at <= end)
        {
            let ((at, _), event) = self.queue.pop_first().unwrap();
            self.now = at;
            self.office.set_clock(at);
            self.happen(event);
            self.verdict()?;
        }
        self.now = end;
        self.office.set_clock(end);
        Ok(())
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Ask(request) => self.ask(request),
            Event::Served(request) => self.served(request),
            Event::Answered(request, reply) => self.answered(request, reply),
            Event::Fault => self.fault(),
            Event::People => self.people(),
            Event::Alarms => self.alarms(),
            Event::Upkeep => self.upkeep(),
            Event::Dialled(conn) => self.dialled(conn),
            Event::Connected(conn) => self.agent_connected(conn),
            Event::ConnectFailed(conn) => self.agent_failed(conn),
            Event::HungUp {
                conn,
                agent_hears: true,
            } => self.agent_hung_up(conn),
            Event::HungUp {
                conn,
                agent_hears: false,
            } => self.relay_hung_up(conn),
            Event::Frame { conn, to_agent, text } => self.frame(conn, to_agent, &text),
            Event::Echo { conn, to_agent, text } => self.echoed(conn, to_agent, &text),
            Event::NetworkBack(agent) => self.network_back(agent),
            Event::RelayStarts => self.relay_starts(),
            Event::RelayWakes { life, conn } => self.relay_wakes(life, conn),
            Event::StoreDoes { life, conn } => self.store_does(life, conn),
            Event::StoreSays { life, conn, said } => self.store_says(life, conn, *said),
            Event::Nudged { life, conn, input } => self.nudged(life, conn, *input),
            Event::AgentStarts(agent) => self.agent_starts(agent),
            Event::AgentAwakes(agent) => self.agent_awakes(agent),
            Event::AgentWakes(agent, life) => self.agent_wakes(agent, life),
            Event::SpoolDoes(agent, life) => self.spool_does(agent, life),
            Event::SpoolSays(agent, life, done) => self.spool_says(agent, life, *done),
            Event::WatchLooks(agent, life) => self.watch_looks(agent, life),
            Event::DiskHasRoom(agent) => self.agents[agent].disk_full = false,
            Event::PressWakes(printer) => self.press_wakes(printer),
            Event::PrinterWakes(printer) => self.printer_wakes(printer),
            Event::PrinterMended(printer) => self.mend(printer),
        }
    }
}
