//! Flag before environment before file before default, and which of them it was.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::check::{self, RelayValues, wrong};
use super::raw::{RawConfig, RawRelay, RawUpdate};
use super::{Config, ConfigError, Places, Relay, TOKEN_NAME, is_profile, places};
use crate::tickets::Sources;

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config FILE`
    pub config: Option<PathBuf>,
    /// `--data DIR`
    pub data: Option<PathBuf>,
    /// `--profile NAME`: the files of a further agent, in a folder of that name
    pub profile: Option<String>,
    /// `--relay URL`
    pub relay: Option<String>,
    /// `--ca-file PEM`
    pub ca_file: Option<PathBuf>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    /// An environment variable.
    Env(String),
    /// The file.
    File(PathBuf),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Env(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One value of the configuration, for `config show`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Such as `relay.url`.
    pub key: String,
    /// Its text.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// A configuration and how it came about.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What the program uses.
    pub config: Config,
    /// The files' places.
    pub places: Places,
    /// Every value with its origin.
    pub settings: Vec<Setting>,
}

/// What pairing needs: a station or printer is not asked for, nor a file.
#[derive(Debug, Clone)]
pub struct RelayOnly {
    /// The files' places.
    pub places: Places,
    /// The relay.
    pub relay: Relay,
    /// Where its address came from.
    pub url_origin: Origin,
}

/// Loads the configuration. `env` looks an environment variable up; a test gives its own.
///
/// # Errors
/// [`ConfigError`], naming the file, the field and what to do.
pub fn load(flags: &Flags, env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, ConfigError> {
    let mut settings = Settings {
        env,
        list: Vec::new(),
    };
    let places = settings.places(flags);
    let raw = read(&places.config)?.ok_or_else(|| ConfigError::Missing {
        path: places.config.clone(),
    })?;
    let relay = settings.relay(flags, &places, raw.relay)?;
    settings.update(&places, raw.update);
    let place = places.config.display().to_string();
    let tickets = Sources {
        templates: raw.templates.path.map(PathBuf::from),
        fonts: raw.fonts.paths.into_iter().map(PathBuf::from).collect(),
    };
    let decided: Vec<bool> = raw
        .station
        .iter()
        .map(|station| station.on_unconfirmed.is_some())
        .collect();
    let config = check::check(&place, &places.data, relay, tickets, raw.station, raw.printer)?;
    settings.note_lists(&config, &decided, &Origin::File(places.config.clone()));
    Ok(Loaded {
        config,
        places,
        settings: settings.list,
    })
}

/// As [`load`], for the relay alone; a file that is missing counts as an empty one.
///
/// # Errors
/// [`ConfigError`].
pub fn load_relay(flags: &Flags, env: &dyn Fn(&str) -> Option<String>) -> Result<RelayOnly, ConfigError> {
    let mut settings = Settings {
        env,
        list: Vec::new(),
    };
    let places = settings.places(flags);
    let raw = read(&places.config)?.unwrap_or_default();
    let relay = settings.relay(flags, &places, raw.relay)?;
    let url_origin = settings
        .find("relay.url")
        .map_or(Origin::Default, |setting| setting.origin.clone());
    Ok(RelayOnly {
        places,
        relay,
        url_origin,
    })
}

/// Where new versions come from, and whose signature they carry; a file that is missing counts as an empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateOnly {
    /// The folder with the releases, such as `https://releases.printrail.example/stable`.
    pub url: Option<String>,
    /// The public key, as minisign writes it; none is the key that was built in.
    pub public_key: Option<String>,
}

/// As [`load`], for updates alone.
///
/// # Errors
/// [`ConfigError`].
pub fn load_update(flags: &Flags, env: &dyn Fn(&str) -> Option<String>) -> Result<UpdateOnly, ConfigError> {
    let mut settings = Settings {
        env,
        list: Vec::new(),
    };
    let places = settings.places(flags);
    let raw = read(&places.config)?.unwrap_or_default();
    Ok(settings.update(&places, raw.update))
}

/// Where the files are, whether or not they can be used.
#[must_use]
pub fn locate(flags: &Flags, env: &dyn Fn(&str) -> Option<String>) -> Places {
    Settings {
        env,
        list: Vec::new(),
    }
    .places(flags)
}

/// A value given on the command line, with its flag.
type Given = Option<(String, Origin)>;

fn flag(name: &'static str, value: &Option<String>) -> Given {
    value.clone().map(|value| (value, Origin::Flag(name)))
}

fn path_text(path: Option<&PathBuf>) -> Option<String> {
    path.map(|path| path.display().to_string())
}

fn truth(text: Option<&str>, place: &str) -> Result<bool, ConfigError> {
    match text {
        None | Some("false" | "0" | "no") => Ok(false),
        Some("true" | "1" | "yes") => Ok(true),
        Some(other) => Err(wrong(
            place,
            "relay.allow_plaintext",
            format!("is \"{other}\", expected true or false"),
        )),
    }
}

/// The file's content, none where there is no file.
fn read(path: &Path) -> Result<Option<RawConfig>, ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text)
            .map(Some)
            .map_err(|source| ConfigError::Syntax {
                path: path.to_owned(),
                source: Box::new(source),
            }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Collects the values and where they came from.
struct Settings<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    list: Vec<Setting>,
}

