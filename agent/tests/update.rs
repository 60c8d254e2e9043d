//! `update` as an administrator types it, on a program in a folder of its own. The running service is replaced in
//! tests/packages, in a Debian that boots.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use agent::update::file_name;
use minisign::KeyPair;
use tempfile::TempDir;

/// A program that is installed, and a publisher.
struct House {
    folder: TempDir,
    keys: KeyPair,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_printrail-agent"), folder.path().join("agent")).unwrap();
        let keys = KeyPair::generate_unencrypted_keypair().unwrap();
        Self { folder, keys }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A release of a shell script that says it is that version, and where it lies.
    fn release(&self, version: &str) -> PathBuf {
        let script = format!("#!/bin/sh\necho printrail-agent {version}\n");
        self.signed(script.as_bytes(), &format!("{} {version}", file_name()))
    }

    fn signed(&self, program: &[u8], comment: &str) -> PathBuf {
        let path = self.at("release");
        let (public, secret) = (&self.keys.pk, &self.keys.sk);
        let signature =
            minisign::sign(Some(public), secret, Cursor::new(program), Some(comment), None).unwrap();
        fs::write(&path, program).unwrap();
        fs::write(self.at("release.minisig"), signature.to_string()).unwrap();
        path
    }

    /// Exit code and what it said.
    fn update(&self, args: &[&str]) -> (i32, String) {
        run(
            &self.at("agent"),
            &self.at("data"),
            &self.keys.pk.to_base64(),
            args,
        )
    }

    fn file(&self, path: &Path) -> (i32, String) {
        self.update(&[path.to_str().unwrap()])
    }

    /// Whether the program is still the one that was there.
    fn is_old(&self) -> bool {
        let size = |path: &Path| fs::metadata(path).unwrap().len();
        size(&self.at("agent")) == size(Path::new(env!("CARGO_BIN_EXE_printrail-agent")))
    }
}

fn run(program: &Path, data: &Path, key: &str, args: &[&str]) -> (i32, String) {
    let done = Command::new(program)
        .arg("update")
        .args(args)
        .arg("--data")
        .arg(data)
        .env("PRINTRAIL_AGENT_UPDATE_PUBLIC_KEY", key)
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn a_signed_version_takes_the_place_and_the_one_before_comes_back_when_asked() {
    let house = House::new();
    let (exit, said) = house.file(&house.release("9.1.0"));
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("9.1.0 is installed"), "{said}");
    assert!(!house.is_old());
    // The old program watches over the start, and brings itself back after two of them.
    let before = house.at("agent.previous");
    for wanted in ["on trial", "on trial", "is back", ""] {
        let (exit, said) = run(&before, &house.at("data"), "", &["--guard"]);
        assert!(exit == 0 && said.contains(wanted), "{wanted}: {said}");
    }
    assert!(house.is_old());

    house.file(&house.release("9.2.0"));
    let (exit, said) = run(&before, &house.at("data"), "", &["--rollback"]);
    assert_eq!(exit, 0, "{said}");
    assert!(house.is_old());
}

#[test]
fn what_is_forged_cut_short_older_or_for_others_changes_nothing() {
    let house = House::new();
    let refused = |release: &Path, says: &str| {
        let (exit, said) = house.file(release);
        assert_eq!(exit, 10, "{says}: {said}");
        assert!(said.contains(says), "{says}: {said}");
        assert!(house.is_old());
        assert!(!house.at("agent.new").exists() && !house.at("data/update.json").exists());
    };
    let release = house.release("9.0.0");
    let whole = fs::read(&release).unwrap();
    fs::write(&release, &whole[..whole.len() - 1]).unwrap();
    refused(&release, "the signature does not fit");
    fs::write(&release, [&whole[..], b"\nrm -rf /\n"].concat()).unwrap();
    refused(&release, "the signature does not fit");
    fs::write(&release, &whole).unwrap();
    let signature = fs::read_to_string(house.at("release.minisig")).unwrap();
    fs::write(house.at("release.minisig"), signature.replace("9.0.0", "9.9.9")).unwrap();
    refused(&release, "the signature does not fit");
    fs::write(house.at("release.minisig"), "").unwrap();
    refused(&release, "signature cannot be read");
    let stranger = KeyPair::generate_unencrypted_keypair().unwrap().pk.to_base64();
    let release = house.release("9.0.0");
    let (exit, said) = run(
        &house.at("agent"),
        &house.at("data"),
        &stranger,
        &[release.to_str().unwrap()],
    );
    assert!(exit == 10 && said.contains("signed by somebody else"), "{said}");

    refused(&house.release("0.0.1"), "--allow-downgrade");
    let other = house.signed(b"#!/bin/sh\n", "printrail-agent-plan9-mips 9.0.0");
    refused(&other, "printrail-agent-plan9-mips 9.0.0");
    let broken = house.signed(b"#!/bin/sh\nexit 1\n", &format!("{} 9.0.0", file_name()));
    refused(&broken, "does not run on this computer");
    let liar = house.signed(
        b"#!/bin/sh\necho printrail-agent 9.0.1\n",
        &format!("{} 9.0.0", file_name()),
    );
    refused(&liar, "it says `printrail-agent 9.0.1`");
}

#[test]
fn an_older_version_is_installed_when_it_is_wanted_and_the_same_one_is_left() {
    let house = House::new();
    let same = house.release(env!("CARGO_PKG_VERSION"));
    let (exit, said) = house.file(&same);
    assert!(exit == 0 && said.contains("already"), "{said}");
    let older = house.release("0.0.1");
    let (exit, said) = house.update(&[older.to_str().unwrap(), "--allow-downgrade"]);
    assert_eq!(exit, 0, "{said}");
    assert!(!house.is_old());
}

#[test]
fn without_a_key_or_an_address_it_says_where_to_name_them() {
    let house = House::new();
    let release = house.release("9.0.0");
    let (exit, said) = run(
        &house.at("agent"),
        &house.at("data"),
        "",
        &[release.to_str().unwrap()],
    );
    assert!(exit == 8 && said.contains("public_key"), "{said}");
    let (exit, said) = house.update(&[]);
    assert!(exit == 8 && said.contains("[update] url"), "{said}");
}

#[test]
fn it_is_fetched_from_the_publishers_address_and_a_look_installs_nothing() {
    let house = House::new();
    let release = house.release("9.3.0");
    let answers = [
        (".minisig", fs::read(house.at("release.minisig")).unwrap()),
        ("", fs::read(&release).unwrap()),
    ];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/releases", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 2048];
            let read = stream.read(&mut head).unwrap();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let wanted =
                |suffix: &str| head.starts_with(&format!("GET /releases/beta/{}{suffix} ", file_name()));
            let found = answers.iter().find(|(suffix, _)| wanted(suffix));
            let (status, body) = found.map_or(("404 Not Found", &[][..]), |(_, body)| ("200 OK", &body[..]));
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            )
            .unwrap();
            stream.write_all(body).unwrap();
        }
    });
    fs::write(
        house.at("data/agent.toml"),
        format!("[update]\nurl = \"{url}\"\n"),
    )
    .unwrap();
    let (exit, said) = house.update(&["--check", "--channel", "beta"]);
    assert!(exit == 0 && said.contains("9.3.0 is offered"), "{said}");
    assert!(house.is_old());
    let (exit, said) = house.update(&[]);
    assert!(exit == 10 && said.contains("404"), "{said}");
    let (exit, said) = house.update(&["--channel", "beta", "--json"]);
    assert!(exit == 0 && said.contains("\"to\":\"9.3.0\""), "{said}");
    assert!(!house.is_old());
}
