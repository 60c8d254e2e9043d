//! Any bytes may be called a picture.
#![no_main]

#[path = "../inputs.rs"]
#[allow(dead_code, reason = "one of four")]
mod inputs;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inputs::logo(bytes));
