//! Playing a world, and telling what happened in it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::world::World;

/// Whether a world kept its promises; else what it broke.
pub type Verdict = Result<(), String>;

/// Plays the world of this seed.
///
/// # Errors
/// The promise that was broken first, in words.
pub fn play(seed: u64) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| World::new(seed, false).run()))
        .unwrap_or_else(|panic| Err(words(&*panic)))
}

/// Plays the evening of this seed with the relay out of reach for its first ten minutes.
///
/// # Errors
/// The promise that was broken first, in words.
pub fn play_apart(seed: u64) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| World::apart(seed).run())).unwrap_or_else(|panic| Err(words(&*panic)))
}

/// Plays it again and tells every event, a line for each; the last line is the verdict.
#[must_use]
pub fn tell(seed: u64) -> Vec<String> {
    told(seed, World::new(seed, true))
}

/// As [`tell`], of the evening that [`play_apart`] plays.
#[must_use]
pub fn tell_apart(seed: u64) -> Vec<String> {
    let mut world = World::apart(seed);
    world.tells = true;
    told(seed, world)
}

fn told(seed: u64, mut world: World) -> Vec<String> {
    let verdict = catch_unwind(AssertUnwindSafe(|| world.run())).unwrap_or_else(|panic| Err(words(&*panic)));
    let mut story = std::mem::take(&mut world.story);
    story.push(match verdict {
        Ok(()) => format!("seed {seed}: every promise was kept"),
        Err(what) => format!(
            "seed {seed}: BROKEN: {what}\nrun it again: cargo run --release -p world -- --seed {seed}"
        ),
    });
    story
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!("panicked: {}", text.unwrap_or_default())
}
