//! The relay: takes orders, keeps rooms, delivers tickets.
