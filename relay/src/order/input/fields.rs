//! Reads the fields of an outside object by any spelling, and names the one that is wrong.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::words::{pick, same};
use crate::order::command::Refusal;
use crate::order::model::Id;

/// Longest id that a caller may choose, in characters: it stands in paths and room names.
pub const MAX_ID: usize = 128;
/// Longest name, number or word, in characters.
pub const MAX_TEXT: usize = 500;
/// Largest amount. With four decimals it has 15 digits, which every JSON reader keeps exactly.
pub const MAX_AMOUNT: i64 = 99_999_999_999;
/// Most decimals of an amount (no currency has more).
pub const MAX_DECIMALS: u32 = 4;

/// The fields of one object and where it stands in the body.
pub(crate) struct Fields<'a> {
    at: String,
    map: &'a Map<String, Value>,
}

/// One field that is there and not null.
pub(crate) struct Field<'a> {
    /// Its path as the caller wrote it, such as `items[2].qty`.
    pub(crate) path: String,
    /// Its value.
    pub(crate) value: &'a Value,
}

/// A refusal of the field at `path`: "`path` problem".
pub(crate) fn invalid(path: &str, problem: &str) -> Refusal {
    Refusal::Invalid {
        field: path.to_owned(),
        message: format!("`{path}` {problem}"),
    }
}

impl<'a> Fields<'a> {
    /// The fields of `value`, which stands at `at` (empty for the body itself).
    pub(crate) fn of(value: &'a Value, at: &str) -> Result<Self, Refusal> {
        let Value::Object(map) = value else {
            let name = if at.is_empty() { "body" } else { at };
            return Err(invalid(name, "is no object; send a JSON object"));
        };
        Ok(Self {
            at: at.to_owned(),
            map,
        })
    }

    /// The path of a field of this object.
    pub(crate) fn path(&self, name: &str) -> String {
        if self.at.is_empty() {
            return name.to_owned();
        }
        format!("{}.{name}", self.at)
    }

    /// The first of `names` that is there, in any spelling, and not null.
    pub(crate) fn get(&self, names: &[&str]) -> Option<Field<'a>> {
        names.iter().find_map(|wanted| {
            let exact = self.map.get_key_value(*wanted);
            let (name, value) = exact.filter(|(_, value)| !value.is_null()).or_else(|| {
                self.map
                    .iter()
                    .find(|(name, value)| same(name, wanted) && !value.is_null())
            })?;
            let path = self.path(name);
            Some(Field { path, value })
        })
    }

    /// As [`Self::get`], refused where it is missing.
    pub(crate) fn need(&self, names: &[&str]) -> Result<Field<'a>, Refusal> {
        let name = names.first().copied().unwrap_or_default();
        self.get(names)
            .ok_or_else(|| invalid(&self.path(name), "is missing"))
    }

    /// An optional text; blank counts as missing.
    pub(crate) fn text(&self, names: &[&str]) -> Result<Option<String>, Refusal> {
        let Some(field) = self.get(names) else {
            return Ok(None);
        };
        Ok(Some(field.text(MAX_TEXT)?).filter(|text| !text.trim().is_empty()))
    }

    /// An optional text that may also be a number (ids, table numbers); blank counts as missing.
    pub(crate) fn label(&self, names: &[&str]) -> Result<Option<String>, Refusal> {
        let Some(field) = self.get(names) else {
            return Ok(None);
        };
        Ok(Some(field.label()?).filter(|text| !text.is_empty()))
    }

    /// An optional amount.
    pub(crate) fn amount(&self, names: &[&str], least: i64) -> Result<Option<Decimal>, Refusal> {
        self.get(names).map(|field| field.amount(least)).transpose()
    }

    /// An optional yes or no.
    pub(crate) fn flag(&self, names: &[&str]) -> Result<Option<bool>, Refusal> {
        let Some(field) = self.get(names) else {
            return Ok(None);
        };
        let flag = field.value.as_bool();
        flag.map(Some)
            .ok_or_else(|| invalid(&field.path, "is neither true nor false"))
    }

    /// An optional choice.
    pub(crate) fn choice<T: Copy>(
        &self,
        names: &[&str],
        choices: &[(&str, T)],
    ) -> Result<Option<T>, Refusal> {
        let Some(field) = self.get(names) else {
            return Ok(None);
        };
        field.choice(choices).map(Some)
    }
}

