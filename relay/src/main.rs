//! The relay's program.

use std::process::ExitCode;

/// Orders are made on one thread, stored on another and told on a third: an allocator that is good at that
/// saves a quarter of the work.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    relay::cli::main()
}
