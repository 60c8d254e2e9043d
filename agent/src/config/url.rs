//! The relay's address, in whichever of its four spellings.

use std::fmt;
use std::net::IpAddr;

use tokio_tungstenite::tungstenite::http::Uri;

/// The path of dialect D1 below the relay's address.
const SOCKET_PATH: &str = "/ws";

/// Where a relay listens. `wss` and `https` mean the same here, and so do `ws` and `http`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayUrl {
    secure: bool,
    host: String,
    port: u16,
    path: String,
}

/// Why an address is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// No URL at all.
    #[error("is no address: expected one such as \"wss://orders.bistro.example\"")]
    Malformed,
    /// Another scheme.
    #[error("begins with `{0}`: expected wss, https, ws or http")]
    Scheme(String),
    /// Parts that have no meaning here.
    #[error("carries a user, a query or a token: expected the relay's address alone")]
    Excess,
}

impl RelayUrl {
    /// Reads `wss://host[:port][/base]`; `https`, `ws` and `http` are understood too.
    ///
    /// # Errors
    /// [`UrlError`], to be read after the field's name.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let uri: Uri = text.trim().parse().map_err(|_| UrlError::Malformed)?;
        let secure = match uri.scheme_str() {
            Some("wss" | "https") => true,
            Some("ws" | "http") => false,
            Some(other) => return Err(UrlError::Scheme(other.to_owned())),
            None => return Err(UrlError::Malformed),
        };
        let authority = uri.authority().ok_or(UrlError::Malformed)?;
        if uri.query().is_some() || authority.as_str().contains('@') {
            return Err(UrlError::Excess);
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err(UrlError::Malformed);
        }
        let path = uri.path().trim_end_matches('/');
        let path = path.strip_suffix(SOCKET_PATH).unwrap_or(path).to_owned();
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self {
            secure,
            host,
            port,
            path,
        })
    }

    /// Whether the link is encrypted.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether the relay is on this computer.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let address: Option<IpAddr> = self.host.parse().ok();
        self.host.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
    }

    /// The host's name or address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path of an HTTP resource, such as `/api/enrol`, below the relay's address.
    #[must_use]
    pub fn resource(&self, path: &str) -> String {
        format!("{}{path}", self.path)
    }

    /// The address of the relay's pages, for a person's browser.
    #[must_use]
    pub fn pages(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}{}/", self.authority(), self.path)
    }

    /// The address of the agents' socket.
    #[must_use]
    pub fn socket(&self) -> String {
        format!("{self}{SOCKET_PATH}")
    }

    /// Host and port as the `Host` header and messages write them.
    #[must_use]
    pub fn authority(&self) -> String {
        match (self.host.contains(':'), self.port) {
            (true, port) => format!("[{}]:{port}", self.host),
            (false, port) if port == self.default_port() => self.host.clone(),
            (false, port) => format!("{}:{port}", self.host),
        }
    }

    fn default_port(&self) -> u16 {
        if self.secure { 443 } else { 80 }
    }
}

impl fmt::Display for RelayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_leads_to_the_same_socket() {
        let texts = [
            "wss://a.example",
            "https://a.example/",
            "wss://a.example:443/ws",
            "https://a.example/ws/",
        ];
        for text in texts {
            let url = RelayUrl::parse(text).unwrap();
            assert_eq!(url.socket(), "wss://a.example/ws", "{text}");
            assert_eq!(url.resource("/api/enrol"), "/api/enrol");
        }
        let url = RelayUrl::parse("http://[::1]:8080/printrail").unwrap();
        assert_eq!(url.socket(), "ws://[::1]:8080/printrail/ws");
        assert_eq!((url.host(), url.port(), url.is_loopback()), ("::1", 8080, true));
        assert_eq!(url.resource("/api/enrol"), "/printrail/api/enrol");
    }

    #[test]
    fn what_is_no_address_of_a_relay_is_refused() {
        assert_eq!(RelayUrl::parse("orders.example"), Err(UrlError::Malformed));
        assert_eq!(
            RelayUrl::parse("ftp://a.example"),
            Err(UrlError::Scheme("ftp".to_owned()))
        );
        assert_eq!(RelayUrl::parse("wss://a.example/?token=x"), Err(UrlError::Excess));
        assert_eq!(RelayUrl::parse("wss://me:pw@a.example"), Err(UrlError::Excess));
    }

    #[test]
    fn loopback_is_this_computer_and_nothing_that_looks_like_it() {
        let loopback = |text| RelayUrl::parse(text).unwrap().is_loopback();
        assert!(loopback("ws://127.0.0.1:1") && loopback("ws://localhost") && loopback("ws://[::1]"));
        assert!(!loopback("ws://127.0.0.1.evil.example") && !loopback("ws://192.168.1.5"));
    }
}
