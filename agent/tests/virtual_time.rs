//! Faults that last long, against the virtual printer, in time that the test moves.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use agent::press::machine::{Config, Input, Machine, Output};
use agent::press::{Limits, Recovery};
use agent::spool::{SpoolJob, Step};
use escpos_templates::{Options, Renderer};
use jiff::{Timestamp, ToSpan as _};
use protocol::{JobHeader, JobId, JobKind, JobState, Tick};
use virtual_printer::{Config as Model, Device, Fault, Input as Happens, Output as Does, Paper};

/// A step of the test's clock.
const STEP: u64 = 50;

/// A write that waits for room gives up after so long, as a port does.
const WRITE: u64 = 100;

struct Bench {
    machine: Machine,
    device: Device,
    jobs: Vec<SpoolJob>,
    inputs: VecDeque<Input>,
    papers: Vec<Paper>,
    alarms: Vec<String>,
    sent: Vec<u8>,
    connected: bool,
    stuck: Option<(Vec<u8>, u64)>,
    now: u64,
}

impl Bench {
    fn open(model: &Model) -> Self {
        let config = Config {
            printer: "grill".to_owned(),
            on_unconfirmed: BTreeMap::new(),
            knows_marks: false,
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
            connected: false,
            stuck: None,
            now: 0,
        }
    }

    fn order(&mut self, id: &str) {
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

    fn state(&self, id: &str) -> JobState {
        self.job(id).state
    }

    fn job(&self, id: &str) -> &SpoolJob {
        self.jobs.iter().find(|job| job.job.id.as_str() == id).unwrap()
    }

    fn count(&self, text: &str) -> usize {
        self.papers
            .iter()
            .filter(|paper| paper.text.contains(text))
            .count()
    }

    fn fault(&mut self, fault: Fault) {
        self.device
            .handle(Happens::Fault(fault), Duration::from_millis(self.now));
        self.hear();
    }

    /// Runs until `done`, at most an hour of the test's time.
    fn wait(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let end = self.now + 3_600_000;
        while !done(self) {
            assert!(self.now < end, "{what}: {:?} {:?}", self.jobs, self.alarms);
            self.step();
        }
    }

    fn seconds(&mut self, seconds: u64) {
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
        if self.now.is_multiple_of(1000) {
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

    fn give(&mut self, input: Input) {
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
                let options = Options::new(renderer.profile("generic-80").unwrap());
                let data = serde_json::from_str(&job.data).unwrap();
                let ticket = renderer.render(&data, &options).escpos();
                self.inputs.push_back(Input::Rendered(Ok(ticket)));
            }
            Output::Remember(_) | Output::Status(_) => {}
            Output::Alarm(text) => self.alarms.push(text),
        }
    }

    fn write(&mut self, bytes: Vec<u8>, since: u64) {
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
    fn printed_once(model: &Model) -> Self {
        let mut bench = Self::open(model);
        bench.order("first");
        bench.wait("the first ticket prints", |bench| {
            bench.state("first") == JobState::Printed
        });
        bench
    }

    fn recoveries(&self) -> usize {
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

#[test]
fn fault_p4_a_stuck_cutter_waits_for_an_operator_and_then_goes_on() {
    let mut bench = Bench::printed_once(&Model::default());
    bench.fault(Fault::CutterErrorAtCut);
    bench.order("A-1");
    bench.wait("an alarm", |bench| {
        bench.alarms.iter().any(|alarm| alarm.contains("cutter"))
    });
    bench.order("A-2");
    bench.seconds(60);
    assert_eq!(
        bench.state("A-1"),
        JobState::Printing,
        "its data is in the printer"
    );
    assert!(bench.job("A-1").detail.as_ref().unwrap().contains("cutter"));
    assert_eq!(bench.state("A-2"), JobState::Held);
    bench.give(Input::Recover(Recovery::Resume));
    bench.seconds(30);
    assert_eq!(bench.state("A-1"), JobState::Printing, "it is still stuck");
    bench.fault(Fault::CutterFreed);
    bench.seconds(300);
    assert_eq!(bench.recoveries(), 1, "the operator's alone");
    assert_eq!(bench.state("A-1"), JobState::Printing);
    bench.give(Input::Recover(Recovery::Resume));
    bench.wait("both print", |bench| bench.state("A-2") == JobState::Printed);
    let job = bench.job("A-1");
    assert_eq!((job.state, job.attempt), (JobState::Printed, 1));
    assert_eq!(
        (bench.count("Margherita A-1"), bench.count("Margherita A-2")),
        (1, 1)
    );
    assert_eq!(bench.recoveries(), 2);
}

#[test]
fn fault_p4_an_operator_who_clears_the_printer_leaves_a_doubt_and_no_silent_copy() {
    let mut bench = Bench::printed_once(&Model::default());
    bench.fault(Fault::CutterErrorAtCut);
    bench.order("A-1");
    bench.wait("an alarm", |bench| {
        bench.alarms.iter().any(|alarm| alarm.contains("cutter"))
    });
    bench.seconds(5);
    bench.fault(Fault::CutterFreed);
    bench.give(Input::Recover(Recovery::Clear));
    assert_eq!(bench.state("A-1"), JobState::Unconfirmed);
    assert!(bench.sent.windows(3).any(|sent| sent == [0x10, 5, 2]));
    bench.order("A-2");
    bench.wait("the next one prints", |bench| {
        bench.state("A-2") == JobState::Printed
    });
    assert_eq!(
        bench.state("A-1"),
        JobState::Unconfirmed,
        "people are asked first"
    );
    bench.wait("the marked copy", |bench| bench.state("A-1") == JobState::Printed);
    assert_eq!(bench.job("A-1").attempt, 2);
    // Without an error there is another command for it.
    bench.give(Input::Recover(Recovery::Clear));
    bench.seconds(1);
    let clear = [0x10, 0x14, 8, 1, 3, 0x14, 1, 6, 2, 8];
    assert!(bench.sent.windows(clear.len()).any(|sent| sent == clear));
}
