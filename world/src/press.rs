//! A press: the machine with its connection and its spool, as the agent's own thread drives it.

use std::collections::{BTreeMap, VecDeque};

use agent::press::Recovery;
use agent::press::known::{self, Known};
use agent::press::limits::Limits;
use agent::press::machine::{Config, Input, Machine, Output};
use agent::spool::{SpoolError, SpoolJob, Step};
use protocol::JobId;

use crate::agent::{Agent, News};
use crate::event::Event;
use crate::ticket::ticket;
use crate::world::World;

/// A port waits so long for room before it says that nothing was taken.
const PORT_WAITS: u64 = 100;
/// A lost nudge costs so much.
const QUEUE_EVERY: u64 = 1000;
/// Inputs that one moment may have; more is a machine that runs in circles.
const MOST_AT_ONCE: usize = 3000;

/// One press, gone with its agent's process.
pub(crate) struct Press {
    machine: Machine,
    inputs: VecDeque<Input>,
    /// A write that waits for room, and since when.
    stuck: Option<(Vec<u8>, u64)>,
    queued_at: u64,
    nudged: bool,
    jobs: Vec<SpoolJob>,
    working: bool,
    wake: u64,
    /// When it was last told that time has passed: once in a millisecond.
    timed_at: u64,
    /// The last bytes that were taken, to see which ticket they belong to.
    tail: Vec<u8>,
}

impl Press {
    /// Whether it has nothing to print.
    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }
}

impl World {
    pub(crate) fn press_starts(&mut self, agent: usize, printer: usize) {
        self.printers[printer].owner = agent;
        let (tick, wall) = (self.agent_tick(agent), self.agent_wall(agent));
        let name = Agent::printer_name(printer);
        let known = self.agents[agent].spool.recall(&known::key(&name)).unwrap();
        let known = known.as_deref().and_then(Known::decode);
        let press = Press {
            machine: Machine::new(self.press_config(agent, &name), known, tick, wall),
            inputs: VecDeque::new(),
            stuck: None,
            queued_at: self.now,
            nudged: true,
            jobs: Vec::new(),
            working: false,
            wake: 0,
            timed_at: u64::MAX,
            tail: Vec::new(),
        };
        self.agents[agent].presses.insert(printer, press);
        self.press_works(printer);
    }

    fn press_config(&self, agent: usize, name: &str) -> Config {
        let stations = self.agents[agent].stations();
        let serves = stations
            .iter()
            .filter(|s| s.printer == name || s.backup.as_deref() == Some(name));
        let names = serves.flat_map(|station| {
            let place = station
                .location
                .as_ref()
                .map(|place| format!("{}_{place}", station.name));
            [Some(station.name.clone()), place]
                .into_iter()
                .flatten()
                .map(|name| (name, station.on_unconfirmed))
        });
        let on_unconfirmed: BTreeMap<_, _> = names.collect();
        Config {
            printer: name.to_owned(),
            on_unconfirmed,
            knows_marks: false,
            speaks_star: false,
            limits: Limits::default(),
        }
    }

    pub(crate) fn nudge_presses(&mut self, agent: usize) {
        for printer in self.agents[agent].printers() {
            if let Some(press) = self.agents[agent].presses.get_mut(&printer) {
                press.nudged = true;
            }
            self.press_works(printer);
        }
    }

    fn press(&mut self, printer: usize) -> Option<&mut Press> {
        let owner = self.printers[printer].owner;
        self.agents[owner].presses.get_mut(&printer)
    }

    fn give(&mut self, printer: usize, input: Input) {
        let Some(press) = self.press(printer) else { return };
        press.inputs.push_back(input);
        self.press_works(printer);
    }

    pub(crate) fn press_hears(&mut self, printer: usize, bytes: Vec<u8>) {
        self.give(printer, Input::Received(bytes));
    }

    pub(crate) fn press_lost(&mut self, printer: usize, why: &str) {
        if let Some(press) = self.press(printer) {
            press.stuck = None;
        }
        self.give(
            printer,
            Input::Disconnected(format!("the connection broke: {why}")),
        );
    }

    /// An operator at the printer ends its error.
    pub(crate) fn press_recovers(&mut self, printer: usize) {
        self.give(printer, Input::Recover(Recovery::Resume));
    }

    pub(crate) fn press_wakes(&mut self, printer: usize) {
        let now = self.now;
        let Some(press) = self.press(printer).filter(|press| press.wake == now) else {
            return;
        };
        press.wake = 0;
        self.press_works(printer);
    }

