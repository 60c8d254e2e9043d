//! TLS that ends at the relay: HTTPS and wss by a certificate of one's own, renewed while it serves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt as _;
use relay::Relay;
use relay::config::{Config, TlsSettings};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A certificate for localhost, written as files; its own authority.
fn certificate(folder: &Path) -> TlsSettings {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    TlsSettings {
        cert_file: cert.display().to_string(),
        key_file: key.display().to_string(),
        ..TlsSettings::default()
    }
}

fn config(folder: &Path) -> Config {
    Config {
        tls: certificate(folder),
        insecure_no_auth: true,
        ..Config::new(folder.join("data"))
    }
}

async fn connect(relay: &str, folder: &Path) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(folder.join("cert.pem")).unwrap())
        .unwrap();
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(relay).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn https_and_wss_are_served_and_the_command_line_still_comes_in() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::bind(config(folder.path())).await.unwrap();
    let (address, plain) = (relay.addr().to_string(), relay.plain_addr());
    assert!(relay.url().starts_with("https://") && plain != relay.addr() && plain.ip().is_loopback());
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    tasks.spawn(relay.serve(stop.clone()));

    let mut stream = connect(&address, folder.path()).await.unwrap();
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let stream = connect(&address, folder.path()).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("wss://localhost/ws/restaurant-pos/demo", stream)
        .await
        .unwrap();
    let hello = socket.next().await.unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains('{'), "{hello:?}");

    let mut stream = TcpStream::connect(plain).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    answer.clear();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    // Whoever speaks plainly on the TLS port gets nothing of the relay.
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(
        !String::from_utf8_lossy(&answer).contains("HTTP/1.1"),
        "{answer:?}"
    );

    stop.cancel();
    tasks.close();
    tasks.wait().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = config(folder.path());
    std::fs::write(folder.path().join("not.pem"), "no certificate").unwrap();
    let with = |cert: &str, key: &str| Config {
        tls: TlsSettings {
            cert_file: folder.path().join(cert).display().to_string(),
            key_file: folder.path().join(key).display().to_string(),
            ..TlsSettings::default()
        },
        ..good.clone()
    };
    for (cert, key, named) in [
        ("missing.pem", "key.pem", "missing.pem"),
        ("not.pem", "key.pem", "not.pem"),
        ("cert.pem", "not.pem", "not.pem"),
    ] {
        let refused = Relay::bind(with(cert, key)).await.unwrap_err().to_string();
        assert!(refused.contains(named), "{refused}");
    }
    let other = tempfile::tempdir().unwrap();
    certificate(other.path());
    std::fs::copy(other.path().join("key.pem"), folder.path().join("other.pem")).unwrap();
    let refused = Relay::bind(with("cert.pem", "other.pem"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("other.pem") && refused.contains("fit"),
        "{refused}"
    );
}
