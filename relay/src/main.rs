//! The relay's program.

use std::process::ExitCode;

fn main() -> ExitCode {
    relay::cli::main()
}
