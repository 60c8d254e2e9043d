//! One printer: ready? intent, write, proof or doubt.
//!
//! [`machine`] decides and is pure, [`status`] reads what the printer says, and [`driver`] is the thread
//! that does what the machine says.

pub mod commands;
pub mod driver;
pub mod freshness;
pub mod health;
pub mod known;
pub mod limits;
pub mod machine;
mod render;
mod shift;
pub mod star;
pub mod status;

pub use commands::Recovery;
pub use driver::{PressConfig, PressHandle, PressReport, start};
pub use known::Known;
pub use limits::Limits;
pub(crate) use render::profile_for;
