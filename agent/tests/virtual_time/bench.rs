//! The press's machine, a printer, and the test's own clock between them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use agent::press::Limits;
use agent::press::machine::{Config, Input, Machine, Output};
use agent::spool::{SpoolJob, Step};
use escpos_templates::{Options, Renderer};
use jiff::{Timestamp, ToSpan as _};
use protocol::{JobHeader, JobId, JobKind, JobState, Tick};
use virtual_printer::{Config as Model, Device, Fault, Input as Happens, Output as Does, Paper};

/// A step of the test's clock.
const STEP: u64 = 50;

/// A write that waits for room gives up after so long, as a port does.
const WRITE: u64 = 100;

pub(crate) struct Bench {
    pub(crate) machine: Machine,
    pub(crate) device: Device,
    pub(crate) jobs: Vec<SpoolJob>,
    inputs: VecDeque<Input>,
    pub(crate) papers: Vec<Paper>,
    pub(crate) alarms: Vec<String>,
    pub(crate) sent: Vec<u8>,
    is_star: bool,
    connected: bool,
    stuck: Option<(Vec<u8>, u64)>,
    /// What lies in a network's buffers between the two; none where the port itself waits for the printer.
    pipe: Option<VecDeque<u8>>,
    pub(crate) now: u64,
}

impl Bench {
    pub(crate) fn open(model: &Model) -> Self {
        let config = Config {
            printer: "grill".to_owned(),
            on_unconfirmed: BTreeMap::new(),
            knows_marks: false,
            speaks_star: model.profile.name == "star",
            limits: Limits::default(),
        };
        Self {
            machine: Machine::new(config, None, Tick(0), wall(0)),
            device: Device::new(model),
            jobs: Vec::new(),
            inputs: VecDeque::new(),
            papers: Vec::new(),
            alarms: Vec::new(),
            sent: Vec::new(),
            is_star: model.profile.name == "star",
            connected: false,
            stuck: None,
            pipe: None,
            now: 0,
        }
    }

    /// The same over a network that takes everything at once, however slow the printer reads.
    pub(crate) fn open_network(model: &Model) -> Self {
        Self {
            pipe: Some(VecDeque::new()),
            ..Self::open(model)
        }
    }

    pub(crate) fn order(&mut self, id: &str) {
        let now = wall(self.now);
        let arrival = i64::try_from(self.jobs.len()).unwrap() + 1;
        let job = JobHeader {
            id: JobId::new(id),
            seq: arrival.unsigned_abs(),
            station: "kitchen".to_owned(),
            number: arrival.unsigned_abs(),
            kind: JobKind::Order,
            copies: 1,
            due: now,
            expires: now + 12.hours(),
            attempt: 0,
            age_ms: 0,
            banners: Vec::new(),
            via: None,
            hops: 0,
        };
        let data = serde_json::json!({
            "order_id": id, "order_number": id, "station": "kitchen", "job": job,
            "order_items": [{ "name": format!("Margherita {id}"), "quantity": 1 }],
        });
        self.jobs.push(SpoolJob {
            job,
            event: "kitchen_immediate_print".to_owned(),
            data: data.to_string(),
            printer: "grill".to_owned(),
            arrival,
            state: JobState::Spooled,
            attempt: 0,
            first_try: None,
            evidence: None,
            detail: None,
            at: now,
            spooled_at: now,
            banners: Vec::new(),
            settled: false,
            released: false,
            cancel_requested: false,
            answer: None,
        });
    }

    pub(crate) fn state(&self, id: &str) -> JobState {
        self.job(id).state
    }

    pub(crate) fn job(&self, id: &str) -> &SpoolJob {
        self.jobs.iter().find(|job| job.job.id.as_str() == id).unwrap()
    }

    pub(crate) fn count(&self, text: &str) -> usize {
        self.papers
            .iter()
            .filter(|paper| paper.text.contains(text))
            .count()
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        self.device
            .handle(Happens::Fault(fault), Duration::from_millis(self.now));
        self.hear();
    }

    /// Runs until `done`, at most an hour of the test's time.
    pub(crate) fn wait(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let end = self.now + 3_600_000;
        while !done(self) {
            assert!(self.now < end, "{what}: {:?} {:?}", self.jobs, self.alarms);
            self.step();
        }
    }

    pub(crate) fn seconds(&mut self, seconds: u64) {
        let end = self.now + seconds * 1000;
        while self.now < end {
            self.step();
        }
    }

    fn step(&mut self) {
        self.now += STEP;
        self.device.handle(Happens::Tick, Duration::from_millis(self.now));
        self.hear();
        if let Some((bytes, since)) = self.stuck.take() {
            self.write(bytes, since);
        }
        self.arrive();
        if self.now.is_multiple_of(1000) {
            // With no input left: a queue that knows all the steps that were made.
            self.go_on();
            self.inputs.push_back(self.queue());
        }
        self.inputs.push_back(Input::Timeout);
        self.go_on();
    }

