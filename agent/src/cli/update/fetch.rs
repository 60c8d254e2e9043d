//! Where a release comes from: a file, or the publisher's address.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::args::UpdateArgs;
use super::super::exit::of_io;
use super::super::run::runtime;
use super::super::{Exit, Failure, env};
use crate::config::{Flags, RelayUrl, load_relay};
use crate::net::{Tls, fetch};
use crate::update::file_name;

/// The largest program that is fetched; ours is a fifth of it.
const PROGRAM_MAX: usize = 64 * 1024 * 1024;

/// The largest signature; minisign's have 300 bytes.
const SIGNATURE_MAX: usize = 4 * 1024;

/// The longest that a program may take: 12 MB over a line of 100 kbit/s.
const WITHIN: Duration = Duration::from_secs(1200);

/// A file with its signature beside it, or an address with both.
pub(super) enum Source {
    File(PathBuf),
    Address { url: RelayUrl, path: String },
}

impl Source {
    pub(super) fn of(args: &UpdateArgs, url: Option<&str>) -> Result<Self, Failure> {
        if let Some(file) = &args.file {
            return Ok(Self::File(file.clone()));
        }
        let url = url.ok_or_else(|| {
            Failure::new(
                Exit::Config,
                "nobody said where new versions come from: name a file, or the publisher's address in agent.toml, \
                 [update] url = \"https://…\"",
            )
        })?;
        let parsed = RelayUrl::parse(url);
        let url = parsed.map_err(|error| Failure::new(Exit::Config, format!("update.url {error}")))?;
        let path = format!("/{}/{}", args.channel, file_name());
        Ok(Self::Address { url, path })
    }

    /// The signature's text.
    pub(super) fn signature(&self, flags: &Flags) -> Result<String, Failure> {
        let bytes = self.get(flags, ".minisig", SIGNATURE_MAX)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The program's bytes.
    pub(super) fn program(&self, flags: &Flags) -> Result<Vec<u8>, Failure> {
        self.get(flags, "", PROGRAM_MAX)
    }

    fn get(&self, flags: &Flags, suffix: &str, limit: usize) -> Result<Vec<u8>, Failure> {
        match self {
            Self::File(path) => {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                read(Path::new(&name))
            }
            Self::Address { url, path } => download(flags, url, &format!("{path}{suffix}"), limit),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        let text = format!("{} cannot be read: {error}", path.display());
        Failure::new(of_io(&error), text)
    })
}

fn download(flags: &Flags, url: &RelayUrl, path: &str, limit: usize) -> Result<Vec<u8>, Failure> {
    let runtime = runtime().map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    // The same further authorities as for the relay; without a relay the platform's alone.
    let ca_file = load_relay(flags, &env).ok().and_then(|known| known.relay.ca_file);
    let asked = runtime.block_on(fetch(url, &Tls::new(ca_file), path, limit, WITHIN));
    let (status, body) = asked.map_err(|error| {
        let text = format!("{url}{path} cannot be fetched: {}", crate::chain(&error));
        Failure::new(Exit::UpdateFailed, text)
    })?;
    if status.is_success() {
        return Ok(body.to_vec());
    }
    let text =
        format!("{url}{path} is answered with {status}: check [update] url in agent.toml and --channel");
    Err(Failure::new(Exit::UpdateFailed, text))
}
