//! Renders an event or a `.receipt` file to `OUT.png`, `.txt`, `.svg` and `.bin`: `render FILE PROFILE COLUMNS OUT [FONT…]`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "an example reads and writes files"
)]

use escpos_templates::{Options, Renderer};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, profile, columns, out, fonts @ ..] = arguments.as_slice() else {
        return;
    };
    let builder = fonts.iter().fold(Renderer::builder(), |b, font| {
        b.with_font(std::fs::read(font).unwrap())
    });
    let renderer = builder.build();
    let mut options = Options::new(renderer.profile(profile).unwrap());
    options.columns = columns.parse().ok();
    let source = std::fs::read_to_string(file).unwrap();
    let ticket = match serde_json::from_str(&source) {
        Ok(event) if file.ends_with(".json") => renderer.render(&event, &options),
        _ => renderer.render_markup(&source, &options),
    };
    std::fs::write(format!("{out}.png"), ticket.png()).unwrap();
    std::fs::write(format!("{out}.txt"), ticket.text()).unwrap();
    std::fs::write(format!("{out}.svg"), ticket.svg()).unwrap();
    std::fs::write(format!("{out}.bin"), ticket.escpos()).unwrap();
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{:?}\n", ticket.report()));
}