    /// The printer took something: a write that waits goes on.
    pub(crate) fn line_moved(&mut self, printer: usize) {
        if self.press(printer).is_some_and(|press| press.stuck.is_some()) {
            self.press_works(printer);
        }
    }

    /// Every input, and after each every output; then the queue, if it is time; then the alarm clock.
    fn press_works(&mut self, printer: usize) {
        let owner = self.printers[printer].owner;
        if self.agents[owner].asleep {
            return;
        }
        let Some(press) = self.press(printer) else { return };
        if std::mem::replace(&mut press.working, true) {
            return;
        }
        for round in 0.. {
            self.write_on(printer);
            let Some(input) = self.next_input(printer) else {
                break;
            };
            self.machine_takes(printer, input);
            if round > MOST_AT_ONCE {
                self.demand(false, || format!("p{printer}: the press runs in circles"));
                break;
            }
        }
        if let Some(press) = self.press(printer) {
            press.working = false;
            self.arm_press(printer);
        }
    }

    fn next_input(&mut self, printer: usize) -> Option<Input> {
        let (now, owner) = (self.now, self.printers[printer].owner);
        let tick = self.agent_tick(owner);
        let agent = &mut self.agents[owner];
        let press = agent.presses.get_mut(&printer)?;
        if let Some(input) = press.inputs.pop_front() {
            return Some(input);
        }
        if press.stuck.is_some() {
            // Its thread hangs in a write.
            return None;
        }
        let due = !press.jobs.is_empty() && now >= press.queued_at + QUEUE_EVERY;
        if press.nudged || due {
            press.nudged = false;
            press.queued_at = now;
            press.jobs = agent.spool.queue(&Agent::printer_name(printer)).unwrap();
            return Some(Input::Queue(press.jobs.clone()));
        }
        let due = press.machine.poll_timeout().is_some_and(|at| at <= tick) && press.timed_at != now;
        due.then(|| {
            press.timed_at = now;
            Input::Timeout
        })
    }

    fn machine_takes(&mut self, printer: usize, input: Input) {
        let owner = self.printers[printer].owner;
        let (tick, wall) = (self.agent_tick(owner), self.agent_wall(owner));
        if self.tells
            && !matches!(
                input,
                Input::Queue(_) | Input::Timeout | Input::Wrote(_) | Input::Rendered(_)
            )
        {
            self.say(|| format!("p{printer} hears {input:?}"));
        }
        let Some(press) = self.press(printer) else { return };
        press.machine.handle(input, tick, wall);
        while let Some(output) = self.press(printer).and_then(|press| press.machine.poll_output()) {
            self.press_does(printer, output);
        }
    }

    fn arm_press(&mut self, printer: usize) {
        let (now, owner) = (self.now, self.printers[printer].owner);
        let slept = self.agents[owner].slept;
        let Some(press) = self.agents[owner].presses.get_mut(&printer) else {
            return;
        };
        let machine = press.machine.poll_timeout().map(|at| at.0 + slept);
        let queue = (!press.jobs.is_empty()).then_some(press.queued_at + QUEUE_EVERY);
        let stuck = press.stuck.as_ref().map(|(_, since)| since + PORT_WAITS);
        let first = if stuck.is_some() {
            stuck
        } else {
            machine.into_iter().chain(queue).min()
        };
        let Some(at) = first.map(|at| at.max(now + 1)) else {
            return;
        };
        if press.wake <= now || at < press.wake {
            press.wake = at;
            self.at(at, Event::PressWakes(printer));
        }
    }

    fn press_does(&mut self, printer: usize, output: Output) {
        let owner = self.printers[printer].owner;
        match output {
            Output::Open => {
                if let Some(press) = self.press(printer) {
                    press.tail.clear();
                }
                let input = if self.printers[printer].open() {
                    Input::Opened { readable: true }
                } else {
                    Input::OpenFailed("the printer cannot be reached".to_owned())
                };
                self.queue_input(printer, input);
            }
            Output::Close => {
                if let Some(press) = self.press(printer) {
                    press.stuck = None;
                }
                self.line_closed(printer);
            }
            Output::Write(bytes) => self.write_bytes(printer, bytes),
            Output::Record(step) => self.record(owner, printer, *step),
            Output::Render { job, banners } => {
                let ticket = Ok(ticket(&job, &banners));
                self.queue_input(printer, Input::Rendered(ticket));
            }
            Output::Remember(known) => {
                let key = known::key(&Agent::printer_name(printer));
                self.agents[owner].spool.remember(&key, &known.encode()).unwrap();
            }
            Output::Status(status) => self.press_said(owner, News::Printer(status)),
            Output::Alarm(text) => {
                self.say(|| format!("agent {owner} alarms: {text}"));
                self.audit.told.insert(Agent::printer_name(printer), self.now);
            }
        }
    }

