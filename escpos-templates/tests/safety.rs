//! No string in an event, no markup, no picture gets out of its place.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use escpos_templates::{Options, Renderer, markup};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

static RENDERER: LazyLock<Renderer> = LazyLock::new(Renderer::builtin);

/// What a ticket does beside printing letters: cuts, drawer kicks, pictures, codes, buzzers, real-time commands.
/// Letters are bytes from 20h up, so each command is recognised by walking the stream.
fn acts(bytes: &[u8]) -> Vec<String> {
    let mut acts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let length = match rest {
            [0x1b, b'@', ..] => 2,
            [0x1b, b'3' | b'E' | b'-' | b'M' | b't' | b'r', ..] | [0x1d, b'!' | b'B', ..] => 3,
            [0x1b, b'a', ..] => 3,
            [0x1c, b'.' | b'&', ..] => 2,
            [0x1d, b'V', _, 0, ..] => {
                acts.push("cut".to_owned());
                4
            }
            [0x1d, b'v', b'0', _, xl, xh, yl, yh, ..] => {
                let size =
                    (usize::from(*xl) + 256 * usize::from(*xh)) * (usize::from(*yl) + 256 * usize::from(*yh));
                8 + size
            }
            [0x1d, b'(', b'k', l, h, ..] => 5 + usize::from(*l) + 256 * usize::from(*h),
            [0x0a | 0x20..=0xff, ..] => 1,
            other => panic!("unexpected {:02x?} at {at}", &other[..other.len().min(8)]),
        };
        at += length;
    }
    acts
}

fn event(kind: &str, text: &str) -> Value {
    let item = json!({"name": text, "quantity": 2, "notes": text, "allergens": [text], "course": text, "unitPrice": text,
        "modifiers": [{"name": text, "price": text}], "unrouted": true});
    json!({"station": "kitchen", "order_number": text, "table_number": text, "area_code": text, "source": text,
        "order_type": text, "waiter": text, "customer": {"name": text}, "timestamp": text, "timezone": text,
        "currency": text, "message": text, "from_table": text, "priority": text, "outlet_name": text, "printer": text,
        "payment_method": text, "payment_status": text, "totalAmount": text, "tax": text, "qr": "fixed",
        "waiting": [{"number": text, "order_number": text, "table_number": text}],
        "items": [item.clone(), item],
        "job": {"id": text, "number": text, "station": text, "kind": kind, "banners": [{"kind": "backup", "station": text}]}})
}

fn nasty() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "=",
        "-",
        "---",
        "===",
        "|",
        "{",
        "}",
        "{drawer:1}",
        "{x:\\x1bp0}",
        "{cut:full}",
        "\\",
        "\\n",
        "\\x1b",
        "\\x",
        "^",
        "^^^",
        "_",
        "\"",
        "`",
        "~",
        ";",
        ":",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\u{1b}p\u{0}",
        "\u{10}\u{14}\u{1}",
        "\u{1d}V\u{0}",
        "\u{0}",
        "{{ 1 }}",
        "{% if %}",
        "a",
        "Ж",
        "é",
        "ก็",
        "שלום",
        "寿司",
        "🍕",
        "\u{202e}",
        "\u{200d}",
        "\u{feff}",
        " ",
        "\u{a0}",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..12).prop_map(|v| v.concat()),
        any::<String>()
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn f2_x9_no_string_of_an_event_adds_a_command(
        text in nasty(),
        kind in prop::sample::select(vec!["order", "add", "change", "void", "receipt", "expo", "summary", "alarm", "test"]),
        columns in prop::sample::select(vec![32u16, 42, 48]),
    ) {
        let profile = RENDERER.profile("generic-80").unwrap();
        let options = Options { columns: Some(columns), ..Options::new(profile) };
        let ticket = RENDERER.render(&event(kind, &text), &options);
        prop_assert!(ticket.report().fallbacks.is_empty(), "{:?}", ticket.report());
        let bytes = ticket.escpos();
        prop_assert_eq!(acts(&bytes), ["cut"]);
        prop_assert!(bytes.ends_with(b"\x1dV\x42\x00"));
        for pair in [[0x10, 0x04], [0x10, 0x05], [0x10, 0x14]] {
            prop_assert!(!bytes.windows(2).any(|w| w == pair));
        }
    }

    #[test]
    fn f4_no_markup_makes_anything_panic(source in nasty(), columns in 1u16..80) {
        let profile = RENDERER.profile("epson-tm-t88").unwrap();
        let options = Options { columns: Some(columns), ..Options::new(profile) };
        let ticket = RENDERER.render_markup(&source, &options);
        let _ = (ticket.text(), ticket.svg(), ticket.png(), ticket.escpos());
    }

    #[test]
    fn f5_no_template_makes_anything_panic(source in nasty()) {
        let renderer = Renderer::builder().with_template("kitchen", source).build();
        let profile = renderer.profile("generic-58").unwrap();
        let ticket = renderer.render(&event("order", "x"), &Options::new(profile));
        prop_assert!(ticket.escpos().starts_with(b"\x1b@"));
    }

    #[test]
    fn a_receipt_survives_json(source in nasty()) {
        let receipt = markup::parse(&source);
        let text = serde_json::to_string(&receipt).unwrap();
        prop_assert_eq!(serde_json::from_str::<escpos_templates::model::Receipt>(&text).unwrap(), receipt);
    }
}
