//! Every built-in template at every width: what a cook and a printer may rely on.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests read files, and fail by panicking"
)]

use escpos_templates::{Banner, Options, Renderer, Ticket};
use serde_json::{Value, json};

const TEMPLATES: [&str; 10] = [
    "add", "alarm", "bar", "change", "expo", "kitchen", "receipt", "summary", "test", "void",
];

fn event(name: &str) -> Value {
    let path = format!("{}/tests/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn render(event: &Value, columns: u16, banners: Vec<Banner>) -> Ticket {
    let renderer = Renderer::builtin();
    let profile = renderer.profile("generic-80").unwrap();
    renderer.render(
        event,
        &Options {
            columns: Some(columns),
            banners,
            ..Options::new(profile)
        },
    )
}

/// Positions of `GS V`.
fn cuts(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(b"\x1dV"))
        .collect()
}

#[test]
fn every_template_renders_by_itself_at_every_width() {
    for name in TEMPLATES {
        for columns in [32, 42, 48, 64] {
            let ticket = render(&event(name), columns, Vec::new());
            assert_eq!(ticket.report().template, name);
            assert_eq!(ticket.report().fallbacks, [""; 0], "{name} at {columns}");
            assert_eq!(ticket.report().problems, [""; 0], "{name} at {columns}");
        }
    }
    assert_eq!(Renderer::builtin().template_names(), TEMPLATES);
    assert_eq!(Renderer::builtin().problems(), [""; 0]);
}

#[test]
fn a_ticket_begins_afresh_and_ends_with_its_only_cut() {
    for name in TEMPLATES {
        let bytes = render(&event(name), 48, Vec::new()).escpos();
        assert!(bytes.starts_with(b"\x1b@"));
        assert_eq!(cuts(&bytes), [bytes.len() - 4], "{name}");
    }
}

#[test]
fn a_kitchen_ticket_of_latin_letters_is_under_a_kilobyte() {
    let bytes = render(&event("kitchen"), 48, Vec::new()).escpos();
    assert!(bytes.len() < 1024, "{} bytes", bytes.len());
}

