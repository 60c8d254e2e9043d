//! Writes the relay's address into agent.toml, and leaves everything else as the user wrote it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::raw::RawConfig;
use super::{Places, Relay};

/// Why the file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file or its folder cannot be written.
    #[error("{path} cannot be written")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is written in a way that this program does not dare to change.
    #[error("{path} is written in an unusual way: set url = \"{url}\" under [relay] by hand")]
    Unusual {
        /// The file.
        path: PathBuf,
        /// The relay's address.
        url: String,
    },
}

/// Sets `url` under `[relay]`. A new file gets a beginning for `stations`, to be filled in.
///
/// # Errors
/// [`WriteError`]; the file is then as it was.
pub fn write_relay(
    places: &Places,
    relay: &Relay,
    stations: &[(String, Option<String>)],
) -> Result<(), WriteError> {
    let path = &places.config;
    let failed = |source| WriteError::Io {
        path: path.clone(),
        source,
    };
    let url = relay.url.to_string();
    let text = match fs::read_to_string(path) {
        Ok(old) => set_url(&old, &url),
        Err(error) if error.kind() == io::ErrorKind::NotFound => beginning(&url, stations),
        Err(error) => return Err(failed(error)),
    };
    let parsed: Result<RawConfig, _> = toml::from_str(&text);
    if parsed.ok().and_then(|raw| raw.relay.url).as_deref() != Some(url.as_str()) {
        return Err(WriteError::Unusual {
            path: path.clone(),
            url,
        });
    }
    replace(path, &text).map_err(failed)
}

/// Whole or not at all; who may read it does not change.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension("toml.new");
    fs::write(&draft, text)?;
    if let Ok(old) = fs::metadata(path) {
        fs::set_permissions(&draft, old.permissions())?;
        keep_owner(&draft, &old);
    }
    // Windows syncs only what may be written.
    fs::File::options().write(true).open(&draft)?.sync_all()?;
    fs::rename(&draft, path)
}

/// An administrator who edits for the service's user leaves the file that user's; others may not give it away.
#[cfg(unix)]
fn keep_owner(draft: &Path, old: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let _ = chown(draft, Some(old.uid()), Some(old.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &fs::Metadata) {}

fn set_url(old: &str, url: &str) -> String {
    let line = format!("url = {}", quoted(url));
    let is_section = |text: &str| text.trim_start().starts_with('[');
    let lines: Vec<_> = old.lines().collect();
    let Some(start) = lines.iter().position(|text| text.trim() == "[relay]") else {
        return format!("[relay]\n{line}\n\n{old}");
    };
    let mut new: Vec<&str> = Vec::with_capacity(lines.len() + 1);
    let end = lines.iter().skip(start + 1).position(|text| is_section(text));
    let end = end.map_or(lines.len(), |offset| start + 1 + offset);
    for (index, text) in lines.iter().enumerate() {
        let is_url = text.split_once('=').is_some_and(|(key, _)| key.trim() == "url");
        if !(is_url && (start..end).contains(&index)) {
            new.push(text);
        }
        if index == start {
            new.push(&line);
        }
    }
    new.join("\n") + "\n"
}

fn beginning(url: &str, stations: &[(String, Option<String>)]) -> String {
    let mut text = format!("[relay]\nurl = {}\n", quoted(url));
    let example = [("kitchen".to_owned(), None)];
    let stations = if stations.is_empty() { &example } else { stations };
    for (name, location) in stations {
        text += &format!("\n#[[station]]\n#name = {}\n", quoted(name));
        if let Some(location) = location {
            text += &format!("#location = {}\n", quoted(location));
        }
        text += "#printer = \"grill\"\n";
    }
    text + "\n#[[printer]]\n#name = \"grill\"\n#address = \"tcp://192.168.1.50:9100\"\n"
}

/// A TOML string on one line, which JSON's are too: the names come from the relay.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_set_and_nothing_else_changes() {
        let old =
            "# ours\n[relay]\n  url = \"wss://old\" # x\ntoken_file = \"/t\"\n\n[[printer]]\nname = \"a\"\n";
        let new = set_url(old, "wss://new.example");
        assert_eq!(
            new,
            "# ours\n[relay]\nurl = \"wss://new.example\"\ntoken_file = \"/t\"\n\n[[printer]]\nname = \"a\"\n"
        );
        assert_eq!(set_url("", "wss://n"), "[relay]\nurl = \"wss://n\"\n\n");
    }

    #[test]
    fn a_station_of_a_hostile_relay_stays_one_commented_line() {
        let stations = [("a\"\n[[printer]]\nname = \"x".to_owned(), None)];
        let raw: RawConfig = toml::from_str(&beginning("wss://n", &stations)).unwrap();
        assert_eq!((raw.station.len(), raw.printer.len()), (0, 0));
    }
}
