//! What every store must do, said against its handle alone, so that another database can be held to it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "helpers of tests fail like tests"
)]

mod backups;
mod crash;
mod devices;
mod jobs;
mod kit;
mod orders;
mod stations;
mod trouble;
mod wishes;
