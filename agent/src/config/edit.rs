//! Adds printers to agent.toml and takes them out, and leaves everything else as the user wrote it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::raw::RawConfig;
use super::write::replace;
use super::{ConfigError, Printer, check};

/// Why agent.toml was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is none to change.
    #[error("there is no configuration at {path}: `printrail-agent pair --relay URL CODE` begins one")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("{path} cannot be changed: run this as an administrator, or check who may write there")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is no valid TOML before the change.
    #[error("{path} is not a valid agent.toml: correct it first, `printrail-agent config check` explains")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml_edit::TomlError>,
    },
    /// The change would make it invalid.
    #[error(transparent)]
    Invalid(#[from] ConfigError),
    /// A printer of that name or address is there.
    #[error("{0}")]
    Taken(String),
    /// There is no such value.
    #[error("there is no value \"{key}\": {known}")]
    Key {
        /// What was named.
        key: String,
        /// What there is.
        known: String,
    },
    /// There is no printer of that name.
    #[error("there is no printer \"{name}\" in {path}: known are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The file.
        path: PathBuf,
        /// The names that are there.
        known: String,
    },
    /// Stations print there.
    #[error(
        "{stations} prints on \"{name}\": give the station another printer first (`printer = …` in {path}), or \
         say --with-stations to remove it too"
    )]
    InUse {
        /// The printer.
        name: String,
        /// The stations.
        stations: String,
        /// The file.
        path: PathBuf,
    },
}

/// A station that shall print on a new printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub location: Option<String>,
}

/// What an edit left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// Why the file cannot be run with yet: a station is missing.
    pub incomplete: Option<String>,
}

/// Adds a `[[printer]]`, and gives it to the stations, which are added where they are missing.
///
/// # Errors
/// [`EditError`]; the file is then as it was.
pub fn add_printer(path: &Path, printer: &Printer, stations: &[Wish]) -> Result<Edited, EditError> {
    let mut document = read(path)?;
    refuse_taken(&document, printer)?;
    let tables = tables(&mut document, path, "printer")?;
    tables.push(printer_table(printer));
    for station in stations {
        give(&mut document, path, station, &printer.name)?;
    }
    write(path, &document)
}

/// Takes a `[[printer]]` out, and with `with_stations` the stations that print on it. A station that has it
/// as its backup loses the backup.
///
/// # Errors
/// [`EditError`]; the file is then as it was.
pub fn remove_printer(path: &Path, name: &str, with_stations: bool) -> Result<Edited, EditError> {
    let mut document = read(path)?;
    let known = names(&document);
    if !known.iter().any(|known| known == name) {
        let (name, path, known) = (name.to_owned(), path.to_owned(), known.join(", "));
        return Err(EditError::Unknown { name, path, known });
    }
    let is = |table: &Table, key: &str, wanted: &str| text(table, key) == Some(wanted);
    let stations = tables(&mut document, path, "station")?;
    let using: Vec<String> = stations
        .iter()
        .filter(|station| is(station, "printer", name))
        .map(|station| text(station, "name").unwrap_or_default().to_owned())
        .collect();
    if !using.is_empty() && !with_stations {
        let (name, path, stations) = (name.to_owned(), path.to_owned(), using.join(", "));
        return Err(EditError::InUse { name, stations, path });
    }
    stations.retain(|station| !is(station, "printer", name));
    for station in stations.iter_mut().filter(|station| is(station, "backup", name)) {
        station.remove("backup");
    }
    tables(&mut document, path, "printer")?.retain(|printer| !is(printer, "name", name));
    for key in ["station", "printer"] {
        // An empty list would be written as nothing, and then found to be of no type.
        if document
            .get(key)
            .and_then(Item::as_array_of_tables)
            .is_some_and(ArrayOfTables::is_empty)
        {
            document.remove(key);
        }
    }
    write(path, &document)
}

pub(super) fn read(path: &Path) -> Result<DocumentMut, EditError> {
    let text = fs::read_to_string(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => EditError::Missing {
            path: path.to_owned(),
        },
        _ => io_error(path, source),
    })?;
    text.parse().map_err(|source| EditError::Syntax {
        path: path.to_owned(),
        source: Box::new(source),
    })
}

fn io_error(path: &Path, source: io::Error) -> EditError {
    EditError::Io {
        path: path.to_owned(),
        source,
    }
}

/// The new text is what the program would accept, but for stations and printers that are still missing.
pub(super) fn write(path: &Path, document: &DocumentMut) -> Result<Edited, EditError> {
    let text = document.to_string();
    let raw: RawConfig = toml::from_str(&text).map_err(|source| ConfigError::Syntax {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    let begun = raw.printer.is_empty() || raw.station.is_empty();
    let place = path.display().to_string();
    let incomplete = match check::check_lists(&place, raw) {
        Ok(()) => None,
        Err(missing) if begun => Some(missing.to_string()),
        Err(wrong) => return Err(wrong.into()),
    };
    replace(path, &text).map_err(|source| io_error(path, source))?;
    Ok(Edited { incomplete })
}

fn refuse_taken(document: &DocumentMut, printer: &Printer) -> Result<(), EditError> {
    let name = &printer.name;
    let lists = document.get("printer").and_then(Item::as_array_of_tables);
    for table in lists.into_iter().flatten() {
        let known = text(table, "name").unwrap_or_default();
        if known == name {
            let text = format!(
                "there is a printer \"{name}\" already: `printrail-agent printers remove {name}` first, or take another name"
            );
            return Err(EditError::Taken(text));
        }
        let same = text(table, "address").and_then(|text| text.parse().ok()) == Some(printer.address.clone());
        if same {
            let text = format!(
                "\"{known}\" has the address {} already: two of one printer would print over each other",
                printer.address
            );
            return Err(EditError::Taken(text));
        }
    }
    Ok(())
}

fn names(document: &DocumentMut) -> Vec<String> {
    let lists = document.get("printer").and_then(Item::as_array_of_tables);
    let names = lists
        .into_iter()
        .flatten()
        .filter_map(|table| text(table, "name"));
    names.map(str::to_owned).collect()
}

pub(super) fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key)?.as_str()
}

