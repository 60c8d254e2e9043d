//! One printer: ready? intent, write, proof or doubt.
//!
//! [`machine`] decides and is pure, [`status`] reads what the printer says, and [`driver`] is the thread
//! that does what the machine says.

pub mod commands;
pub mod freshness;
pub mod health;
pub mod known;
pub mod limits;
pub mod machine;
pub mod status;

pub use known::Known;
pub use limits::Limits;
pub use machine::OnUnconfirmed;
