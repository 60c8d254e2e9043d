//! Faults that last long, against the virtual printer, in time that the test moves.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bench;
mod cutter;
mod slow;
mod star;