impl<'a> Field<'a> {
    /// A text of at most `most` characters.
    pub(crate) fn text(&self, most: usize) -> Result<String, Refusal> {
        let Value::String(text) = self.value else {
            return Err(invalid(&self.path, "is no text; send a string"));
        };
        if text.chars().nth(most).is_some() {
            return Err(invalid(&self.path, &format!("is longer than {most} characters")));
        }
        Ok(text.clone())
    }

    /// A short text or an integer, as trimmed text.
    pub(crate) fn label(&self) -> Result<String, Refusal> {
        if let Some(number) = self.value.as_i64() {
            return Ok(number.to_string());
        }
        let Value::String(text) = self.value else {
            return Err(invalid(&self.path, "is neither text nor an integer"));
        };
        let text = text.trim();
        if text.chars().nth(MAX_ID).is_some() {
            return Err(invalid(
                &self.path,
                &format!("is longer than {MAX_ID} characters"),
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(invalid(&self.path, "has control characters"));
        }
        Ok(text.to_owned())
    }

    /// An id: 1 to [`MAX_ID`] characters, or an integer, its JSON type kept.
    pub(crate) fn id(&self) -> Result<Id, Refusal> {
        if let Some(number) = self.value.as_i64() {
            return Ok(Id::Number(number));
        }
        match self.label()? {
            text if text.is_empty() => Err(invalid(&self.path, "is empty")),
            text => Ok(Id::Text(text)),
        }
    }

    /// An amount from `least` to [`MAX_AMOUNT`] with at most [`MAX_DECIMALS`] decimals, exactly as
    /// written (a JSON number or digits in a string).
    pub(crate) fn amount(&self, least: i64) -> Result<Decimal, Refusal> {
        let text = match self.value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => return Err(invalid(&self.path, "is no amount; send a number such as 12.50")),
        };
        let amount = Decimal::from_str_exact(&text)
            .or_else(|_| Decimal::from_scientific(&text))
            .map_err(|_| invalid(&self.path, "is no amount; send a number such as 12.50"))?
            .normalize();
        if amount.scale() > MAX_DECIMALS {
            return Err(invalid(
                &self.path,
                &format!("has more than {MAX_DECIMALS} decimals; round it"),
            ));
        }
        if amount < Decimal::from(least) || amount > Decimal::from(MAX_AMOUNT) {
            return Err(invalid(
                &self.path,
                &format!("is {amount}, expected {least} to {MAX_AMOUNT}"),
            ));
        }
        Ok(amount)
    }

    /// A whole number from 1 to `most`.
    pub(crate) fn count(&self, most: u32) -> Result<u32, Refusal> {
        let wrong = || {
            invalid(
                &self.path,
                &format!("is {}, expected a whole number from 1 to {most}", self.value),
            )
        };
        let Value::Number(number) = self.value else {
            return Err(invalid(&self.path, "is no number; send a whole number such as 2"));
        };
        let whole = Decimal::from_str_exact(&number.to_string())
            .map_err(|_| wrong())?
            .normalize();
        let count = u32::try_from(whole).ok().filter(|_| whole.scale() == 0);
        count.filter(|count| (1..=most).contains(count)).ok_or_else(wrong)
    }

    /// One of `choices` by name.
    pub(crate) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, Refusal> {
        let word = self.text(MAX_TEXT)?;
        pick(&word, choices).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            invalid(&self.path, &format!("is none of {}", names.join(", ")))
        })
    }

    /// A list of at most `most` entries.
    pub(crate) fn list(&self, most: usize) -> Result<&'a Vec<Value>, Refusal> {
        let Value::Array(list) = self.value else {
            return Err(invalid(&self.path, "is no list"));
        };
        if list.len() > most {
            return Err(invalid(
                &self.path,
                &format!("has {} entries, at most {most} are taken; split them", list.len()),
            ));
        }
        Ok(list)
    }
}
