//! Any bytes to any model: no panic, no hang, and a picture of each paper.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use virtual_printer::{Config, Device, Input, Output, PROFILES};

/// Taller papers take long to draw and say nothing new.
const MAX_HEIGHT: u32 = 4096;

fuzz_target!(|data: &[u8]| {
    let [first, bytes @ ..] = data else { return };
    let Some(profile) = PROFILES.get(usize::from(*first) % PROFILES.len()) else { return };
    let mut device = Device::new(&Config { buffer_bytes: 64, ..Config::new(*profile) });
    for piece in bytes.chunks(64) {
        device.handle(Input::Bytes(piece), Duration::ZERO);
    }
    device.handle(Input::Tear, Duration::ZERO);
    while let Some(output) = device.poll_output() {
        if let Output::Paper(paper) = output
            && paper.height <= MAX_HEIGHT
        {
            assert!(!paper.png().is_empty());
        }
    }
});
