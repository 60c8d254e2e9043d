//! One world: a clock, what is going to happen, and what a seed makes go wrong.

use std::collections::BTreeMap;

use protocol::link::{AgentLink, RelayInput};
use protocol::{JobId, Tick};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

use crate::cable::Cable;
use crate::kitchen::Kitchen;
use crate::office::{Office, StoreCall, Wish};
use crate::plant::Plant;

/// How long things go wrong, in milliseconds.
const TROUBLE_MS: u64 = 120_000;
/// By then everything must be printed and settled: silence 40 s, backoff 30 s, offered again 30 s, and
/// the press.
const RECOVER_MS: u64 = 300_000;
/// Ten idle minutes.
const IDLE_MS: u64 = 600_000;

pub(crate) type Verdict = Result<(), String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Trouble,
    Recovery,
    Idle,
}

#[derive(Debug)]
pub(crate) enum Event {
    Order,
    Withdraw,
    Wished {
        id: JobId,
        wish: Wish,
    },
    Fault,
    NetworkBack,
    AgentStarts,
    RelayStarts,
    DiskHasRoom,
    StoreWorks,
    Dialled(u32),
    Connected(u32),
    ConnectFailed(u32),
    HungUp {
        conn: u32,
        agent_hears: bool,
    },
    Frame {
        conn: u32,
        to_agent: bool,
        text: String,
    },
    Echo {
        conn: u32,
        to_agent: bool,
        text: String,
    },
    AgentWakes(u32),
    RelayWakes {
        life: u32,
        conn: u32,
    },
    SpoolCommits {
        life: u32,
        id: JobId,
    },
    SpoolAnswers {
        life: u32,
        id: JobId,
        why: Option<&'static str>,
    },
    PressLooks {
        life: u32,
        station: String,
    },
    PaperComes {
        life: u32,
        id: JobId,
    },
    ProofComes {
        life: u32,
        id: JobId,
    },
    StoreCommits {
        life: u32,
        conn: u32,
        call: StoreCall,
    },
    StoreAnswers {
        life: u32,
        conn: u32,
        input: Box<RelayInput>,
    },
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) rng: SmallRng,
    pub(crate) plant: Option<Plant>,
    pub(crate) phase: Phase,
    pub(crate) kitchen: Kitchen,
    pub(crate) office: Office,
    pub(crate) cable: Cable,
    pub(crate) trouble: Option<String>,
    pub(crate) heartbeats: u32,
    pub(crate) tell: bool,
    pub(crate) story: Vec<String>,
    queue: BTreeMap<(u64, u64), Event>,
    events: u64,
}

