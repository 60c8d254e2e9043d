//! Markup, templates, pictures and events to tickets, on every printer.

use base64::Engine as _;
use escpos_templates::{Options, Renderer, Ticket};
use std::sync::LazyLock;

static RENDERER: LazyLock<Renderer> = LazyLock::new(|| Renderer::builder().allow_commands(true).build());

/// Any text is a document: its first byte picks the printer, its second the columns.
pub(crate) fn markup(bytes: &[u8]) {
    let [printer, columns, source @ ..] = bytes else {
        return;
    };
    let options = Options {
        columns: (*columns > 0).then_some(u16::from(*columns)),
        ..printer_for(*printer)
    };
    every_output(&RENDERER.render_markup(&String::from_utf8_lossy(source), &options));
}

/// Any text is a template; a ticket comes out whatever it says.
pub(crate) fn template(bytes: &[u8]) {
    static EVENT: LazyLock<serde_json::Value> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../escpos-templates/tests/events/kitchen.json")).unwrap()
    });
    let [printer, source @ ..] = bytes else {
        return;
    };
    let renderer = Renderer::builder()
        .with_template("kitchen", String::from_utf8_lossy(source))
        .build();
    every_output(&renderer.render(&EVENT, &printer_for(*printer)));
}

/// Any bytes may be called a picture.
pub(crate) fn logo(bytes: &[u8]) {
    let [printer, image @ ..] = bytes else {
        return;
    };
    let image = base64::engine::general_purpose::STANDARD.encode(image);
    every_output(&RENDERER.render_markup(&format!("{{image: {image}}}"), &printer_for(*printer)));
}

/// Any JSON is an event: its first byte picks the printer, its second a template (`0` to `9`, else what the event asks
/// for). A built-in template takes it without falling back.
pub(crate) fn event(bytes: &[u8]) {
    let [printer, template, json @ ..] = bytes else {
        return;
    };
    let Ok(event) = serde_json::from_slice(json) else {
        return;
    };
    let names = RENDERER.template_names();
    let mut options = printer_for(*printer);
    options.template = names.get(usize::from(template.wrapping_sub(b'0'))).cloned();
    let ticket = RENDERER.render(&event, &options);
    every_output(&ticket);
    let fell_back = options.template.is_some() && !ticket.report().fallbacks.is_empty();
    assert!(!fell_back, "{:?}", ticket.report());
}

fn printer_for(byte: u8) -> Options {
    let names = RENDERER.profile_names();
    let name = &names[usize::from(byte) % names.len()];
    Options::new(RENDERER.profile(name).unwrap())
}

fn every_output(ticket: &Ticket) {
    assert!(ticket.escpos().starts_with(b"\x1b@"));
    let _ = (ticket.text(), ticket.svg(), ticket.png());
}
