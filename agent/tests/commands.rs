//! The commands as scripts and people meet them: exit codes, stdout, stderr.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;

use common::{FakeRelay, Home, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn exit_codes_and_messages_say_what_to_do() {
    let home = Home::kitchen("ws://127.0.0.1:1");
    let not_running = home.call(&["status"]);
    assert_eq!(not_running.status.code(), Some(3));
    assert!(stderr(&not_running).contains("printrail-agent run"));
    assert!(not_running.stdout.is_empty());
    assert_eq!(home.call(&["jobs", "resolve", "x"]).status.code(), Some(2));
    assert_eq!(home.call(&["--help"]).status.code(), Some(0));
    assert_eq!(home.call(&["config", "check"]).status.code(), Some(0));
    home.configure("[relay]\nurl = 3\n");
    let bad = home.call(&["run"]);
    assert_eq!(bad.status.code(), Some(8));
    assert!(
        stderr(&bad).contains("agent.toml") && stderr(&bad).contains("url"),
        "{}",
        stderr(&bad)
    );
}

#[tokio::test]
async fn json_names_its_schema_and_another_one_is_a_usage_error() {
    let home = Home::kitchen("ws://127.0.0.1:1");
    for asked in ["--json", "--json=1"] {
        let shown = home.call(&["config", "path", asked]).stdout;
        let shown: serde_json::Value = serde_json::from_slice(&shown).unwrap();
        assert_eq!(shown["schema"], 1, "{asked}");
    }
    let other = home.call(&["config", "path", "--json=2"]);
    assert_eq!((other.status.code(), other.stdout.len()), (Some(2), 0));
    assert!(stderr(&other).contains("schema 1"), "{}", stderr(&other));
}

#[tokio::test]
async fn a_profile_has_a_folder_of_its_own_wherever_it_is_named() {
    let path = |args: &[&str], profile: Option<&str>| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_printrail-agent"));
        command.args(args).env_remove("PRINTRAIL_AGENT_DATA");
        if let Some(profile) = profile {
            command.env("PRINTRAIL_AGENT_PROFILE", profile);
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, usual) = path(&["config", "path"], None);
    assert_eq!(code, Some(0));
    let second = path(&["config", "path", "--profile", "second"], None);
    assert!(second.1.contains("second") && second.1 != usual, "{second:?}");
    assert_eq!(path(&["--profile", "second", "config", "path"], None), second);
    assert_eq!(path(&["config", "path"], Some("second")), second);
    for wrong in ["../up", "", "a b"] {
        assert_eq!(
            path(&["config", "path", "--profile", wrong], None).0,
            Some(2),
            "{wrong:?}"
        );
    }
    let both = ["config", "path", "--profile", "second", "--data", "/tmp/x"];
    assert_eq!(path(&both, None).0, Some(2));
}

#[tokio::test]
async fn a_command_that_is_not_done_in_time_is_given_up() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    // A relay that takes the connection and never answers.
    let waits = home.call(&["pair", "ANY", "--timeout", "1"]);
    assert_eq!(waits.status.code(), Some(1));
    assert!(stderr(&waits).contains("gave up after 1 s"), "{}", stderr(&waits));
    let watched = home.call(&["status", "--watch", "--timeout", "1"]);
    assert_eq!(watched.status.code(), Some(0));
    assert!(!watched.stdout.is_empty());
    for never in ["run", "update"] {
        assert_eq!(
            home.call(&[never, "--timeout", "1"]).status.code(),
            Some(2),
            "{never}"
        );
    }
    assert_eq!(home.call(&["status", "--timeout", "0"]).status.code(), Some(2));
}

#[tokio::test]
async fn config_show_names_where_each_value_came_from() {
    let home = Home::kitchen("ws://127.0.0.1:1");
    let (code, shown) = home.json(&["config", "show", "--relay", "ws://127.0.0.1:2"]);
    assert_eq!(code, Some(0));
    let settings = shown["settings"].as_array().unwrap();
    let url = settings
        .iter()
        .find(|setting| setting["key"] == "relay.url")
        .unwrap();
    assert_eq!(
        (&url["value"], &url["origin"]),
        (&"ws://127.0.0.1:2".into(), &"--relay".into())
    );
}

