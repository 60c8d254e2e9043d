//! Sockets: what comes in becomes verbs, what the rooms say goes out.

pub mod socketio;
pub mod websocket;

mod bucket;
mod catch_up;
mod common;
mod place;
mod register;
mod station;
