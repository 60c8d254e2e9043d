//! The templates that the crate ships, and what prints when all of them fail.

use super::escape::escaped;
use super::view::{Field, View};
use minijinja::Value;

/// Name of the last resort in reports.
pub(crate) const PLAIN: &str = "plain";

/// Name and source of every built-in template; `head`, `items` and `foot` are parts that the others include.
pub(super) const TEMPLATES: &[(&str, &str)] = &[
    ("head", include_str!("../../templates/head.receipt")),
    ("items", include_str!("../../templates/items.receipt")),
    ("foot", include_str!("../../templates/foot.receipt")),
    ("kitchen", include_str!("../../templates/kitchen.receipt")),
    ("bar", include_str!("../../templates/bar.receipt")),
    ("add", include_str!("../../templates/add.receipt")),
    ("change", include_str!("../../templates/change.receipt")),
    ("void", include_str!("../../templates/void.receipt")),
    ("receipt", include_str!("../../templates/receipt.receipt")),
    ("expo", include_str!("../../templates/expo.receipt")),
    ("summary", include_str!("../../templates/summary.receipt")),
    ("alarm", include_str!("../../templates/alarm.receipt")),
    ("test", include_str!("../../templates/test.receipt")),
];

/// The source of the built-in template of that name.
pub(crate) fn source(name: &str) -> Option<&'static str> {
    TEMPLATES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, source)| *source)
}

impl View {
    /// The ticket that prints when every template has failed: all that a cook needs, in plain lines.
    pub(crate) fn plain(&self) -> String {
        let mut lines = vec!["{wrap:word; border:space; width:auto}".to_owned()];
        let mut line = |text: &str| lines.push(format!("|{}", escaped(text)));
        self.banners().iter().for_each(|banner| line(banner));
        line(&format!(
            "{} #{} {}",
            self.text(Field::Station).to_uppercase(),
            self.text(Field::Number),
            self.text(Field::Kind).to_uppercase()
        ));
        line(&format!(
            "TABLE {} ORDER {}",
            self.text(Field::Table),
            self.text(Field::OrderNumber)
        ));
        line(&format!(
            "{} {} {}",
            self.text(Field::OrderType),
            self.text(Field::Date),
            self.text(Field::Time)
        ));
        for item in self.items() {
            let field = |key: &str| item.get_attr(key).unwrap_or_default();
            line(&format!("{} x {}", field("quantity"), field("name")));
            each(&field("modifiers"), |m| {
                line(&format!("   + {}", m.get_attr("name").unwrap_or_default()))
            });
            if field("notes").is_true() {
                line(&format!("   ! {}", field("notes")));
            }
            each(&field("allergens"), |a| line(&format!("   !! ALLERGY: {a}")));
        }
        line(&self.text(Field::Message));
        line(&format!("job {}", self.text(Field::Job)));
        lines.join("\n")
    }
}

fn each(list: &Value, print: impl FnMut(Value)) {
    if let Ok(values) = list.try_iter() {
        values.for_each(print);
    }
}
