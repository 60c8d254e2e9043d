//! A whole restaurant on one thread, without I/O, driven by a seed: what goes wrong, when, and what came of it.
//!
//! Real: the relay's order machine, routing, ledger and store (in memory), both halves of the link, the spool
//! (in memory), the press's machine, the watch over printers, the virtual printer. Played: cables, disks,
//! clocks, power and people. The invariants of DELIVERY.md are checked while it runs and at the end.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a world that is wrong about itself shall stop at once; nothing here comes from outside"
)]

mod agent;
mod alarm;
mod cable;
mod check;
mod desk;
mod end;
mod event;
mod fault;
mod guest;
mod lane;
mod links;
mod look;
mod office;
mod people;
mod press;
mod printer;
mod register;
mod setup;
mod store;
mod story;
mod ticket;
mod world;

pub use story::{Verdict, play, play_apart, tell, tell_apart};
