//! What the fuzzer has found worth keeping, replayed where no fuzzer runs: nothing panics.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::path::{Path, PathBuf};

use fuzz::TARGETS;

/// Files of a corpus that is worth its name.
const FEWEST: usize = 12;

fn corpus(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn no_file_of_any_corpus_makes_its_target_panic() {
    for (name, run) in TARGETS {
        let files = corpus(name);
        assert!(files.len() >= FEWEST, "{name}: {} files", files.len());
        for file in files {
            println!("{}", file.display());
            run(&std::fs::read(file).unwrap());
        }
    }
}

#[test]
fn every_corpus_has_its_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for corpus in std::fs::read_dir(folder).unwrap() {
        let name = corpus.unwrap().file_name();
        assert!(
            TARGETS.iter().any(|(known, _)| **known == *name),
            "{}",
            name.display()
        );
    }
}
