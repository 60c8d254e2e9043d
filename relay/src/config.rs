//! The relay's settings: what relay.toml may say, and what the program uses.

pub mod duration;
pub mod layers;
mod places;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Value;

pub use tls::{TlsSettings, is_domain};

use crate::auth::issuer::IssuerSettings;
use crate::auth::peer::Network;
use crate::limits::LimitSettings;
use layers::{Layers, Origin};

/// Where `serve` listens unless told otherwise: this machine alone. TLS ends at a proxy in front.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// The settings, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder: store, keys, address.
    pub data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// `postgres://…`; none is SQLite in the data folder.
    pub store: Option<String>,
    /// No token is needed; only on loopback addresses.
    pub insecure_no_auth: bool,
    /// Proxies whose forwarding headers are believed (X8).
    pub trusted_proxies: Vec<Network>,
    /// Origins of pages elsewhere that may use this relay, such as `https://pos.example`.
    pub allowed_origins: Vec<String>,
    /// How guests and agents reach this relay, such as `https://orders.bistro.example`.
    pub public_url: Option<String>,
    /// Vendors whose tokens are taken.
    pub issuers: Vec<IssuerSettings>,
    /// TLS that ends at the relay.
    pub tls: TlsSettings,
    /// Limits on what one caller may ask.
    pub limits: LimitSettings,
}

/// What the command line says; none leaves it to the other layers.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "as in `Config`")]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub data: Option<PathBuf>,
    pub listen: Option<String>,
    pub store: Option<String>,
    pub insecure_no_auth: bool,
}

/// Why the settings cannot be used (exit code 8).
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there and cannot be read.
    #[error("{path} cannot be read; check that it exists and that this user may read it")]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{path} is not valid TOML: {message}")]
    Syntax {
        /// Its path.
        path: PathBuf,
        /// Where and what.
        message: String,
    },
    /// A setting cannot be used.
    #[error("{0}")]
    Setting(String),
}

impl Config {
    /// The defaults over a data folder, on a free loopback port: what a test needs.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            store: None,
            insecure_no_auth: false,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
            public_url: None,
            issuers: Vec::new(),
            tls: TlsSettings::default(),
            limits: LimitSettings::default(),
        }
    }

    /// Reads flags, environment and file, and checks them.
    ///
    /// # Errors
    /// [`ConfigError`], naming the setting or the file.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        Self::check(&layers(flags)?)
    }

    /// Checks settings that were laid over each other.
    ///
    /// # Errors
    /// [`ConfigError::Setting`].
    pub fn check(layers: &Layers) -> Result<Self, ConfigError> {
        let raw: Raw = Value::Table(layers.table())
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError::Setting(error.message().to_owned()))?;
        let config = Self {
            data: raw.data,
            listen: listen(&raw.listen)?,
            store: Some(raw.store).filter(|url| !url.is_empty()),
            insecure_no_auth: raw.insecure_no_auth,
            trusted_proxies: networks(&raw.trusted_proxies)?,
            allowed_origins: origins(
                raw.allowed_origins
                    .into_iter()
                    .chain(origin_of(&raw.public_url))
                    .collect(),
            )?,
            public_url: Some(raw.public_url).filter(|url| !url.is_empty()),
            issuers: raw.issuer,
            tls: raw.tls.checked()?,
            limits: raw.limits,
        };
        config.refuse_insecure_elsewhere()?;
        Ok(config)
    }

    /// Checks the text of a relay.toml, over the defaults alone.
    ///
    /// # Errors
    /// [`ConfigError`], naming the setting.
    pub fn check_text(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let mut layers = defaults()?;
        layers.lay(parse(path, text)?, &Origin::File(path.display().to_string()));
        Self::check(&layers)
    }

    /// `--insecure-no-auth` is for this machine alone.
    ///
    /// # Errors
    /// [`ConfigError::Setting`] where it is set and the address is no loopback address.
    pub fn refuse_insecure_elsewhere(&self) -> Result<(), ConfigError> {
        if !self.insecure_no_auth || is_loopback(self.listen.ip()) {
            return Ok(());
        }
        Err(ConfigError::Setting(format!(
            "insecure_no_auth works on loopback addresses alone and listen is {}; \
             listen on 127.0.0.1 or use tokens (printrail-relay token create)",
            self.listen
        )))
    }

    /// The store's file.
    #[must_use]
    pub fn store_path(&self) -> PathBuf {
        self.data.join("relay.db")
    }
}

/// The settings of all layers, each with its origin.
///
/// # Errors
/// [`ConfigError`] where a file or a variable cannot be used.
pub fn layers(flags: &Flags) -> Result<Layers, ConfigError> {
    let mut layers = defaults()?;
    if let Some(path) = file(flags) {
        let table = read(&path)?;
        layers.lay(table, &Origin::File(path.display().to_string()));
    }
    layers.lay_env(std::env::vars()).map_err(ConfigError::Setting)?;
    let text = |path: &Path| Value::String(path.display().to_string());
    let given = [
        ("data", flags.data.as_deref().map(text)),
        ("listen", flags.listen.clone().map(Value::String)),
        ("store", flags.store.clone().map(Value::String)),
        (
            "insecure_no_auth",
            flags.insecure_no_auth.then_some(Value::Boolean(true)),
        ),
    ];
    for (key, value) in given {
        if let Some(value) = value {
            layers.set(key, value, Origin::Flag);
        }
    }
    Ok(layers)
}