#[tokio::test]
async fn config_set_changes_one_value_and_refuses_what_the_agent_could_not_run_with() {
    let home = Home::kitchen("ws://127.0.0.1:1");
    let set = |args: &[&str]| home.call(&[&["config", "set"][..], args].concat());
    assert_eq!(set(&["printer.grill.columns", "42"]).status.code(), Some(0));
    let (_, shown) = home.json(&["config", "show"]);
    let columns = shown["settings"].as_array().unwrap().iter();
    let columns: Vec<_> = columns
        .filter(|setting| setting["key"] == "printer[0].columns")
        .collect();
    assert_eq!(columns[0]["value"], "42", "{shown}");
    assert_eq!(set(&["printer.grill.columns", "--unset"]).status.code(), Some(0));
    let before = fs::read_to_string(home.path().join("agent.toml")).unwrap();
    assert!(!before.contains("columns"));
    for (args, code) in [
        (["printer.grill.columns", "200"], 8),
        (["relay.url", "gopher://old.example"], 8),
        (["relay.ulr", "wss://r.example"], 2),
        (["printer.oven.columns", "42"], 2),
    ] {
        let refused = set(&args);
        assert_eq!(refused.status.code(), Some(code), "{args:?}: {refused:?}");
    }
    assert_eq!(
        set(&["relay.url"]).status.code(),
        Some(2),
        "neither a value nor --unset"
    );
    assert_eq!(
        fs::read_to_string(home.path().join("agent.toml")).unwrap(),
        before
    );
    let (code, version) = home.json(&["version"]);
    assert_eq!(
        (code, &version["version"]),
        (Some(0), &env!("CARGO_PKG_VERSION").into())
    );
}

