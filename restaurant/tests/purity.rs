//! The pure rooms of relay and agent read no clock, open nothing and start nothing (ARCHITECTURE.md, "Rules
//! of the house"): time and randomness are arguments there. A lint cannot tell one module from another.

use std::fs;
use std::path::{Path, PathBuf};

const PURE: [&str; 9] = [
    "../relay/src/order",
    "../relay/src/routing",
    "../relay/src/dialects",
    "../agent/src/press/machine",
    "../agent/src/press/status",
    "../agent/src/press/freshness",
    "../agent/src/press/health",
    "../agent/src/press/commands",
    "../agent/src/press/known",
];
const FORBIDDEN: [&str; 14] = [
    "Timestamp::now",
    "Zoned::now",
    "Instant::now",
    "SystemTime",
    "now_v7",
    "new_v4",
    "rand::",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "tokio::",
    "rusqlite",
    "tracing::",
];

#[test]
fn what_decides_reads_no_clock_and_opens_nothing() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for room in PURE {
        sources(&home.join(room), &mut files);
        files.push(home.join(format!("{room}.rs")));
    }
    files.retain(|file| file.exists() && !is_test(file));
    assert!(files.len() > 20, "the pure rooms have moved: {files:?}");
    let mut found = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (number, line) in (1..)
            .zip(code.lines())
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for word in FORBIDDEN.iter().filter(|word| line.contains(**word)) {
                found.push(format!("{}:{number}: {word}", file.display()));
            }
        }
    }
    assert!(found.is_empty(), "not pure:\n{}", found.join("\n"));
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

fn is_test(file: &Path) -> bool {
    file.components()
        .any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}
