//! Whatever stands in a field of an event, the printer is told to do the same things: every field of every template, and
//! of a template that prints the whole event.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests read files, and fail by panicking"
)]

mod walk;

use escpos_templates::{Options, Renderer, Ticket};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;
use walk::{Act, Walk, walk};

/// A letter that neither the templates nor the events have: it stands around what is tried, and shows how that looks.
const MARK: u8 = b'@';

/// The smallest PNG with a dot; drawn, it would be a picture.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";

/// Prints every field as it came.
const WHOLE: &str = "{{ event }}\n{% for key in event %}{{ event[key] }} | {{ event[key] }}\n{% endfor %}\n{% for item in items %}{{ item }}\n{% endfor %}";

static RENDERER: LazyLock<Renderer> = LazyLock::new(|| {
    Renderer::builder()
        .allow_commands(true)
        .with_template("whole", WHOLE)
        .build()
});

/// Each template with an event that has every field.
static EVENTS: LazyLock<Vec<(String, Value)>> =
    LazyLock::new(|| RENDERER.template_names().iter().map(|name| full(name)).collect());

fn full(template: &str) -> (String, Value) {
    let path = format!("{}/tests/events/{template}.json", env!("CARGO_MANIFEST_DIR"));
    let sample = std::fs::read_to_string(path).unwrap_or("{}".to_owned());
    let sample: Value = serde_json::from_str(&sample).unwrap();
    let mut event = every_field();
    for (key, value) in sample["data"].as_object().into_iter().flatten() {
        event[key] = value.clone();
    }
    for (key, value) in every_field()["job"].as_object().unwrap() {
        event["job"][key] = value.clone();
    }
    event["items"] = every_field()["items"].clone();
    (template.to_owned(), event)
}

fn every_field() -> Value {
    let item = json!({"name": "x", "quantity": 2, "previous_quantity": 1, "notes": "x", "allergens": ["x", "y"], "course": 1,
        "unitPrice": "7", "unrouted": true, "modifiers": [{"name": "x", "price": 1}, "y"]});
    let job = json!({"id": "0199a1b2-3c4d-7e5f", "station": "kitchen", "number": 4, "kind": "order", "seq": 4, "copies": 1,
        "due": "2026-11-20T12:42:05Z", "expires": "2026-11-20T12:42:05Z", "attempt": 1, "age_ms": 1,
        "banners": [{"kind": "late", "minutes": 7}, {"kind": "possible-duplicate", "first_try": "2026-11-20T12:43:00Z"},
            {"kind": "reprint"}, {"kind": "backup", "station": "bar"}, {"kind": "unrouted"}]});
    json!({"station": "kitchen", "order_id": "x", "order_number": "x", "table_number": "x", "area_code": "x", "source": "x",
        "order_type": "x", "waiter": "x", "customer": {"name": "x", "phone": "x"}, "covers": 2, "timezone": "Asia/Jakarta",
        "timestamp": "2026-11-20T12:42:05Z", "currency": "IDR", "message": "x", "from_table": "x", "priority": "x",
        "outlet_name": "x", "printer": "x", "profile": "x", "payment_method": "x", "payment_status": "x", "qr": "x",
        "is_open_bill": false, "totalAmount": 1, "discount": 1, "tax": 1, "finalAmount": 1, "paid": 1, "tendered": 1,
        "change": 1, "print_trigger": "immediate", "items": [item.clone(), item], "job": job,
        "waiting": [{"number": 1, "order_number": "x", "table_number": "x", "age_ms": 60000, "age_minutes": 1}]})
}

/// Pointers to everything in a value that is no list and no object.
fn leaves(value: &Value, at: &str, out: &mut Vec<String>) {
    match value {
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                leaves(value, &format!("{at}/{index}"), out);
            }
        }
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| leaves(value, &format!("{at}/{key}"), out)),
        _ => out.push(at.to_owned()),
    }
}

fn render(template: &str, event: &Value, pointer: &str, text: &str) -> Ticket {
    let mut event = event.clone();
    *event.pointer_mut(pointer).unwrap() = json!(format!("@{text}@"));
    let options = Options {
        template: Some(template.to_owned()),
        ..Options::new(RENDERER.profile("epson-tm-t88").unwrap())
    };
    RENDERER.render(&event, &options)
}