    fn queue(&self) -> Input {
        Input::Queue(
            self.jobs
                .iter()
                .filter(|job| !job.state.is_final())
                .cloned()
                .collect(),
        )
    }

    pub(crate) fn give(&mut self, input: Input) {
        self.inputs.push_back(input);
        self.go_on();
    }

    fn go_on(&mut self) {
        while let Some(input) = self.inputs.pop_front() {
            self.machine.handle(input, Tick(self.now), wall(self.now));
            while let Some(output) = self.machine.poll_output() {
                self.perform(output);
            }
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Open => {
                self.connected = true;
                self.inputs.push_back(Input::Opened { readable: true });
            }
            Output::Close => (self.connected, self.stuck) = (false, None),
            Output::Write(bytes) => self.write(bytes, self.now),
            Output::Record(step) => self.record(*step),
            Output::Render { job, banners: _ } => {
                let renderer = Renderer::builtin();
                let profile = if self.is_star { "star-prnt" } else { "generic-80" };
                let options = Options::new(renderer.profile(profile).unwrap());
                let data = serde_json::from_str(&job.data).unwrap();
                let ticket = renderer.render(&data, &options).escpos();
                self.inputs.push_back(Input::Rendered(Ok(ticket)));
            }
            Output::Remember(_) | Output::Status(_) => {}
            Output::Alarm(text) => self.alarms.push(text),
        }
    }

    /// What the printer has room for leaves the network's buffers.
    fn arrive(&mut self) {
        let now = Duration::from_millis(self.now);
        while let Some(pipe) = self.pipe.as_mut().filter(|pipe| !pipe.is_empty()) {
            let room = self.device.room(now).min(pipe.len());
            if room == 0 {
                return;
            }
            let bytes: Vec<u8> = pipe.drain(..room).collect();
            self.device.handle(Happens::Bytes(&bytes), now);
            self.hear();
        }
    }

    fn write(&mut self, bytes: Vec<u8>, since: u64) {
        if let Some(pipe) = &mut self.pipe {
            pipe.extend(&bytes);
            self.sent.extend_from_slice(&bytes);
            self.inputs.push_back(Input::Wrote(bytes.len()));
            return self.arrive();
        }
        let now = Duration::from_millis(self.now);
        let room = self.device.room(now).min(bytes.len());
        if room == 0 {
            if self.now >= since + WRITE {
                self.inputs.push_back(Input::Wrote(0));
            } else {
                self.stuck = Some((bytes, since));
            }
            return;
        }
        self.device.handle(Happens::Bytes(&bytes[..room]), now);
        self.sent.extend_from_slice(&bytes[..room]);
        self.inputs.push_back(Input::Wrote(room));
        self.hear();
    }

    fn hear(&mut self) {
        while let Some(does) = self.device.poll_output() {
            match does {
                Does::Reply(bytes) if self.connected => self.inputs.push_back(Input::Received(bytes)),
                Does::Reply(_) => {}
                Does::Paper(paper) => self.papers.push(paper),
                Does::Reset => {
                    self.connected = false;
                    self.inputs.push_back(Input::Disconnected("reset".to_owned()));
                }
            }
        }
    }

    fn record(&mut self, step: Step) {
        let id = step.job_id.clone();
        let job = self.jobs.iter_mut().find(|job| job.job.id == id).unwrap();
        if step.state == JobState::Printing {
            job.first_try = job.first_try.or(Some(step.at));
        }
        (job.state, job.attempt, job.evidence) = (step.state, step.attempt, step.evidence);
        (job.detail, job.banners, job.at) = (step.detail, step.banners, step.at);
        self.inputs.push_back(Input::Recorded(id));
    }

    /// A kitchen whose printer is known and has printed.
    pub(crate) fn printed_once(model: &Model) -> Self {
        let mut bench = Self::open(model);
        bench.order("first");
        bench.wait("the first ticket prints", |bench| {
            bench.state("first") == JobState::Printed
        });
        bench
    }

    pub(crate) fn recoveries(&self) -> usize {
        let commands: [&[u8]; 3] = [&[0x10, 5, 1], &[0x10, 5, 2], &[0x10, 0x14, 8]];
        let of = |command: &[u8]| {
            self.sent
                .windows(command.len())
                .filter(|sent| *sent == command)
                .count()
        };
        commands.into_iter().map(of).sum()
    }
}

fn wall(ms: u64) -> Timestamp {
    Timestamp::from_millisecond(1_795_000_000_000 + i64::try_from(ms).unwrap()).unwrap()
}
