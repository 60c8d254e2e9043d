//! `[tls]` of relay.toml: a certificate of one's own, one that ACME brings, or neither (behind a proxy).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[tls]` as it is written; what is not set is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsSettings {
    /// The chain of certificates in PEM, the server's own first. Read again when it changes.
    pub cert_file: String,
    /// Its private key in PEM.
    pub key_file: String,
    /// Domains for which ACME brings certificates (TLS-ALPN-01, RFC 8737: port 443 must lead here).
    pub acme_domains: Vec<String>,
    /// Where the authority writes when something is wrong.
    pub acme_email: String,
    /// The authority's directory.
    pub acme_directory: String,
    /// Whom to believe when asking a private authority, in PEM; otherwise the platform's.
    pub acme_ca_file: String,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self {
            cert_file: String::new(),
            key_file: String::new(),
            acme_domains: Vec::new(),
            acme_email: String::new(),
            acme_directory: "https://acme-v02.api.letsencrypt.org/directory".to_owned(),
            acme_ca_file: String::new(),
        }
    }
}

impl TlsSettings {
    /// Certificate and key, where they are named.
    #[must_use]
    pub fn own(&self) -> Option<(PathBuf, PathBuf)> {
        (!self.cert_file.is_empty()).then(|| (PathBuf::from(&self.cert_file), PathBuf::from(&self.key_file)))
    }

    /// Whether TLS ends at the relay.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.cert_file.is_empty() || !self.acme_domains.is_empty()
    }

    /// Whether what is written fits together.
    pub(super) fn checked(self) -> Result<Self, ConfigError> {
        let wrong = |text: &str| Err(ConfigError::Setting(text.to_owned()));
        if self.cert_file.is_empty() != self.key_file.is_empty() {
            return wrong("tls.cert_file and tls.key_file belong together; name both");
        }
        if !self.cert_file.is_empty() && !self.acme_domains.is_empty() {
            return wrong("tls has cert_file and acme_domains; keep the one that you want");
        }
        if let Some(domain) = self.acme_domains.iter().find(|domain| !is_domain(domain)) {
            return Err(ConfigError::Setting(format!(
                "tls.acme_domains has `{domain}`, expected a domain such as orders.bistro.example"
            )));
        }
        Ok(self)
    }
}

/// Whether a certificate can be asked for it: letters, digits, hyphens and dots, and no address.
#[must_use]
pub fn is_domain(text: &str) -> bool {
    let letters =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    text.split('.').all(letters) && text.parse::<std::net::IpAddr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_and_doubles_are_refused_by_name() {
        let some = |text: &str| text.to_owned();
        let half = TlsSettings {
            cert_file: some("a.pem"),
            ..TlsSettings::default()
        };
        assert!(
            half.clone()
                .checked()
                .unwrap_err()
                .to_string()
                .contains("tls.key_file")
        );
        let double = TlsSettings {
            key_file: some("a.key"),
            acme_domains: vec![some("a.example")],
            ..half
        };
        assert!(double.checked().unwrap_err().to_string().contains("acme_domains"));
        let path = TlsSettings {
            acme_domains: vec![some("https://a.example")],
            ..TlsSettings::default()
        };
        assert!(
            path.checked()
                .unwrap_err()
                .to_string()
                .contains("https://a.example")
        );
        assert!(TlsSettings::default().checked().is_ok());
    }
}