#[test]
fn everything_a_cook_needs_is_on_the_ticket() {
    let text = render(&event("kitchen"), 48, Vec::new()).text();
    let squeezed: String = text.split_whitespace().collect();
    for part in [
        "KITCHEN",
        "#41",
        "TABLEC4",
        "ORD-20261120-017",
        "AreaC,dine-in,tablet",
        "19:42",
        "Fri20Nov",
        "Sari",
        "2xMargheritapizza",
        "+extrabasil",
        "+NOgarlic",
        "!!ALLERGY:PEANUT,CRUSTACEANS!!",
        "12xCrèmebrûlée",
        "birthday,onecandle",
        "COURSE2",
        "UNROUTED",
        "16items",
        "job2e3f4a5b",
        "LATE7min",
    ] {
        assert!(squeezed.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn banners_of_the_event_and_of_the_caller_are_all_there_once() {
    let banners = vec![
        Banner::Late { minutes: 7 },
        Banner::PossibleDuplicate {
            first_try: "2026-11-20T12:43:00Z".into(),
        },
        Banner::Reprint,
        Banner::Backup {
            station: "bar".into(),
        },
        Banner::Unrouted,
    ];
    let text = render(&event("kitchen"), 48, banners).text();
    let squeezed: String = text.split_whitespace().collect();
    for part in [
        "LATE7min",
        "POSSIBLEDUPLICATEfirsttry19:43",
        "REPRINT",
        "BACKUPFROMBAR",
        "UNROUTED",
    ] {
        assert!(squeezed.contains(part), "{part} is missing in\n{text}");
    }
    assert_eq!(squeezed.matches("LATE").count(), 1);
}

#[test]
fn banners_are_spelled_as_the_wire_spells_them() {
    let spelled = |banner: &Banner| serde_json::to_value(banner).unwrap();
    assert_eq!(
        spelled(&Banner::Late { minutes: 7 }),
        json!({"kind": "late", "minutes": 7})
    );
    let duplicate = Banner::PossibleDuplicate {
        first_try: "T".into(),
    };
    assert_eq!(
        spelled(&duplicate),
        json!({"kind": "possible-duplicate", "first_try": "T"})
    );
    assert_eq!(
        spelled(&Banner::Backup {
            station: "bar".into()
        }),
        json!({"kind": "backup", "station": "bar"})
    );
}

#[test]
fn a_template_that_fails_falls_back_to_the_built_in_one_and_says_where() {
    let renderer = Renderer::builder()
        .with_template("kitchen", "fine\n{{ 1 / 0 }}\n")
        .build();
    let profile = renderer.profile("generic-80").unwrap();
    let ticket = renderer.render(&event("kitchen"), &Options::new(profile.clone()));
    assert!(ticket.text().contains("Margherita"));
    let [error] = ticket.report().fallbacks.as_slice() else {
        panic!("{:?}", ticket.report())
    };
    assert!(error.starts_with("kitchen.receipt, line 2: "), "{error}");

    let broken = Renderer::builder().with_template("kitchen", "{% if %}").build();
    assert!(
        broken.problems()[0].starts_with("kitchen.receipt, line 1: "),
        "{:?}",
        broken.problems()
    );
    assert!(
        broken
            .render(&event("kitchen"), &Options::new(profile))
            .text()
            .contains("Margherita")
    );
}

#[test]
fn f5_where_every_template_fails_a_plain_ticket_prints() {
    let renderer = Renderer::builtin();
    let options = Options {
        template: Some("nonsense".into()),
        ..Options::new(renderer.profile("generic-58").unwrap())
    };
    let ticket = renderer.render(&event("kitchen"), &options);
    assert_eq!(ticket.report().template, "plain");
    for part in [
        "KITCHEN #41",
        "2 x Margherita pizza",
        "!! ALLERGY: peanut",
        "job 2e3f4a5b",
    ] {
        assert!(
            ticket.text().contains(part),
            "{part} is missing in\n{}",
            ticket.text()
        );
    }
    assert_eq!(cuts(&ticket.escpos()).len(), 1);
}

#[test]
fn a_template_that_never_ends_or_fills_the_memory_is_stopped() {
    for source in [
        "{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}",
        "{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}",
    ] {
        let renderer = Renderer::builder().with_template("kitchen", source).build();
        let ticket = renderer.render(
            &event("kitchen"),
            &Options::new(renderer.profile("generic-80").unwrap()),
        );
        assert_eq!(ticket.report().fallbacks.len(), 1, "{source}");
        assert!(ticket.text().contains("Margherita"));
    }
}

#[test]
fn events_of_any_shape_make_a_ticket() {
    for odd in [
        json!(null),
        json!([]),
        json!("x"),
        json!({}),
        json!({"items": 7, "job": [], "order": "x"}),
        json!({"items": [{"quantity": i64::MAX}, {"quantity": i64::MAX}], "waiting": [{"age_ms": u64::MAX}]}),
    ] {
        let ticket = render(&odd, 48, Vec::new());
        assert_eq!(ticket.report().fallbacks, [""; 0]);
        assert_eq!(cuts(&ticket.escpos()).len(), 1);
    }
    let empty = render(
        &json!({"type": "kitchen_print", "data": {"items": []}}),
        48,
        Vec::new(),
    );
    assert!(
        !empty.report().is_clean(),
        "an empty ticket is not taken for a good one"
    );
}

#[test]
fn the_picture_is_as_wide_as_the_printer_and_as_high_as_its_rows() {
    let png = render(&event("kitchen"), 48, Vec::new()).png();
    let info = |png: &[u8]| {
        png::Decoder::new(std::io::Cursor::new(png.to_vec()))
            .read_info()
            .unwrap()
            .info()
            .size()
    };
    assert_eq!(info(&png).0, 576);
    let svg = render(&event("kitchen"), 48, Vec::new()).svg();
    assert!(svg.contains(&format!(r#"width="576" height="{}""#, info(&png).1)));
}

#[test]
fn plain_markup_prints_as_it_stands_without_a_cut_of_ours() {
    let renderer = Renderer::builtin();
    let options = Options::new(renderer.profile("generic-80").unwrap());
    assert_eq!(
        renderer.render_markup("a\nb", &options).escpos(),
        b"\x1b@\x1c.\x1b3\x18"
            .iter()
            .copied()
            .chain(std::iter::repeat_n(b' ', 24))
            .chain(*b"a\n")
            .chain(std::iter::repeat_n(b' ', 24))
            .chain(*b"b\n")
            .collect::<Vec<_>>()
    );
    assert_eq!(
        cuts(&renderer.render_markup("a\n=\n=\nb\n=", &options).escpos()).len(),
        2
    );
}
