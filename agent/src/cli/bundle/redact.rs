//! Takes out of a text what nobody but the restaurant may know.

use std::collections::BTreeSet;

use serde_json::Value;

/// What stands there instead.
const GONE: &str = "[redacted]";

/// Shorter texts would take words out that mean something else.
const SHORTEST: usize = 4;

/// Fields of an order that customers fill in, by the end of their names.
const CUSTOMERS: [&str; 11] = [
    "customer",
    "customer_name",
    "guest_name",
    "phone",
    "email",
    "address",
    "notes",
    "note",
    "comment",
    "instructions",
    "contact",
];

/// Words in the name of a setting whose value is nobody's business.
const SECRETS: [&str; 4] = ["secret", "password", "token", "key"];

/// What to take out.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    texts: BTreeSet<String>,
}

impl Redactor {
    /// A token or password.
    pub(super) fn secret(&mut self, text: &str) {
        self.add(text);
    }

    /// What an order's customer told.
    pub(super) fn customer(&mut self, order: &Value) {
        self.walk(order, false);
    }

    /// How many different texts are taken out.
    pub(super) fn count(&self) -> usize {
        self.texts.len()
    }

    /// The text without any of them, as they stand, as JSON writes them and as a URL or log does.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut clean = bearer(text);
        // The longest first: a short one may be part of it.
        let mut texts: Vec<_> = self.texts.iter().collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        for secret in texts {
            if clean.contains(secret.as_str()) {
                clean = clean.replace(secret.as_str(), GONE);
            }
            let quoted = Value::from(secret.as_str()).to_string();
            let quoted = quoted.trim_matches('"');
            if quoted != secret && clean.contains(quoted) {
                clean = clean.replace(quoted, GONE);
            }
        }
        clean
    }

    fn add(&mut self, text: &str) {
        let text = text.trim();
        if text.len() >= SHORTEST {
            self.texts.insert(text.to_owned());
        }
    }

    fn walk(&mut self, value: &Value, told: bool) {
        match value {
            Value::String(text) if told => self.add(text),
            Value::Number(number) if told => self.add(&number.to_string()),
            Value::Array(list) => list.iter().for_each(|value| self.walk(value, told)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.walk(value, told || is_customers(name));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn is_customers(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let plain = name.replace('_', "");
    CUSTOMERS
        .iter()
        .any(|known| name.ends_with(known) || plain.ends_with(&known.replace('_', "")))
}

/// What stands behind `Bearer` or `token=` is a token, whoever's it is.
fn bearer(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, mark)) = ["Bearer ", "token="]
        .iter()
        .filter_map(|mark| Some((rest.find(mark)?, *mark)))
        .min()
    {
        let (before, after) = rest.split_at(at + mark.len());
        let end = after
            .find(|c: char| c.is_whitespace() || "\"'&,;<>)".contains(c))
            .unwrap_or(after.len());
        clean.push_str(before);
        clean.push_str(GONE);
        rest = after.get(end..).unwrap_or_default();
    }
    clean + rest
}

/// agent.toml with every secret's value gone, and names and passwords out of addresses.
pub(super) fn config(text: &str) -> String {
    let line = |line: &str| match line.split_once('=') {
        Some((key, value)) => format!("{key}={}", self::value(key, value)),
        None => without_user(line),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// A setting's value, as far as others may see it. A path to a secret is none.
pub(super) fn value(key: &str, value: &str) -> String {
    let key = key.trim().to_ascii_lowercase();
    let is_path = key.ends_with("_file") || key.ends_with("path");
    if !is_path && SECRETS.iter().any(|word| key.contains(word)) {
        return format!(" \"{GONE}\"");
    }
    without_user(value)
}

/// `scheme://user:password@host` without what stands before the `@`.
fn without_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let end = rest.find(['/', '"', ' ', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{GONE}@{host}{path}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_customers_told_is_taken_out_wherever_it_is() {
        let mut redactor = Redactor::default();
        redactor.customer(&json!({
            "customer": { "name": "Siti Rahayu", "phone": "+62 812 0000" }, "customerName": "Agus \"Gus\"",
            "order_items": [{ "name": "Nasi Goreng", "notes": "allergic to nuts" }], "table_number": "C4",
            "deliveryAddress": { "street": "Jalan Mawar 7" },
        }));
        let log = "Siti Rahayu (+62 812 0000) at Jalan Mawar 7, allergic to nuts, Nasi Goreng, C4, {\"Agus \\\"Gus\\\"\"}";
        let clean = redactor.clean(log);
        for told in ["Siti", "812", "Mawar", "allergic", "Gus"] {
            assert!(!clean.contains(told), "{clean}");
        }
        assert!(
            clean.contains("Nasi Goreng, C4"),
            "what means something stays: {clean}"
        );
    }

    #[test]
    fn tokens_go_wherever_they_came_from() {
        let mut redactor = Redactor::default();
        redactor.secret("dev_0123456789\n");
        let text = "x dev_0123456789 y Authorization: Bearer abc.def.ghi\n/api?token=zzz&a=1 Bearer last";
        assert_eq!(
            redactor.clean(text),
            "x [redacted] y Authorization: Bearer [redacted]\n/api?token=[redacted]&a=1 Bearer [redacted]"
        );
    }

    #[test]
    fn a_configuration_keeps_its_places_and_loses_its_secrets() {
        let text = "[relay]\nurl = \"wss://me:pw@r.example/x\" # mine\ntoken_file = \"/etc/t\"\npassword = \"p4ss\"\napi_key=\"k3y\"\n";
        let clean = config(text);
        assert!(clean.contains("wss://[redacted]@r.example/x\" # mine"), "{clean}");
        assert!(
            clean.contains("/etc/t") && !clean.contains("p4ss") && !clean.contains("k3y"),
            "{clean}"
        );
    }
}
