//! Whom the agent believes: the platform's authorities and those of a `ca_file`.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, Resumption};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::issuer::issuer_of;

/// One relay, so a few sessions are plenty; rustls would keep 256.
const SESSIONS: usize = 4;

/// Makes and keeps the TLS settings; the authorities are read at the first use.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    ca_file: Option<PathBuf>,
    config: Arc<OnceLock<Arc<ClientConfig>>>,
}

/// Why there is nothing to check certificates with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The `ca_file` cannot be used.
    #[error("the ca_file {path} cannot be used: expected certificates in PEM")]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The platform has no authorities.
    #[error(
        "this computer has no certificate authorities: install ca-certificates, or name the relay's with ca_file"
    )]
    NoRoots(#[source] rustls::Error),
}

/// A certificate that does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Untrusted {
    /// Who issued the certificate, as far as it can be read.
    pub issuer: String,
    /// What is wrong with it.
    pub why: rustls::Error,
}

impl Tls {
    /// Trusts the platform's authorities, and those in `ca_file`.
    #[must_use]
    pub fn new(ca_file: Option<PathBuf>) -> Self {
        Self {
            ca_file,
            config: Arc::default(),
        }
    }

    /// The settings, made at the first call.
    ///
    /// # Errors
    /// [`TlsError`]; the next call tries again.
    pub fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(client_config(self.ca_file.as_deref())?);
        Ok(Arc::clone(self.config.get_or_init(|| config)))
    }
}

/// What an error of a handshake says of the certificate, if it is about that.
pub(super) fn untrusted(error: &io::Error) -> Option<Untrusted> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::Other(OtherError(inner)) => inner.downcast_ref::<Untrusted>().cloned(),
        _ => None,
    }
}

fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(ca_file, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(TlsError::NoRoots)?;
    let naming = Arc::new(NamesIssuer { inner: verifier });
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(naming)
        .with_no_client_auth();
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(config)
}

fn verifier(ca_file: Option<&Path>, provider: &Arc<CryptoProvider>) -> Result<Verifier, TlsError> {
    let Some(path) = ca_file else {
        return Verifier::new(Arc::clone(provider)).map_err(TlsError::NoRoots);
    };
    let wrong = |source| TlsError::CaFile {
        path: path.to_owned(),
        source,
    };
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let extra = read.map_err(|error| wrong(error.into()))?;
    if extra.is_empty() {
        return Err(wrong("there is no certificate in it".into()));
    }
    Verifier::new_with_extra_roots(extra, Arc::clone(provider)).map_err(|error| wrong(error.into()))
}

/// Checks as the platform does, and says who issued what it refuses: an inspecting proxy is then
/// known by its name (DELIVERY.md, N5).
#[derive(Debug)]
struct NamesIssuer {
    inner: Verifier,
}

impl ServerCertVerifier for NamesIssuer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self
            .inner
            .verify_server_cert(end_entity, intermediates, name, ocsp, now);
        verdict.map_err(|why| {
            let issuer = issuer_of(end_entity).unwrap_or_else(|| "an unnamed authority".to_owned());
            rustls::Error::Other(OtherError(Arc::new(Untrusted { issuer, why })))
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, why } = self;
        use CertificateError::{
            Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        };
        use CertificateError::{NotValidYetContext, UnknownIssuer};
        match why {
            rustls::Error::InvalidCertificate(UnknownIssuer) => write!(
                f,
                "its certificate was issued by \"{issuer}\", which this computer does not trust. If a proxy \
                 inspects connections here, exempt the relay from it, or trust that authority with ca_file in \
                 [relay] or --ca-file"
            ),
            rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
                write!(
                    f,
                    "its certificate, issued by \"{issuer}\", is for another name: check the relay's address"
                )
            }
            rustls::Error::InvalidCertificate(
                Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
            ) => write!(
                f,
                "its certificate, issued by \"{issuer}\", is not valid at this computer's date: check the clock, \
                 then the certificate"
            ),
            other => write!(
                f,
                "its certificate, issued by \"{issuer}\", does not hold ({other})"
            ),
        }
    }
}

impl Error for Untrusted {}
