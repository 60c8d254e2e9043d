//! One value of agent.toml, changed without an editor; everything else stays as the user wrote it.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, Value, value};

use super::check::{RelayValues, check_relay};
use super::edit::{EditError, Edited, read, tables, text, write};
use super::raw::RawConfig;

/// What `set_value` takes.
const KNOWN: &str = "relay.url, relay.token_file, relay.outlet, relay.ca_file, relay.allow_plaintext, templates.path, \
    printer.NAME.address, .profile or .columns, station.NAME.printer, .location, .backup, .backup_after_s or \
    .on_unconfirmed (a number from 0 in place of NAME, as `config show` has it, is fine too)";

/// A kind of value in the file.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Truth,
}

const RELAY: &[(&str, Kind)] = &[
    ("url", Kind::Text),
    ("token_file", Kind::Text),
    ("outlet", Kind::Text),
    ("ca_file", Kind::Text),
    ("allow_plaintext", Kind::Truth),
];
const TEMPLATES: &[(&str, Kind)] = &[("path", Kind::Text)];
const PRINTER: &[(&str, Kind)] = &[
    ("address", Kind::Text),
    ("profile", Kind::Text),
    ("columns", Kind::Number),
];
const STATION: &[(&str, Kind)] = &[
    ("printer", Kind::Text),
    ("location", Kind::Text),
    ("backup", Kind::Text),
    ("backup_after_s", Kind::Number),
    ("on_unconfirmed", Kind::Text),
];

/// Writes one value, or with none takes it out. The keys are those of `config show`; a printer or station may be
/// named instead of counted.
///
/// # Errors
/// [`EditError`]; the file is then as it was.
pub fn set_value(path: &Path, key: &str, new: Option<&str>) -> Result<Edited, EditError> {
    let mut document = read(path)?;
    let normal = key.replace('[', ".").replace(']', "");
    let unknown = || EditError::Key {
        key: key.to_owned(),
        known: KNOWN.to_owned(),
    };
    let (list, rest) = normal.split_once('.').ok_or_else(unknown)?;
    let (table, part, parts) = match list {
        "relay" => (single(&mut document, "relay"), rest, RELAY),
        "templates" => (single(&mut document, "templates"), rest, TEMPLATES),
        "printer" | "station" => {
            let (name, part) = rest.rsplit_once('.').ok_or_else(unknown)?;
            let parts = if list == "printer" { PRINTER } else { STATION };
            (one_of(&mut document, path, list, name)?, part, parts)
        }
        _ => return Err(unknown()),
    };
    let (_, kind) = parts
        .iter()
        .find(|(known, _)| *known == part)
        .ok_or_else(unknown)?;
    let table = table.ok_or_else(unknown)?;
    match new {
        Some(new) => put(table, part, typed(*kind, new)),
        None => drop(table.remove(part)),
    }
    check_relay_of(path, &document)?;
    write(path, &document)
}

/// An address that nobody could connect to is refused; one that is missing may come from a flag.
fn check_relay_of(path: &Path, document: &DocumentMut) -> Result<(), EditError> {
    let Ok(RawConfig { relay, .. }) = toml::from_str::<RawConfig>(&document.to_string()) else {
        // The check of the whole file says why.
        return Ok(());
    };
    let place = path.display().to_string();
    let from = |value: Option<String>| value.map(|value| (value, place.clone()));
    let values = RelayValues {
        url: from(relay.url),
        outlet: from(relay.outlet),
        allow_plaintext: relay.allow_plaintext.unwrap_or(false),
        ..RelayValues::default()
    };
    if values.url.is_some() {
        check_relay(&place, values)?;
    }
    Ok(())
}

fn single<'a>(document: &'a mut DocumentMut, key: &str) -> Option<&'a mut Table> {
    document
        .entry(key)
        .or_insert(Item::Table(Table::new()))
        .as_table_mut()
}

fn one_of<'a>(
    document: &'a mut DocumentMut,
    path: &Path,
    list: &str,
    name: &str,
) -> Result<Option<&'a mut Table>, EditError> {
    let tables = tables(document, path, list)?;
    let names: Vec<String> = tables
        .iter()
        .map(|table| text(table, "name").unwrap_or_default().to_owned())
        .collect();
    let is = |known: &String| known == name;
    let index = names.iter().position(is).or_else(|| name.parse().ok());
    let (key, known) = (
        format!("{list}.{name}"),
        format!("known are {}", names.join(", ")),
    );
    match index.and_then(|index| tables.get_mut(index)) {
        Some(table) => Ok(Some(table)),
        None => Err(EditError::Key { key, known }),
    }
}

/// What is no number stays as it was said, so that the check of the whole file explains it.
fn typed(kind: Kind, new: &str) -> Item {
    match (kind, new.parse::<i64>(), new.parse::<bool>()) {
        (Kind::Number, Ok(number), _) => value(number),
        (Kind::Truth, _, Ok(truth)) => value(truth),
        _ => value(new),
    }
}

/// A comment behind the old value stays.
fn put(table: &mut Table, key: &str, new: Item) {
    let decor = table.get(key).and_then(Item::as_value).map(Value::decor).cloned();
    table.insert(key, new);
    if let (Some(decor), Some(value)) = (decor, table.get_mut(key).and_then(Item::as_value_mut)) {
        *value.decor_mut() = decor;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const FILE: &str = "[relay]\nurl = \"wss://r.example\" # the cloud\n\n[[station]]\nname = \"kitchen\"\nprinter = \"grill\"\n\n\
        [[printer]]\nname = \"grill\" # hot\naddress = \"tcp://10.0.0.1:9100\"\n";

    fn set(key: &str, new: Option<&str>) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.toml");
        fs::write(&path, FILE).unwrap();
        let outcome = set_value(&path, key, new);
        let after = fs::read_to_string(&path).unwrap();
        match outcome {
            Ok(_) => Ok(after),
            Err(error) => {
                assert_eq!(after, FILE, "a refusal changes nothing");
                Err(error.to_string())
            }
        }
    }

    #[test]
    fn a_value_is_set_by_name_or_by_number_and_comments_stay() {
        let text = set("relay.url", Some("wss://other.example")).unwrap();
        assert!(
            text.contains("url = \"wss://other.example\" # the cloud"),
            "{text}"
        );
        for key in ["printer.grill.columns", "printer[0].columns", "printer.0.columns"] {
            let text = set(key, Some("42")).unwrap();
            assert!(text.contains("columns = 42") && text.contains("# hot"), "{text}");
        }
        assert!(
            set("relay.allow_plaintext", Some("true"))
                .unwrap()
                .contains("allow_plaintext = true")
        );
        let text = set("station.kitchen.on_unconfirmed", Some("hold")).unwrap();
        assert!(text.contains("on_unconfirmed = \"hold\""), "{text}");
        assert_eq!(set("printer.grill.profile", None).unwrap(), FILE);
    }

    #[test]
    fn what_is_unknown_or_would_break_the_file_is_refused_with_what_there_is() {
        for key in [
            "relay.ulr",
            "printer.grill",
            "colour",
            "oven.grill.columns",
            "printer.grill.name",
        ] {
            assert!(set(key, Some("1")).unwrap_err().contains("relay.url"), "{key}");
        }
        assert!(
            set("printer.bar.columns", Some("42"))
                .unwrap_err()
                .contains("known are grill")
        );
        for wrong in ["200", "wide"] {
            set("printer.grill.columns", Some(wrong)).unwrap_err();
        }
        set("station.kitchen.printer", Some("bar")).unwrap_err();
        set("station.kitchen.printer", None).unwrap_err();
    }
}
