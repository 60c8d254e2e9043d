//! A press on a real spool with a virtual printer, for tests that read like an evening's service.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's own tools: each file uses its part, and what fails shall fail"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use agent::clock::Clock;
use agent::config::Station;
use agent::press::{Limits, PressConfig, PressHandle, PressReport, start};
use agent::spool::{Spool, SpoolJob, Wish};
use agent::tickets::Stock;
use escpos_templates::Renderer;
use jiff::{Timestamp, ToSpan};
use protocol::frames::{JobUpdate, PrinterStatus};
use protocol::{JobHeader, JobId, JobKind, JobState, Offer};
use virtual_printer::{Config, Fault, VirtualPrinter};

/// What a test waits for comes well within this.
const PATIENCE: Duration = Duration::from_secs(20);

/// The reports of a press, as they came.
#[derive(Default)]
pub struct Reports {
    pub jobs: Vec<JobUpdate>,
    pub printers: Vec<PrinterStatus>,
    pub alarms: Vec<String>,
    pub known: Vec<agent::press::Known>,
}

pub struct Kitchen {
    pub printer: VirtualPrinter,
    pub spool: Spool,
    pub reports: Arc<Mutex<Reports>>,
    pub address: String,
    pub station: Station,
    pub profile: Option<String>,
    pub limits: Limits,
    /// The press panics at its next report.
    pub panics: Arc<AtomicBool>,
    /// While a test holds it, the press hangs at its next report as in a driver that does not return.
    pub gate: Arc<Mutex<()>>,
    clock: Clock,
    folder: tempfile::TempDir,
    press: Option<PressHandle>,
    orders: u64,
    /// The templates of presses that start from now on.
    pub stock: Stock,
}

/// The same rules, thirty times faster.
pub fn hurry() -> Limits {
    let ms = Duration::from_millis;
    Limits {
        answer: ms(250),
        look: ms(60),
        fresh: ms(200),
        hold_after: ms(60),
        retry: ms(30),
        retry_most: ms(100),
        idle: ms(400),
        print_base: ms(60),
        per_byte: Duration::from_micros(100),
        proof: ms(700),
        slowest_byte: ms(4),
        question: ms(1200),
        ..Limits::default()
    }
}

