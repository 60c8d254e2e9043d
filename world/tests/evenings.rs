//! Evenings that must end well, and that a seed is always the same evening.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Evenings in each test run; CI plays 1,300 in a release build besides (world/ci.sh).
const EVENINGS: u64 = 60;

/// Evenings without the relay.
const APART: u64 = 20;

#[test]
fn i1_i2_i3_i4_i5_i6_i7_i8_hold_in_whole_evenings() {
    let (next, broken) = (AtomicU64::new(1), Mutex::new(None));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let play = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > EVENINGS || broken.lock().unwrap().is_some() {
                return;
            }
            if world::play(seed).is_err() {
                broken.lock().unwrap().get_or_insert(seed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(play);
        }
    });
    if let Some(seed) = broken.into_inner().unwrap() {
        panic!("{}", world::tell(seed).join("\n"));
    }
}

#[test]
fn n1_ten_minutes_without_the_relay_lose_nothing_and_keep_the_order() {
    for seed in 1..=APART {
        assert_eq!(
            world::play_apart(seed),
            Ok(()),
            "{}",
            world::tell_apart(seed).join("\n")
        );
    }
}

#[test]
fn the_same_seed_is_the_same_evening() {
    assert_eq!(world::tell(7), world::tell(7));
}
