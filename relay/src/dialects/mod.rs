//! Client dialects (DIALECTS.md): verb in, projection out. Pure.

pub mod frame;

pub use frame::{Frame, Wire};