impl Kitchen {
    pub fn open() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        let printer = VirtualPrinter::start(config).unwrap();
        let address = format!("tcp://{}", printer.addr());
        Self::at(printer, address)
    }

    pub fn at(printer: VirtualPrinter, address: String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (spool, _) = Spool::open(&folder.path().join("spool.db")).unwrap();
        let mut kitchen = Self {
            printer,
            spool,
            reports: Arc::default(),
            address,
            station: Station::new("kitchen", "grill"),
            profile: None,
            limits: hurry(),
            panics: Arc::default(),
            gate: Arc::default(),
            clock: Clock::default(),
            folder,
            press: None,
            orders: 0,
            stock: Renderer::builtin().into(),
        };
        kitchen.start();
        kitchen
    }

    /// The press is started anew, as after a start of the agent.
    pub fn start(&mut self) {
        self.stop();
        let config = PressConfig {
            name: "grill".to_owned(),
            address: self.address.parse().unwrap(),
            profile: self.profile.clone(),
            columns: None,
            stations: vec![self.station.clone()],
            limits: self.limits.clone(),
        };
        let reports = Arc::clone(&self.reports);
        let panics = Arc::clone(&self.panics);
        let gate = Arc::clone(&self.gate);
        let tell = move |report| {
            drop(gate.lock());
            assert!(!panics.swap(false, Ordering::Relaxed), "as the test wants it");
            let mut reports = reports.lock().unwrap();
            match report {
                PressReport::Job(update) => reports.jobs.push(update),
                PressReport::Printer(status) => reports.printers.push(status),
                PressReport::Known { known, .. } => reports.known.push(known),
                PressReport::Alarm(text) => reports.alarms.push(text),
                PressReport::Broken(error) => panic!("{error}"),
            }
        };
        let press = start(
            config,
            self.spool.clone(),
            self.stock.clone(),
            self.clock.clone(),
            tell,
        )
        .unwrap();
        self.press = Some(press);
    }

    pub fn stop(&mut self) {
        if let Some(press) = self.press.take() {
            let ended = press.stop();
            assert!(ended || std::thread::panicking(), "the press hangs");
        }
    }

    pub fn silent_for(&self) -> Duration {
        self.press.as_ref().unwrap().silent_for()
    }

    pub fn nudge(&self) {
        self.press.as_ref().unwrap().nudge();
    }

    pub fn probe(&self) {
        self.press.as_ref().unwrap().probe();
    }

    /// The computer sleeps: its clock goes on, the press's time does not.
    pub fn sleep_for(&self, time: Duration) {
        let now = Timestamp::now();
        self.clock.correct(now + time, now);
    }

    pub fn fault(&self, fault: Fault) {
        self.printer.fault(fault);
    }

    pub fn order(&mut self, id: &str) {
        self.offer(id, JobKind::Order, |_| {});
    }

    pub fn offer(&mut self, id: &str, kind: JobKind, change: impl FnOnce(&mut JobHeader)) {
        self.orders += 1;
        let now = Timestamp::now();
        let mut job = JobHeader {
            id: JobId::new(id),
            seq: self.orders,
            station: self.station.name.clone(),
            number: self.orders,
            kind,
            copies: 1,
            due: now,
            expires: now + 12.hours(),
            attempt: 0,
            age_ms: 0,
            banners: Vec::new(),
            via: None,
            hops: 0,
        };
        change(&mut job);
        let data = serde_json::json!({
            "order_id": id, "order_number": format!("ORD-{id}"), "station": job.station, "order_type": "dine-in",
            "order_items": [{ "name": format!("Margherita {id}"), "quantity": 2, "notes": "no basil" }],
            "job": job,
        });
        let data = serde_json::value::to_raw_value(&data).unwrap();
        let offer = Offer {
            seq: None,
            event: "kitchen_immediate_print".to_owned(),
            data,
            job,
        };
        self.spool.accept(&offer, "grill", now).unwrap();
        self.nudge();
    }

    pub fn wish(&self, id: &str, wish: Wish) {
        self.spool.wish(&JobId::new(id), wish).unwrap();
        self.nudge();
    }

    pub fn job(&self, id: &str) -> SpoolJob {
        self.spool.get(&JobId::new(id)).unwrap().unwrap()
    }

    pub fn state(&self, id: &str) -> JobState {
        self.job(id).state
    }

    /// Waits for a job's state; anything final that is another one fails at once.
    pub fn becomes(&self, id: &str, state: JobState) -> SpoolJob {
        self.wait(&format!("{id} becomes {state}"), |kitchen| {
            let now = kitchen.state(id);
            assert!(
                now == state || !now.is_final(),
                "{id} became {now}: {:?}",
                kitchen.job(id)
            );
            now == state
        });
        self.job(id)
    }

    pub fn wait(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(
                Instant::now() < end,
                "{what}: {:#?} {:?}",
                self.history(),
                self.reports.lock().unwrap().alarms
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn history(&self) -> Vec<String> {
        let reports = self.reports.lock().unwrap();
        let line = |update: &JobUpdate| format!("{} {} {:?}", update.job_id, update.state, update.detail);
        reports.jobs.iter().map(line).collect()
    }

    pub fn alarmed(&self, text: &str) -> bool {
        self.reports
            .lock()
            .unwrap()
            .alarms
            .iter()
            .any(|alarm| alarm.contains(text))
    }

    pub fn doubts(&self, id: &str) -> usize {
        let reports = self.reports.lock().unwrap();
        let is = |update: &&JobUpdate| update.job_id.as_str() == id && update.state == JobState::Unconfirmed;
        reports.jobs.iter().filter(is).count()
    }

    /// The whole papers of an order: whether each is marked.
    pub fn papers(&self, id: &str) -> Vec<bool> {
        let item = format!("Margherita {id}");
        let short = JobId::new(id).short().to_owned();
        let papers = self.printer.papers();
        let whole = papers.iter().filter(|paper| {
            // The foot carries the job's id: without it the paper is a scrap.
            let text = paper.text.replace('\n', "");
            text.contains(&item) && text.trim_end().ends_with(&short)
        });
        whole
            .map(|paper| paper.text.contains("POSSIBLE DUPLICATE") || paper.text.contains("REPRINT"))
            .collect()
    }
}

impl Drop for Kitchen {
    fn drop(&mut self) {
        self.stop();
    }
}
