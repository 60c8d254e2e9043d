//! Vendors whose tokens are taken: one algorithm each, keys from a file or an address, the outlets that they
//! may name.

use std::path::{Path, PathBuf};

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::{Deserialize, Serialize};

use super::remote::Remote;

/// The shortest HS256 secret in bytes: as long as its digest (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// `[[issuer]]` of relay.toml.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSettings {
    /// The `iss` of its tokens.
    pub iss: String,
    /// `HS256`, `EdDSA`, `ES256` or `RS256`: the only one it may use.
    pub alg: String,
    /// HS256: a file with the shared secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// The others: a file with the public key in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key_file: Option<PathBuf>,
    /// Or the address of its keys (RFC 7517): `https://…`, or `http://` on a loopback address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// The outlets that its tokens may name.
    pub outlets: Vec<String>,
    /// The claim that names the outlet.
    #[serde(default = "default_claim")]
    pub outlet_claim: String,
}

fn default_claim() -> String {
    "outlet".to_owned()
}

/// Where a vendor's keys are.
pub(super) enum VendorKeys {
    /// The one of a file.
    File(DecodingKey),
    /// Those behind an address.
    Remote(Remote),
}

/// A vendor, its key read.
pub struct Issuer {
    pub(super) iss: String,
    pub(super) algorithm: Algorithm,
    pub(super) keys: VendorKeys,
    pub(super) outlets: Vec<String>,
    pub(super) outlet_claim: String,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Issuer({}, {:?})", self.iss, self.algorithm)
    }
}

impl Issuer {
    /// Reads the vendor's key; `own` is the relay's own name, which no vendor may bear.
    ///
    /// # Errors
    /// What is wrong with the settings and what to do, in words.
    pub fn load(settings: &IssuerSettings, own: &str) -> Result<Self, String> {
        let named = |what: &str| format!("issuer {}: {what}", settings.iss);
        if settings.iss == own || settings.iss.is_empty() {
            return Err(named("iss is taken; use the vendor's own name"));
        }
        let algorithm = algorithm(&settings.alg).map_err(|what| named(&what))?;
        let keys = keys(settings, algorithm).map_err(|what| named(&what))?;
        Ok(Self {
            iss: settings.iss.clone(),
            algorithm,
            keys,
            outlets: settings.outlets.clone(),
            outlet_claim: settings.outlet_claim.clone(),
        })
    }
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    match name {
        "HS256" => Ok(Algorithm::HS256),
        "EdDSA" => Ok(Algorithm::EdDSA),
        "ES256" => Ok(Algorithm::ES256),
        "RS256" => Ok(Algorithm::RS256),
        other => Err(format!("alg is `{other}`, expected HS256, EdDSA, ES256 or RS256")),
    }
}

fn keys(settings: &IssuerSettings, algorithm: Algorithm) -> Result<VendorKeys, String> {
    let given = [
        settings.secret_file.is_some(),
        settings.public_key_file.is_some(),
        settings.jwks_url.is_some(),
    ];
    if given.into_iter().filter(|given| *given).count() > 1 {
        return Err("name one of secret_file, public_key_file and jwks_url".to_owned());
    }
    let parse = match algorithm {
        Algorithm::HS256 if settings.jwks_url.is_some() => {
            return Err("HS256 has a secret, which no address may tell; use secret_file".to_owned());
        }
        Algorithm::HS256 => return secret(settings).map(VendorKeys::File),
        Algorithm::ES256 => DecodingKey::from_ec_pem,
        Algorithm::RS256 => DecodingKey::from_rsa_pem,
        _ => DecodingKey::from_ed_pem,
    };
    match &settings.jwks_url {
        Some(url) => Remote::new(&settings.iss, url, algorithm)
            .map(VendorKeys::Remote)
            .map_err(|error| format!("jwks_url {url} cannot be used: {error}")),
        None => public(settings, parse).map(VendorKeys::File),
    }
}

fn secret(settings: &IssuerSettings) -> Result<DecodingKey, String> {
    let Some(path) = &settings.secret_file else {
        return Err("HS256 needs secret_file".to_owned());
    };
    let secret = read(path)?;
    let secret = secret.trim_ascii_end();
    if secret.len() < SHORTEST_SECRET {
        return Err(format!(
            "the secret is shorter than {SHORTEST_SECRET} bytes; make a longer one"
        ));
    }
    Ok(DecodingKey::from_secret(secret))
}

fn public(
    settings: &IssuerSettings,
    parse: impl FnOnce(&[u8]) -> jsonwebtoken::errors::Result<DecodingKey>,
) -> Result<DecodingKey, String> {
    let Some(path) = &settings.public_key_file else {
        return Err(format!("{} needs public_key_file or jwks_url", settings.alg));
    };
    let pem = read(path)?;
    parse(&pem).map_err(|error| {
        format!(
            "{} is no {} public key in PEM: {error}",
            path.display(),
            settings.alg
        )
    })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}
