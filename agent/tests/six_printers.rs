//! A hundred tickets to each of six printers at once, one of them dead, one at one byte a second: the other
//! four are not slowed, and the order is kept everywhere.
//!
//! The figures: `cargo test -p agent --release --test six_printers -- --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test fails by panicking and tells its figures"
)]

use std::time::{Duration, Instant};

use agent::clock::Clock;
use agent::config::Station;
use agent::press::{Limits, PressConfig, PressHandle, start};
use agent::spool::Spool;
use escpos_templates::Renderer;
use jiff::{Timestamp, ToSpan as _};
use protocol::{JobHeader, JobId, JobKind, JobState, Offer};
use virtual_printer::{Config, Fault, VirtualPrinter};

const TICKETS: u64 = 100;

/// What fails a test that waits in vain.
const PATIENCE: Duration = Duration::from_secs(240);

struct House {
    printers: Vec<VirtualPrinter>,
    presses: Vec<PressHandle>,
    spool: Spool,
    _folder: tempfile::TempDir,
}

impl House {
    fn open(faults: &[Option<Fault>]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (spool, _) = Spool::open(&folder.path().join("spool.db")).unwrap();
        let mut house = Self {
            printers: Vec::new(),
            presses: Vec::new(),
            spool,
            _folder: folder,
        };
        for (index, fault) in faults.iter().enumerate() {
            let printer = VirtualPrinter::start(Config::default()).unwrap();
            if let Some(fault) = fault {
                printer.fault(fault.clone());
            }
            house.presses.push(house.press(index, &printer));
            house.printers.push(printer);
        }
        house
    }

    fn press(&self, index: usize, printer: &VirtualPrinter) -> PressHandle {
        let config = PressConfig {
            name: name(index),
            address: format!("tcp://{}", printer.addr()).parse().unwrap(),
            profile: None,
            columns: None,
            stations: vec![Station::new(&name(index), &name(index))],
            limits: Limits::default(),
        };
        let (renderer, clock) = (Renderer::builtin(), Clock::default());
        start(config, self.spool.clone(), renderer, clock, |_| {}).unwrap()
    }

    /// A hundred tickets to each, one round after another as orders come.
    fn order(&self) {
        for number in 1..=TICKETS {
            for index in 0..self.printers.len() {
                let printer = name(index);
                let offer = ticket(&printer, number);
                self.spool.accept(&offer, &printer, Timestamp::now()).unwrap();
            }
            self.presses.iter().for_each(PressHandle::nudge);
        }
    }

    /// How long each of the first four takes for all of its tickets.
    fn rush(&self) -> [Duration; 4] {
        let began = Instant::now();
        self.order();
        let mut took = [Duration::ZERO; 4];
        while took.contains(&Duration::ZERO) {
            let left: Vec<_> = (0..4).map(|index| self.left(index)).collect();
            assert!(began.elapsed() < PATIENCE, "they have {left:?} left");
            for (took, left) in took.iter_mut().zip(left) {
                if left == 0 && took.is_zero() {
                    *took = began.elapsed();
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        for (index, printer) in self.printers.iter().take(4).enumerate() {
            assert_eq!(
                numbers(printer),
                (1..=TICKETS).collect::<Vec<_>>(),
                "{}",
                name(index)
            );
        }
        took
    }

    fn left(&self, index: usize) -> usize {
        self.spool.queue(&name(index)).unwrap().len()
    }

    /// Slow is not dead: its first ticket is on its way, and the others wait in their order.
    fn crawls(&self, index: usize) {
        let first = JobId::new(format!("{}-1", name(index)));
        let began = Instant::now();
        while self.spool.get(&first).unwrap().unwrap().attempt == 0 {
            assert!(
                began.elapsed() < PATIENCE,
                "nothing of it begins: {:?}",
                self.spool.get(&first)
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        let waiting = self.spool.queue(&name(index)).unwrap();
        let order: Vec<_> = waiting.iter().map(|job| job.job.number).collect();
        assert!(order.is_sorted(), "{order:?}");
        assert!(
            waiting.iter().all(|job| job.attempt <= 1),
            "nothing is sent twice"
        );
    }

    fn close(self) {
        for press in self.presses {
            assert!(press.stop(), "a press hangs");
        }
    }
}

fn name(index: usize) -> String {
    format!("printer-{index}")
}

fn ticket(station: &str, number: u64) -> Offer {
    let now = Timestamp::now();
    let job = JobHeader {
        id: JobId::new(format!("{station}-{number}")),
        seq: number,
        station: station.to_owned(),
        number,
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
        "order_id": job.id, "order_number": format!("ORD-{number}"), "station": station, "job": job,
        "order_items": [
            { "name": "Nasi Goreng", "quantity": 2, "notes": "no chilli" },
            { "name": "Es Teh", "quantity": 1 },
        ],
    });
    Offer {
        seq: None,
        event: "kitchen_immediate_print".to_owned(),
        data: serde_json::value::to_raw_value(&data).unwrap(),
        job,
    }
}

/// The order numbers on paper, in the order in which they came out.
fn numbers(printer: &VirtualPrinter) -> Vec<u64> {
    let number = |text: &str| {
        let (_, rest) = text.split_once("ORD-")?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let papers = printer.papers();
    papers.iter().filter_map(|paper| number(&paper.text)).collect()
}

#[test]
fn fault_p11_a_dead_and_a_crawling_printer_do_not_slow_their_four_neighbours() {
    let four = House::open(&[None, None, None, None]);
    let alone = four.rush();
    four.close();
    let faults = [
        None,
        None,
        None,
        None,
        Some(Fault::PowerOff),
        Some(Fault::OneBytePerSecond(true)),
    ];
    let six = House::open(&faults);
    let beside = six.rush();
    println!("{TICKETS} tickets to each of four printers, ms until the last is on paper and proven:");
    for (house, took) in [
        ("alone", alone),
        ("beside a dead printer and one at one byte a second", beside),
    ] {
        println!("{:?} {house}", took.map(|took| took.as_millis()));
    }
    let dead = six.spool.queue(&name(4)).unwrap();
    assert_eq!(dead.len() as u64, TICKETS, "nothing is lost at the dead one");
    assert!(
        dead.iter()
            .all(|job| job.attempt == 0 && job.state != JobState::Printing)
    );
    // Half as many tickets more go through one spool; what is left is the computer's own noise.
    let last = |took: [Duration; 4]| took.into_iter().max().unwrap();
    assert!(
        last(beside) < last(alone) * 2 + Duration::from_secs(2),
        "{beside:?} instead of {alone:?}"
    );
    six.crawls(5);
    six.close();
}
