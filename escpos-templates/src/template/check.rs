//! Whether what was given as an event is one: a ticket prints all the same, but nobody should take an empty one for good.

use super::read::Key;
use serde_json::Value as Json;

/// How many unknown names an error lists: enough to recognise the document by.
const NAMES_SHOWN: usize = 6;

/// What is wrong with the whole of an event; single fields are never wrong, only missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// No object at all.
    #[error(
        "the event is {0}, not an object: give a print event's data, or the frame {{\"event\": …, \"data\": {{…}}}}"
    )]
    NotAnObject(&'static str),
    /// There is `data`, and what should stand beside it has another name, or none.
    #[error(
        "beside `data` stands {beside} and no `event`: write {{\"event\": \"kitchen_immediate_print\", \"data\": {{…}}}}, or give what is in `data` alone"
    )]
    Nameless {
        /// The names beside `data`, or `nothing`.
        beside: String,
    },
    /// `data` holds no fields.
    #[error("`data` is {0}, not an object with the fields of a print event")]
    DataNotAnObject(&'static str),
    /// `event` is no name.
    #[error("`event` is {0}, not a print event's name such as \"kitchen_immediate_print\"")]
    NameNotText(&'static str),
    /// An object in which nothing is known.
    #[error(
        "no field of a print event is in it, only {found}: expected such as `items`, `station` and `order_number` (docs/templates.md lists them)"
    )]
    NothingKnown {
        /// The names that are there, or `nothing`.
        found: String,
    },
}

/// Looks at the envelope, and for at least one field that tickets know.
///
/// # Errors
/// [`EventError`] where the ticket would be an empty one.
pub(crate) fn check(event: &Json, any_field: bool) -> Result<(), EventError> {
    let Json::Object(members) = event else {
        return Err(EventError::NotAnObject(kind(event)));
    };
    let fields = match (members.get("event"), members.get("data")) {
        (_, None) => members,
        (Some(Json::String(_)), Some(Json::Object(data))) => data,
        (Some(Json::String(_)), Some(other)) => return Err(EventError::DataNotAnObject(kind(other))),
        (Some(name), Some(_)) => return Err(EventError::NameNotText(kind(name))),
        (None, Some(_)) => {
            let beside = listed(members.keys().filter(|name| *name != "data"));
            return Err(EventError::Nameless { beside });
        }
    };
    let says = |(name, value): (&String, &Json)| !value.is_null() && (name == "job" || is_known(name));
    let order = fields.get("order").and_then(Json::as_object);
    if any_field || fields.iter().chain(order.into_iter().flatten()).any(says) {
        return Ok(());
    }
    let found = listed(fields.keys());
    Err(EventError::NothingKnown { found })
}

fn is_known(name: &str) -> bool {
    Key::NAMES.find(name).is_some()
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let shown: Vec<String> = names.take(NAMES_SHOWN).map(|name| format!("`{name}`")).collect();
    match shown.is_empty() {
        true => "nothing".to_owned(),
        false => shown.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(event: &Json) -> String {
        check(event, false).map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn a_frame_its_data_and_an_order_alone_are_events() {
        for event in [
            json!({"event": "kitchen_immediate_print", "data": {"items": []}}),
            json!({"items": [{"name": "x"}]}),
            json!({"order": {"tableNumber": "4"}}),
            json!({"job": {"number": 4}}),
            json!({"kind": "test"}),
        ] {
            assert_eq!(said(&event), "fine", "{event}");
        }
    }

    #[test]
    fn what_would_be_an_empty_ticket_is_named_with_what_to_write_instead() {
        for (event, named) in [
            (
                json!({"type": "kitchen_immediate_print", "data": {"items": []}}),
                "`type` and no `event`",
            ),
            (json!({"data": {"items": []}}), "nothing and no `event`"),
            (json!({"event": 7, "data": {"items": []}}), "`event` is a number"),
            (
                json!({"event": "kitchen_immediate_print", "data": [1]}),
                "`data` is a list",
            ),
            (
                json!({"event": "kitchen_immediate_print", "data": {}}),
                "only nothing",
            ),
            (json!({"event": "kitchen_immediate_print"}), "only `event`"),
            (json!({"dishes": [], "items": null}), "only `dishes`, `items`"),
            (json!([{"items": []}]), "the event is a list"),
        ] {
            assert!(said(&event).contains(named), "{event}: {}", said(&event));
        }
        assert_eq!(
            check(&json!({"dishes": []}), true),
            Ok(()),
            "an own template reads `event`"
        );
    }
}
