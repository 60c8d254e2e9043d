//! Two presses of one agent, each the other's backup: seeded worlds in which jobs change printers at any
//! moment, and what must hold on both papers together.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use protocol::{JobId, JobKind, JobState, Tick};

use super::checks::papers_of;
use super::printer::Printer;
use super::rig::{Rig, wall};
use super::worlds::{Dice, fault, heal};
use crate::config::Station;
use crate::spool::SpoolJob;
use crate::watch::{Act, View, Watch};

/// Worlds: about two seconds of a debug build.
const WORLDS: u64 = 100;

/// Mistakes that the checks must catch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plant {
    Nothing,
    /// Jobs go over that have begun.
    BegunToo,
    /// A correction goes over alone.
    CorrectionAlone,
    /// The first printer prints what has gone over.
    BothHaveIt,
}

struct House {
    rigs: [Rig; 2],
    watch: Watch,
    stations: Vec<Station>,
    names: Vec<String>,
    arrivals: i64,
    moved: usize,
    plant: Plant,
}

impl House {
    fn open(plant: Plant) -> Self {
        let station = |name: &str, printer: &str, backup: &str| Station {
            backup: Some(backup.to_owned()),
            ..Station::new(name, printer)
        };
        Self {
            rigs: [
                Rig::named("grill", Printer::epson()),
                Rig::named("tap", Printer::barrier_only()),
            ],
            watch: Watch::default(),
            stations: vec![station("kitchen", "grill", "tap"), station("bar", "tap", "grill")],
            names: vec!["grill".to_owned(), "tap".to_owned()],
            arrivals: 0,
            moved: 0,
            plant,
        }
    }

    fn order(&mut self, id: &str, kind: JobKind, rig: usize) {
        self.arrivals += 1;
        let arrival = self.arrivals;
        let station = if rig == 0 { "kitchen" } else { "bar" };
        self.rigs[rig].offer(id, station, kind, |job| job.arrival = arrival);
    }

    /// Both presses work, and once a second somebody keeps watch.
    fn seconds(&mut self, seconds: u64) {
        for _ in 0..seconds {
            for rig in &mut self.rigs {
                rig.seconds(1);
            }
            self.look();
            self.check_corrections();
        }
    }

    fn look(&mut self) {
        let now = Tick(self.rigs[0].now);
        for rig in &self.rigs {
            if let Some(status) = rig.statuses.last() {
                self.watch.heard(status, now);
            }
        }
        let mut jobs: Vec<SpoolJob> = self.rigs.iter().flat_map(|rig| rig.jobs.clone()).collect();
        jobs.retain(|job| !job.state.is_final());
        jobs.sort_by_key(|job| job.arrival);
        if self.plant == Plant::BegunToo {
            jobs.iter_mut().for_each(|job| job.state = JobState::Held);
        }
        if self.plant == Plant::CorrectionAlone {
            jobs.iter_mut().for_each(|job| job.job.kind = JobKind::Order);
        }
        let view = View {
            stations: &self.stations,
            printers: &self.names,
            jobs: &jobs,
            originals: &self.originals(&jobs),
            wall: wall(now.0),
        };
        for act in self.watch.look(view, now) {
            match act {
                Act::Move(over) => self.hand_over(&over.job, &over.from, over.banners),
                Act::Print(slip) => self.watch.printed(slip.id),
            }
        }
    }

    fn originals(&self, jobs: &[SpoolJob]) -> BTreeMap<JobId, String> {
        let mut originals = BTreeMap::new();
        for job in jobs.iter().filter(|job| job.is_correction()) {
            let all = self.rigs.iter().flat_map(|rig| &rig.jobs);
            let others = all.filter(|other| other.order_id() == job.order_id() && other.job.id != job.job.id);
            if let Some(before) = others.max_by_key(|other| other.arrival) {
                originals.insert(job.job.id.clone(), before.printer.clone());
            }
        }
        originals
    }

