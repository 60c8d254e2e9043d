//! The relay: takes orders, keeps rooms, delivers tickets.
//!
//! The path of an order is told in ARCHITECTURE.md at the project's root.

pub mod order;
pub mod routing;
pub mod store;
