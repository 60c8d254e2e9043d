//! Cables: ordered, slow, cut at any moment, sometimes without anybody being told.

use std::collections::BTreeMap;

use rand::RngExt as _;

use crate::event::Event;
use crate::world::World;

/// Frames of broken connections that come again, at most.
const MAX_ECHOES: usize = 6;

/// One connection.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) agent: usize,
    /// Nothing passes any more.
    pub(crate) cut: bool,
    pub(crate) agent_open: bool,
    pub(crate) relay_open: bool,
    to_agent: u64,
    to_relay: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Cable {
    pub(crate) wires: BTreeMap<u32, Wire>,
    /// Agents whose network is gone.
    pub(crate) down: Vec<usize>,
    /// What a cut swallowed: agent, direction, text.
    echoes: Vec<(usize, bool, String)>,
    next: u32,
}

impl World {
    pub(crate) fn latency(&mut self) -> u64 {
        self.rng.random_range(1..=self.setup.latency)
    }

    /// The agent asks for a connection.
    pub(crate) fn dial(&mut self, agent: usize) {
        self.cable.next += 1;
        let conn = self.cable.next;
        let wire = Wire {
            agent,
            cut: false,
            agent_open: true,
            relay_open: false,
            to_agent: 0,
            to_relay: 0,
        };
        self.cable.wires.insert(conn, wire);
        self.agents[agent].conn = Some(conn);
        let delay = self.latency();
        self.after(delay, Event::Dialled(conn));
    }

    pub(crate) fn dialled(&mut self, conn: u32) {
        let delay = self.latency();
        let agent = self.wire(conn).agent;
        let reached = !self.cable.down.contains(&agent) && self.office.is_up();
        if reached && self.wire(conn).agent_open {
            self.wire(conn).relay_open = true;
            self.relay_accepts(conn, agent);
            self.after(delay, Event::Connected(conn));
            self.echo(conn, agent);
        } else if self.rng.random_bool(0.8) {
            self.after(delay, Event::ConnectFailed(conn));
        }
    }

    /// Sends a frame.
    pub(crate) fn carry(&mut self, conn: u32, to_agent: bool, text: String) {
        let at = self.now + self.latency();
        let wire = self.wire(conn);
        let last = if to_agent {
            &mut wire.to_agent
        } else {
            &mut wire.to_relay
        };
        *last = at.max(*last);
        let at = *last;
        if may_come_again(&text) && self.rng.random_bool(0.02) {
            // N3: said twice. Offers are not: on one connection each pass of a queue comes once and in order.
            let text = text.clone();
            self.at(at, Event::Frame { conn, to_agent, text });
        }
        self.at(at, Event::Frame { conn, to_agent, text });
    }

    pub(crate) fn frame(&mut self, conn: u32, to_agent: bool, text: &str) {
        let wire = self.wire(conn);
        let (agent, cut) = (wire.agent, wire.cut);
        let open = if to_agent {
            wire.agent_open
        } else {
            wire.relay_open
        };
        if cut || !open {
            // A report that is older than the newest never comes again: see `AgentLink`.
            let again = may_come_again(text) && !text.contains("job_update");
            if again && self.cable.echoes.len() < MAX_ECHOES && self.rng.random_bool(0.5) {
                self.cable.echoes.push((agent, to_agent, text.to_owned()));
            }
            return;
        }
        self.deliver(conn, to_agent, text);
    }

    pub(crate) fn echoed(&mut self, conn: u32, to_agent: bool, text: &str) {
        let wire = self.wire(conn);
        let agent = wire.agent;
        if !wire.cut && wire.agent_open && wire.relay_open && self.agents[agent].is_live() {
            self.say(|| format!("a frame comes again: {text}"));
            self.deliver(conn, to_agent, text);
        }
    }

    fn deliver(&mut self, conn: u32, to_agent: bool, text: &str) {
        if to_agent {
            self.agent_hears(conn, text);
        } else {
            self.relay_hears(conn, text);
        }
    }

    /// One end closes; the other hears of it, if the cable lets it.
    pub(crate) fn hang_up(&mut self, conn: u32, by_agent: bool) {
        let at = self.now + self.latency();
        let wire = self.wire(conn);
        let (end, last) = if by_agent {
            (&mut wire.agent_open, wire.to_relay)
        } else {
            (&mut wire.relay_open, wire.to_agent)
        };
        *end = false;
        if !wire.cut {
            let event = Event::HungUp {
                conn,
                agent_hears: !by_agent,
            };
            self.at(at.max(last), event);
        }
    }

    /// Cuts an agent's connections; half-open: mostly nobody is told.
    pub(crate) fn cut(&mut self, agent: usize, half_open: bool) {
        let live = self
            .cable
            .wires
            .iter()
            .filter(|(_, wire)| !wire.cut && wire.agent == agent);
        let live: Vec<u32> = live.map(|(id, _)| *id).collect();
        for conn in live {
            self.wire(conn).cut = true;
            for agent_hears in [true, false] {
                if !half_open || self.rng.random_bool(0.3) {
                    self.after(1, Event::HungUp { conn, agent_hears });
                }
            }
        }
    }

    pub(crate) fn network_back(&mut self, agent: usize) {
        self.say(|| format!("pc-{agent}: the network is back"));
        self.cable.down.retain(|down| *down != agent);
    }

    pub(crate) fn wire(&mut self, conn: u32) -> &mut Wire {
        self.cable.wires.get_mut(&conn).unwrap()
    }

    fn echo(&mut self, conn: u32, agent: usize) {
        let (mine, others) = std::mem::take(&mut self.cable.echoes)
            .into_iter()
            .partition(|echo| echo.0 == agent);
        self.cable.echoes = others;
        let mine: Vec<_> = mine;
        for (_, to_agent, text) in mine {
            let delay = self.rng.random_range(0..3000);
            self.after(delay, Event::Echo { conn, to_agent, text });
        }
    }
}

/// What either side may say again whenever it likes.
fn may_come_again(text: &str) -> bool {
    ["job_ack", "job_update", "job_settled"]
        .iter()
        .any(|name| text.contains(name))
}
