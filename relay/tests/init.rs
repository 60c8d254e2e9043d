//! The first run as a manager types it: settings written, certificate checked, the one-time code opens the pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A command on a data folder, away from the machine's own files.
fn command(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_printrail-relay"));
    command.args(args).arg("--data").arg(data);
    command.env("HOME", data).env_remove("XDG_CONFIG_HOME");
    command
}

fn run(data: &Path, args: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = command(data, args).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

struct Serving(Child, String);

impl Serving {
    fn start(data: &Path) -> Self {
        let mut child = command(data, &["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.strip_prefix("listening on ").expect("the first line");
        Self(child, url.trim().to_owned())
    }

    /// `POST /api/sign-in`: status line and body.
    fn sign_in(&self, code: &str) -> String {
        let host = self.1.trim_start_matches("http://");
        let body = format!("{{\"code\":\"{code}\"}}");
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "POST /api/sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn code_in(said: &str) -> &str {
    let after = said.split_once("one-time code: ").expect(said).1;
    after.split_whitespace().next().unwrap()
}

#[test]
fn behind_a_proxy_the_first_code_signs_a_manager_in_once() {
    let data = tempfile::tempdir().unwrap();
    let args = [
        "init",
        "--outlet",
        "bistro",
        "--domain",
        "orders.bistro.example",
        "--behind-proxy",
    ];
    let (exit, said) = run(data.path(), &args);
    assert_eq!(exit, 0, "{said}");
    for line in [
        "✓ config written: ",
        "Open https://orders.bistro.example/   one-time code: ",
        "--relay wss://orders.bistro.example CODE",
        "printrail-relay serve --data ",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let written = std::fs::read_to_string(data.path().join("relay.toml")).unwrap();
    assert!(
        written.contains("trusted_proxies = [\"127.0.0.1\", \"::1\"]"),
        "{written}"
    );

    let relay = Serving::start(data.path());
    let answer = relay.sign_in(code_in(&said));
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("\"manager\""),
        "{answer}"
    );
    let again = relay.sign_in(code_in(&said));
    assert!(again.starts_with("HTTP/1.1 401"), "{again}");

    // Beside the running relay it makes another one, and says that the outlet is there, named or not.
    let (exit, said) = run(data.path(), &["init", "--outlet", "bistro"]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("has an outlet bistro already"), "{said}");
    let (exit, said) = run(data.path(), &["init", "--behind-proxy"]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("has an outlet bistro already"), "{said}");
    let answer = relay.sign_in(code_in(&said));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_certificate_of_ones_own_is_checked_and_then_served() {
    let data = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (data.path().join("a.crt"), data.path().join("a.key"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, "no key").unwrap();
    let args = [
        "init",
        "--domain",
        "localhost",
        "--cert",
        cert.to_str().unwrap(),
        "--key",
        key.to_str().unwrap(),
    ];
    let (exit, said) = run(data.path(), &args);
    assert_eq!(exit, 8, "{said}");
    assert!(said.contains("a.key"), "{said}");
    assert!(!data.path().join("relay.db").exists());

    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (exit, said) = run(data.path(), &args);
    assert_eq!(exit, 0, "{said}");
    assert!(
        said.contains("Open https://localhost/ ") && said.contains("a.crt can be used"),
        "{said}"
    );
    let relay = Serving::start(data.path());
    assert!(relay.1.starts_with("https://127.0.0.1:"), "{}", relay.1);
}

#[test]
fn flags_that_do_not_fit_are_refused_and_nothing_is_written() {
    let data = tempfile::tempdir().unwrap();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--domain", "orders.bistro.example"], 2, "--behind-proxy"),
        (&["--acme-email", "me@bistro.example"], 2, "--domain"),
        (
            &["--domain", "https://a.example", "--behind-proxy"],
            2,
            "--domain is `https://a.example`",
        ),
        (
            &["--domain", "a.example", "--acme-email", "me"],
            2,
            "--acme-email is `me`",
        ),
        (&["--cert", "a.pem"], 2, "--key"),
        (&["--behind-proxy", "--listen", "8080"], 8, "listen is `8080`"),
    ];
    for (args, wanted, says) in cases {
        let (exit, said) = run(data.path(), &[&["init"], args].concat());
        assert_eq!(exit, wanted, "{args:?}: {said}");
        assert!(said.contains(says), "{args:?}: {said}");
    }
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
}
