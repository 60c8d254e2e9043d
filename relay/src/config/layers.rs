//! Settings from several places, laid over each other: flag, environment, file, default.

use std::collections::BTreeMap;
use std::fmt;

use toml::{Table, Value};

/// Every setting's variable begins with it; `__` separates a section from its key.
pub const ENV_PREFIX: &str = "PRINTRAIL_RELAY_";

/// Variables with the prefix that are no settings of relay.toml.
const NOT_SETTINGS: [&str; 2] = ["config", "log"];

/// Where a setting comes from, strongest last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A file, by its path.
    File(String),
    /// A variable, by its name.
    Env(String),
    /// The command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Env(name) => write!(f, "environment {name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// The settings that hold, each with its origin, by dotted key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layers(BTreeMap<String, (Value, Origin)>);

impl Layers {
    /// Lays a table over what is there.
    pub fn lay(&mut self, table: Table, origin: &Origin) {
        self.lay_under("", table, origin);
    }

    /// Lays one value over what is there.
    pub fn set(&mut self, key: &str, value: Value, origin: Origin) {
        self.0.insert(key.to_owned(), (value, origin));
    }

    /// Lays the variables over what is there. A value becomes what the setting's default is: a
    /// number, a truth value, a list (comma-separated) or text.
    ///
    /// # Errors
    /// A variable that names no setting, or whose value is of another type.
    pub fn lay_env(&mut self, variables: impl Iterator<Item = (String, String)>) -> Result<(), String> {
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(ENV_PREFIX) else {
                continue;
            };
            let key = rest.to_lowercase().replace("__", ".");
            if NOT_SETTINGS.contains(&key.as_str()) {
                continue;
            }
            let Some((default, _)) = self.0.get(&key) else {
                return Err(format!(
                    "{name} names no setting; `printrail-relay config show` lists them"
                ));
            };
            let value = typed(&text, default)
                .ok_or_else(|| format!("{name} is `{text}`, which is no {}", default.type_str()))?;
            self.set(&key, value, Origin::Env(name));
        }
        Ok(())
    }

    /// Every setting with its value and origin, by dotted key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value, &Origin)> {
        self.0
            .iter()
            .map(|(key, (value, origin))| (key.as_str(), value, origin))
    }

    /// The settings as one nested table.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        for (key, (value, _)) in &self.0 {
            match key.split_once('.') {
                None => {
                    table.insert(key.clone(), value.clone());
                }
                Some((section, key)) => {
                    let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
                    if let Value::Table(section) = section {
                        section.insert(key.to_owned(), value.clone());
                    }
                }
            }
        }
        table
    }

    fn lay_under(&mut self, prefix: &str, table: Table, origin: &Origin) {
        for (key, value) in table {
            let key = format!("{prefix}{key}");
            match value {
                Value::Table(inner) => self.lay_under(&format!("{key}."), inner, origin),
                value => self.set(&key, value, origin.clone()),
            }
        }
    }
}

fn typed(text: &str, like: &Value) -> Option<Value> {
    match like {
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Boolean(_) => match text {
            "1" | "true" | "yes" => Some(Value::Boolean(true)),
            "" | "0" | "false" | "no" => Some(Value::Boolean(false)),
            _ => None,
        },
        Value::Array(_) => Some(Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|part| Value::String(part.to_owned()))
                .collect(),
        )),
        _ => Some(Value::String(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Layers {
        let mut layers = Layers::default();
        let table = "listen = \"a\"\norigins = []\n[limits]\nrooms = 64"
            .parse()
            .unwrap();
        layers.lay(table, &Origin::Default);
        layers
    }

    fn env(layers: &mut Layers, name: &str, value: &str) -> Result<(), String> {
        layers.lay_env([(name.to_owned(), value.to_owned())].into_iter())
    }

    #[test]
    fn the_stronger_layer_wins_and_is_named() {
        let mut layers = base();
        layers.lay("listen = \"b\"".parse().unwrap(), &Origin::File("x.toml".into()));
        env(&mut layers, "PRINTRAIL_RELAY_LIMITS__ROOMS", "7").unwrap();
        let table = layers.table();
        assert_eq!(table["listen"].as_str(), Some("b"));
        assert_eq!(table["limits"]["rooms"].as_integer(), Some(7));
        let origin = layers.iter().find(|(key, ..)| *key == "limits.rooms").unwrap().2;
        assert_eq!(origin.to_string(), "environment PRINTRAIL_RELAY_LIMITS__ROOMS");
    }

    #[test]
    fn a_variable_that_names_no_setting_or_has_another_type_is_an_error() {
        let mut layers = base();
        assert!(
            env(&mut layers, "PRINTRAIL_RELAY_LISTNE", "b")
                .unwrap_err()
                .contains("LISTNE")
        );
        let wrong = env(&mut layers, "PRINTRAIL_RELAY_LIMITS__ROOMS", "many").unwrap_err();
        assert!(wrong.contains("integer"), "{wrong}");
        assert!(env(&mut layers, "PRINTRAIL_RELAY_CONFIG", "x.toml").is_ok());
        assert!(env(&mut layers, "HOME", "x").is_ok());
    }

    #[test]
    fn a_list_is_separated_by_commas() {
        let mut layers = base();
        env(&mut layers, "PRINTRAIL_RELAY_ORIGINS", "https://a, https://b").unwrap();
        assert_eq!(layers.table()["origins"].as_array().unwrap().len(), 2);
    }
}