/// The file that is read: `--config`, else relay.toml in the data folder that was named, else the
/// machine's, else the person's own; none where there is none.
#[must_use]
pub fn file(flags: &Flags) -> Option<PathBuf> {
    if let Some(path) = flags.config.clone().or_else(env_config) {
        return Some(path);
    }
    let beside = flags.data.as_ref().map(|data| data.join("relay.toml"));
    beside
        .into_iter()
        .chain(places::config_files())
        .find(|path| path.is_file())
}

/// The file that `init` writes: the one that is read, else where the next command looks for it.
#[must_use]
pub fn file_to_write(flags: &Flags) -> PathBuf {
    let named = flags.config.clone().or_else(env_config);
    let beside = || flags.data.as_ref().map(|data| data.join("relay.toml"));
    named
        .or_else(beside)
        .or_else(|| file(flags))
        .unwrap_or_else(places::own_config)
}

/// relay.toml as it is written. Every key has a default, so that every key has an origin.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Raw {
    data: PathBuf,
    listen: String,
    store: String,
    insecure_no_auth: bool,
    trusted_proxies: Vec<String>,
    allowed_origins: Vec<String>,
    public_url: String,
    issuer: Vec<IssuerSettings>,
    tls: TlsSettings,
    limits: LimitSettings,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            data: places::data(),
            listen: DEFAULT_LISTEN.to_owned(),
            store: String::new(),
            insecure_no_auth: false,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
            public_url: String::new(),
            issuer: Vec::new(),
            tls: TlsSettings::default(),
            limits: LimitSettings::default(),
        }
    }
}

fn defaults() -> Result<Layers, ConfigError> {
    let mut layers = Layers::default();
    let table =
        toml::Table::try_from(Raw::default()).map_err(|error| ConfigError::Setting(error.to_string()))?;
    layers.lay(table, &Origin::Default);
    Ok(layers)
}

fn env_config() -> Option<PathBuf> {
    std::env::var_os("PRINTRAIL_RELAY_CONFIG").map(PathBuf::from)
}

fn read(path: &Path) -> Result<toml::Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<toml::Table, ConfigError> {
    text.parse()
        .map_err(|error: toml::de::Error| ConfigError::Syntax {
            path: path.to_owned(),
            message: error.to_string(),
        })
}

fn listen(text: &str) -> Result<SocketAddr, ConfigError> {
    let text = text.replace("localhost:", "127.0.0.1:");
    text.parse().map_err(|_| {
        ConfigError::Setting(format!(
            "listen is `{text}`, expected ADDR:PORT such as {DEFAULT_LISTEN}"
        ))
    })
}

fn networks(texts: &[String]) -> Result<Vec<Network>, ConfigError> {
    texts
        .iter()
        .map(|text| {
            Network::parse(text).ok_or_else(|| {
                ConfigError::Setting(format!(
                    "trusted_proxies has `{text}`, expected an address or a network such as 10.0.0.0/8"
                ))
            })
        })
        .collect()
}

/// The relay's own pages behind a proxy that does not pass on `Host`.
fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split('/').next()?;
    Some(format!("{scheme}://{host}"))
}

fn origins(texts: Vec<String>) -> Result<Vec<String>, ConfigError> {
    for text in &texts {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        if rest.is_none_or(|host| host.is_empty() || host.contains(['/', '*', ' '])) {
            return Err(ConfigError::Setting(format!(
                "allowed_origins has `{text}`, expected a whole origin such as https://pos.example"
            )));
        }
    }
    Ok(texts.into_iter().map(|text| text.to_ascii_lowercase()).collect())
}

fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(toml: &str) -> Result<Config, String> {
        let mut layers = defaults().unwrap();
        layers.lay(toml.parse().unwrap(), &Origin::Flag);
        Config::check(&layers).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_can_be_used() {
        let config = checked("").unwrap();
        assert_eq!(config.listen.to_string(), DEFAULT_LISTEN);
        assert_eq!(config.limits, LimitSettings::default());
    }

    #[test]
    fn without_tokens_only_loopback_addresses_are_listened_on() {
        for listen in ["127.0.0.1:0", "[::1]:0", "localhost:0"] {
            assert!(checked(&format!("insecure_no_auth = true\nlisten = \"{listen}\"")).is_ok());
        }
        for listen in ["0.0.0.0:0", "[::]:0", "192.168.1.5:80"] {
            let refused = checked(&format!("insecure_no_auth = true\nlisten = \"{listen}\"")).unwrap_err();
            assert!(refused.contains("loopback"), "{refused}");
        }
    }

    #[test]
    fn pages_at_the_public_address_are_the_relays_own() {
        let config = checked("public_url = \"https://Orders.bistro.example/relay\"").unwrap();
        assert_eq!(config.allowed_origins, ["https://orders.bistro.example"]);
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (toml, named) in [
            ("listen = \"8080\"", "listen"),
            ("trusted_proxies = [\"10.0.0.0/99\"]", "trusted_proxies"),
            ("allowed_origins = [\"*\"]", "allowed_origins"),
            (
                "allowed_origins = [\"https://a.example/path\"]",
                "allowed_origins",
            ),
            ("public_url = \"ftp://orders.example\"", "origin"),
            ("lisen = \"127.0.0.1:1\"", "lisen"),
            ("[limits]\nrooms = 1", "rooms"),
        ] {
            let refused = checked(toml).unwrap_err();
            assert!(refused.contains(named), "{toml}: {refused}");
        }
    }
}