pub(super) fn tables<'a>(
    document: &'a mut DocumentMut,
    path: &Path,
    key: &str,
) -> Result<&'a mut ArrayOfTables, EditError> {
    let item = document
        .entry(key)
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    item.as_array_of_tables_mut().ok_or_else(|| {
        let problem = format!("is no list of tables: write it as [[{key}]]");
        check::wrong(&path.display().to_string(), key, problem).into()
    })
}

fn printer_table(printer: &Printer) -> Table {
    let mut table = Table::new();
    table.insert("name", value(&printer.name));
    table.insert("address", value(printer.address.to_string()));
    if let Some(profile) = &printer.profile {
        table.insert("profile", value(profile));
    }
    if let Some(columns) = printer.columns {
        table.insert("columns", value(i64::from(columns)));
    }
    table
}

fn give(document: &mut DocumentMut, path: &Path, station: &Wish, printer: &str) -> Result<(), EditError> {
    let stations = tables(document, path, "station")?;
    let is = |table: &Table| {
        text(table, "name") == Some(&station.name) && text(table, "location") == station.location.as_deref()
    };
    if let Some(table) = stations.iter_mut().find(|table| is(table)) {
        table.insert("printer", value(printer));
        return Ok(());
    }
    let mut table = Table::new();
    table.insert("name", value(&station.name));
    if let Some(location) = &station.location {
        table.insert("location", value(location));
    }
    table.insert("printer", value(printer));
    stations.push(table);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# ours\n[relay]\nurl = \"wss://r.example\" # the cloud\n\n[[station]]\nname = \"kitchen\" # hot\n\
        printer = \"grill\"\n\n[[printer]]\n# under the hood\nname = \"grill\"\naddress = \"tcp://10.0.0.1:9100\"\n";

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.toml");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn bar() -> Printer {
        Printer::new("bar", "tcp://10.0.0.2:9100".parse().unwrap())
    }

    fn station(name: &str) -> Wish {
        Wish {
            name: name.to_owned(),
            location: None,
        }
    }

    #[test]
    fn a_printer_comes_and_goes_and_every_comment_stays() {
        let (_folder, path) = file(FILE);
        let edited = add_printer(&path, &bar(), &[station("bar")]).unwrap();
        assert_eq!(edited.incomplete, None);
        let text = fs::read_to_string(&path).unwrap();
        for kept in ["# ours", "# the cloud", "# hot", "# under the hood"] {
            assert!(text.contains(kept), "{text}");
        }
        assert!(
            text.contains("name = \"bar\"\naddress = \"tcp://10.0.0.2:9100\""),
            "{text}"
        );
        remove_printer(&path, "bar", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), FILE);
    }

    #[test]
    fn a_station_that_is_there_moves_to_the_new_printer() {
        let (_folder, path) = file(FILE);
        add_printer(&path, &bar(), &[station("kitchen")]).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("name = \"kitchen\" # hot\nprinter = \"bar\""),
            "{text}"
        );
        assert_eq!(text.matches("[[station]]").count(), 1);
    }

    #[test]
    fn what_would_break_the_configuration_is_refused_and_changes_nothing() {
        let (_folder, path) = file(FILE);
        let taken = add_printer(
            &path,
            &Printer {
                name: "grill".into(),
                ..bar()
            },
            &[],
        )
        .unwrap_err();
        assert!(taken.to_string().contains("printers remove grill"), "{taken}");
        let twice = Printer::new("bar", "tcp://10.0.0.1:9100".parse().unwrap());
        assert!(matches!(
            add_printer(&path, &twice, &[]),
            Err(EditError::Taken(_))
        ));
        let wide = Printer {
            columns: Some(200),
            ..bar()
        };
        assert!(matches!(
            add_printer(&path, &wide, &[]),
            Err(EditError::Invalid(_))
        ));
        assert!(matches!(
            remove_printer(&path, "grill", false),
            Err(EditError::InUse { .. })
        ));
        assert!(matches!(
            remove_printer(&path, "oven", false),
            Err(EditError::Unknown { .. })
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), FILE);
    }

    #[test]
    fn the_file_that_pairing_begins_takes_a_printer_and_says_what_is_missing() {
        let (_folder, path) = file("[relay]\nurl = \"wss://r.example\"\n#[[station]]\n#name = \"kitchen\"\n");
        let edited = add_printer(&path, &bar(), &[]).unwrap();
        assert!(edited.incomplete.unwrap().contains("station"));
        remove_printer(&path, "bar", false).unwrap();
        add_printer(&path, &bar(), &[station("kitchen")]).unwrap();
        assert!(fs::read_to_string(&path).unwrap().contains("#name = \"kitchen\""));
    }

    #[test]
    fn a_backup_that_goes_is_no_backup_any_more() {
        let (_folder, path) =
            file(&FILE.replace("printer = \"grill\"\n", "printer = \"grill\"\nbackup = \"bar\"\n"));
        let with_bar = fs::read_to_string(&path).unwrap()
            + "\n[[printer]]\nname = \"bar\"\naddress = \"file:/dev/lp0\"\n";
        fs::write(&path, with_bar).unwrap();
        remove_printer(&path, "bar", false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), FILE);
    }
}
