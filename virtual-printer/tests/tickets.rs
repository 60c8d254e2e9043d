//! Real tickets of the encoder on virtual paper: nothing that a printer does not understand, every word on paper.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its event has failed")]

use std::path::Path;
use std::time::Duration;

use escpos_templates::{Options, Renderer, Ticket};
use virtual_printer::{Config, Device, Input, Output, PROFILES, Paper, Profile};

const KINDS: [&str; 10] = [
    "add", "alarm", "bar", "change", "expo", "kitchen", "receipt", "summary", "test", "void",
];

fn event(kind: &str) -> serde_json::Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../escpos-templates/tests/events");
    serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{kind}.json"))).unwrap()).unwrap()
}

fn print(profile: Profile, ticket: &Ticket) -> Paper {
    let mut device = Device::new(&Config::new(profile));
    device.handle(Input::Bytes(&ticket.escpos()), Duration::ZERO);
    if profile.name == "pos-58" {
        device.handle(Input::Tear, Duration::ZERO); // it has no cutter
    }
    match device.poll_output() {
        Some(Output::Paper(paper)) => paper,
        other => unreachable!("{}: a ticket ends with a cut, not with {other:?}", profile.name),
    }
}

/// What is read, without the places of words, and without rules and frames, which text draws with `-+|`.
fn letters(text: &str) -> String {
    let pictures = |line: &&str| !line.trim_start().starts_with('[');
    let rules = |c: &char| c.is_whitespace() || matches!(c, '-' | '+' | '|' | '\u{2500}'..='\u{257F}');
    text.lines()
        .filter(pictures)
        .flat_map(str::chars)
        .filter(|c| !rules(c))
        .collect()
}

#[test]
fn every_template_prints_on_every_model_without_a_note() {
    let renderer = Renderer::builtin();
    for profile in PROFILES {
        let Some(known) = renderer.profile(profile.name) else {
            continue;
        };
        for kind in KINDS {
            let ticket = renderer.render(&event(kind), &Options::new(known.clone()));
            let paper = print(*profile, &ticket);
            assert_eq!(paper.notes, [""; 0], "{kind} on {}", profile.name);
            // Lines in letters that the model lacks come as pictures.
            if !paper.text.contains("[image ") {
                let (ours, theirs) = (letters(&paper.text), letters(&ticket.text()));
                assert_eq!(ours, theirs, "{kind} on {}", profile.name);
            }
        }
    }
}

/// Printers on which the preview of every built-in template is the paper dot by dot.
const DOT_EXACT: [&str; 3] = ["generic-80", "generic-58", "epson-tm-t88"];

#[test]
fn the_preview_is_the_paper() {
    let renderer = Renderer::builtin();
    for profile in DOT_EXACT {
        let known = renderer.profile(profile).unwrap();
        for kind in KINDS {
            let ticket = renderer.render(&event(kind), &Options::new(known.clone()));
            let paper = print(Profile::named(profile).unwrap(), &ticket);
            assert!(paper.png() == ticket.png(), "{kind} on {profile}");
        }
    }
}
