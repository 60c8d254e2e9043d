//! What an order may become: commands in, changes out. Pure.

pub mod command;
pub mod event;
pub mod model;

pub use command::{Actor, Command, NewItem, NewOrder, Refusal, Role};
pub use event::{Change, Event, Subject};
pub use model::{Id, Item, Order, Status};