/// The ticket with `text` in a field does what it does with plain letters there.
fn same_acts(template: &str, event: &Value, pointer: &str, text: &str) {
    let walked = |text: &str| walk(&render(template, event, pointer, text).escpos());
    let (empty, letters) = (walked(""), walked(&"x".repeat(text.chars().count())));
    let ticket = render(template, event, pointer, text);
    let tried = walk(&ticket.escpos());
    let case = format!("{text:?} at {pointer} of {template}");
    assert!(
        ticket.report().fallbacks.is_empty(),
        "{case}: {:?}",
        ticket.report()
    );
    assert_eq!(told(&tried), told(&letters), "{case}");
    // A code whose content the printer's own command cannot hold is drawn, in up to four bands.
    let drawn = codes(&letters).checked_sub(codes(&tried)).expect("no more codes");
    let pictures = usize::try_from(ticket.report().image_rows).unwrap();
    assert!(
        (pictures..=pictures + 4 * drawn).contains(&tried.pictures()),
        "{case}"
    );
    // Templates choose sizes by width: a text that is wider than it has letters may look like one of twice as many.
    let twice = walked(&"x".repeat(2 * text.chars().count()));
    let known = [&empty, &letters, &twice]
        .map(|walk| walk.looks_of(MARK))
        .concat();
    for look in tried.looks_of(MARK) {
        assert!(known.contains(&look), "{case}: {look:?}, not {known:?}");
    }
}

/// Cuts, drawers, sounds and colours, in order.
fn told(walk: &Walk) -> Vec<Act> {
    let kept = walk
        .acts
        .iter()
        .filter(|act| !matches!(act, Act::Picture | Act::Code | Act::Align(_)));
    kept.cloned().collect()
}

fn codes(walk: &Walk) -> usize {
    walk.acts.iter().filter(|act| **act == Act::Code).count()
}

fn pieces() -> Vec<String> {
    let image = format!("{{image:{PNG}}}");
    let pieces = [
        "=",
        "-",
        "---",
        "===",
        "|",
        "||",
        "{",
        "}",
        "{drawer:1}",
        ";drawer:1;",
        ";cut:full;beep:2;",
        "{drawer:2; cut:full}",
        "{command:\\x1bp0}",
        "{x:\\x1bp0}",
        "{cut:full}",
        "{code:1234567; option:code39}",
        "{beep:3}",
        "{color:red}",
        "{font:b}",
        "{width:auto}",
        "{border:line}",
        &image,
        "\\",
        "\\\\",
        "\\n",
        "\\n=\\n",
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
        "\n=\n",
        "\n{drawer:1}\n",
        "\n-\n",
        "\r\n",
        "\r",
        "\t",
        "\u{b}",
        "\u{c}",
        "\u{85}",
        "\u{2028}",
        "\u{1b}p\u{0}",
        "\u{10}\u{14}\u{1}",
        "\u{1d}V\u{0}",
        "\u{0}",
        "\u{7f}",
        "\u{9b}",
        "{{ 1 }}",
        "{% if %}",
        "{# #}",
        "a",
        "Ж",
        "é",
        "e\u{301}",
        "ก็",
        "שלום",
        "寿司",
        "🍕",
        "\u{202e}",
        "\u{200d}",
        "\u{feff}",
        " ",
        "\u{a0}",
        "\u{ad}",
        "{{ '{drawer:1}'|safe }}",
        "＝",
        "｜",
        "｛drawer:1｝",
    ];
    pieces.iter().map(|p| (*p).to_owned()).collect()
}

#[test]
fn a_text_that_is_wider_than_its_letters_are_many_looks_like_a_longer_one() {
    let (name, event) = EVENTS.iter().find(|(name, _)| name == "add").unwrap();
    same_acts(name, event, "/order_number", "\r\n🍕🍕---__{drawer:1}");
}

#[test]
fn every_field_of_every_template_takes_every_nasty_piece() {
    let pieces = pieces();
    // Many at a time, with the breaks between that would let them act, and without.
    let texts: Vec<String> = pieces
        .chunks(26)
        .flat_map(|some| [some.join("\n"), some.concat()])
        .collect();
    for (template, event) in EVENTS.iter() {
        let mut fields = Vec::new();
        leaves(event, "", &mut fields);
        assert!(fields.len() >= 70, "{template}: {}", fields.len());
        for field in fields {
            texts
                .iter()
                .for_each(|text| same_acts(template, event, &field, text));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_string_in_any_field_changes_what_the_printer_does(
        template in 0..EVENTS.len(),
        field in any::<prop::sample::Index>(),
        text in prop_oneof![
            3 => prop::collection::vec(prop::sample::select(pieces()), 0..10).prop_map(|v| v.concat()),
            1 => any::<String>(),
        ],
    ) {
        let (template, event) = &EVENTS[template];
        let mut fields = Vec::new();
        leaves(event, "", &mut fields);
        same_acts(template, event, field.get::<String>(&fields), &text);
    }
}
