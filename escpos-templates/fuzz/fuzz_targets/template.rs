//! Any text is a template; a ticket comes out whatever it says.
#![no_main]

#[path = "../inputs.rs"]
#[allow(dead_code, reason = "one of four")]
mod inputs;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inputs::template(bytes));