#[tokio::test]
async fn fault_a2_a_second_agent_on_one_folder_is_refused() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let _first = home.run(&[]);
    relay.live(1).await;
    let second = home.call(&["run"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(stderr(&second).contains("already running"), "{}", stderr(&second));
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_ends_it_cleanly() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let agent = home.run(&[]);
    let (mut peer, _) = relay.live(1).await;
    agent.signal("-TERM");
    while peer.next().await.is_some() {}
    assert_eq!(agent.ended().await, Some(0));
    assert!(!home.path().join("control.json").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn fault_a6_a_bad_configuration_on_reload_leaves_the_last_good_one() {
    let (relay, other) = (FakeRelay::start().await, FakeRelay::start().await);
    let home = Home::kitchen(&relay.url());
    let agent = home.run(&[]);
    let (mut peer, _) = relay.live(1).await;
    let good = fs::read_to_string(home.path().join("agent.toml")).unwrap();
    home.configure("[relay");
    agent.signal("-HUP");
    until("the log says so", || {
        agent
            .log()
            .contains("the last good configuration stays")
            .then_some(())
    })
    .await;
    peer.offer("job-1", 1, "kitchen").await;
    peer.acknowledged("job-1").await;
    home.configure(&good.replace(&relay.url(), &other.url()));
    agent.signal("-HUP");
    other.live(1).await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_control_file_is_for_its_owner_alone_and_a_stranger_gets_no_answer() {
    use std::os::unix::fs::PermissionsExt as _;
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let _agent = home.run(&[]);
    relay.live(1).await;
    let file = home.path().join("control.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let endpoint: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let port = u16::try_from(endpoint["port"].as_u64().unwrap()).unwrap();
    let mut stranger = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stranger
        .write_all(b"{\"token\":\"\",\"ask\":\"status\"}\n")
        .await
        .unwrap();
    let mut answer = String::new();
    let _ = stranger.read_to_string(&mut answer).await;
    assert_eq!(answer, "");
}

#[tokio::test]
async fn render_makes_every_output_from_an_event_and_from_markup() {
    let home = Home::kitchen("ws://127.0.0.1:1");
    let event = home.path().join("event.json");
    fs::write(&event, common::offer("job-1", 41, "kitchen").data.get()).unwrap();
    let event = event.to_str().unwrap();
    let text = home.call(&["render", event]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("Nasi Goreng") && text.contains("41"), "{text}");
    let bytes = home.call(&["render", event, "--format", "escpos"]).stdout;
    assert!(bytes.starts_with(b"\x1b@"));
    let png = home.path().join("ticket.png");
    assert_eq!(
        home.call(&["render", event, "-o", png.to_str().unwrap()])
            .status
            .code(),
        Some(0)
    );
    assert!(fs::read(&png).unwrap().starts_with(b"\x89PNG"));
    let markup = home.path().join("bare.receipt");
    fs::write(&markup, "a | b\n").unwrap();
    let bare = home.call(&["render", markup.to_str().unwrap(), "--columns", "20"]);
    assert_eq!(
        String::from_utf8(bare.stdout).unwrap().trim_end(),
        "a                  b"
    );
    let unknown = home.call(&["render", event, "--profile", "no-such"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("generic-80"));
    let config = fs::read_to_string(home.path().join("agent.toml")).unwrap();
    home.configure(
        &(config + "\n[[printer]]\nname = \"pass\"\naddress = \"file:/dev/null\"\ncolumns = 30\n"),
    );
    let ruler = home.path().join("pass.png");
    let as_pass = ["render", markup.to_str().unwrap(), "--printer", "pass"];
    let like = String::from_utf8(home.call(&as_pass).stdout).unwrap();
    assert_eq!(like.trim_end().len(), 30, "{like:?}");
    let drawn = home.call(&[&as_pass[..], &["--png", ruler.to_str().unwrap()]].concat());
    assert_eq!((drawn.status.code(), drawn.stdout.len()), (Some(0), 0));
    assert!(fs::read(&ruler).unwrap().starts_with(b"\x89PNG"));
    let nobody = home.call(&["render", event, "--printer", "oven"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(stderr(&nobody).contains("grill, pass"), "{}", stderr(&nobody));
    let (code, report) = home.json(&["render", event]);
    assert_eq!((code, &report["schema"]), (Some(0), &1.into()));
    let wrong = home.path().join("wrong.json");
    fs::write(
        &wrong,
        r#"{"type": "kitchen_print", "data": {"items": [{"name": "Nasi Goreng"}]}}"#,
    )
    .unwrap();
    let wrong = home.call(&["render", wrong.to_str().unwrap()]);
    assert_eq!((wrong.status.code(), wrong.stdout.len()), (Some(1), 0));
    assert!(
        stderr(&wrong).contains("`type` and no `event`"),
        "{}",
        stderr(&wrong)
    );
}

#[cfg(unix)]
#[tokio::test]
async fn doctor_finds_what_is_wrong_and_repairs_what_it_can() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let token = home.path().join("agent.token");
    fs::write(&token, "s3cret").unwrap();
    fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let verdict = |checks: &serde_json::Value, name: &str| {
        let checks = checks["checks"].as_array().unwrap();
        checks
            .iter()
            .find(|check| check["name"] == name)
            .map(|check| check["verdict"].clone())
            .unwrap()
    };
    let _agent = home.run(&[]);
    let _peer = relay.live(1).await;
    until("the link is live", || {
        (home.json(&["status"]).1["link"]["state"] == "live").then_some(())
    })
    .await;
    let (code, checks) = home.json(&["doctor"]);
    assert_eq!(
        (code, verdict(&checks, "token")),
        (Some(1), "fail".into()),
        "{checks}"
    );
    let (_, checks) = home.json(&["doctor", "--fix"]);
    for name in ["config", "data", "token", "agent", "relay"] {
        assert_eq!(verdict(&checks, name), "pass", "{checks}");
    }
}
