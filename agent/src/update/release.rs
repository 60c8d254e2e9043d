//! A signed release: one program, and beside it a minisign signature whose trusted comment names version and target.
//!
//! The trusted comment is signed together with the file, so nobody can pass an older release off as a newer one, or
//! one for another processor as ours. <https://jedisct1.github.io/minisign/>

use std::fmt;

use minisign_verify::{PublicKey, Signature};

/// What release files begin with.
const NAME: &str = "printrail-agent";

/// A version: up to three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u64, u64, u64);

/// What was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its version.
    pub version: Version,
}

/// Why a file is no release for this computer.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// Nobody said whose signature counts.
    #[error(
        "this program was built without a release key: name the publisher's in agent.toml, [update] public_key = \"RW…\""
    )]
    NoKey,
    /// The key is none.
    #[error("the release key is no minisign public key: check [update] public_key in agent.toml")]
    BadKey,
    /// There is no readable signature.
    #[error("the signature cannot be read: fetch the release and its .minisig again")]
    BadSignature,
    /// Somebody else's, or of another file.
    #[error(
        "the signature does not fit: the file was changed, cut short or signed by somebody else; nothing was installed"
    )]
    Forged,
    /// Signed, but for something else.
    #[error("the release is `{said}` and this computer needs `{wanted}`: fetch the right one")]
    OtherTarget {
        /// What was signed.
        said: String,
        /// What was expected.
        wanted: String,
    },
}

impl Version {
    /// Reads `1.2.3`; what is missing counts as 0.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.trim().splitn(3, '.').map(str::parse::<u64>);
        let first = numbers.next()?.ok()?;
        let mut rest = || numbers.next().unwrap_or(Ok(0)).ok();
        Some(Self(first, rest()?, rest()?))
    }

    /// Of the program that runs.
    #[must_use]
    pub fn own() -> Self {
        Self::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Self(0, 0, 0))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The name of this computer's release file, such as `printrail-agent-linux-x86_64`.
#[must_use]
pub fn file_name() -> String {
    format!("{NAME}-{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

impl Release {
    /// What the signature says of the file, without the file: enough to look whether there is something new.
    ///
    /// # Errors
    /// [`ReleaseError::BadSignature`], [`ReleaseError::OtherTarget`].
    pub fn announced(signature: &str) -> Result<Self, ReleaseError> {
        let signature = Signature::decode(signature).map_err(|_| ReleaseError::BadSignature)?;
        Self::read(signature.trusted_comment())
    }

    /// Checks a file against its signature and gives what was signed.
    ///
    /// # Errors
    /// [`ReleaseError`].
    pub fn verify(program: &[u8], signature: &str, key: Option<&str>) -> Result<Self, ReleaseError> {
        let key = key
            .or(option_env!("PRINTRAIL_RELEASE_KEY"))
            .ok_or(ReleaseError::NoKey)?;
        let key = PublicKey::from_base64(key.trim()).map_err(|_| ReleaseError::BadKey)?;
        let signature = Signature::decode(signature).map_err(|_| ReleaseError::BadSignature)?;
        key.verify(program, &signature, false)
            .map_err(|_| ReleaseError::Forged)?;
        Self::read(signature.trusted_comment())
    }

    /// `printrail-agent-linux-x86_64 0.1.1`, as packaging/sign.sh writes it.
    fn read(comment: &str) -> Result<Self, ReleaseError> {
        let wanted = file_name();
        let other = || ReleaseError::OtherTarget {
            said: comment.chars().filter(|c| !c.is_control()).take(100).collect(),
            wanted: wanted.clone(),
        };
        let (name, version) = comment.trim().split_once(' ').ok_or_else(other)?;
        if name != wanted {
            return Err(other());
        }
        let version = Version::parse(version).ok_or_else(other)?;
        Ok(Self { version })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use minisign::KeyPair;

    use super::*;

    fn signed(program: &[u8], comment: &str) -> (String, String) {
        let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair().unwrap();
        let signature = minisign::sign(Some(&pk), &sk, Cursor::new(program), Some(comment), None).unwrap();
        (pk.to_base64(), signature.to_string())
    }

    fn ours(version: &str) -> String {
        format!("{} {version}", file_name())
    }

    #[test]
    fn a_release_is_taken_only_whole_and_from_its_publisher() {
        let (key, signature) = signed(b"program", &ours("0.2.0"));
        let verify =
            |program: &[u8], signature: &str, key: &str| Release::verify(program, signature, Some(key));
        let release = verify(b"program", &signature, &key).unwrap();
        assert_eq!(release.version, Version(0, 2, 0));
        assert_eq!(Release::announced(&signature).unwrap(), release);
        for changed in [&b"progra"[..], b"programm", b"Program", b""] {
            assert!(matches!(
                verify(changed, &signature, &key),
                Err(ReleaseError::Forged)
            ));
        }
        let (stranger, forged) = signed(b"program", &ours("0.2.0"));
        assert!(matches!(
            verify(b"program", &forged, &key),
            Err(ReleaseError::Forged)
        ));
        assert!(matches!(
            verify(b"program", &signature, &stranger),
            Err(ReleaseError::Forged)
        ));
        assert!(matches!(
            verify(b"program", "", &key),
            Err(ReleaseError::BadSignature)
        ));
        assert!(matches!(
            verify(b"program", &signature, "RWno"),
            Err(ReleaseError::BadKey)
        ));
    }

    #[test]
    fn the_version_and_the_target_cannot_be_rewritten() {
        let (key, signature) = signed(b"program", &ours("0.0.1"));
        let lied = signature.replace("0.0.1", "9.0.0");
        assert!(matches!(
            Release::verify(b"program", &lied, Some(&key)),
            Err(ReleaseError::Forged)
        ));
        for other in ["printrail-agent-plan9-mips 0.2.0", "0.2.0", &ours("new"), ""] {
            let (key, signature) = signed(b"program", other);
            let refused = Release::verify(b"program", &signature, Some(&key));
            assert!(
                matches!(refused, Err(ReleaseError::OtherTarget { .. })),
                "{other}"
            );
        }
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("0.10.0") > version("0.9.9"));
        assert_eq!(version("1"), version("1.0.0"));
        for wrong in ["", "a", "1.x", "1.2.3.4", "-1"] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }
}
