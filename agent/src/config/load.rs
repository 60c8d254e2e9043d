//! Flag before environment before file before default, and which of them it was.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::check::{self, RelayValues, wrong};
use super::raw::RawConfig;
use super::{Config, ConfigError, Places, TOKEN_NAME, places};

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config FILE`
    pub config: Option<PathBuf>,
    /// `--data DIR`
    pub data: Option<PathBuf>,
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

/// Loads the configuration. `env` looks an environment variable up; a test gives its own.
///
/// # Errors
/// [`ConfigError`], naming the file, the field and what to do.
pub fn load(flags: &Flags, env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, ConfigError> {
    let mut settings = Settings {
        env,
        list: Vec::new(),
    };
    let config = settings.pick(
        "config",
        flag("--config", &path_text(flags.config.as_ref())),
        None,
        None,
    );
    let data = settings.pick(
        "data",
        flag("--data", &path_text(flags.data.as_ref())),
        None,
        None,
    );
    let places = places(config.map(PathBuf::from), data.map(PathBuf::from));
    settings.note_places(&places);

    let raw = read(&places.config, flags, env)?;
    let file = Origin::File(places.config.clone());
    let from_file = |value: &Option<String>| value.clone().map(|value| (value, file.clone()));
    let relay = raw.relay;
    let url = settings.pick(
        "relay.url",
        flag("--relay", &flags.relay),
        from_file(&relay.url),
        None,
    );
    let url = url.map(|url| (url, settings.origin_of("relay.url")));
    let beside = places.config.with_file_name(TOKEN_NAME).display().to_string();
    let token_file = settings.pick(
        "relay.token_file",
        None,
        from_file(&relay.token_file),
        Some(beside),
    );
    let outlet = settings.pick("relay.outlet", None, from_file(&relay.outlet), None);
    let outlet = outlet.map(|outlet| (outlet, settings.origin_of("relay.outlet")));
    let ca_flag = path_text(flags.ca_file.as_ref());
    let ca_file = settings.pick(
        "relay.ca_file",
        flag("--ca-file", &ca_flag),
        from_file(&relay.ca_file),
        None,
    );
    let plain = relay.allow_plaintext.map(|value| value.to_string());
    let plain = settings.pick(
        "relay.allow_plaintext",
        None,
        from_file(&plain),
        Some("false".to_owned()),
    );

    let values = RelayValues {
        url,
        token_file: token_file.map(PathBuf::from).unwrap_or_default(),
        outlet,
        ca_file: ca_file.map(PathBuf::from),
        allow_plaintext: truth(plain.as_deref(), &settings.origin_of("relay.allow_plaintext"))?,
    };
    let place = places.config.display().to_string();
    let config = check::check(&place, &places.data, values, raw.station, raw.printer)?;
    settings.note_lists(&config, &file);
    Ok(Loaded {
        config,
        places,
        settings: settings.list,
    })
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

fn read(path: &Path, flags: &Flags, env: &dyn Fn(&str) -> Option<String>) -> Result<RawConfig, ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|source| ConfigError::Syntax {
            path: path.to_owned(),
            source: Box::new(source),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let _ = (flags, env);
            Err(ConfigError::Missing {
                path: path.to_owned(),
            })
        }
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
    fn pick(&mut self, key: &str, flag: Given, file: Given, default: Option<String>) -> Option<String> {
        let given = flag.or_else(|| self.from_env(key)).or(file);
        let (value, origin) = given.or_else(|| default.map(|value| (value, Origin::Default)))?;
        self.list.push(Setting {
            key: key.to_owned(),
            value: value.clone(),
            origin,
        });
        Some(value)
    }

    /// `PRINTRAIL_AGENT_RELAY_URL`, or `PRINTRAIL_AGENT_RELAY__URL` as nested names are also written.
    fn from_env(&self, key: &str) -> Given {
        let names =
            ["_", "__"].map(|dot| format!("PRINTRAIL_AGENT_{}", key.replace('.', dot).to_uppercase()));
        let mut found = names
            .into_iter()
            .filter_map(|name| Some(((self.env)(&name)?, Origin::Env(name))));
        found.find(|(value, _)| !value.is_empty())
    }

    fn origin_of(&self, key: &str) -> String {
        let setting = self.list.iter().find(|setting| setting.key == key);
        setting.map_or_else(String::new, |setting| setting.origin.to_string())
    }

    /// `config` and `data` are always shown, also where they are the defaults.
    fn note_places(&mut self, places: &Places) {
        for (key, path) in [("config", &places.config), ("data", &places.data)] {
            if self.origin_of(key).is_empty() {
                let value = path.display().to_string();
                self.list.push(Setting {
                    key: key.to_owned(),
                    value,
                    origin: Origin::Default,
                });
            }
        }
    }

    fn note_lists(&mut self, config: &Config, file: &Origin) {
        for (index, station) in config.stations.iter().enumerate() {
            self.note(format!("station[{index}].name"), &station.name, file);
            if let Some(location) = &station.location {
                self.note(format!("station[{index}].location"), location, file);
            }
            self.note(format!("station[{index}].printer"), &station.printer, file);
            if let Some(backup) = &station.backup {
                self.note(format!("station[{index}].backup"), backup, file);
            }
            self.note(
                format!("station[{index}].on_unconfirmed"),
                station.on_unconfirmed.as_str(),
                file,
            );
        }
        for (index, printer) in config.printers.iter().enumerate() {
            self.note(format!("printer[{index}].name"), &printer.name, file);
            self.note(format!("printer[{index}].address"), &printer.address, file);
            if let Some(profile) = &printer.profile {
                self.note(format!("printer[{index}].profile"), profile, file);
            }
            if let Some(columns) = printer.columns {
                self.note(format!("printer[{index}].columns"), &columns.to_string(), file);
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
