//! Any text is a template; a ticket comes out whatever it says.
#![no_main]

use escpos_templates::{Options, Renderer};

libfuzzer_sys::fuzz_target!(|source: &str| {
    let renderer = Renderer::builder().with_template("kitchen", source).build();
    let event = serde_json::json!({ "items": [{ "name": "a", "quantity": 1 }] });
    let ticket = renderer.render(&event, &Options::new(renderer.profile("generic-58").unwrap()));
    assert!(ticket.escpos().starts_with(b"\x1b@"));
});
