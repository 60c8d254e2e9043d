//! What goes wrong, and when it is mended.

use std::time::Duration;

use rand::RngExt as _;
use virtual_printer::Fault;

use crate::event::Event;
use crate::world::World;

/// The largest ticket of these worlds, in bytes: faults strike somewhere in it.
const TICKET: u64 = 220;

/// Minutes for which people look after the printers when the trouble is over.
const MENDED_FOR: u64 = 20;

impl World {
    pub(crate) fn fault(&mut self) {
        let agent = self.rng.random_range(0..self.agents.len());
        let back = self.rng.random_range(100..40_000);
        match self.rng.random_range(0..20) {
            0..=1 => self.network_fault(agent, back),
            2 => self.agent_killed(agent, back),
            3 => self.agents[agent].dies_at = Some((self.rng.random_range(0..8), self.rng.random_bool(0.5))),
            4 => self.agents[agent].dies_in = Some(self.rng.random_range(1..2 * TICKET)),
            5 => {
                self.relay_dies("by a fault");
            }
            6 => self.office.dies_at = Some((self.rng.random_range(0..12), self.rng.random_bool(0.5))),
            7 if self.office.is_up() => self.relay_leaves(),
            8 => self.clock_jumps(agent),
            9 => self.falls_asleep(agent, back),
            10 => self.disk_fills(agent, back),
            11 => self.power_cut(agent, back),
            _ => self.printer_trouble(back),
        }
    }

    fn network_fault(&mut self, agent: usize, back: u64) {
        let half_open = self.rng.random_bool(0.5);
        let long = self.rng.random_bool(0.5);
        self.say(|| format!("agent {agent}: cable cut, half-open {half_open}, down {long} for {back} ms"));
        self.cut(agent, half_open);
        if long {
            self.cable.down.push(agent);
            self.after(back, Event::NetworkBack(agent));
        }
    }

    fn agent_killed(&mut self, agent: usize, back: u64) {
        self.agent_dies(agent, "by a fault");
        self.after(back / 2, Event::AgentStarts(agent));
    }

    pub(crate) fn agent_dies_and_returns(&mut self, agent: usize, when: &str) {
        self.agent_dies(agent, when);
        let back = self.rng.random_range(200..15_000);
        self.after(back, Event::AgentStarts(agent));
    }

    pub(crate) fn dies_at_record(&mut self, agent: usize) -> Option<bool> {
        match &mut self.agents[agent].dies_at {
            Some((0, after)) => {
                let after = *after;
                self.agents[agent].dies_at = None;
                Some(after)
            }
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        }
    }

    /// After how many bytes of this write the agent dies.
    pub(crate) fn dies_at_byte(&mut self, agent: usize, bytes: usize) -> Option<usize> {
        let bytes = u64::try_from(bytes).unwrap();
        let left = self.agents[agent].dies_in.as_mut()?;
        if *left <= bytes {
            let at = usize::try_from(*left).unwrap();
            self.agents[agent].dies_in = None;
            return Some(at);
        }
        *left -= bytes;
        None
    }

    fn clock_jumps(&mut self, agent: usize) {
        let by =
            [-86_400_000, 86_400_000, 3_600_000, -3_600_000, -400_000, 31_000][self.rng.random_range(0..6)];
        self.say(|| format!("agent {agent}: its clock is set off by {by} ms"));
        self.agents[agent].clock_off = by;
        self.audit.clocks_jumped = true;
    }

    /// The computer is suspended: its monotonic clock stands still, its connections die unnoticed.
    fn falls_asleep(&mut self, agent: usize, back: u64) {
        if !self.agents[agent].asleep && self.agents[agent].is_up() {
            self.say(|| format!("agent {agent} falls asleep for {back} ms"));
            self.agents[agent].asleep = true;
            self.agents[agent].slept_at = self.now;
            self.cut(agent, true);
            self.after(back, Event::AgentAwakes(agent));
        }
    }

    pub(crate) fn agent_awakes(&mut self, agent: usize) {
        if !std::mem::take(&mut self.agents[agent].asleep) {
            return;
        }
        self.say(|| format!("agent {agent} awakes"));
        let now = self.now;
        let computer = &mut self.agents[agent];
        computer.slept += now - computer.slept_at;
        computer.wake = 0;
        let life = computer.life;
        if let Some(conn) = self.agents[agent].conn.filter(|conn| self.cable.wires[conn].cut) {
            let late = self.rng.random_range(10..5_000);
            self.after(
                late,
                Event::HungUp {
                    conn,
                    agent_hears: true,
                },
            );
        }
        self.agent_input(agent, protocol::link::AgentInput::Timeout);
        self.after(1, Event::WatchLooks(agent, life));
        self.nudge_presses(agent);
    }

    fn disk_fills(&mut self, agent: usize, back: u64) {
        self.say(|| format!("agent {agent}: its disk is full for {back} ms"));
        self.agents[agent].disk_full = true;
        self.after(back, Event::DiskHasRoom(agent));
    }

    /// The whole site goes dark: the computer and its printers.
    pub(crate) fn power_cut(&mut self, agent: usize, back: u64) {
        self.say(|| format!("agent {agent}: the power is gone for {back} ms"));
        self.agents[agent].asleep = false;
        self.agent_dies(agent, "by a power cut");
        for printer in self.agents[agent].printers() {
            self.printer_fault(printer, Fault::PowerOff);
            self.after(back, Event::PrinterMended(printer));
        }
        self.after(back + 3_000, Event::AgentStarts(agent));
    }

    fn printer_trouble(&mut self, back: u64) {
        let printer = self.rng.random_range(0..self.printers.len());
        let byte = self.rng.random_range(1..TICKET);
        let fault = match self.rng.random_range(0..19) {
            0 => Fault::PowerOff,
            1..=3 => Fault::PowerCutAtByte(byte),
            4..=5 => Fault::ResetAtByte(byte),
            6 => Fault::DropAfterLastByte,
            7 => Fault::PaperOut,
            8..=9 => Fault::PaperOutAfterLines(self.rng.random_range(1..20)),
            10 => Fault::CoverOpen,
            11 => Fault::Overheated(true),
            12 => Fault::Stall,
            13 => Fault::OneBytePerSecond(true),
            14 => Fault::Silence(true),
            15 => Fault::DelayProof(Duration::from_millis(back)),
            16 => Fault::RepeatProofs(true),
            17 => Fault::CutterErrorAtCut,
            _ => Fault::Garbage(
                (0..self.rng.random_range(1..9))
                    .map(|_| self.rng.random())
                    .collect(),
            ),
        };
        self.printer_fault(printer, fault);
        self.after(back, Event::PrinterMended(printer));
        if self.rng.random_bool(0.1) {
            self.break_line(printer);
        }
    }

    /// Whatever is wrong is mended.
    pub(crate) fn heal(&mut self) {
        self.say(|| "everything is mended".to_owned());
        self.office.dies_at = None;
        self.at(self.now, Event::RelayStarts);
        self.cable.down.clear();
        for agent in 0..self.agents.len() {
            let computer = &mut self.agents[agent];
            (computer.dies_at, computer.dies_in, computer.disk_full) = (None, None, false);
            self.agent_awakes(agent);
            self.at(self.now + 100, Event::AgentStarts(agent));
        }
        for printer in 0..self.printers.len() {
            self.mend(printer);
            // What was planted and strikes later is mended as soon as somebody sees it.
            for minute in 1..MENDED_FOR {
                self.after(minute * 60_000, Event::PrinterMended(printer));
            }
        }
    }
}
