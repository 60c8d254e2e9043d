//! The pictures of the built-in tickets in `docs/templates.md` are what the templates print today.
//! `UPDATE_GOLDEN=1 cargo test -p escpos-templates --test pictures` draws them anew; look at them before committing.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read files, and fail by panicking"
)]

mod dots;

use dots::dots;
use escpos_templates::{Options, Renderer};

#[test]
fn every_built_in_ticket_looks_as_the_manual_shows_it() {
    let renderer = Renderer::builtin();
    let crate_folder = env!("CARGO_MANIFEST_DIR");
    for template in renderer.template_names() {
        let event = std::fs::read_to_string(format!("{crate_folder}/tests/events/{template}.json")).unwrap();
        let options = Options::new(renderer.profile("generic-80").unwrap());
        let png = renderer
            .render(&serde_json::from_str(&event).unwrap(), &options)
            .png();
        let path = format!("{crate_folder}/../docs/templates/{template}.png");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &png).unwrap();
        }
        assert!(
            dots(&png) == dots(&std::fs::read(&path).unwrap()),
            "{template} looks different from {path}"
        );
    }
}
