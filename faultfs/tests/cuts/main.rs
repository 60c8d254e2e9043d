//! The power goes at every write and every sync of the agent's spool and the relay's store.
//!
//! `POWER_CUTS=1000000 cargo test --release -p faultfs --test cuts` makes as many cuts as it is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says how many cuts there were"
)]

mod failing;
mod spool;
mod store;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use faultfs::power::{Broken, Memory, Story};

/// Cuts of each of the two, unless `POWER_CUTS` asks for more.
const CUTS: usize = 5_000;

/// How many cuts each of the two shall meet.
fn wanted() -> usize {
    let asked = std::env::var("POWER_CUTS")
        .ok()
        .and_then(|cuts| cuts.parse().ok());
    asked.map_or(CUTS, |cuts: usize| cuts / 2)
}

/// Tells stories from one seed after another and cuts each at every point, until there were enough cuts.
fn cut(tell: impl Fn(u64) -> Story + Sync, remember: impl Fn(&Path) -> Result<Memory, String> + Sync) {
    let (cuts, next) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while cuts.load(Ordering::Relaxed) < wanted() {
                    let seed = next.fetch_add(1, Ordering::Relaxed) as u64;
                    let story = tell(seed);
                    let done = story.cut_at(0..story.points(), seed, &remember);
                    cuts.fetch_add(
                        done.unwrap_or_else(|Broken(what)| panic!("{what}")),
                        Ordering::Relaxed,
                    );
                }
            });
        }
    });
    println!("{} power cuts", cuts.into_inner());
}