    fn queue_input(&mut self, printer: usize, input: Input) {
        if let Some(press) = self.press(printer) {
            press.inputs.push_back(input);
        }
    }

    fn record(&mut self, owner: usize, printer: usize, step: Step) {
        let job = step.job_id.clone();
        if self.agents[owner].disk_full {
            let step = Box::new(step);
            self.queue_input(printer, Input::NotRecorded { step, again: true });
            return self.nudge_press(printer);
        }
        let dies = self.dies_at_record(owner);
        if dies == Some(false) {
            return self.agent_dies_and_returns(owner, "before a step was durable");
        }
        self.say(|| {
            format!(
                "p{printer} records {job} {} attempt {} {:?}",
                step.state, step.attempt, step.detail
            )
        });
        let kept = self.agents[owner].spool.record(step.clone());
        if dies == Some(true) {
            return self.agent_dies_and_returns(owner, "right after a step was durable");
        }
        match kept {
            Ok(update) => {
                self.recorded(printer, &step);
                self.press_said(owner, News::Job(update));
                self.queue_input(printer, Input::Recorded(job));
            }
            Err(error) => {
                let again = matches!(error, SpoolError::DiskFull);
                self.demand(matches!(error, SpoolError::Elsewhere { .. }), || {
                    format!("I4: {error}")
                });
                self.queue_input(
                    printer,
                    Input::NotRecorded {
                        step: Box::new(step),
                        again,
                    },
                );
                self.nudge_press(printer);
            }
        }
    }

    fn nudge_press(&mut self, printer: usize) {
        if let Some(press) = self.press(printer) {
            press.nudged = true;
        }
    }

    /// A port waits for room, but not for ever.
    fn write_on(&mut self, printer: usize) {
        let now = self.now;
        let room = self.printers[printer].has_room();
        let Some(press) = self.press(printer) else { return };
        let Some((bytes, since)) = press.stuck.take() else {
            return;
        };
        if room {
            self.write_bytes(printer, bytes);
        } else if now >= since + PORT_WAITS {
            press.inputs.push_back(Input::Wrote(0));
        } else {
            press.stuck = Some((bytes, since));
        }
    }

    fn write_bytes(&mut self, printer: usize, bytes: Vec<u8>) {
        let (now, owner) = (self.now, self.printers[printer].owner);
        let dying = self.dies_at_byte(owner, bytes.len());
        let Some(taken) = self.line_takes(printer, &bytes[..dying.unwrap_or(bytes.len())]) else {
            self.printers[printer].session = None;
            self.queue_input(printer, Input::Wrote(0));
            return self.queue_input(printer, Input::Disconnected("connection reset".to_owned()));
        };
        self.written(printer, &bytes[..taken]);
        if dying.is_some() {
            return self.agent_dies_and_returns(owner, "in the middle of a write");
        }
        let Some(press) = self.press(printer) else { return };
        if taken == 0 && !bytes.is_empty() {
            press.stuck = Some((bytes, now));
        } else {
            press.inputs.push_back(Input::Wrote(taken));
        }
    }

    /// Which tickets begin and end in what was taken.
    fn written(&mut self, printer: usize, bytes: &[u8]) {
        let Some(press) = self.press(printer) else { return };
        press.tail.extend(bytes);
        let mut seen = Vec::new();
        while let Some(end) = press.tail.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = press.tail.drain(..=end).collect();
            let text = String::from_utf8_lossy(&line);
            let word = |name: &str| {
                text.split_once(name)
                    .and_then(|(_, id)| id.split_once('.'))
                    .map(|(id, _)| id.to_owned())
            };
            seen.extend(word("JOB ").map(|id| (true, id)));
            seen.extend(word("END ").map(|id| (false, id)));
        }
        let keep = press.tail.len().saturating_sub(64);
        press.tail.drain(..keep);
        for (begins, id) in seen {
            self.check_written(printer, &JobId::new(id), begins);
        }
    }
}
