//! Who goes where, and who is told.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan as _};
use protocol::frames::PrinterStatus;
use protocol::{Banner, JobHeader, JobId, JobKind, JobState, Tick};

use super::{Act, Slip, View, Watch};
use crate::config::Station;
use crate::press::freshness::STALE;
use crate::spool::SpoolJob;

/// Kitchen at the grill, bar at the bar, each the other's backup.
struct House {
    watch: Watch,
    stations: Vec<Station>,
    printers: Vec<String>,
    jobs: Vec<SpoolJob>,
    originals: BTreeMap<JobId, String>,
    now: u64,
}

impl House {
    fn open() -> Self {
        let station = |name: &str, printer: &str, backup: &str| Station {
            backup: Some(backup.to_owned()),
            ..Station::new(name, printer)
        };
        let mut house = Self {
            watch: Watch::default(),
            stations: vec![station("kitchen", "grill", "tap"), station("bar", "tap", "grill")],
            printers: vec!["grill".to_owned(), "tap".to_owned()],
            jobs: Vec::new(),
            originals: BTreeMap::new(),
            now: 0,
        };
        house.says("grill", true);
        house.says("tap", true);
        house
    }

    fn says(&mut self, printer: &str, online: bool) {
        let status = PrinterStatus {
            printer: printer.to_owned(),
            online,
            paper: "ok".to_owned(),
            cover: "closed".to_owned(),
            error: (!online).then(|| "out of paper".to_owned()),
        };
        self.watch.heard(&status, Tick(self.now));
    }

