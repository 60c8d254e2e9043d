//! The program itself: what it prints where, and the exit codes that scripts go by.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A command on a data folder, away from the machine's own files.
fn command(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_printrail-relay"));
    command
        .args(args)
        .arg("--data")
        .arg(data)
        .env("HOME", data)
        .env_remove("XDG_CONFIG_HOME");
    command
}

fn run(data: &Path, args: &[&str]) -> Output {
    command(data, args).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A served relay; killed when dropped.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(data: &Path, more: &[&str]) -> Self {
        let args = [&["serve", "--listen", "127.0.0.1:0"], more].concat();
        let mut child = command(data, &args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .strip_prefix("listening on http://")
            .expect("the first line")
            .trim()
            .to_owned();
        Self { child, address }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn serve_on_an_empty_folder_makes_what_it_needs_and_says_where_it_listens() {
    let data = folder();
    let relay = Serving::start(data.path(), &["--insecure-no-auth"]);
    assert!(
        relay.address.starts_with("127.0.0.1:") && !relay.address.ends_with(":0"),
        "{}",
        relay.address
    );
    assert!(data.path().join("relay.db").is_file());
    assert!(data.path().join("keys/0001.pem").is_file());
}

#[test]
fn commands_work_beside_a_running_relay_and_without_one() {
    let data = folder();
    let made = run(
        data.path(),
        &["init", "--outlet", "bistro", "--timezone", "Asia/Jakarta"],
    );
    assert_eq!((code(&made), out(&made).as_str()), (0, ""), "{}", err(&made));
    assert!(err(&made).contains("printrail-relay serve"), "{}", err(&made));
    for running in [false, true] {
        let relay = running.then(|| Serving::start(data.path(), &[]));
        let token = run(
            data.path(),
            &["token", "create", "--outlet", "bistro", "--role", "pos"],
        );
        assert_eq!(out(&token).trim().split('.').count(), 3, "{}", err(&token));
        let pairing = run(
            data.path(),
            &["enrol", "--outlet", "bistro", "--station", "kitchen"],
        );
        assert_eq!(
            (code(&pairing), out(&pairing).trim().len()),
            (0, 11),
            "{}",
            err(&pairing)
        );
        let guest = [
            "token",
            "create",
            "--outlet",
            "bistro",
            "--role",
            "guest",
            "--session",
            "s1",
        ];
        let first = run(data.path(), &guest);
        assert_eq!(code(&first), 0, "{}", err(&first));
        assert_eq!(out(&first), out(&run(data.path(), &guest)));
        let outlets = run(data.path(), &["outlets", "--json"]);
        let outlets: Value = serde_json::from_str(&out(&outlets)).unwrap();
        assert_eq!(
            (&outlets["schema"], &outlets["items"][0]["timezone"]),
            (&1.into(), &"Asia/Jakarta".into())
        );
        drop(relay);
    }
    // The relay was killed and left its note: commands open the store themselves.
    assert_eq!(code(&run(data.path(), &["jobs", "list"])), 0);
}

#[test]
fn a_dry_run_reads_an_order_and_explains_it() {
    let data = folder();
    run(data.path(), &["init"]);
    let order = data.path().join("order.json");
    std::fs::write(&order, r#"{"items":[{"name":"Soto","workstation":"kitchen"}]}"#).unwrap();
    let route = run(
        data.path(),
        &["stations", "route", "--dry-run", order.to_str().unwrap()],
    );
    assert_eq!(code(&route), 0, "{}", err(&route));
    assert!(out(&route).contains("workstation kitchen"), "{}", out(&route));
    std::fs::write(&order, "{").unwrap();
    let broken = run(
        data.path(),
        &["stations", "route", "--dry-run", order.to_str().unwrap()],
    );
    assert_eq!(code(&broken), 2);
}

#[test]
fn every_failure_has_its_exit_code_and_says_what_to_do() {
    let data = folder();
    run(data.path(), &["init"]);
    let cases: [(&[&str], i32, &str); 8] = [
        (&["bogus"], 2, "--help"),
        (
            &["token", "create", "--outlet", "demo", "--role", "guest"],
            2,
            "--session",
        ),
        (
            &[
                "token", "create", "--outlet", "demo", "--role", "pos", "--ttl", "soon",
            ],
            2,
            "12h",
        ),
        (
            &["enrol", "--outlet", "nowhere", "--station", "kitchen"],
            5,
            "outlets add nowhere",
        ),
        (&["jobs", "show", "nope"], 1, "nope"),
        (&["outlets", "add", "a b"], 2, "letters"),
        (
            &["serve", "--insecure-no-auth", "--listen", "0.0.0.0:0"],
            8,
            "loopback",
        ),
        (
            &["config", "check", "--config", "/nowhere/relay.toml"],
            8,
            "relay.toml",
        ),
    ];
    for (args, exit, says) in cases {
        let failed = run(data.path(), args);
        assert_eq!(code(&failed), exit, "{args:?}: {}", err(&failed));
        assert!(err(&failed).contains(says), "{args:?}: {}", err(&failed));
        assert_eq!(out(&failed), "", "{args:?}");
    }
}

#[test]
fn two_relays_do_not_share_a_store() {
    let data = folder();
    let _relay = Serving::start(data.path(), &[]);
    let second = run(data.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(code(&second), 1);
    assert!(err(&second).contains("already running"), "{}", err(&second));
}

#[test]
fn settings_are_shown_with_their_origin() {
    let data = folder();
    std::fs::write(data.path().join("relay.toml"), "[limits]\nframe_burst = 7\n").unwrap();
    let shown = command(data.path(), &["config", "show"])
        .env("PRINTRAIL_RELAY_LISTEN", "127.0.0.1:9999")
        .output()
        .unwrap();
    let text = out(&shown);
    for line in [
        "listen = \"127.0.0.1:9999\"  # environment PRINTRAIL_RELAY_LISTEN",
        "limits.rooms_per_socket = 64  # default",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(
        text.lines()
            .any(|line| line.starts_with("limits.frame_burst = 7  # file ")),
        "{text}"
    );
    assert!(
        text.lines()
            .any(|line| line.starts_with("data = ") && line.ends_with("# flag")),
        "{text}"
    );
}

#[test]
fn a_backup_of_a_running_relay_is_restored_whole_and_what_was_there_is_kept() {
    let (data, elsewhere) = (folder(), folder());
    let file = elsewhere.path().join("backup.tar");
    let name = file.to_str().unwrap();
    {
        let _relay = Serving::start(data.path(), &[]);
        assert_eq!(code(&run(data.path(), &["outlets", "add", "bistro"])), 0);
        assert_eq!(code(&run(data.path(), &["backup", name])), 0);
        assert_eq!(
            code(&run(data.path(), &["backup", name])),
            1,
            "nothing is overwritten unasked"
        );
        assert_eq!(code(&run(data.path(), &["outlets", "add", "later"])), 0);
        let refused = run(data.path(), &["restore", name]);
        assert!(
            code(&refused) == 1 && err(&refused).contains("stop it first"),
            "{refused:?}"
        );
    }
    let token = out(&run(
        data.path(),
        &["token", "create", "--outlet", "bistro", "--role", "pos"],
    ));

    let restored = run(data.path(), &["restore", name]);
    assert_eq!(code(&restored), 0, "{restored:?}");
    let outlets = out(&run(data.path(), &["outlets"]));
    assert!(
        outlets.contains("bistro") && !outlets.contains("later"),
        "{outlets}"
    );
    let kept: Vec<_> = std::fs::read_dir(data.path()).unwrap().flatten().collect();
    let aside = kept
        .iter()
        .find(|entry| entry.file_name().to_string_lossy().starts_with("before-restore-"));
    assert!(
        aside.is_some_and(|entry| entry.path().join("relay.db").exists()),
        "{kept:?}"
    );

    // The keys came along: a token from before still opens the door.
    let relay = Serving::start(data.path(), &[]);
    assert!(
        get(&relay.address, "/api/stations", token.trim()).starts_with("HTTP/1.1 200"),
        "the token holds"
    );
}

#[test]
fn a_strange_file_is_no_backup_and_changes_nothing() {
    let data = folder();
    assert_eq!(code(&run(data.path(), &["outlets", "add", "bistro"])), 0);
    let strange = data.path().join("strange.tar");
    for bytes in [b"\x1b[31m not a tar".to_vec(), vec![0; 4096], vec![b'x'; 2048]] {
        std::fs::write(&strange, bytes).unwrap();
        let refused = run(data.path(), &["restore", strange.to_str().unwrap()]);
        assert!(
            code(&refused) == 1 && err(&refused).contains("is no backup"),
            "{refused:?}"
        );
        assert!(!err(&refused).contains('\x1b'), "{refused:?}");
        assert!(out(&run(data.path(), &["outlets"])).contains("bistro"));
    }
}

#[test]
fn doctor_fails_where_no_relay_runs_and_names_the_command_that_mends_it() {
    let data = folder();
    assert_eq!(code(&run(data.path(), &["outlets", "add", "bistro"])), 0);
    let found = run(data.path(), &["doctor"]);
    assert!(
        code(&found) == 1 && out(&found).contains("→ systemctl start printrail-relay"),
        "{found:?}"
    );
    let _relay = Serving::start(data.path(), &[]);
    let found = run(data.path(), &["doctor", "--json"]);
    assert_eq!(code(&found), 0, "{found:?}");
    let checks: Value = serde_json::from_str(&out(&found)).unwrap();
    let verdict = |name: &str| {
        let checks = checks["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap()["verdict"].clone()
    };
    assert_eq!(
        (verdict("relay"), verdict("agents")),
        ("ok".into(), "warn".into())
    );
    assert_eq!(code(&run(data.path(), &["doctor", "--strict"])), 1);
}

/// The head of an answer.
fn get(address: &str, path: &str, token: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
