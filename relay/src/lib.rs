//! The relay: takes orders, keeps rooms, delivers tickets.
//!
//! The path of an order is told in ARCHITECTURE.md at the project's root.

pub mod dialects;
pub mod order;
pub mod rooms;
pub mod routing;
pub mod store;
