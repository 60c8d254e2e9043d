//! What an order may become: commands in, changes out. Pure.

pub mod command;
pub mod decide;
pub mod event;
pub mod guest;
pub mod house;
pub mod input;
pub mod model;
#[cfg(test)]
pub(crate) mod samples;
mod stats;
mod totals;

pub use command::{Actor, Command, NewItem, NewOrder, Refusal, Role};
pub use decide::{Context, Decision, change, create};
pub use event::{Change, Event, Stats, Subject};
pub use model::{Id, Internal, Item, Order, Status};