    /// As the spool does it.
    fn hand_over(&mut self, id: &JobId, from: &str, banners: Vec<protocol::Banner>) {
        let (from, to) = if from == "grill" { (0, 1) } else { (1, 0) };
        let rig = &mut self.rigs[from];
        let waits = |job: &SpoolJob| job.job.id == *id && (job.is_waiting() || self.plant == Plant::BegunToo);
        let Some(index) = rig.jobs.iter().position(waits) else {
            return;
        };
        if rig.disk_full {
            return;
        }
        let mut job = rig.jobs[index].clone();
        if self.plant != Plant::BothHaveIt {
            rig.jobs.remove(index);
        }
        job.printer.clone_from(&self.names[to]);
        job.banners = banners;
        if self.plant == Plant::BegunToo {
            job.state = JobState::Held;
        }
        let rig = &mut self.rigs[to];
        rig.jobs.push(job);
        rig.jobs.sort_by_key(|job| job.arrival);
        self.moved += 1;
    }

    /// No VOID is on paper before its order is.
    fn check_corrections(&self) {
        for job in self.rigs.iter().flat_map(|rig| &rig.jobs) {
            let id = job.job.id.as_str();
            let Some(order) = id.strip_suffix('v') else {
                continue;
            };
            if self.papers(id, false) > 0 {
                assert!(self.papers(order, true) > 0, "{id} overtook its order");
            }
        }
    }

    fn papers(&self, id: &str, marked_too: bool) -> usize {
        let papers = self.rigs.iter().flat_map(|rig| papers_of(&rig.printer, id));
        papers.filter(|(_, marked)| marked_too || !marked).count()
    }

    /// I1 and I2 over both papers.
    fn check(&self) {
        for job in self.rigs.iter().flat_map(|rig| &rig.jobs) {
            let id = job.job.id.as_str();
            assert!(self.papers(id, false) <= 1, "I2: {id} came out twice unmarked");
            assert!(job.state.is_final(), "{id} is still {}", job.state);
            let nothing = matches!(
                job.state,
                JobState::Cancelled | JobState::Expired | JobState::Sent
            );
            assert!(nothing || self.papers(id, true) > 0, "I1: {id} is lost");
        }
    }
}

fn evening(seed: u64, plant: Plant) -> usize {
    let mut dice = Dice::of(seed);
    let mut house = House::open(plant);
    for order in 0..5 + dice.roll(5) {
        let rig = dice.roll(2) as usize;
        house.order(&order.to_string(), JobKind::Order, rig);
        house.seconds(dice.seconds(3));
        let troubled = dice.roll(2) as usize;
        fault(&mut house.rigs[troubled], &mut dice);
        // The other one's clock goes on as well.
        let now = house.rigs.iter().map(|rig| rig.now).max().unwrap_or(0);
        for rig in &mut house.rigs {
            rig.seconds((now - rig.now) / 1000);
        }
        if dice.roll(2) == 0 {
            house.order(&format!("{order}v"), JobKind::Void, rig);
        }
        house.seconds(dice.seconds(50));
    }
    for _ in 0..2 {
        house.rigs.iter_mut().for_each(heal);
        house.seconds(300);
        for rig in &mut house.rigs {
            super::worlds::people_answer(rig);
        }
    }
    house.rigs.iter_mut().for_each(heal);
    house.seconds(300);
    house.check();
    house.moved
}

#[test]
fn jobs_that_change_printers_are_on_one_paper_and_in_order_in_every_world() {
    let mut moved = 0;
    for seed in 1..=WORLDS {
        let result = catch_unwind(AssertUnwindSafe(|| evening(seed, Plant::Nothing)));
        assert!(result.is_ok(), "seed {seed}");
        moved += result.unwrap_or(0);
    }
    assert!(
        moved > 20,
        "{moved} jobs changed printers: the worlds are too quiet"
    );
}

#[test]
fn every_planted_mistake_of_a_backup_is_caught_in_some_world() {
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let caught = |plant: Plant| {
        (1..=10 * WORLDS).any(|seed| catch_unwind(AssertUnwindSafe(|| evening(seed, plant))).is_err())
    };
    let plants = [Plant::BegunToo, Plant::CorrectionAlone, Plant::BothHaveIt];
    let missed: Vec<Plant> = plants.into_iter().filter(|plant| !caught(*plant)).collect();
    std::panic::set_hook(quiet);
    assert!(missed.is_empty(), "{missed:?}");
}
