//! A machine, a spool in memory, a scripted printer and a clock that the test moves; it checks the
//! invariants of DELIVERY.md while it runs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use protocol::{JobHeader, JobId, JobKind, JobState, Tick};

use super::checks::ticket;
use super::printer::Printer;
use crate::press::known::Known;
use crate::press::limits::Limits;
use crate::press::machine::{Config, Input, Machine, Output};
use crate::spool::SpoolJob;

/// Mistakes that the checks must catch: made here, between the machine and the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plant {
    Nothing,
    /// Steps are said to be recorded and are not.
    IntentAfterTheByte,
    /// A copy looks like the first try.
    UnmarkedCopy,
    /// Any job's proof is taken for the one that is printing.
    AnyProof,
    /// The prefix after an aborted ticket is left out.
    NoResync,
    /// The queue comes last in, first out.
    WrongOrder,
}

/// The whole world of one press.
pub(super) struct Rig {
    pub(super) machine: Machine,
    pub(super) printer: Printer,
    pub(super) jobs: Vec<SpoolJob>,
    pub(super) known: Option<Known>,
    pub(super) now: u64,
    pub(super) alarms: Vec<String>,
    pub(super) statuses: Vec<protocol::frames::PrinterStatus>,
    pub(super) history: Vec<(String, JobState, Option<String>)>,
    pub(super) connected: bool,
    /// The connection breaks when so many more bytes have been taken; `true`: the power goes with it.
    pub(super) break_after: Option<(usize, bool)>,
    /// The agent dies at the n-th record from now: before it is durable, or right after.
    pub(super) die_at_record: Option<(u32, bool)>,
    pub(super) disk_full: bool,
    /// What happens while the intent is being made durable.
    pub(super) at_intent: Option<fn(&mut Rig)>,
    /// A port that does not know how much of a failed write was taken.
    pub(super) unsure: bool,
    pub(super) plant: Plant,
    pub(super) taken: usize,
    config: Config,
    pub(super) inputs: VecDeque<Input>,
    pub(super) unmarked: BTreeMap<JobId, BTreeSet<u32>>,
    pub(super) dead: bool,
    /// A write that waits for room in the printer, and since when.
    stuck: Option<(Vec<u8>, u64)>,
}

impl Rig {
    pub(super) fn new(printer: Printer) -> Self {
        Self::named("grill", printer)
    }

    pub(super) fn named(name: &str, printer: Printer) -> Self {
        let config = Config {
            printer: name.to_owned(),
            on_unconfirmed: BTreeMap::new(),
            knows_marks: false,
            speaks_star: false,
            limits: Limits::default(),
        };
        Self {
            machine: Machine::new(config.clone(), None, Tick(0), wall(0)),
            printer,
            jobs: Vec::new(),
            known: None,
            now: 0,
            alarms: Vec::new(),
            statuses: Vec::new(),
            history: Vec::new(),
            connected: false,
            break_after: None,
            die_at_record: None,
            disk_full: false,
            at_intent: None,
            unsure: false,
            plant: Plant::Nothing,
            taken: 0,
            config,
            inputs: VecDeque::new(),
            unmarked: BTreeMap::new(),
            dead: false,
            stuck: None,
        }
    }

    /// A job comes from the relay, and the press is nudged.
    pub(super) fn order(&mut self, id: &str) {
        self.offer(id, "kitchen", JobKind::Order, |_| {});
    }

