//! The fuzzer: `FUZZ_TARGET` names what it tries.
#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<fn(&[u8])> =
    LazyLock::new(|| fuzz::target(&std::env::var("FUZZ_TARGET").unwrap_or_default()));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| TARGET(bytes));
