//! What the fuzzers have found worth keeping, replayed where no fuzzer runs: nothing panics.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests read files, and fail by panicking"
)]

#[path = "../fuzz/inputs.rs"]
mod inputs;

/// A fuzz target's name and what it does with bytes.
type Target = (&'static str, fn(&[u8]));

#[test]
fn documents_templates_pictures_and_events_of_the_corpora_make_tickets() {
    let targets: [Target; 4] = [
        ("markup", inputs::markup),
        ("template", inputs::template),
        ("logo", inputs::logo),
        ("event", inputs::event),
    ];
    for (name, run) in targets {
        let files = corpus(name);
        assert!(files.len() >= 24, "{name}: {}", files.len());
        files.iter().for_each(|bytes| run(bytes));
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = format!("{}/fuzz/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder).unwrap();
    files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect()
}
