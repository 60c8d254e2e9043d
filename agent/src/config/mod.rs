//! The agent's configuration: what the program uses, checked once at the door.
//!
//! What the user wrote is a type of its own; it becomes a [`Config`] once it is checked. Where it lies
//! and what overrides what is told by [`load()`].

mod check;
mod edit;
mod error;
mod load;
mod places;
mod raw;
mod set;
mod url;
mod write;

use std::path::PathBuf;
use std::time::Duration;

use crate::port::Address;
use crate::tickets::Sources;
pub use edit::{EditError, Edited, Wish as StationWish, add_printer, remove_printer};
pub use error::ConfigError;
pub use load::{
    Flags, Loaded, Origin, RelayOnly, Setting, UpdateOnly, load, load_relay, load_update, locate,
};
pub use places::{CONFIG_NAME, Places, TOKEN_NAME, is_profile, places};
pub use set::set_value;
pub use url::{RelayUrl, UrlError};
pub use write::{WriteError, write_relay};

/// How long a printer is down before its backup takes over (DELIVERY.md, "Backup printers").
const BACKUP_AFTER: Duration = Duration::from_secs(30);

/// Everything a running agent needs to know. Constructed in code or by [`load`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The data folder: spool, device id, control file. One agent per folder.
    pub data: PathBuf,
    /// The relay.
    pub relay: Relay,
    /// The stations that this agent serves, at least one.
    pub stations: Vec<Station>,
    /// Its printers, each with a name of its own.
    pub printers: Vec<Printer>,
    /// Templates and fonts beside the built-in ones.
    pub tickets: Sources,
}

/// The relay and how to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// Where it listens.
    pub url: RelayUrl,
    /// The file with the device's token; it may be missing where the relay asks for none.
    pub token_file: PathBuf,
    /// The outlet, for relays without tokens; otherwise the token names it.
    pub outlet: Option<String>,
    /// Further authorities to trust, PEM, beside the platform's.
    pub ca_file: Option<PathBuf>,
    /// Whether an unencrypted link to another computer is allowed.
    pub allow_plaintext: bool,
}

/// A station: where a kind of ticket comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// `kitchen`, `bar`, `cashier` or any station of the outlet.
    pub name: String,
    /// Such as `depan`.
    pub location: Option<String>,
    /// Its printer's name.
    pub printer: String,
    /// The printer that takes over while the first one is down.
    pub backup: Option<String>,
    /// Down for so long before that.
    pub backup_after: Duration,
    /// What happens to a ticket of which nobody knows whether it printed.
    pub on_unconfirmed: OnUnconfirmed,
}

/// What happens when nobody answers within 60 s whether a ticket printed (DELIVERY.md, "Ambiguity").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnconfirmed {
    /// One more copy, headed POSSIBLE DUPLICATE. The default at kitchen and bar.
    ReprintMarked,
    /// It waits for a person. The default elsewhere.
    Hold,
}

impl Relay {
    /// A relay with the platform's authorities, and no outlet beside the token's.
    #[must_use]
    pub fn new(url: RelayUrl, token_file: PathBuf) -> Self {
        Self {
            url,
            token_file,
            outlet: None,
            ca_file: None,
            allow_plaintext: false,
        }
    }
}

impl Station {
    /// A station without a location or a backup, with the decision that is usual for its name.
    #[must_use]
    pub fn new(name: &str, printer: &str) -> Self {
        Self {
            name: name.to_owned(),
            location: None,
            printer: printer.to_owned(),
            backup: None,
            backup_after: BACKUP_AFTER,
            on_unconfirmed: OnUnconfirmed::default_of(name),
        }
    }
}

impl Printer {
    /// A printer that is probed for its profile.
    #[must_use]
    pub fn new(name: &str, address: Address) -> Self {
        Self {
            name: name.to_owned(),
            address,
            profile: None,
            columns: None,
        }
    }
}

impl OnUnconfirmed {
    /// The default of a station of that name.
    #[must_use]
    pub fn default_of(station: &str) -> Self {
        match station {
            "kitchen" | "bar" => Self::ReprintMarked,
            name if name.starts_with("bar_") || name.starts_with("kitchen_") => Self::ReprintMarked,
            _ => Self::Hold,
        }
    }

    /// The name in agent.toml.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReprintMarked => "reprint-marked",
            Self::Hold => "hold",
        }
    }
}

/// A printer of this agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printer {
    /// Its name, as the stations call it.
    pub name: String,
    /// Where it is, such as `tcp://192.168.1.50:9100`.
    pub address: Address,
    /// Its profile; none: probed, then `generic-80`.
    pub profile: Option<String>,
    /// Characters in a line, 20 to 80; none: the profile's.
    pub columns: Option<u16>,
}

impl Config {
    /// The spool's file.
    #[must_use]
    pub fn spool_path(&self) -> PathBuf {
        self.data.join("spool.db")
    }

    /// The printer of that name.
    #[must_use]
    pub fn printer(&self, name: &str) -> Option<&Printer> {
        self.printers.iter().find(|printer| printer.name == name)
    }
}
