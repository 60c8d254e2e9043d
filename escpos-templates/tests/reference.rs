//! What programs that others wrote make of our documents and bytes. A missing one is a failure.
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
use std::process::Command;

fn folder(name: &str) -> String {
    format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn ticket(renderer: &Renderer, template: &str, profile: &str) -> Ticket {
    let event = std::fs::read_to_string(folder(&format!("tests/events/{template}.json"))).unwrap();
    let options = Options::new(renderer.profile(profile).unwrap());
    renderer.render(&serde_json::from_str(&event).unwrap(), &options)
}

#[test]
#[ignore = "it needs what ci.sh installs"]
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
#[ignore = "it needs what ci.sh installs"]
fn qr_codes_of_every_profiles_paper_read_back() {
    let renderer = Renderer::builtin();
    for profile in renderer.profile_names() {
        for (template, content) in [
            ("receipt", "ORD-20261120-017"),
            ("test", "https://printrail.example/test"),
        ] {
            let name = format!("printrail-{template}-{profile}-{}.png", std::process::id());
            let png = std::env::temp_dir().join(name);
            std::fs::write(&png, ticket(&renderer, template, &profile).png()).unwrap();
            let output = Command::new("zbarimg")
                .args(["--quiet", "--raw"])
                .arg(&png)
                .output()
                .expect("zbarimg is installed");
            let _ = std::fs::remove_file(&png);
            assert_eq!(
                String::from_utf8_lossy(&output.stdout).trim(),
                content,
                "{template} on {profile}"
            );
        }
    }
}
