//! The fields of a frame, wherever and however the sender spelled them.

use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Map, Value};

use crate::frames::FrameError;

/// The fields of one frame under their `snake_case` names.
pub(super) struct Body {
    name: String,
    fields: Map<String, Value>,
}

impl Body {
    /// The fields beside the name and those inside `data`; the former win where both are there.
    pub(super) fn new(name: &str, mut frame: Map<String, Value>) -> Self {
        let data = frame.remove("data");
        let mut fields = Map::new();
        spread(frame, &mut fields);
        if let Some(Value::Object(inner)) = data {
            spread(inner, &mut fields);
        }
        Self {
            name: name.to_owned(),
            fields,
        }
    }

    /// A field that must be there.
    pub(super) fn take<T: DeserializeOwned>(&mut self, field: &'static str) -> Result<T, FrameError> {
        match self.optional(field)? {
            Some(value) => Ok(value),
            None => Err(self.wrong(field, serde_json::Error::custom("it is missing"))),
        }
    }

    /// A field that may be missing or null.
    pub(super) fn optional<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
    ) -> Result<Option<T>, FrameError> {
        let Some(value) = self.fields.remove(field) else {
            return Ok(None);
        };
        serde_json::from_value(value).map_err(|source| self.wrong(field, source))
    }

    fn wrong(&self, field: &'static str, source: serde_json::Error) -> FrameError {
        FrameError::Body {
            name: self.name.clone(),
            field,
            source,
        }
    }
}

/// Adds fields that are not there yet, under their `snake_case` names.
fn spread(from: Map<String, Value>, into: &mut Map<String, Value>) {
    for (key, value) in from {
        into.entry(snake_case(&key)).or_insert(value);
    }
}

fn snake_case(key: &str) -> String {
    let mut snake = String::with_capacity(key.len());
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
