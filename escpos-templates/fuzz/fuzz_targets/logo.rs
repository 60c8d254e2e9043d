//! Any bytes may be called a picture.
#![no_main]

use base64::Engine as _;
use escpos_templates::{Options, Renderer};
use std::sync::LazyLock;

static RENDERER: LazyLock<Renderer> = LazyLock::new(Renderer::builtin);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let image = base64::engine::general_purpose::STANDARD.encode(bytes);
    let options = Options::new(RENDERER.profile("generic-58").unwrap());
    let _ = RENDERER.render_markup(&format!("{{image: {image}}}"), &options).png();
});
