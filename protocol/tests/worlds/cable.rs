//! The cable: ordered, slow, cut at any moment, sometimes without anybody being told.

use std::collections::BTreeMap;

use rand::RngExt as _;

use crate::world::{Event, World};

/// One connection.
#[derive(Debug)]
pub(crate) struct Wire {
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
    pub(crate) down: bool,
    /// Upper end of the latency in milliseconds.
    pub(crate) latency: u64,
    /// Frames lost by a cut, which a retransmission brings once more.
    pub(crate) echo: Vec<(bool, String)>,
    pub(crate) next: u32,
}

impl World {
    pub(crate) fn latency(&mut self) -> u64 {
        self.rng.random_range(1..=self.cable.latency)
    }

    /// The agent asks for a connection.
    pub(crate) fn dial(&mut self) {
        self.cable.next += 1;
        let conn = self.cable.next;
        let wire = Wire {
            cut: false,
            agent_open: true,
            relay_open: false,
            to_agent: 0,
            to_relay: 0,
        };
        self.cable.wires.insert(conn, wire);
        self.kitchen.conn = Some(conn);
        let delay = self.latency();
        self.after(delay, Event::Dialled(conn));
    }

    pub(crate) fn dialled(&mut self, conn: u32) {
        let delay = self.latency();
        let reached = !self.cable.down && self.office.up;
        if reached && self.wire(conn).agent_open {
            self.wire(conn).relay_open = true;
            self.relay_accepts(conn);
            self.after(delay, Event::Connected(conn));
            self.echo(conn);
        } else if self.rng.random_bool(0.8) {
            self.after(delay, Event::ConnectFailed(conn));
        }
    }

    /// Sends a frame to the agent or the relay.
    pub(crate) fn carry(&mut self, conn: u32, to_agent: bool, text: String) {
        self.check_traffic(&text);
        let at = self.now + self.latency();
        let wire = self.wire(conn);
        let last = if to_agent {
            &mut wire.to_agent
        } else {
            &mut wire.to_relay
        };
        *last = at.max(*last);
        let at = *last;
        self.at(at, Event::Frame { conn, to_agent, text });
    }

    /// Whether a frame arrives.
    pub(crate) fn passes(&mut self, conn: u32, to_agent: bool, text: &str) -> bool {
        let wire = self.wire(conn);
        let (cut, open) = (
            wire.cut,
            if to_agent {
                wire.agent_open
            } else {
                wire.relay_open
            },
        );
        let said = ["job_ack", "job_update", "job_settled"]
            .iter()
            .any(|name| text.contains(name));
        if cut && said && self.cable.echo.len() < 4 {
            self.cable.echo.push((to_agent, text.to_owned()));
        }
        open && !cut
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
            self.at(
                at.max(last),
                Event::HungUp {
                    conn,
                    agent_hears: !by_agent,
                },
            );
        }
    }

    pub(crate) fn cut(&mut self, half_open: bool) {
        let live: Vec<u32> = self
            .cable
            .wires
            .iter()
            .filter(|(_, wire)| !wire.cut)
            .map(|(id, _)| *id)
            .collect();
        for conn in live {
            self.wire(conn).cut = true;
            let (agent, relay) = match half_open {
                true => (self.rng.random_bool(0.3), self.rng.random_bool(0.3)),
                false => (true, true),
            };
            for (hears, agent_hears) in [(agent, true), (relay, false)] {
                if hears {
                    self.after(1, Event::HungUp { conn, agent_hears });
                }
            }
        }
    }

    pub(crate) fn wire(&mut self, conn: u32) -> &mut Wire {
        self.cable.wires.get_mut(&conn).unwrap()
    }

    fn echo(&mut self, conn: u32) {
        for (to_agent, text) in std::mem::take(&mut self.cable.echo) {
            let delay = self.rng.random_range(0..3000);
            self.after(delay, Event::Echo { conn, to_agent, text });
        }
    }
}
