//! `config`: which settings hold, and where each comes from.

use serde_json::{Value, json};

use super::{Exit, Failure, show};
use crate::config::{self, Config, Flags};

/// Every setting with its origin.
pub(super) fn show(flags: &Flags, as_json: bool) -> Result<(), Failure> {
    let layers = config::layers(flags)?;
    if as_json {
        let settings: serde_json::Map<String, Value> = layers
            .iter()
            .map(|(key, value, origin)| {
                (
                    key.to_owned(),
                    json!({"value": value, "origin": origin.to_string()}),
                )
            })
            .collect();
        return show::object(json!({ "settings": settings }));
    }
    for (key, value, origin) in layers.iter() {
        show::line(&format!("{key} = {value}  # {origin}"))?;
    }
    Ok(())
}

/// Checks settings, keys and vendors' keys without starting anything.
pub(super) fn check(flags: &Flags) -> Result<(), Failure> {
    let config = Config::load(flags)?;
    for issuer in &config.issuers {
        crate::auth::issuer::Issuer::load(issuer, crate::auth::jwt::ISSUER)
            .map_err(|what| Failure::new(Exit::BadConfiguration, what))?;
    }
    show::say("the configuration can be used");
    Ok(())
}

/// The file that is read.
pub(super) fn path(flags: &Flags) -> Result<(), Failure> {
    match config::file(flags) {
        Some(path) => show::line(&path.display().to_string()),
        None => {
            show::say("no file is read; make one and name it with --config FILE");
            Ok(())
        }
    }
}