impl World {
    pub(crate) fn new(seed: u64, plant: Option<Plant>) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let latency = if rng.random_bool(0.8) { 50 } else { 2000 };
        let stations = rng.random_range(1..=2);
        Self {
            now: 0,
            plant,
            phase: Phase::Trouble,
            kitchen: Kitchen::new(stations),
            office: Office::default(),
            cable: Cable {
                latency,
                ..Cable::default()
            },
            trouble: None,
            heartbeats: 0,
            tell: false,
            story: Vec::new(),
            queue: BTreeMap::new(),
            events: 0,
            rng,
        }
    }

    pub(crate) fn stations(&self) -> Vec<String> {
        self.kitchen.stations.clone()
    }

    pub(crate) fn run(&mut self) -> Verdict {
        self.at(0, Event::RelayStarts);
        self.at(0, Event::AgentStarts);
        self.plan();
        self.run_until(TROUBLE_MS, false)?;
        self.heal();
        self.run_until(TROUBLE_MS + RECOVER_MS, true)?;
        if !self.is_quiet() {
            self.check_end();
            return Err(self
                .trouble
                .take()
                .unwrap_or_else(|| "nobody is connected".to_owned()));
        }
        self.phase = Phase::Idle;
        self.heartbeats = 0;
        self.run_until(self.now + IDLE_MS, false)?;
        self.check_end();
        self.trouble.take().map_or(Ok(()), Err)
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

    pub(crate) fn wall(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(1_795_168_800_000 + i64::try_from(self.now).unwrap()).unwrap()
    }

    pub(crate) fn say(&mut self, line: impl FnOnce() -> String) {
        if self.tell {
            self.story
                .push(format!("{:>9.3} {}", self.now as f64 / 1000.0, line()));
        }
    }

    fn plan(&mut self) {
        let orders = self.rng.random_range(1..=6);
        for _ in 0..orders {
            let at = self.rng.random_range(0..TROUBLE_MS);
            let rush = if self.rng.random_bool(0.2) { 60 } else { 5 };
            for _ in 0..self.rng.random_range(1..=rush) {
                let wait = self.rng.random_range(0..500);
                self.at(at + wait, Event::Order);
            }
            if self.rng.random_bool(0.5) {
                let wait = self.rng.random_range(0..3000);
                self.at(at + wait, Event::Withdraw);
            }
        }
        for _ in 0..self.rng.random_range(0..12) {
            let at = self.rng.random_range(0..TROUBLE_MS);
            self.at(at, Event::Fault);
        }
    }

    fn run_until(&mut self, end: u64, until_done: bool) -> Verdict {
        while self
            .queue
            .first_key_value()
            .is_some_and(|((at, _), _)| *at <= end)
        {
            if until_done && self.is_quiet() {
                return Ok(());
            }
            let ((at, _), event) = self.queue.pop_first().unwrap();
            self.now = at;
            self.happen(event);
            if let Some(trouble) = self.trouble.take() {
                return Err(trouble);
            }
        }
        self.now = end;
        Ok(())
    }

    /// Done, and nothing under way that still has to be said.
    fn is_quiet(&self) -> bool {
        let said = |event: &Event| {
            matches!(
                event,
                Event::Order | Event::Fault | Event::Withdraw | Event::Wished { .. }
            ) || matches!(event, Event::Frame { text, .. } if !is_heartbeat(text))
                || matches!(
                    event,
                    Event::Echo { .. } | Event::StoreCommits { .. } | Event::StoreAnswers { .. }
                )
                || matches!(event, Event::Dialled(_) | Event::Connected(_))
                || matches!(event, Event::SpoolCommits { .. } | Event::SpoolAnswers { .. })
        };
        let live = self
            .kitchen
            .link
            .as_ref()
            .is_some_and(|link| link.is_live() && link.unsettled() == 0);
        let whole = |conn: u32| self.office.conns.keys().eq([&conn]) && !self.cable.wires[&conn].cut;
        live && self.kitchen.conn.is_some_and(whole) && self.is_done() && !self.queue.values().any(said)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Order => self.order(),
            Event::Withdraw => self.withdraw(),
            Event::Wished { id, wish } => self.wished(&id, wish),
            Event::Fault => self.fault(),
            Event::NetworkBack => self.cable.down = false,
            Event::AgentStarts => self.agent_starts(),
            Event::RelayStarts => self.relay_starts(),
            Event::DiskHasRoom => self.kitchen.disk_full = false,
            Event::StoreWorks => self.office.failing = false,
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
            Event::Frame { conn, to_agent, text } => {
                if self.passes(conn, to_agent, &text) {
                    self.deliver(conn, to_agent, &text);
                }
            }
            Event::Echo { conn, to_agent, text } => {
                if self.kitchen.link.as_ref().is_some_and(AgentLink::is_live) {
                    self.say(|| format!("frame again: {text}"));
                    self.deliver(conn, to_agent, &text);
                }
            }
            Event::AgentWakes(life) => self.agent_wakes(life),
            Event::RelayWakes { life, conn } => self.relay_wakes(life, conn),
            Event::SpoolCommits { life, id } => self.spool_commits(life, id),
            Event::SpoolAnswers { life, id, why } => self.spool_answers(life, id, why),
            Event::PressLooks { life, station } => self.press_looks(life, &station),
            Event::PaperComes { life, id } => self.paper_comes(life, &id),
            Event::ProofComes { life, id } => self.proof_comes(life, &id),
            Event::StoreCommits { life, conn, call } => self.store_commits(life, conn, call),
            Event::StoreAnswers { life, conn, input } => self.store_answers(life, conn, *input),
        }
    }

    fn deliver(&mut self, conn: u32, to_agent: bool, text: &str) {
        if to_agent {
            self.agent_hears(conn, text);
        } else {
            self.relay_hears(conn, text);
        }
    }

    fn fault(&mut self) {
        let back = self.rng.random_range(100..30_000);
        match self.rng.random_range(0..9) {
            0 => {
                self.say(|| "cable cut".to_owned());
                self.cut(false);
            }
            1 | 2 => {
                self.say(|| "cable half-open".to_owned());
                self.cut(true);
            }
            3 => {
                self.say(|| format!("network down for {back} ms"));
                self.cable.down = true;
                self.cut(true);
                self.after(back, Event::NetworkBack);
            }
            4 | 5 => {
                self.agent_dies();
                self.after(back, Event::AgentStarts);
            }
            6 => {
                self.relay_dies();
                self.after(back, Event::RelayStarts);
            }
            7 => {
                self.say(|| format!("disk full for {back} ms"));
                self.kitchen.disk_full = true;
                self.after(back, Event::DiskHasRoom);
            }
            _ => {
                if self.rng.random_bool(0.5) {
                    self.relay_leaves();
                    self.after(back, Event::RelayStarts);
                } else {
                    self.say(|| "store fails".to_owned());
                    self.office.failing = true;
                    self.after(back.min(5000), Event::StoreWorks);
                }
            }
        }
    }

    fn heal(&mut self) {
        self.say(|| "everything heals".to_owned());
        self.phase = Phase::Recovery;
        self.cable.down = false;
        self.kitchen.disk_full = false;
        self.office.failing = false;
        self.at(self.now, Event::RelayStarts);
        self.at(self.now, Event::AgentStarts);
    }
}

pub(crate) fn is_heartbeat(text: &str) -> bool {
    text.contains("\"ping\"") || text.contains("\"pong\"")
}
