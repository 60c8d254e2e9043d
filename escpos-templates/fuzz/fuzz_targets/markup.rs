//! Any text is a document.
#![no_main]

use escpos_templates::{Options, Renderer};
use std::sync::LazyLock;

static RENDERER: LazyLock<Renderer> = LazyLock::new(Renderer::builtin);

libfuzzer_sys::fuzz_target!(|source: &str| {
    let ticket = RENDERER.render_markup(source, &Options::new(RENDERER.profile("generic-58").unwrap()));
    let _ = (ticket.text(), ticket.svg(), ticket.png());
});
