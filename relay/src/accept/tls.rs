//! TLS that ends at the relay: by a certificate of one's own, or by one that ACME brings.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_acme::caches::DirCache;
use rustls_acme::{AcmeConfig, AcmeState, acme::ACME_TLS_ALPN_NAME};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::{info, warn};

use crate::config::TlsSettings;

/// From the first byte to the last of a handshake; below the 10 s of X1.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(8);

/// How often the certificate's files are looked at; who renews them renews weeks ahead.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path} cannot be read; check that it exists and that the relay's user may read it")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} cannot be used: {what}")]
    Content {
        /// Which one.
        path: PathBuf,
        /// What is wrong, and what is expected.
        what: String,
    },
    /// This machine trusts nobody, so not the authority either.
    #[error("this machine has no certificate authorities: install ca-certificates")]
    NoRoots(#[source] rustls::Error),
}

/// What accepts TLS, and what has to run beside it.
pub struct Tls {
    acceptor: TlsAcceptor,
    upkeep: BoxFuture<'static, ()>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// TLS as the settings say; none where they say nothing.
    ///
    /// # Errors
    /// [`TlsError`], naming the file.
    pub fn open(settings: &TlsSettings, data: &Path) -> Result<Option<Self>, TlsError> {
        if let Some((cert, key)) = settings.own() {
            return Self::own(cert, key).map(Some);
        }
        if !settings.acme_domains.is_empty() {
            return Self::acme(settings, data).map(Some);
        }
        Ok(None)
    }

    /// What takes handshakes, and the task that keeps certificates fresh, for ever.
    #[must_use]
    pub fn split(self) -> (TlsAcceptor, BoxFuture<'static, ()>) {
        (self.acceptor, self.upkeep)
    }

    fn own(cert: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let files = Arc::new(Files::open(cert, key)?);
        let watched = Arc::clone(&files);
        Ok(Self {
            acceptor: acceptor(files, &[HTTP]),
            upkeep: Box::pin(async move {
                loop {
                    tokio::time::sleep(LOOK_EVERY).await;
                    watched.look();
                }
            }),
        })
    }

    fn acme(settings: &TlsSettings, data: &Path) -> Result<Self, TlsError> {
        let folder = data.join("acme");
        crate::make_folder(&folder).map_err(|source| TlsError::File {
            path: folder.clone(),
            source,
        })?;
        let contact = Some(&settings.acme_email).filter(|email| !email.is_empty());
        let state = AcmeConfig::new_with_client_config(&settings.acme_domains, trust(settings)?)
            .contact(contact.map(|email| format!("mailto:{email}")))
            .directory(&settings.acme_directory)
            .cache(DirCache::new(folder))
            .state();
        Ok(Self {
            acceptor: acceptor(state.resolver(), &[HTTP, ACME_TLS_ALPN_NAME]),
            upkeep: Box::pin(renew(state)),
        })
    }
}

/// The only protocol that is spoken inside; WebSockets begin with it too.
const HTTP: &[u8] = b"http/1.1";

/// One handshake, within its limit.
///
/// # Errors
/// What the client did wrong, or that it was too slow.
pub async fn handshake(acceptor: &TlsAcceptor, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let shaken = tokio::time::timeout(HANDSHAKE_WITHIN, acceptor.accept(stream)).await;
    shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn acceptor(resolver: Arc<dyn ResolvesServerCert>, protocols: &[&[u8]]) -> TlsAcceptor {
    // The versions and the provider fit each other by construction; only a wrong pair could fail.
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let mut config = match builder.with_safe_default_protocol_versions() {
        Ok(builder) => builder.with_no_client_auth().with_cert_resolver(resolver),
        Err(_) => ServerConfig::builder()
            .with_no_client_auth()
            .with_cert_resolver(resolver),
    };
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

async fn renew(mut state: AcmeState<io::Error, io::Error>) {
    while let Some(step) = state.next().await {
        match step {
            Ok(done) => info!("certificate by ACME: {done:?}"),
            Err(error) => warn!(
                "no certificate by ACME yet: {error}; the domain must lead here and port 443 must be reachable"
            ),
        }
    }
}

/// Whom the relay believes when it asks for a certificate.
fn trust(settings: &TlsSettings) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::NoRoots)?;
    let config = if settings.acme_ca_file.is_empty() {
        builder.with_platform_verifier().map_err(TlsError::NoRoots)?
    } else {
        let path = PathBuf::from(&settings.acme_ca_file);
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(chain(&path)?);
        if added == 0 {
            return Err(content(&path, "expected certificates in PEM".to_owned()));
        }
        builder.with_root_certificates(roots)
    };
    Ok(Arc::new(config.with_no_client_auth()))
}

/// A certificate of one's own, read again when its files change.
#[derive(Debug)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
    read: RwLock<(Arc<CertifiedKey>, [Option<SystemTime>; 2])>,
}

impl Files {
    fn open(cert: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let times = times(&cert, &key);
        let read = RwLock::new((Arc::new(certified(&cert, &key)?), times));
        Ok(Self { cert, key, read })
    }

    /// The old one stays in use where the new one cannot be used, such as between two writes.
    fn look(&self) {
        let now = times(&self.cert, &self.key);
        if self.read.read().unwrap_or_else(PoisonError::into_inner).1 == now {
            return;
        }
        match certified(&self.cert, &self.key) {
            Ok(new) => {
                *self.read.write().unwrap_or_else(PoisonError::into_inner) = (Arc::new(new), now);
                info!("the new certificate in {} is in use", self.cert.display());
            }
            Err(error) => warn!("the old certificate stays in use: {error}"),
        }
    }
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&read.0))
    }
}

fn times(cert: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [cert, key].map(|path| fs::metadata(path).and_then(|meta| meta.modified()).ok())
}

fn certified(cert: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let chain = chain(cert)?;
    if chain.is_empty() {
        return Err(content(
            cert,
            "expected a chain of certificates in PEM, the server's own first".to_owned(),
        ));
    }
    let private = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|error| content(key, format!("expected a private key in PEM ({error})")))?;
    CertifiedKey::from_der(chain, private, &ring::default_provider())
        .map_err(|error| content(key, format!("it does not fit the certificate ({error})")))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = read(path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read).collect();
    certificates.map_err(|error| content(path, format!("expected certificates in PEM ({error})")))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::File {
        path: path.to_owned(),
        source,
    })
}

fn content(path: &Path, what: String) -> TlsError {
    TlsError::Content {
        path: path.to_owned(),
        what,
    }
}
