//! One small file over HTTPS: what a vendor's address answers, within a time and a size, and nothing else; or one small
//! message to an address.
//! No redirect is followed, so that nobody leads this relay to an address that its settings do not name.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;

/// How long all of it may take. A token waits for it where its key is not known yet.
const WITHIN: Duration = Duration::from_secs(5);

/// The largest answer: a key set of dozens of RSA keys.
const LARGEST: usize = 64 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The address is none that is asked.
    #[error("it is neither https:// nor http:// on a loopback address")]
    Address,
    /// The connection.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// The answer is another than 200; a redirect too.
    #[error("it answers {0}")]
    Status(StatusCode),
    /// The answer is too large or broke off.
    #[error("its answer is larger than {LARGEST} bytes or broke off")]
    Body,
    /// The answer did not come.
    #[error("it did not answer within {} s", WITHIN.as_secs())]
    Time,
}

/// An address that may be asked: `https`, or `http` on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    uri: Uri,
    host: String,
    port: u16,
    is_secure: bool,
}

impl Address {
    /// Reads an address.
    pub(crate) fn parse(text: &str) -> Result<Self, FetchError> {
        let uri: Uri = text.parse().map_err(|_| FetchError::Address)?;
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_loopback(&host) => false,
            _ => return Err(FetchError::Address),
        };
        let has_user = uri
            .authority()
            .is_none_or(|authority| authority.as_str().contains('@'));
        if host.is_empty() || has_user {
            return Err(FetchError::Address);
        }
        let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        Ok(Self {
            uri,
            host,
            port,
            is_secure,
        })
    }
}

impl Address {
    fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    fn authority(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }
}

/// What an address answers.
pub(super) async fn get(address: &Address) -> Result<Bytes, FetchError> {
    let request = Request::get(address.path())
        .header(header::HOST, address.authority())
        .header(header::ACCEPT, "application/json")
        .body(Full::default())
        .map_err(unreachable)?;
    tokio::time::timeout(WITHIN, ask(address, request))
        .await
        .map_err(|_| FetchError::Time)?
}

/// Tells an address something: any answer from 200 to 299 is fine. `title` is for people, as ntfy takes it.
pub(crate) async fn post(address: &Address, kind: &str, title: &str, body: Bytes) -> Result<(), FetchError> {
    let request = Request::post(address.path())
        .header(header::HOST, address.authority())
        .header(header::CONTENT_TYPE, kind)
        .header("title", title)
        .body(Full::new(body))
        .map_err(unreachable)?;
    tokio::time::timeout(WITHIN, ask(address, request))
        .await
        .map_err(|_| FetchError::Time)?
        .map(drop)
}

type Question = Request<Full<Bytes>>;

async fn ask(address: &Address, request: Question) -> Result<Bytes, FetchError> {
    let stream = TcpStream::connect((address.host.as_str(), address.port))
        .await
        .map_err(unreachable)?;
    if !address.is_secure {
        // `localhost` is what this machine's files say.
        let peer = stream.peer_addr().map_err(unreachable)?;
        return match peer.ip().to_canonical().is_loopback() {
            true => exchange(request, stream).await,
            false => Err(not_here(peer)),
        };
    }
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unreachable)?
        .with_platform_verifier()
        .map_err(unreachable)?
        .with_no_client_auth();
    let name = ServerName::try_from(address.host.clone()).map_err(unreachable)?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(unreachable)?;
    exchange(request, stream).await
}

async fn exchange<S>(request: Question, stream: S) -> Result<Bytes, FetchError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(unreachable)?;
    let is_question = request.method() == hyper::Method::GET;
    let answer = async {
        let answer = sender.send_request(request).await.map_err(unreachable)?;
        let is_fine = match is_question {
            true => answer.status() == StatusCode::OK,
            false => answer.status().is_success(),
        };
        if !is_fine {
            return Err(FetchError::Status(answer.status()));
        }
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|_| FetchError::Body)
    };
    tokio::pin!(answer, connection);
    tokio::select! {
        answer = &mut answer => answer,
        _ = &mut connection => answer.await,
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn unreachable(error: impl std::fmt::Display) -> FetchError {
    FetchError::Unreachable(error.to_string())
}

fn not_here(peer: SocketAddr) -> FetchError {
    FetchError::Unreachable(format!("{peer} is no loopback address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_this_machine_alone_are_asked() {
        for good in [
            "https://id.vendor.example/jwks.json",
            "http://127.0.0.1:8081/keys",
            "http://localhost/keys",
            "http://[::1]:9/keys",
        ] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.vendor.example/jwks.json",
            "http://10.0.0.1/keys",
            "http://127.0.0.1.evil.example/keys",
            "ftp://127.0.0.1/keys",
            "file:///etc/passwd",
            "https://user@vendor.example/keys",
            "/keys",
            "",
        ] {
            assert!(matches!(Address::parse(bad), Err(FetchError::Address)), "{bad}");
        }
    }
}
