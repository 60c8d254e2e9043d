//! Everything that takes bytes from outside, each behind one function that must not panic: a fuzzer calls them with bytes
//! of its own, and `tests/corpora.rs` with the committed ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target fails by panicking"
)]

mod config;
mod discovery;
mod frames;
mod orders;
mod packets;
mod spool;
mod status;
mod tickets;
mod tokens;

/// A target's name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 17] = [
    ("markup", tickets::markup),
    ("template", tickets::template),
    ("logo", tickets::logo),
    ("event", tickets::event),
    ("status", status::status),
    ("station", frames::station),
    ("register", frames::register),
    ("relay-frame", frames::relay_frame),
    ("socketio", packets::socketio),
    ("engineio", packets::engineio),
    ("order", orders::order),
    ("agent-config", config::agent),
    ("relay-config", config::relay),
    ("token", tokens::token),
    ("snmp", discovery::snmp),
    ("mdns", discovery::mdns),
    ("spool", spool::spool),
];

/// The target of that name.
///
/// # Panics
/// Where there is none.
#[must_use]
pub fn target(name: &str) -> fn(&[u8]) {
    let known = TARGETS.iter().find(|(known, _)| *known == name);
    known.unwrap_or_else(|| panic!("there is no target {name:?}")).1
}
