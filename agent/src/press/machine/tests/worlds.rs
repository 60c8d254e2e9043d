//! Seeded worlds: an evening of orders, random faults at random bytes, the agent killed at any step, and
//! ten idle minutes afterwards.

use std::panic::{AssertUnwindSafe, catch_unwind};

use protocol::JobState;

use super::printer::Printer;
use super::rig::{Plant, Rig};

/// Worlds per test: about a second of a debug build.
const WORLDS: u64 = 150;

/// xorshift64*: the same world for the same seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % u64::from(sides);
        u32::try_from(number).unwrap()
    }

    pub(super) fn seconds(&mut self, most: u32) -> u64 {
        self.roll(most).into()
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len().try_into().unwrap()) as usize]
    }
}

fn evening(seed: u64, plant: Plant) {
    let mut dice = Dice::of(seed);
    let printer = if dice.roll(2) == 0 {
        Printer::epson()
    } else {
        Printer::barrier_only()
    };
    let mut rig = Rig::new(printer);
    rig.plant = plant;
    rig.printer.speed = dice.pick(&[60, 1000, 20_000]);
    rig.printer.capacity = dice.pick(&[100, 600, 100_000]);
    let orders = 4 + dice.roll(6);
    for order in 0..orders {
        rig.order(&order.to_string());
        rig.seconds(dice.seconds(4));
        fault(&mut rig, &mut dice);
        rig.seconds(dice.seconds(40));
        rig.nudge();
    }
    heal(&mut rig);
    rig.check_papers(false);
    rig.seconds(600);
    people_answer(&mut rig);
    rig.seconds(600);
    rig.check_papers(true);
    for job in &rig.jobs {
        assert!(
            job.state.is_final(),
            "{} is still {}: {:?}",
            job.job.id,
            job.state,
            rig.history
        );
    }
}

/// Copies that were in doubt themselves wait for a person; nothing else does.
pub(super) fn people_answer(rig: &mut Rig) {
    for job in &mut rig.jobs {
        assert!(
            job.state.is_final() || job.state == JobState::Unconfirmed && job.attempt > 1,
            "{} is {}: {:?}",
            job.job.id,
            job.state,
            rig.history
        );
        job.answer = (!job.state.is_final()).then_some(false);
    }
    rig.nudge();
}

pub(super) fn fault(rig: &mut Rig, dice: &mut Dice) {
    let which = dice.roll(12);
    rig.history
        .push((format!("fault {which} at {}", rig.now), JobState::Accepted, None));
    match which {
        0 => rig.cut(true),
        1 => rig.cut(false),
        2 => rig.break_after = Some((1 + dice.roll(900) as usize, true)),
        3 => rig.break_after = Some((1 + dice.roll(900) as usize, false)),
        4 => rig.printer.set_paper(false),
        5 => rig.printer.set_cover(true),
        6 => rig.printer.mute_proofs = true,
        7 => rig.die_at_record = Some((dice.roll(4), dice.roll(2) == 0)),
        8 => {
            rig.restart();
            rig.nudge();
        }
        9 => rig.disk_full = true,
        10 => rig.printer.late_proofs = true,
        _ => {
            let garbage = (0..dice.roll(12))
                .map(|_| u8::try_from(dice.roll(256)).unwrap())
                .collect();
            rig.give(super::super::Input::Received(garbage));
        }
    }
    rig.seconds(dice.seconds(30));
    if dice.roll(2) == 0 {
        heal(rig);
    }
}

pub(super) fn heal(rig: &mut Rig) {
    rig.break_after = None;
    rig.die_at_record = None;
    rig.disk_full = false;
    rig.printer.powered = true;
    rig.printer.mute_proofs = false;
    rig.printer.prove_late();
    rig.printer.set_paper(true);
    rig.printer.set_cover(false);
}

#[test]
fn the_invariants_hold_in_every_world() {
    for seed in 1..=WORLDS {
        let result = catch_unwind(AssertUnwindSafe(|| evening(seed, Plant::Nothing)));
        assert!(result.is_ok(), "seed {seed}");
    }
}

#[test]
fn every_planted_mistake_is_caught_in_some_world() {
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let caught = |plant: Plant| {
        (1..=20 * WORLDS).any(|seed| catch_unwind(AssertUnwindSafe(|| evening(seed, plant))).is_err())
    };
    let plants = [
        Plant::IntentAfterTheByte,
        Plant::UnmarkedCopy,
        Plant::AnyProof,
        Plant::NoResync,
        Plant::WrongOrder,
    ];
    let missed: Vec<Plant> = plants.into_iter().filter(|plant| !caught(*plant)).collect();
    std::panic::set_hook(quiet);
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn an_agent_killed_at_each_step_loses_nothing_and_repeats_nothing_unmarked() {
    for step in 0..8 {
        for after in [false, true] {
            let mut rig = Rig::new(Printer::epson());
            rig.die_at_record = Some((step, after));
            for id in ["1", "2", "3"] {
                rig.order(id);
                rig.seconds(1);
            }
            rig.wait("all is settled", |rig| {
                rig.jobs.iter().all(|job| job.state == JobState::Printed)
            });
            rig.seconds(600);
            rig.check_papers(true);
        }
    }
}
