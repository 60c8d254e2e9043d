//! What `docs/rehearse.md` tells people to type is understood by the printer.
#![expect(clippy::unwrap_used, reason = "a page that cannot be read has failed")]

use std::path::Path;

use virtual_printer::{CONTROL_HELP, Fault, Script};

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rehearse.md")).unwrap()
}

#[test]
fn every_line_told_in_the_page_is_understood() {
    let page = page();
    let told: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("tell "))
        .collect();
    assert!(told.len() > 20, "{told:?}");
    for line in told {
        let line = line.trim_matches('"');
        let word = CONTROL_HELP.iter().any(|(name, _)| *name == line);
        assert!(word || line.parse::<Fault>().is_ok(), "{line}");
    }
}

#[test]
fn the_script_of_the_page_is_one() {
    let page = page();
    let (_, rest) = page.split_once("```text\n").unwrap();
    let (script, _) = rest.split_once("```").unwrap();
    assert!(script.contains("after 3 papers paper-out"));
    script.parse::<Script>().unwrap();
}
