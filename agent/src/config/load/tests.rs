//! What overrides what, and how a bad configuration is named.

use std::fs;

use tempfile::TempDir;

use super::super::OnUnconfirmed;
use super::*;

const GOOD: &str = r#"
[relay]
url = "wss://orders.bistro.example"
[[station]]
name = "kitchen"
printer = "grill"
backup = "bar"
[[station]]
name = "cashier"
printer = "bar"
[[printer]]
name = "grill"
address = "tcp://192.168.1.50:9100"
columns = 42
[[printer]]
name = "bar"
address = "file:/dev/usb/lp0"
"#;

fn written(text: &str) -> (TempDir, Flags) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("agent.toml"), text).unwrap();
    let flags = Flags {
        data: Some(folder.path().to_owned()),
        ..Flags::default()
    };
    (folder, flags)
}

/// Loads `GOOD` with one thing replaced and gives what is said about it.
fn complaint(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from));
    let (_folder, flags) = written(&GOOD.replace(from, to));
    crate::chain(&load(&flags, &|_| None).unwrap_err())
}

#[test]
fn a_good_file_is_taken_with_its_defaults() {
    let (folder, flags) = written(GOOD);
    let config = load(&flags, &|_| None).unwrap().config;
    assert_eq!(config.relay.url.socket(), "wss://orders.bistro.example/ws");
    assert_eq!(config.relay.token_file, folder.path().join("agent.token"));
    assert_eq!(config.printers[0].columns, Some(42));
    let decisions: Vec<_> = config
        .stations
        .iter()
        .map(|station| station.on_unconfirmed)
        .collect();
    assert_eq!(decisions, [OnUnconfirmed::ReprintMarked, OnUnconfirmed::Hold]);
}

#[test]
fn flag_comes_before_environment_before_file_and_each_is_named() {
    let (_folder, mut flags) = written(GOOD);
    let env = |name: &str| (name == "PRINTRAIL_AGENT_RELAY_URL").then(|| "wss://env.example".to_owned());
    let origin = |flags: &Flags, env: &dyn Fn(&str) -> Option<String>| {
        let loaded = load(flags, env).unwrap();
        let setting = loaded
            .settings
            .into_iter()
            .find(|setting| setting.key == "relay.url")
            .unwrap();
        (setting.value, setting.origin)
    };
    assert!(matches!(origin(&flags, &|_| None), (_, Origin::File(_))));
    let from_env = Origin::Env("PRINTRAIL_AGENT_RELAY_URL".to_owned());
    assert_eq!(origin(&flags, &env), ("wss://env.example".to_owned(), from_env));
    flags.relay = Some("wss://flag.example".to_owned());
    assert_eq!(
        origin(&flags, &env),
        ("wss://flag.example".to_owned(), Origin::Flag("--relay"))
    );
    let nested = |name: &str| (name == "PRINTRAIL_AGENT_RELAY__OUTLET").then(|| "demo".to_owned());
    assert_eq!(
        load(&flags, &nested).unwrap().config.relay.outlet.as_deref(),
        Some("demo")
    );
}

#[test]
fn every_mistake_names_the_file_the_field_and_what_is_expected() {
    let cases = [
        (
            "columns = 42",
            "columns = 4",
            "`printer[0].columns` is 4, expected 20 to 80",
        ),
        (
            "printer = \"bar\"",
            "printer = \"oven\"",
            "`station[1].printer` names \"oven\"",
        ),
        (
            "backup = \"bar\"",
            "backup = \"grill\"",
            "`station[0].backup` is the station's own printer",
        ),
        (
            "backup = \"bar\"",
            "on_unconfirmed = \"ask\"",
            "expected \"reprint-marked\" or \"hold\"",
        ),
        (
            "name = \"bar\"",
            "name = \"grill\"",
            "`printer[1].name` is \"grill\" a second time",
        ),
        (
            "name = \"cashier\"",
            "name = \"kitchen\"",
            "`station[1].name` and location are those of another",
        ),
        (
            "tcp://192.168.1.50:9100",
            "192.168.1.50",
            "expected one such as tcp://192.168.1.50:9100",
        ),
        ("wss://orders", "http://orders", "allow_plaintext = true"),
        (
            "wss://orders.bistro.example",
            "orders",
            "`relay.url` is no address",
        ),
        (
            "url = \"wss://orders.bistro.example\"",
            "",
            "`relay.url` is missing",
        ),
        ("columns = 42", "colums = 42", "unknown field `colums`"),
        ("name = \"cashier\"", "name = \" \"", "`station[1].name` is empty"),
    ];
    for (from, to, expected) in cases {
        let said = complaint(from, to);
        assert!(said.contains(expected), "{to}: {said}");
        assert!(said.contains("agent.toml"), "{to}: {said}");
    }
}

#[test]
fn a_missing_file_says_how_to_begin() {
    let folder = tempfile::tempdir().unwrap();
    let flags = Flags {
        data: Some(folder.path().to_owned()),
        ..Flags::default()
    };
    let said = load(&flags, &|_| None).unwrap_err().to_string();
    assert!(said.contains("printrail-agent pair"), "{said}");
}

#[test]
fn plaintext_to_another_computer_has_to_be_asked_for() {
    let plain = "url = \"ws://10.0.0.5\"\nallow_plaintext = true";
    let (_folder, flags) = written(&GOOD.replace("url = \"wss://orders.bistro.example\"", plain));
    assert!(!load(&flags, &|_| None).unwrap().config.relay.url.is_secure());
    let (_folder, flags) = written(&GOOD.replace("wss://orders.bistro.example", "ws://localhost:7000"));
    load(&flags, &|_| None).unwrap();
}
