//! The way to the relay: TCP, TLS where the address says so, and one small HTTP request.

mod http;
mod issuer;
mod tls;

use std::io;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::config::RelayUrl;
pub use http::{HttpError, Reply, fetch, post_json, server_time};
pub use tls::{Tls, TlsError, Untrusted};

/// The longest wait for one address to take a connection. A name may have several.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// The longest wait for a TLS handshake on a bad line.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// A connection, encrypted or not.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Why the relay cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The name is unknown, or there is no name server.
    #[error("the name {host} cannot be resolved: check this computer's network and the relay's address")]
    Name {
        /// The name.
        host: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No address of the relay takes a connection.
    #[error("{authority} cannot be reached: check the network, a firewall, and whether the relay runs")]
    Unreachable {
        /// Host and port.
        authority: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else answers in the relay's name, or the certificate does not hold.
    #[error("{authority}: {untrusted}; nothing was sent")]
    Untrusted {
        /// Host and port.
        authority: String,
        /// What is wrong with the certificate, and who issued it.
        untrusted: Untrusted,
    },
    /// The handshake failed otherwise.
    #[error("{authority} does not speak TLS as expected: check that the address and port are the relay's")]
    Handshake {
        /// Host and port.
        authority: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is nothing to check certificates with.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Connects to the relay, encrypted where its address says so.
///
/// # Errors
/// [`DialError`], each with what to do.
pub async fn dial(url: &RelayUrl, tls: &Tls) -> Result<Box<dyn Wire>, DialError> {
    let tcp = connect(url).await?;
    if !url.is_secure() {
        return Ok(Box::new(tcp));
    }
    let authority = url.authority();
    let name = ServerName::try_from(url.host().to_owned()).map_err(|error| DialError::Name {
        host: url.host().to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidInput, error),
    })?;
    let connector = TlsConnector::from(tls.config()?);
    let handshake = timeout(HANDSHAKE_WITHIN, connector.connect(name, tcp)).await;
    match handshake.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(match tls::untrusted(&error) {
            Some(untrusted) => DialError::Untrusted { authority, untrusted },
            None => DialError::Handshake {
                authority,
                source: error,
            },
        }),
    }
}

async fn connect(url: &RelayUrl) -> Result<TcpStream, DialError> {
    let host = url.host().to_owned();
    let addresses = lookup_host((url.host(), url.port())).await;
    let addresses = addresses.map_err(|source| DialError::Name { host, source })?;
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        let attempt = timeout(CONNECT_WITHIN, TcpStream::connect(address)).await;
        match attempt.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                // An acknowledgement must not wait for the next one.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(DialError::Unreachable {
        authority: url.authority(),
        source: last,
    })
}
