//! The relay's signing keys in `DIR/keys/`: Ed25519, two active, made when there are none.
//!
//! The newest signs, both verify, so that tokens outlive one change of keys.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How many keys are active: the one that signs and the one before it.
const ACTIVE: usize = 2;

/// A signing key and its id.
pub struct Key {
    /// The key's id, as in a token's header.
    pub kid: String,
    public: [u8; 32],
    pub(super) signs: EncodingKey,
    pub(super) verifies: DecodingKey,
}

/// The active keys, newest first; never empty.
pub struct Keys {
    newest: Key,
    older: Vec<Key>,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file or the folder cannot be read or written.
    #[error("{path} cannot be used; check that this user may read and write it")]
    File {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is no key.
    #[error("{path} is no Ed25519 key in PKCS#8; move it away and start again, which makes new keys")]
    NoKey {
        /// Its path.
        path: PathBuf,
    },
}

impl Keys {
    /// Reads the keys of a data folder, making what is missing.
    ///
    /// # Errors
    /// [`KeysError`], naming the file.
    pub fn open(data: &Path) -> Result<Self, KeysError> {
        let folder = data.join("keys");
        make_folder(&folder).map_err(failed(&folder))?;
        let mut paths = key_files(&folder)?;
        while paths.len() < ACTIVE {
            paths.push(create(&folder, paths.len() + 1)?);
        }
        let mut keys = paths.iter().rev().take(ACTIVE).map(|path| Key::read(path));
        let newest = keys
            .next()
            .unwrap_or_else(|| Err(KeysError::NoKey { path: folder.clone() }))?;
        Ok(Self {
            newest,
            older: keys.collect::<Result<_, _>>()?,
        })
    }

    /// The key that signs.
    #[must_use]
    pub fn signing(&self) -> &Key {
        &self.newest
    }

    /// The key of that id.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&Key> {
        self.all().find(|key| key.kid == kid)
    }

    /// The public halves as a JSON Web Key Set (RFC 7517, RFC 8037).
    #[must_use]
    pub fn jwks(&self) -> Value {
        let keys: Vec<Value> = self
            .all()
            .map(|key| {
                json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
                       "kid": key.kid, "x": URL_SAFE_NO_PAD.encode(key.public)})
            })
            .collect();
        json!({ "keys": keys })
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all().map(|key| &key.kid)).finish()
    }
}

impl Key {
    fn read(path: &Path) -> Result<Self, KeysError> {
        let pem = fs::read_to_string(path).map_err(failed(path))?;
        let no_key = || KeysError::NoKey {
            path: path.to_owned(),
        };
        let key = SigningKey::from_pkcs8_pem(&pem).map_err(|_| no_key())?;
        let der = key.to_pkcs8_der().map_err(|_| no_key())?;
        let public = key.verifying_key().to_bytes();
        Ok(Self {
            kid: kid(&public),
            public,
            signs: EncodingKey::from_ed_der(der.as_bytes()),
            verifies: DecodingKey::from_ed_der(&public),
        })
    }
}

/// The first 16 hex digits of the public half's SHA-256.
fn kid(public: &[u8]) -> String {
    Sha256::digest(public)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The key files, oldest first: their names begin with a running number.
fn key_files(folder: &Path) -> Result<Vec<PathBuf>, KeysError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "pem") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Makes key number `number`. Where another process makes it at the same moment, that one holds.
fn create(folder: &Path, number: usize) -> Result<PathBuf, KeysError> {
    let path = folder.join(format!("{number:04}.pem"));
    let key = SigningKey::from_bytes(&rand::random());
    let pem = key
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|_| KeysError::NoKey { path: path.clone() })?;
    let draft = folder.join(format!("{number:04}.{}", std::process::id()));
    write_private(&draft, pem.as_bytes()).map_err(failed(&draft))?;
    // A link appears whole or not at all, and never replaces another process's key.
    let linked = fs::hard_link(&draft, &path);
    fs::remove_file(&draft).map_err(failed(&draft))?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(&path)(error)),
        _ => Ok(path),
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> KeysError {
    let path = path.to_owned();
    move |source| KeysError::File { path, source }
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Writes a file that its owner alone may read, down to the disk.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_keys_are_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::open(folder.path()).unwrap();
        let again = Keys::open(folder.path()).unwrap();
        assert_eq!(first.jwks(), again.jwks());
        assert_eq!(first.jwks()["keys"].as_array().unwrap().len(), 2);
        assert!(!first.jwks().to_string().contains("\"d\""));
    }

    #[cfg(unix)]
    #[test]
    fn the_owner_alone_may_read_a_key() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Keys::open(folder.path()).unwrap();
        for path in key_files(&folder.path().join("keys")).unwrap() {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_broken_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        Keys::open(folder.path()).unwrap();
        fs::write(folder.path().join("keys/0002.pem"), "rubbish").unwrap();
        let error = Keys::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("0002.pem"), "{error}");
    }
}