impl Settings<'_> {
    /// `config` and `data` are always shown, also where they are the defaults.
    fn places(&mut self, flags: &Flags) -> Places {
        let config = self.pick(
            "config",
            flag("--config", &path_text(flags.config.as_ref())),
            None,
            None,
        );
        let of_profile = |name: &str| places(None, None).data.join(name).display().to_string();
        let named = flags.profile.as_ref();
        let named = named.map(|name| (of_profile(name), Origin::Flag("--profile")));
        let surrounding = self.environment("profile").filter(|(name, _)| is_profile(name));
        let data = self.pick(
            "data",
            flag("--data", &path_text(flags.data.as_ref())).or(named),
            surrounding.map(|(name, origin)| (of_profile(&name), origin)),
            None,
        );
        let places = places(config.map(PathBuf::from), data.map(PathBuf::from));
        for (key, path) in [("config", &places.config), ("data", &places.data)] {
            if self.find(key).is_none() {
                self.note(key.to_owned(), &path.display().to_string(), &Origin::Default);
            }
        }
        places
    }

    fn relay(&mut self, flags: &Flags, places: &Places, raw: RawRelay) -> Result<Relay, ConfigError> {
        let file = Origin::File(places.config.clone());
        let from_file = |value: Option<String>| value.map(|value| (value, file.clone()));
        let url = self.pick(
            "relay.url",
            flag("--relay", &flags.relay),
            from_file(raw.url),
            None,
        );
        let beside = places.config.with_file_name(TOKEN_NAME).display().to_string();
        let token_file = self.pick("relay.token_file", None, from_file(raw.token_file), Some(beside));
        let outlet = self.pick("relay.outlet", None, from_file(raw.outlet), None);
        let ca_flag = flag("--ca-file", &path_text(flags.ca_file.as_ref()));
        let ca_file = self.pick("relay.ca_file", ca_flag, from_file(raw.ca_file), None);
        let plain = from_file(raw.allow_plaintext.map(|value| value.to_string()));
        let plain = self.pick("relay.allow_plaintext", None, plain, Some("false".to_owned()));
        let values = RelayValues {
            url: url.map(|url| (url, self.origin_of("relay.url"))),
            token_file: token_file.map(PathBuf::from).unwrap_or_default(),
            outlet: outlet.map(|outlet| (outlet, self.origin_of("relay.outlet"))),
            ca_file: ca_file.map(PathBuf::from),
            allow_plaintext: truth(plain.as_deref(), &self.origin_of("relay.allow_plaintext"))?,
        };
        check::check_relay(&places.config.display().to_string(), values)
    }

    fn update(&mut self, places: &Places, raw: RawUpdate) -> UpdateOnly {
        let file = |value: Option<String>| value.map(|value| (value, Origin::File(places.config.clone())));
        UpdateOnly {
            url: self.pick("update.url", None, file(raw.url), None),
            public_key: self.pick("update.public_key", None, file(raw.public_key), None),
        }
    }

    fn pick(&mut self, key: &str, flag: Given, file: Given, default: Option<String>) -> Option<String> {
        let given = flag.or_else(|| self.environment(key)).or(file);
        let (value, origin) = given.or_else(|| default.map(|value| (value, Origin::Default)))?;
        self.list.push(Setting {
            key: key.to_owned(),
            value: value.clone(),
            origin,
        });
        Some(value)
    }

    /// `PRINTRAIL_AGENT_RELAY_URL`, or `PRINTRAIL_AGENT_RELAY__URL` as nested names are also written.
    fn environment(&self, key: &str) -> Given {
        let names =
            ["_", "__"].map(|dot| format!("PRINTRAIL_AGENT_{}", key.replace('.', dot).to_uppercase()));
        let mut found = names
            .into_iter()
            .filter_map(|name| Some(((self.env)(&name)?, Origin::Env(name))));
        found.find(|(value, _)| !value.is_empty())
    }

    fn origin_of(&self, key: &str) -> String {
        self.find(key)
            .map_or_else(String::new, |setting| setting.origin.to_string())
    }

    fn find(&self, key: &str) -> Option<&Setting> {
        self.list.iter().find(|setting| setting.key == key)
    }

    fn note_lists(&mut self, config: &Config, decided: &[bool], file: &Origin) {
        for (index, station) in config.stations.iter().enumerate() {
            self.note(format!("station[{index}].name"), &station.name, file);
            if let Some(location) = &station.location {
                self.note(format!("station[{index}].location"), location, file);
            }
            self.note(format!("station[{index}].printer"), &station.printer, file);
            if let Some(backup) = &station.backup {
                self.note(format!("station[{index}].backup"), backup, file);
            }
            let origin = match decided.get(index) {
                Some(true) => file,
                Some(false) | None => &Origin::Default,
            };
            let then = station.on_unconfirmed.as_str();
            self.note(format!("station[{index}].on_unconfirmed"), then, origin);
        }
        if let Some(folder) = &config.tickets.templates {
            self.note("templates.path".to_owned(), &folder.display().to_string(), file);
        }
        for (index, path) in config.tickets.fonts.iter().enumerate() {
            self.note(format!("fonts.paths[{index}]"), &path.display().to_string(), file);
        }
        for (index, printer) in config.printers.iter().enumerate() {
            self.note(format!("printer[{index}].name"), &printer.name, file);
            let address = printer.address.to_string();
            self.note(format!("printer[{index}].address"), &address, file);
            let columns = printer.columns.map(|columns| columns.to_string());
            for (part, value, otherwise) in [
                ("profile", printer.profile.as_ref(), "generic-80"),
                ("columns", columns.as_ref(), "the profile's"),
            ] {
                let key = format!("printer[{index}].{part}");
                match value {
                    Some(value) => self.note(key, value, file),
                    None => self.note(key, otherwise, &Origin::Default),
                }
            }
        }
    }

    fn note(&mut self, key: String, value: &str, origin: &Origin) {
        self.list.push(Setting {
            key,
            value: value.to_owned(),
            origin: origin.clone(),
        });
    }
}

#[cfg(test)]
mod tests;
