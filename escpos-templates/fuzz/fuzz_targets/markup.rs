//! Any text is a document, on any printer, in all four outputs.
#![no_main]

#[path = "../inputs.rs"]
#[allow(dead_code, reason = "one of four")]
mod inputs;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inputs::markup(bytes));
