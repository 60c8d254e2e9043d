//! `{lang: …}` and an event's language choose between a Chinese character's regional forms, where fonts have several.
#![cfg(target_os = "linux")] // The shaping library knows regional fonts by other names elsewhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod dots;

use escpos_templates::{Options, Renderer};

/// One character, flat in the Japanese font and upright in the Chinese one (`fonts/draw.py`).
const JAPANESE: &[u8] = include_bytes!("fonts/han-jp.ttf");
const CHINESE: &[u8] = include_bytes!("fonts/han-sc.ttf");

#[derive(Debug, PartialEq)]
enum Form {
    Flat,
    Upright,
}

fn renderer(fonts: [&[u8]; 2]) -> Renderer {
    let builder = fonts
        .iter()
        .fold(Renderer::builder(), |b, font| b.with_font(*font));
    builder
        .with_template("kitchen", "{lang: {{ lang }}}\n|直")
        .build()
}

fn form(png: &[u8]) -> Form {
    let (_, height, dots) = dots::dots(png);
    let blank = dots.first().copied();
    let row = dots.len() / usize::try_from(height).unwrap();
    let inked = |row: &&[u8]| row.iter().any(|dots| Some(*dots) != blank);
    if dots.chunks(row).filter(inked).count() < 8 {
        Form::Flat
    } else {
        Form::Upright
    }
}

#[test]
fn markup_and_events_choose_the_form_by_their_language_whatever_the_order_of_the_fonts() {
    for fonts in [[JAPANESE, CHINESE], [CHINESE, JAPANESE]] {
        let renderer = renderer(fonts);
        let options = Options::new(renderer.profile("generic-80").unwrap());
        for (lang, wanted) in [
            ("ja", Form::Flat),
            ("zh", Form::Upright),
            ("zh-Hans-CN", Form::Upright),
            ("JA_jp", Form::Flat),
        ] {
            let markup = renderer.render_markup(&format!("{{lang: {lang}}}\n|直"), &options);
            assert_eq!(form(&markup.png()), wanted, "markup in {lang}");
            let event = serde_json::json!({"lang": lang, "items": []});
            assert_eq!(
                form(&renderer.render(&event, &options).png()),
                wanted,
                "an event in {lang}"
            );
        }
    }
}

#[test]
fn built_in_tickets_are_in_the_language_of_their_event() {
    let builder = Renderer::builder().with_font(CHINESE).with_font(JAPANESE);
    let renderer = builder.build();
    let options = Options::new(renderer.profile("generic-80").unwrap());
    for kind in ["order", "add", "change", "void", "receipt", "expo"] {
        let ticket = |lang: &str| {
            let event =
                serde_json::json!({"kind": kind, "lang": lang, "items": [{"quantity": 1, "name": "直"}]});
            let ticket = renderer.render(&event, &options);
            assert_eq!(ticket.report().image_rows, 1, "{kind}: {:?}", ticket.report());
            ticket.escpos()
        };
        assert_ne!(ticket("ja"), ticket("zh"), "{kind}");
        assert_eq!(ticket("zh"), ticket("zh-CN"), "{kind}");
    }
}

#[test]
fn a_language_counts_from_its_line_on_and_one_ticket_may_have_several() {
    let renderer = renderer([JAPANESE, CHINESE]);
    let options = Options::new(renderer.profile("generic-80").unwrap());
    let alone = |lang: &str| {
        renderer
            .render_markup(&format!("{{lang: {lang}}}\n|直"), &options)
            .escpos()
    };
    let both = renderer
        .render_markup("{lang: ja}\n|直\n{lang: zh}\n|直", &options)
        .escpos();
    let head = head_of(&alone("ja"), &alone("zh"));
    assert_eq!(both, [&alone("ja")[..], &alone("zh")[head..]].concat());
}

/// Bytes that every ticket begins with.
fn head_of(a: &[u8], b: &[u8]) -> usize {
    let picture = |bytes: &[u8]| bytes.windows(3).position(|w| w == b"\x1dv0").unwrap();
    assert_eq!(picture(a), picture(b));
    picture(a)
}
