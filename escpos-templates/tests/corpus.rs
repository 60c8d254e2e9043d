//! Every document of the corpus against the text that the reference, npm `receiptline` 4.0.4, made of it. The oracle
//! suite asks the reference again.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests read files, and fail by panicking"
)]

use escpos_templates::{Options, Renderer};
use std::collections::BTreeMap;

#[test]
fn text_equals_the_references_for_every_document_at_every_width() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus");
    let expected = std::fs::read_to_string(format!("{folder}/expected.json")).unwrap();
    let expected: BTreeMap<String, BTreeMap<u16, String>> = serde_json::from_str(&expected).unwrap();
    assert!(expected.len() >= 100);
    let renderer = Renderer::builtin();
    let profile = renderer.profile("generic-80").unwrap();
    for (name, texts) in expected {
        let source = std::fs::read_to_string(format!("{folder}/{name}.receipt")).unwrap();
        for (columns, text) in texts {
            let options = Options {
                columns: Some(columns),
                ..Options::new(profile.clone())
            };
            assert_eq!(
                renderer.render_markup(&source, &options).text(),
                text,
                "{name} at {columns}"
            );
        }
    }
}
