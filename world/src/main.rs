//! Plays worlds by the thousand, or tells the story of one: `cargo run --release -p world -- --seeds 100000`.
#![expect(clippy::print_stdout, reason = "what it finds out is its output")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;

/// Evenings of a restaurant, played from seeds, in which everything goes wrong.
#[derive(Debug, Parser)]
struct Flags {
    /// Tell what happens in this one.
    #[arg(long)]
    seed: Option<u64>,
    /// Play so many.
    #[arg(long, default_value_t = 2000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Without the relay for the first ten minutes, and with nothing else that goes wrong (N1).
    #[arg(long)]
    apart: bool,
    /// Failures that are told before it gives up.
    #[arg(long, default_value_t = 10)]
    failures: usize,
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    if let Some(seed) = flags.seed {
        let story = if flags.apart {
            world::tell_apart(seed)
        } else {
            world::tell(seed)
        };
        for line in &story {
            println!("{line}");
        }
        let kept = story.last().is_some_and(|last| !last.contains("BROKEN"));
        return if kept {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    std::panic::set_hook(Box::new(|_| {}));
    let begun = Instant::now();
    let broken = play_all(&flags);
    let count = flags.seeds;
    println!(
        "{count} worlds in {:.1} s, {} broken",
        begun.elapsed().as_secs_f64(),
        broken.len()
    );
    for (seed, _) in &broken {
        println!("  its story: cargo run --release -p world -- --seed {seed}");
    }
    if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Every seed, on as many threads as there are cores; what broke, by seed.
fn play_all(flags: &Flags) -> Vec<(u64, String)> {
    let (next, broken) = (AtomicU64::new(flags.from), Mutex::new(Vec::new()));
    let end = flags.from + flags.seeds;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || broken.lock().is_ok_and(|broken| broken.len() >= flags.failures) {
                        return;
                    }
                    let played = if flags.apart {
                        world::play_apart(seed)
                    } else {
                        world::play(seed)
                    };
                    if let (Err(what), Ok(mut broken)) = (played, broken.lock()) {
                        println!("seed {seed}: {what}");
                        broken.push((seed, what));
                    }
                }
            });
        }
    });
    let mut broken = broken.into_inner().unwrap_or_default();
    broken.sort();
    broken
}
