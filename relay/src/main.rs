//! The relay's program.

use std::process::ExitCode;

/// An order is some hundred small pieces that one thread makes and another lets go of: with the system's allocator
/// that is a quarter of its processor time.
#[cfg(target_os = "linux")]
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    relay::cli::main()
}
