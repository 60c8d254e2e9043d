//! Whom the agent believes, and that it never speaks where it does not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::sync::Arc;

use common::{FakeRelay, Home, until};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A server certificate for `name`, and the PEM of the authority behind it.
fn certificate(name: &str) -> (ServerConfig, String) {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(DnType::CommonName, "Prying Proxy CA");
    let ca_key = KeyPair::generate().unwrap();
    let pem = ca.self_signed(&ca_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([name.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (config, pem)
}

async fn problem(home: &Home) -> String {
    until("status says unreachable", || {
        let (code, status) = home.json(&["status"]);
        status["link"]["problem"]
            .as_str()
            .filter(|_| code == Some(6))
            .map(str::to_owned)
    })
    .await
}

#[tokio::test]
async fn a_private_authority_is_believed_once_it_is_named() {
    let (config, pem) = certificate("localhost");
    let relay = FakeRelay::start_tls(config).await;
    let home = Home::kitchen(&relay.url());
    let ca_file = home.path().join("ca.pem");
    fs::write(&ca_file, pem).unwrap();
    let _agent = home.run(&["--ca-file", ca_file.to_str().unwrap()]);
    let (mut peer, _) = relay.live(1).await;
    peer.offer("job-1", 1, "kitchen").await;
    peer.acknowledged("job-1").await;
}

#[tokio::test]
async fn fault_n5_an_inspecting_proxy_is_named_and_gets_nothing() {
    let (config, _) = certificate("localhost");
    let relay = FakeRelay::start_tls(config).await;
    let home = Home::kitchen(&relay.url());
    fs::write(home.path().join("agent.token"), "s3cret").unwrap();
    let _agent = home.run(&[]);
    assert!(relay.stream().await.is_none(), "the handshake succeeded");
    let problem = problem(&home).await;
    assert!(
        problem.contains("issued by \"Prying Proxy CA\"") && problem.contains("nothing was sent"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_even_from_a_trusted_authority() {
    let (config, pem) = certificate("other.example");
    let relay = FakeRelay::start_tls(config).await;
    let home = Home::kitchen(&relay.url());
    let ca_file = home.path().join("ca.pem");
    fs::write(&ca_file, pem).unwrap();
    let _agent = home.run(&["--ca-file", ca_file.to_str().unwrap()]);
    assert!(relay.stream().await.is_none(), "the handshake succeeded");
    let problem = problem(&home).await;
    assert!(problem.contains("for another name"), "{problem}");
}

#[tokio::test]
async fn a_ca_file_that_is_none_is_named() {
    let (config, _) = certificate("localhost");
    let relay = FakeRelay::start_tls(config).await;
    let home = Home::kitchen(&relay.url());
    let ca_file = home.path().join("ca.pem");
    fs::write(&ca_file, "no certificate").unwrap();
    let _agent = home.run(&["--ca-file", ca_file.to_str().unwrap()]);
    let problem = problem(&home).await;
    assert!(problem.contains("ca.pem cannot be used"), "{problem}");
}
