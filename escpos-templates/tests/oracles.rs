//! What programs that others wrote make of our documents and bytes. A missing oracle is a failure.
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

use escpos_templates::{Options, Renderer, Ticket};
use reference::{Reference, letters};
use std::process::{Command, Stdio};

const TEMPLATES: [&str; 10] = [
    "add", "alarm", "bar", "change", "expo", "kitchen", "receipt", "summary", "test", "void",
];

fn folder(name: &str) -> String {
    format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Runs a program with bytes on its standard input; answers its output.
fn through(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let command = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = command.unwrap_or_else(|e| panic!("{program} is installed: {e}"));
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::Builder::new()
        .spawn(move || pipe.write_all(&input))
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    output.stdout
}

fn ticket(renderer: &Renderer, template: &str, profile: &str, columns: Option<u16>) -> Ticket {
    let event = std::fs::read_to_string(folder(&format!("tests/events/{template}.json"))).unwrap();
    let options = Options {
        columns,
        ..Options::new(renderer.profile(profile).unwrap())
    };
    renderer.render(&serde_json::from_str(&event).unwrap(), &options)
}

#[test]
fn the_reference_says_what_the_corpus_expects_and_its_svg_has_our_letters() {
    let mut reference = Reference::start();
    let renderer = Renderer::builtin();
    let mut documents = 0;
    for entry in std::fs::read_dir(folder("corpus")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "receipt") {
            continue;
        }
        let doc = std::fs::read_to_string(&path).unwrap();
        documents += 1;
        for columns in [32, 42, 48] {
            let (text, order) = reference.ask(&doc, columns).unwrap();
            let options = Options {
                columns: Some(columns),
                ..Options::new(renderer.profile("generic-80").unwrap())
            };
            let ours = renderer.render_markup(&doc, &options);
            assert_eq!(ours.text(), text, "{} at {columns}", path.display());
            assert_eq!(letters(&ours.svg()), order, "{} at {columns}", path.display());
        }
    }
    assert!(documents >= 100);
}

#[test]
fn qr_codes_read_back() {
    let renderer = Renderer::builtin();
    for (template, content) in [
        ("receipt", "ORD-20261120-017"),
        ("test", "https://printrail.example/test"),
    ] {
        let png = std::env::temp_dir().join(format!("printrail-{template}-{}.png", std::process::id()));
        std::fs::write(&png, ticket(&renderer, template, "generic-80", None).png()).unwrap();
        let output = Command::new("zbarimg")
            .args(["--quiet", "--raw"])
            .arg(&png)
            .output()
            .expect("zbarimg is installed");
        let _ = std::fs::remove_file(&png);
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), content);
    }
}

#[test]
fn chinese_raster_reads_as_well_as_an_image() {
    let builder = Renderer::builder()
        .with_font(std::fs::read("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc").unwrap());
    let renderer = builder.build();
    let source = "\n\n^^^宫保鸡丁\n\n^^^麻婆豆腐\n\n^^^红烧牛肉\n\n";
    let png = renderer
        .render_markup(source, &Options::new(renderer.profile("generic-80").unwrap()))
        .png();
    let read = through(
        "tesseract",
        &["stdin", "stdout", "-l", "chi_sim", "--psm", "6"],
        &png,
    );
    let read = String::from_utf8(read).unwrap();
    let right = "宫保鸡丁麻婆豆腐红烧牛肉"
        .chars()
        .filter(|c| read.contains(*c))
        .count();
    assert!(right >= 10, "{right} of 12 in {read}");
}

#[test]
fn hardless_decodes_our_text_for_every_template_and_profile() {
    decoded_by("hardless", Renderer::builtin().profile_names());
}

/// emupos holds the page numbers of Epson's printers.
#[test]
fn emupos_decodes_our_text_for_every_template_and_profile() {
    decoded_by("emupos", Renderer::builtin().profile_names());
}

/// Asks a decoder, a program that turns bytes on stdin into text on stdout; `PRINTRAIL_DECODERS` is where they are.
fn decoded_by(decoder: &str, profiles: Vec<String>) {
    let program = format!(
        "{}/{decoder}",
        std::env::var("PRINTRAIL_DECODERS").expect("PRINTRAIL_DECODERS is set")
    );
    let renderer = Renderer::builtin();
    for profile in profiles.iter().filter(|p| *p != "star-prnt") {
        for template in TEMPLATES {
            let ticket = ticket(&renderer, template, profile, None);
            if ticket.report().image_rows > 0 {
                continue; // What became an image is no text for a decoder.
            }
            if template == "alarm" && decoder == "hardless" {
                continue; // It knows no buzzer commands and prints their parameters.
            }
            let text = String::from_utf8_lossy(&through(&program, &[], &ticket.escpos())).into_owned();
            assert_eq!(
                ink(&text),
                ink(&ticket.text()),
                "{template} on {profile} by {decoder}"
            );
        }
    }
}

/// ASCII letters, digits and signs in order, without what frames are made of: decoders know few code pages.
fn ink(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("[qr"))
        .filter(|line| !line.trim_start().starts_with("[image"));
    let text: String = lines.collect();
    text.chars()
        .filter(|c| c.is_ascii_graphic() && !matches!(c, '-' | '|' | '+'))
        .collect()
}