    fn order(&mut self, id: &str, station: &str, kind: JobKind) -> &mut SpoolJob {
        let arrival = i64::try_from(self.jobs.len()).unwrap() + 1;
        let printer = self.stations.iter().find(|own| own.name == station).unwrap();
        let now = self.wall();
        self.jobs.push(SpoolJob {
            job: JobHeader {
                id: JobId::new(id),
                seq: arrival.unsigned_abs(),
                station: station.to_owned(),
                number: arrival.unsigned_abs(),
                kind,
                copies: 1,
                due: now,
                expires: now + 12.hours(),
                attempt: 0,
                age_ms: 0,
                banners: Vec::new(),
                via: None,
                hops: 0,
            },
            event: String::new(),
            data: format!(
                r#"{{"order_id":"{}","order_number":"ORD-{id}","table_number":"C4"}}"#,
                id.trim_end_matches(char::is_alphabetic)
            ),
            printer: printer.printer.clone(),
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
        self.jobs.last_mut().unwrap()
    }

    fn job(&mut self, id: &str) -> &mut SpoolJob {
        self.jobs
            .iter_mut()
            .find(|job| job.job.id.as_str() == id)
            .unwrap()
    }

    fn place(&mut self, id: &str) -> (String, usize) {
        let job = self.job(id);
        (job.printer.clone(), job.banners.len())
    }

    fn wall(&self) -> Timestamp {
        Timestamp::from_millisecond(1_795_000_000_000 + i64::try_from(self.now).unwrap()).unwrap()
    }

    /// Time passes; moves are done, slips are given.
    fn seconds(&mut self, seconds: u64) -> Vec<Slip> {
        let mut slips = Vec::new();
        for _ in 0..seconds {
            self.now += 1000;
            let view = View {
                stations: &self.stations,
                printers: &self.printers,
                jobs: &self.jobs,
                originals: &self.originals,
                wall: self.wall(),
            };
            for act in self.watch.look(view, Tick(self.now)) {
                match act {
                    Act::Move(over) => {
                        let job = self.job(over.job.as_str());
                        assert_eq!(job.printer, over.from);
                        (job.printer, job.banners) = (over.to, over.banners);
                    }
                    Act::Print(slip) => {
                        self.watch.printed(slip.id.clone());
                        slips.push(slip);
                    }
                }
            }
        }
        slips
    }
}

#[test]
fn waiting_jobs_go_to_the_backup_after_the_limit_and_come_back_by_themselves() {
    let mut house = House::open();
    house.says("grill", false);
    for id in ["1", "2", "3"] {
        house.order(id, "kitchen", JobKind::Order);
    }
    house.job("1").state = JobState::Printing;
    house.job("3").state = JobState::Held;
    house.seconds(29);
    assert_eq!(house.place("2"), ("grill".to_owned(), 0));
    house.seconds(1);
    assert_eq!(house.place("1"), ("grill".to_owned(), 0), "it has begun");
    for id in ["2", "3"] {
        assert_eq!(house.place(id), ("tap".to_owned(), 1));
    }
    let backup = Banner::Backup {
        station: "kitchen".to_owned(),
    };
    assert_eq!(house.job("2").banners, [backup]);
    house.job("2").state = JobState::Printing;
    house.says("grill", true);
    house.seconds(1);
    assert_eq!(house.place("2"), ("tap".to_owned(), 1), "it has begun there");
    assert_eq!(house.place("3"), ("grill".to_owned(), 0));
}

#[test]
fn two_printers_that_back_each_other_never_pass_a_job_round() {
    let mut house = House::open();
    house.says("grill", false);
    house.says("tap", false);
    house.order("1", "kitchen", JobKind::Order);
    house.order("2", "bar", JobKind::Order);
    house.seconds(120);
    assert_eq!(
        (house.place("1").0, house.place("2").0),
        ("grill".into(), "tap".into())
    );
    house.says("tap", true);
    house.seconds(1);
    assert_eq!(
        (house.place("1").0, house.place("2").0),
        ("tap".into(), "tap".into())
    );
    // Now the backup fails too: the job stays, since its home is down and its backup has no say.
    house.says("tap", false);
    house.seconds(120);
    assert_eq!(house.place("1"), ("tap".to_owned(), 1));
    house.says("grill", true);
    house.seconds(1);
    assert_eq!(house.place("1"), ("grill".to_owned(), 0));
    assert_eq!(house.place("2"), ("grill".to_owned(), 1));
}

#[test]
fn a_correction_follows_its_order_and_never_overtakes_it() {
    let mut house = House::open();
    house.says("grill", false);
    house.order("1", "kitchen", JobKind::Order).state = JobState::Unconfirmed;
    house.order("1v", "kitchen", JobKind::Void);
    house.order("2", "kitchen", JobKind::Order);
    house.order("2c", "kitchen", JobKind::Change);
    house.seconds(40);
    assert_eq!(house.place("1v").0, "grill", "its order is in doubt there");
    assert_eq!(
        (house.place("2").0, house.place("2c").0),
        ("tap".into(), "tap".into())
    );
    house.job("2").state = JobState::Printing;
    house.says("grill", true);
    house.seconds(5);
    assert_eq!(house.place("2c").0, "tap", "its order prints there");
    // On paper now, and gone from the open jobs: its correction stays with it.
    house.jobs.retain(|job| job.job.id.as_str() != "2");
    house.originals.insert(JobId::new("2c"), "tap".to_owned());
    house.seconds(5);
    assert_eq!(house.place("2c").0, "tap");
    house.says("tap", false);
    house.seconds(40);
    assert_eq!(house.place("2c").0, "grill", "better there than nowhere");
}

#[test]
fn what_waits_for_a_person_or_came_from_afar_stays() {
    let mut house = House::open();
    house.says("grill", false);
    house.order("1", "kitchen", JobKind::Order).detail = Some(STALE.to_owned());
    let from = Banner::Backup {
        station: "pass".to_owned(),
    };
    house.order("2", "kitchen", JobKind::Order).job.banners.push(from);
    house.order("3", "kitchen", JobKind::Test);
    house.order("4", "kitchen", JobKind::Order).cancel_requested = true;
    house.seconds(60);
    for id in ["1", "2", "3", "4"] {
        assert_eq!(house.place(id).0, "grill", "{id}");
    }
}

#[test]
fn i8_an_outage_that_keeps_tickets_waiting_is_told_of_once_at_the_neighbour_within_a_minute() {
    let mut house = House::open();
    house.says("grill", false);
    assert!(house.seconds(60).is_empty(), "nobody waits");
    house.order("1", "kitchen", JobKind::Order);
    let slips = house.seconds(60);
    assert_eq!(slips.len(), 1, "{slips:?}");
    assert_eq!(
        (slips[0].kind, slips[0].printer.as_str()),
        (JobKind::Alarm, "tap")
    );
    assert_eq!(slips[0].about, "grill");
    assert!(
        slips[0]
            .message
            .contains("out of paper \u{2013} 1 ticket waiting")
    );
    assert_eq!(slips[0].waiting[0].table.as_deref(), Some("C4"));
    house.says("grill", true);
    house.says("grill", false);
    house.order("2", "kitchen", JobKind::Order);
    assert_eq!(house.seconds(60).len(), 1, "another outage is other news");
}

#[test]
fn a_doubt_is_asked_about_once_at_the_neighbour() {
    let mut house = House::open();
    house.order("1", "kitchen", JobKind::Order).state = JobState::Unconfirmed;
    house.job("1").attempt = 1;
    assert!(house.seconds(4).is_empty(), "a proof may only be late");
    let slips = house.seconds(56);
    assert_eq!(slips.len(), 1, "{slips:?}");
    assert_eq!(slips[0].message, "Did #1 print? Yes / Print again");
    assert_eq!(slips[0].printer, "tap");
    assert_eq!(
        slips[0].ticket.as_ref().unwrap().order_number.as_deref(),
        Some("ORD-1")
    );
    house.job("1").attempt = 2;
    assert_eq!(house.seconds(60).len(), 1, "the copy is another question");
    house.order("2", "kitchen", JobKind::Alarm).state = JobState::Unconfirmed;
    assert!(house.seconds(60).is_empty(), "a slip about a slip helps nobody");
}

#[test]
fn c2_a_printer_that_comes_back_lists_its_stale_tickets_once_for_each_station() {
    let mut house = House::open();
    house.says("grill", false);
    house.says("tap", false);
    for (id, station) in [("1", "kitchen"), ("2", "kitchen"), ("3", "bar")] {
        let job = house.order(id, station, JobKind::Order);
        (job.state, job.detail) = (JobState::Held, Some(STALE.to_owned()));
    }
    assert!(house.seconds(60).is_empty());
    house.says("grill", true);
    house.says("tap", true);
    let slips = house.seconds(60);
    let said: Vec<_> = slips
        .iter()
        .map(|slip| (slip.kind, slip.printer.as_str(), slip.waiting.len()))
        .collect();
    assert_eq!(
        said,
        [(JobKind::Summary, "tap", 1), (JobKind::Summary, "grill", 2)]
    );
    assert_eq!(slips[1].waiting[0].number, 1);
    house.job("1").released = true;
    assert!(house.seconds(60).is_empty(), "fewer of them are no news");
    let job = house.order("4", "kitchen", JobKind::Order);
    (job.state, job.detail) = (JobState::Held, Some(STALE.to_owned()));
    assert_eq!(house.seconds(60).len(), 1);
    // One after another they go stale, and one slip lists them all.
    for id in ["5", "6", "7"] {
        let job = house.order(id, "kitchen", JobKind::Order);
        (job.state, job.detail) = (JobState::Held, Some(STALE.to_owned()));
        assert!(house.seconds(1).is_empty(), "more are to come");
    }
    let slips = house.seconds(60);
    assert_eq!((slips.len(), slips[0].waiting.len()), (1, 5));
}
