//! New versions of the agent: whose they are, what they replace, and the way back.

mod place;
mod release;

pub use place::{Attempt, Place, PlaceError, Settled};
pub use release::{Release, ReleaseError, Version, file_name};
