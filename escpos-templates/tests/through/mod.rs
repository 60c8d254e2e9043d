//! Programs that others wrote, as filters.
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, reason = "tests")]

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs a program with bytes on its standard input; answers its output.
pub fn through(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let command = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = command.unwrap_or_else(|e| panic!("{program} is installed: {e}"));
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::Builder::new()
        .spawn(move || pipe.write_all(&input))
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    assert!(output.status.success(), "{program} {arguments:?} failed");
    output.stdout
}
