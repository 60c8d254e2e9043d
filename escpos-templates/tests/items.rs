//! Items written out by a template of one's own, as docs/templates.md shows it, are the built-in ones.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests read files, and fail by panicking"
)]

use escpos_templates::{Options, Renderer};
use serde_json::{Value, json};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// The template in the docs: the first code block below its heading.
fn documented() -> String {
    let docs = std::fs::read_to_string(format!("{FOLDER}/../docs/templates.md")).unwrap();
    let section = docs.split("## Items your own way").nth(1).unwrap();
    let block = section.split("```\n").nth(1).unwrap();
    assert!(block.starts_with("{% for item in items %}"), "{block}");
    block.to_owned()
}

fn events() -> Vec<Value> {
    let mut events: Vec<Value> = ["add", "bar", "change", "expo", "kitchen", "void"]
        .iter()
        .map(|name| std::fs::read_to_string(format!("{FOLDER}/tests/events/{name}.json")).unwrap())
        .map(|text| serde_json::from_str(&text).unwrap())
        .collect();
    let item = |course: Value, quantity: Value| {
        json!({"name": " Crème | brûlée - ", "quantity": quantity, "course": course, "notes": "no\nsugar", "unrouted": true,
            "modifiers": ["plain", {"name": "with {price}", "price": "1.50"}], "allergens": ["milk", "egg"],
            "previous_quantity": 3})
    };
    let courses = [
        json!(1),
        json!(1),
        json!(null),
        json!(1),
        json!("dessert"),
        json!(2),
    ];
    let quantities = [json!(1), json!(12), json!("½"), json!(-2), json!(0), json!(2.5)];
    let items: Vec<Value> = courses
        .into_iter()
        .zip(quantities)
        .map(|(c, q)| item(c, q))
        .collect();
    events.push(json!({"station": "kitchen", "items": items}));
    events.push(json!({"station": "kitchen", "items": [], "job": {"kind": "void"}}));
    events
}

#[test]
fn the_documented_loop_prints_what_items_print_by_themselves() {
    let own = Renderer::builder().with_template("items", documented()).build();
    assert_eq!(own.problems(), [""; 0]);
    let builtin = Renderer::builtin();
    for profile in ["generic-58", "generic-80", "epson-tm-t88"] {
        for event in events() {
            let options = Options::new(builtin.profile(profile).unwrap());
            let (ours, theirs) = (own.render(&event, &options), builtin.render(&event, &options));
            assert_eq!(ours.report().fallbacks, [""; 0]);
            assert_eq!(ours.text(), theirs.text());
            assert!(ours.escpos() == theirs.escpos());
        }
    }
}

#[test]
fn one_item_alone_prints_its_lines_in_the_columns_that_the_template_sets() {
    let source = "{border:none; width: 5 *}\n{% for item in items %}{% if item.course == 2 %}{{ item }}\n{% endif %}{% endfor %}";
    let renderer = Renderer::builder().with_template("kitchen", source).build();
    let options = Options {
        columns: Some(32),
        ..Options::new(renderer.profile("generic-80").unwrap())
    };
    let items =
        json!([{"name": "Soup", "quantity": 1, "course": 1}, {"name": "Fish", "quantity": 2, "course": 2}]);
    let ticket = renderer.render(&json!({"station": "kitchen", "items": items}), &options);
    assert_eq!(ticket.text(), "2 x  Fish\n");
}
