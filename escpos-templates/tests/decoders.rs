//! What decoders that others wrote read out of our bytes: for every template and every ESC/POS profile the letters of our
//! text, row by row. Their code pages are escpos-printer-db's numbers and Python's tables. StarPRNT, for which nobody has
//! written a decoder, is compared with what the reference itself sends to such a printer.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(missing_docs, unreachable_pub, dead_code, reason = "tests")]

#[path = "../examples/reference/mod.rs"]
mod reference;
mod through;
mod walk;

use escpos_templates::profile::Language;
use escpos_templates::{Options, Renderer, Ticket};
use reference::Reference;
use std::collections::VecDeque;
use through::through;
use walk::without_sounds;

#[test]
#[ignore = "it needs what ci.sh installs"]
fn hardless_reads_our_text_for_every_template_and_profile() {
    read_by("hardless");
}

#[test]
#[ignore = "it needs what ci.sh installs"]
fn emupos_reads_our_text_for_every_template_and_profile() {
    read_by("emupos");
}

/// Asks a decoder, a program that turns bytes on stdin into text on stdout; `PRINTRAIL_DECODERS` is where they are.
fn read_by(decoder: &str) {
    let folder = std::env::var("PRINTRAIL_DECODERS").expect("PRINTRAIL_DECODERS is set");
    let renderer = Renderer::builtin();
    let (mut tickets, mut rows) = (0, 0);
    for name in renderer.profile_names() {
        if renderer.profile(&name).unwrap().language() != Language::Escpos {
            continue;
        }
        for template in renderer.template_names() {
            let ticket = ticket(&renderer, &template, &name);
            let case = format!("{template} on {name} by {decoder}");
            // The decoders know no buzzer and would print its parameters.
            let bytes = without_sounds(&ticket.escpos());
            let pages = format!("{folder}/../pages/{name}.json");
            let text = through(&format!("{folder}/{decoder}"), &[&pages], &bytes);
            let text = String::from_utf8_lossy(&text);
            rows += same_rows(&case, &ticket, &text);
            let cuts = usize::from(!renderer.profile(&name).unwrap().cutters().is_empty());
            assert!(text.contains(&format!("[cuts {cuts}]")), "{case}:\n{text}");
            tickets += 1;
        }
    }
    assert_eq!(tickets, 150);
    assert!(rows > 2000, "{rows} rows");
}

fn ticket(renderer: &Renderer, template: &str, profile: &str) -> Ticket {
    let path = format!("{}/tests/events/{template}.json", env!("CARGO_MANIFEST_DIR"));
    let event = std::fs::read_to_string(path).unwrap();
    let options = Options::new(renderer.profile(profile).unwrap());
    renderer.render(&serde_json::from_str(&event).unwrap(), &options)
}

/// Every row of our text is a row that was read, but for those that went out as pictures. Answers how many.
fn same_rows(case: &str, ticket: &Ticket, read: &str) -> usize {
    let read = read.lines().filter(|line| !line.trim_start().starts_with('['));
    let mut read: VecDeque<String> = read.map(ink).filter(|row| !row.is_empty()).collect();
    let total = read.len();
    let text = ticket.text();
    let unread = text.lines().map(ink).filter(|row| {
        let found = row.is_empty() || read.front() == Some(row);
        if found && !row.is_empty() {
            read.pop_front();
        }
        !found
    });
    let unread: Vec<String> = unread.collect();
    assert!(read.is_empty(), "{case}: {:?} is not in\n{text}", read.front());
    let pictures = usize::try_from(ticket.report().image_rows).unwrap();
    assert_eq!(unread.len(), pictures, "{case}: {unread:?} is missing");
    total
}

/// Letters, digits and signs, without blanks and what frames and rules are made of.
fn ink(line: &str) -> String {
    let frame = |c: char| matches!(c, '-' | '|' | '+') || ('\u{2500}'..='\u{257f}').contains(&c);
    line.chars()
        .filter(|c| !c.is_whitespace() && !frame(*c))
        .collect()
}

/// The reference's own StarPRNT: the same letters, each in the same look, and the same cuts.
#[test]
#[ignore = "it needs what ci.sh installs"]
fn starprnt_says_what_the_reference_says_to_such_a_printer() {
    let mut reference = Reference::start();
    let renderer = Renderer::builtin();
    let options = Options::new(renderer.profile("star-prnt").unwrap());
    let mut documents = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(document) = std::fs::read_to_string(&path) else {
            continue;
        };
        let silent = ["image", "code", "option", "command", "=", "x:", "c:", "i:"];
        if path.extension().is_none_or(|e| e != "receipt")
            || silent.iter().any(|word| document.contains(word))
        {
            continue;
        }
        let ticket = renderer.render_markup(&document, &options);
        if ticket.report().image_rows > 0 || !document.is_ascii() {
            continue;
        }
        let theirs = reference.starprnt(&document, 48).unwrap();
        assert_eq!(star(&ticket.escpos()), star(&theirs), "{}", path.display());
        documents += 1;
    }
    assert!(documents >= 40, "{documents}");
}

/// Letters (frames and blanks left out) with bold, underline, inverse and size.
fn star(bytes: &[u8]) -> Vec<(char, [u8; 5])> {
    let (mut letters, mut look, mut at) = (Vec::new(), [0u8; 5], 0);
    while at < bytes.len() {
        at += match bytes[at..] {
            [0x1b, b'E', ..] => set(&mut look[0], 1, 2),
            [0x1b, b'F', ..] => set(&mut look[0], 0, 2),
            [0x1b, b'-', n, ..] => set(&mut look[1], n & 1, 3),
            [0x1b, b'4', ..] => set(&mut look[2], 1, 2),
            [0x1b, b'5', ..] => set(&mut look[2], 0, 2),
            [0x1b, b'i', h, w, ..] => {
                look[3] = w;
                set(&mut look[4], h, 4)
            }
            // Start and end of a document, alignment, fonts, spacing, margins, columns: places, not looks.
            [0x1b, b'@', ..] => 2,
            [0x1b, 0x1e, _, _, ..] => 4,
            [0x1b, 0x1d, 0x03, _, _, _, ..] => 6,
            [0x1b, 0x1d, b'A' | b'R', _, _, ..] => 5,
            [0x1b, 0x1d, b'a' | b't', _, ..] => 4,
            [0x1b, b's', _, _, ..] => 4,
            [0x1b, b'0', ..] => 2,
            [0x1b, b'd' | b'z' | b' ' | b'l' | b'Q', _, ..] => 3,
            [b'\n' | 0x12, ..] => 1,
            [letter @ 0x20..=0xff, ..] => {
                if letter.is_ascii_graphic() {
                    letters.push((char::from(letter), look));
                }
                1
            }
            ref other => panic!("unexpected {:02x?}", &other[..other.len().min(8)]),
        };
    }
    letters
}

fn set(what: &mut u8, to: u8, length: usize) -> usize {
    *what = to;
    length
}
