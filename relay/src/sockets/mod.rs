//! Sockets: what comes in becomes verbs, what the rooms say goes out.

pub mod websocket;

mod bucket;
mod station;
