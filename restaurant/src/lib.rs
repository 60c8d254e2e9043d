//! A whole restaurant in one process: the demo, and the harness of the end-to-end tests.

pub mod client;
pub mod evening;
pub mod house;
pub mod orders;
pub mod process;
pub mod show;
pub mod station;

pub use house::{House, Options, STATIONS};