    pub(super) fn offer(
        &mut self,
        id: &str,
        station: &str,
        kind: JobKind,
        change: impl FnOnce(&mut SpoolJob),
    ) {
        let number = self.jobs.len() as u64 + 1;
        let mut job = SpoolJob {
            job: JobHeader {
                id: JobId::new(id),
                seq: number,
                station: station.to_owned(),
                number,
                kind,
                copies: 1,
                due: wall(self.now),
                expires: wall(self.now + 12 * 3_600_000),
                attempt: 0,
                age_ms: 0,
                banners: Vec::new(),
                via: None,
                hops: 0,
            },
            event: "kitchen_immediate_print".to_owned(),
            data: format!(r#"{{"order_id":"{}"}}"#, id.trim_end_matches(char::is_alphabetic)),
            printer: self.config.printer.clone(),
            arrival: number as i64,
            state: JobState::Spooled,
            attempt: 0,
            first_try: None,
            evidence: None,
            detail: None,
            at: wall(self.now),
            spooled_at: wall(self.now),
            banners: Vec::new(),
            settled: false,
            released: false,
            cancel_requested: false,
            answer: None,
        };
        change(&mut job);
        self.jobs.push(job);
        self.nudge();
    }

    pub(super) fn nudge(&mut self) {
        self.give(self.queue());
    }

    pub(super) fn queue(&self) -> Input {
        let mut open: Vec<SpoolJob> = self
            .jobs
            .iter()
            .filter(|job| !job.state.is_final())
            .cloned()
            .collect();
        if self.plant == Plant::WrongOrder {
            open.reverse();
        }
        Input::Queue(open)
    }

    /// A person's wish on one job.
    pub(super) fn wish(&mut self, id: &str, wish: impl FnOnce(&mut SpoolJob)) {
        wish(
            self.jobs
                .iter_mut()
                .find(|job| job.job.id.as_str() == id)
                .unwrap(),
        );
        self.nudge();
    }

    pub(super) fn state(&self, id: &str) -> JobState {
        self.job(id).state
    }

    pub(super) fn job(&self, id: &str) -> &SpoolJob {
        self.jobs.iter().find(|job| job.job.id.as_str() == id).unwrap()
    }

    pub(super) fn seconds(&mut self, seconds: u64) {
        self.until(self.now + seconds * 1000, |_| false);
    }

    /// Runs until `done`, at most ten minutes; says what was waited for when it never comes.
    pub(super) fn wait(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let end = self.now + 600_000;
        self.until(end, &done);
        assert!(done(self), "{what}: {:?}", self.history);
    }

    fn until(&mut self, end: u64, done: impl Fn(&Self) -> bool) {
        while self.now < end && !done(self) {
            let busy = self.printer.is_working() || !self.printer.says.is_empty() || self.stuck.is_some();
            let wake = self.machine.poll_timeout().map_or(u64::MAX, |at| at.0);
            let next = if busy {
                self.now + 10
            } else {
                wake.clamp(self.now + 1, self.now + 1000)
            };
            let next = next.min(end);
            self.printer.work(next - self.now);
            let second = self.now / 1000;
            self.now = next;
            if second != self.now / 1000 {
                // A lost nudge costs a second.
                self.nudge();
            }
            self.listen();
            self.write_on();
            if self.machine.poll_timeout().is_some_and(|at| at.0 <= self.now) {
                self.give(Input::Timeout);
            }
        }
    }

    fn listen(&mut self) {
        let mut says = std::mem::take(&mut self.printer.says);
        if says.is_empty() || !self.connected || !self.printer.powered {
            return;
        }
        if self.plant == Plant::AnyProof {
            self.forge(&mut says);
        }
        self.give(Input::Received(says));
    }

    pub(super) fn give(&mut self, input: Input) {
        self.inputs.push_back(input);
        self.go_on();
    }

    fn go_on(&mut self) {
        let mut steps = 0;
        while let Some(input) = self.inputs.pop_front() {
            self.machine.handle(input, Tick(self.now), wall(self.now));
            while let Some(output) = self.machine.poll_output() {
                self.perform(output);
                if std::mem::take(&mut self.dead) {
                    self.restart();
                }
            }
            steps += 1;
            assert!(steps < 2000, "the machine runs in circles: {:?}", self.history);
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Open if self.printer.powered => {
                self.connected = true;
                self.inputs.push_back(Input::Opened { readable: true });
            }
            Output::Open => self
                .inputs
                .push_back(Input::OpenFailed("the printer cannot be reached".to_owned())),
            Output::Close => {
                self.connected = false;
                self.stuck = None;
            }
            Output::Write(bytes) => self.write(bytes),
            Output::Record(step) => self.record(*step),
            Output::Render { job, banners } => {
                let banners = if self.plant == Plant::UnmarkedCopy {
                    Vec::new()
                } else {
                    banners
                };
                let ticket = if job.job.id.as_str() == "bad" {
                    Err("no".to_owned())
                } else {
                    Ok(ticket(&job, &banners).repeat(job.job.copies as usize))
                };
                self.inputs.push_back(Input::Rendered(ticket));
            }
            Output::Remember(known) => self.known = Some(known),
            Output::Status(status) => self.statuses.push(status),
            Output::Alarm(text) => self.alarms.push(text),
        }
    }

    /// A port waits for room, but not for ever.
    fn write_on(&mut self) {
        let Some((bytes, since)) = self.stuck.take() else {
            return;
        };
        if self.printer.has_room() || !self.connected {
            self.write(bytes);
        } else if self.now >= since + 100 {
            self.inputs.push_back(Input::Wrote(0));
        } else {
            self.stuck = Some((bytes, since));
            return;
        }
        self.go_on();
    }

    fn write(&mut self, bytes: Vec<u8>) {
        if !self.connected {
            return self
                .inputs
                .push_back(Input::Disconnected("connection reset".to_owned()));
        }
        if self.plant == Plant::NoResync && bytes.starts_with(&[0, 0, 0]) {
            return self.inputs.push_back(Input::Wrote(bytes.len()));
        }
        let mut room = bytes.len();
        if let Some((left, _)) = self.break_after {
            room = room.min(left);
        }
        let taken = self.printer.take(&bytes[..room]);
        self.check_bytes(&bytes[..taken]);
        self.taken += taken;
        if let Some((left, power)) = &mut self.break_after {
            *left -= taken;
            if *left == 0 {
                let power = *power;
                self.break_after = None;
                if !self.unsure {
                    self.inputs.push_back(Input::Wrote(taken));
                }
                return self.break_line(power);
            }
        }
        if taken == 0 {
            self.stuck = Some((bytes, self.now));
            return;
        }
        self.inputs.push_back(Input::Wrote(taken));
        self.listen_soon();
    }

    /// Answers to real-time questions are there at once.
    fn listen_soon(&mut self) {
        if self.connected && !self.printer.says.is_empty() && self.plant == Plant::Nothing {
            let says = std::mem::take(&mut self.printer.says);
            self.inputs.push_back(Input::Received(says));
        }
    }

    pub(super) fn break_line(&mut self, power: bool) {
        if power {
            self.printer.power_cut();
        }
        self.printer.says.clear();
        self.stuck = None;
        if std::mem::take(&mut self.connected) {
            self.inputs
                .push_back(Input::Disconnected("connection reset".to_owned()));
        }
    }

    /// The same from outside.
    pub(super) fn cut(&mut self, power: bool) {
        self.break_line(power);
        self.give(Input::Timeout);
    }

    /// The agent is killed and starts again: only what was recorded survives.
    pub(super) fn restart(&mut self) {
        self.inputs.clear();
        self.stuck = None;
        self.connected = false;
        self.printer.says.clear();
        self.machine = Machine::new(
            self.config.clone(),
            self.known.clone(),
            Tick(self.now),
            wall(self.now),
        );
        self.inputs.push_back(self.queue());
    }
}

pub(super) fn wall(ms: u64) -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap() + Duration::from_millis(ms)
}
