//! What IT types when something is wrong, and before: printers, doctor, logs, bundle.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::io::Read as _;

use common::{FakeRelay, Home, until};
use flate2::read::GzDecoder;
use protocol::Offer;
use serde_json::{Value, json, value::to_raw_value};
use virtual_printer::{Config, Fault, VirtualPrinter};

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn verdicts(checks: &Value, name: &str) -> Vec<(String, String)> {
    let checks = checks["checks"].as_array().unwrap().iter();
    let of_name = checks.filter(|check| check["name"] == name);
    let row = |check: &Value| {
        let fix = check["fix"].as_str().unwrap_or_default();
        (
            check["verdict"].as_str().unwrap().to_owned(),
            format!("{} {fix}", check["text"].as_str().unwrap()),
        )
    };
    of_name.map(row).collect()
}

#[tokio::test]
async fn a_printer_is_added_probed_listed_and_removed_while_the_agent_runs() {
    let relay = FakeRelay::start().await;
    let (grill, bar) = (
        VirtualPrinter::start(Config::default()).unwrap(),
        VirtualPrinter::start(Config::default()).unwrap(),
    );
    let home = Home::kitchen(&relay.url());
    home.configure(&format!("# the cloud\n[relay]\nurl = \"{}\"\n", relay.url()));
    let add = |name: &str, printer: &VirtualPrinter, station: &str| {
        let address = format!("tcp://{}", printer.addr());
        home.json(&["printers", "add", name, &address, "--station", station])
    };
    let (code, added) = add("grill", &grill, "kitchen");
    assert_eq!((code, &added["schema"]), (Some(0), &1.into()));
    assert_eq!(
        (&added["level"], &added["profile"]),
        (&"A".into(), &"epson-tm-m30".into()),
        "{added}"
    );
    let _agent = home.run(&[]);
    relay.live(1).await;
    assert_eq!(add("bar", &bar, "bar").0, Some(0));
    // The running agent has read it: it registers the new station and knows the new printer.
    let listed = until("the bar is ready", || {
        let (_, list) = home.json(&["printers", "list"]);
        (list["printers"][1]["status"]["online"] == true).then_some(list)
    })
    .await;
    assert_eq!(listed["running"], true);
    let (code, probed) = home.json(&["printers", "probe", "bar"]);
    assert_eq!(
        (code, &probed["known"]["maker"]),
        (Some(0), &"EPSON".into()),
        "{probed}"
    );
    let refused = home.call(&["printers", "remove", "bar"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("--with-stations"), "{}", said(&refused));
    assert_eq!(
        home.call(&["printers", "remove", "bar", "--with-stations"])
            .status
            .code(),
        Some(0)
    );
    until("the bar is gone", || {
        (home.json(&["status"]).1["printers"].as_array()?.len() == 1).then_some(())
    })
    .await;
    let text = fs::read_to_string(home.path().join("agent.toml")).unwrap();
    assert!(
        text.starts_with("# the cloud\n") && !text.contains("bar"),
        "{text}"
    );
}

#[tokio::test]
async fn a_printer_that_was_exchanged_is_accepted_by_a_probe() {
    let printer = VirtualPrinter::start(Config::default()).unwrap();
    let home = Home::kitchen("ws://127.0.0.1:1");
    let config = fs::read_to_string(home.path().join("agent.toml")).unwrap();
    let file = format!("file:{}", home.paper().display());
    home.configure(&config.replace(&file, &format!("tcp://{}", printer.addr())));
    let _agent = home.run(&[]);
    until("it is known", || {
        (home.json(&["printers", "probe", "grill"]).1["known"]["serial"] == "VP00000001").then_some(())
    })
    .await;
    printer.fault(Fault::Serial("NEW-2".to_owned()));
    printer.power_off();
    printer.power_on();
    let (code, probed) = home.json(&["printers", "probe", "grill"]);
    assert_eq!(
        (code, &probed["known"]["serial"]),
        (Some(0), &"NEW-2".into()),
        "{probed}"
    );
}

#[tokio::test]
async fn an_operator_ends_a_stuck_cutters_error_and_hears_what_became_of_it() {
    let printer = VirtualPrinter::start(Config::default()).unwrap();
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let config = fs::read_to_string(home.path().join("agent.toml")).unwrap();
    let file = format!("file:{}", home.paper().display());
    home.configure(&config.replace(&file, &format!("tcp://{}", printer.addr())));
    let resume = ["printers", "recover", "grill", "--resume"];
    let alone = home.call(&resume);
    assert_eq!(alone.status.code(), Some(3), "{}", said(&alone));
    let agent = home.run(&[]);
    let (mut peer, _) = relay.live(1).await;
    peer.offer("job-1", 1, "kitchen").await;
    until("it has printed", || (printer.papers().len() == 1).then_some(())).await;
    printer.fault(Fault::CutterErrorAtCut);
    peer.offer("job-2", 2, "kitchen").await;
    until("the cutter is stuck", || {
        agent.log().contains("cutter is stuck").then_some(())
    })
    .await;
    let stuck = home.call_beside(&resume).await;
    assert_eq!(stuck.status.code(), Some(7), "{}", said(&stuck));
    assert!(said(&stuck).contains("cutter"), "{}", said(&stuck));
    printer.fault(Fault::CutterFreed);
    let freed = home.call_beside(&resume).await;
    assert_eq!(freed.status.code(), Some(0), "{}", said(&freed));
    until("the ticket is whole", || {
        (printer.papers().len() == 2).then_some(())
    })
    .await;
    let unknown = home.call(&["printers", "recover", "oven", "--clear"]);
    assert_eq!(unknown.status.code(), Some(1), "{}", said(&unknown));
    assert!(said(&unknown).contains("known are grill"));
    let neither = home.call(&["printers", "recover", "grill"]);
    assert_eq!(neither.status.code(), Some(2));
}

#[tokio::test]
async fn a_printer_says_which_one_it_is_and_is_measured_by_a_ruler() {
    let printer = VirtualPrinter::start(Config::default()).unwrap();
    let home = Home::kitchen("ws://127.0.0.1:1");
    let config = fs::read_to_string(home.path().join("agent.toml")).unwrap();
    let file = format!("file:{}", home.paper().display());
    home.configure(&config.replace(&file, &format!("tcp://{}", printer.addr())));
    let identified = home.call_beside(&["printers", "identify", "grill"]).await;
    assert_eq!(identified.status.code(), Some(0), "{}", said(&identified));
    let slip = printer.papers().pop().unwrap().text;
    assert!(
        slip.contains("This printer is") && slip.contains("grill"),
        "{slip}"
    );
    let ruler = home.call_beside(&["printers", "calibrate", "grill"]).await;
    assert_eq!(ruler.status.code(), Some(0), "{}", said(&ruler));
    assert!(said(&ruler).contains("--columns N"), "{}", said(&ruler));
    let paper = printer.papers().pop().unwrap().text;
    assert!(
        paper.contains(" columns") && !paper.contains("This printer is"),
        "{paper}"
    );
    let (code, written) = home.json(&["printers", "calibrate", "grill", "--columns", "42"]);
    assert_eq!((code, &written["columns"]), (Some(0), &42.into()));
    let (_, list) = home.json(&["printers", "list"]);
    assert_eq!(list["printers"][0]["columns"], 42);
}

#[tokio::test]
async fn doctor_finds_every_printer_and_names_the_command_that_helps() {
    let printer = VirtualPrinter::start(Config::default()).unwrap();
    let home = Home::kitchen("ws://127.0.0.1:1");
    let config = fs::read_to_string(home.path().join("agent.toml")).unwrap();
    home.configure(&format!(
        "{config}[[printer]]\nname = \"bar\"\naddress = \"tcp://{}\"\n[[printer]]\nname = \"gone\"\naddress = \
         \"serial:/dev/no-such-line\"\n",
        printer.addr()
    ));
    printer.fault(Fault::CoverOpen);
    let (code, checks) = home.json(&["doctor"]);
    assert_eq!(code, Some(1));
    let printers = verdicts(&checks, "printer");
    assert_eq!(printers[0].0, "pass", "{checks}");
    assert!(
        printers[1].0 == "fail" && printers[1].1.contains("cover"),
        "{checks}"
    );
    assert!(
        printers[2].0 == "fail" && printers[2].1.contains("printers scan"),
        "{checks}"
    );
    assert_eq!(verdicts(&checks, "relay")[0].0, "fail");
    assert_eq!(
        verdicts(&checks, "clock")[0].0,
        "skip",
        "not known without the relay"
    );
    for check in checks["checks"].as_array().unwrap() {
        let good = check["verdict"] == "pass" || check["verdict"] == "skip";
        assert!(good || check["fix"].is_string(), "{check}");
    }
    let (_, one) = home.json(&["doctor", "--check", "printer"]);
    assert_eq!(one["checks"].as_array().unwrap().len(), 3);
    assert_eq!(
        home.call(&["doctor", "--check", "nonsense"]).status.code(),
        Some(2)
    );
}

#[tokio::test]
async fn fault_d4_doctor_sees_a_damaged_spool_before_the_next_start() {
    let home = Home::kitchen("ws://127.0.0.1:1");
    let agent = home.run(&[]);
    until("it runs", || (home.json(&["status"]).0 == Some(6)).then_some(())).await;
    agent.kill_9();
    let (_, checks) = home.json(&["doctor"]);
    assert_eq!(verdicts(&checks, "spool")[0].0, "pass", "{checks}");
    let spool = home.path().join("spool.db");
    let mut bytes = fs::read(&spool).unwrap();
    bytes.iter_mut().skip(100).for_each(|byte| *byte ^= 0x5A);
    fs::write(&spool, bytes).unwrap();
    for part in ["spool.db-wal", "spool.db-shm"] {
        let _ = fs::remove_file(home.path().join(part));
    }
    let (code, checks) = home.json(&["doctor"]);
    assert_eq!(
        (code, verdicts(&checks, "spool")[0].0.as_str()),
        (Some(1), "fail"),
        "{checks}"
    );
}

#[tokio::test]
async fn logs_show_what_the_agent_said_and_follow_it() {
    let home = Home::kitchen("ws://127.0.0.1:1");
    assert_eq!(home.call(&["logs"]).status.code(), Some(1));
    let agent = home.run(&[]);
    until("it runs", || (home.json(&["status"]).0 == Some(6)).then_some(())).await;
    let output = home.call(&["logs"]);
    let first = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(first.contains("the spool holds 0 jobs"), "{first}");
    assert_eq!(
        home.call(&["logs", "-n", "1"])
            .stdout
            .iter()
            .filter(|byte| **byte == b'\n')
            .count(),
        1
    );
    let mut following = std::process::Command::new(env!("CARGO_BIN_EXE_printrail-agent"))
        .args(["logs", "-f", "--data"])
        .arg(home.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    agent.signal("-TERM");
    let mut out = following.stdout.take().unwrap();
    let heard = tokio::task::spawn_blocking(move || {
        let (mut heard, mut chunk) = (String::new(), [0; 1024]);
        while !heard.contains("ending: tickets in progress") {
            let len = out.read(&mut chunk).unwrap();
            assert_ne!(len, 0, "it ended: {heard}");
            heard += &String::from_utf8_lossy(&chunk[..len]);
        }
    });
    heard.await.unwrap();
    following.kill().unwrap();
    following.wait().unwrap();
    assert_eq!(agent.ended().await, Some(0));
}

/// What nobody but the restaurant may read, planted wherever it could be.
const SECRETS: [&str; 6] = [
    "t0ken-of-this-device",
    "Siti Rahayu",
    "+62 812 777",
    "Jalan Mawar 7",
    "allergic to peanuts",
    "hunter2",
];

fn planted(id: &str) -> Offer {
    let mut offer = common::offer(id, 1, "kitchen");
    let mut data: Value = serde_json::from_str(offer.data.get()).unwrap();
    data["customer"] = json!({ "name": SECRETS[1], "phone": SECRETS[2], "address": SECRETS[3] });
    data["order_items"][0]["notes"] = SECRETS[4].into();
    offer.data = to_raw_value(&data).unwrap();
    offer
}

/// Everything that is in a bundle, and its files' names.
fn unpacked(path: &std::path::Path) -> (String, Vec<String>) {
    let mut archive = tar::Archive::new(GzDecoder::new(fs::File::open(path).unwrap()));
    let (mut all, mut names) = (String::new(), Vec::new());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        names.push(entry.path().unwrap().display().to_string());
        entry.read_to_string(&mut all).unwrap();
    }
    (all, names)
}

#[tokio::test]
async fn a_bundle_has_what_support_needs_and_no_secret_that_was_planted() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let config = fs::read_to_string(home.path().join("agent.toml")).unwrap();
    home.configure(&format!("{config}# password = \"{}\"\n", SECRETS[5]));
    fs::write(home.path().join("agent.token"), SECRETS[0]).unwrap();
    let agent = home.run(&["-vv"]);
    let (mut peer, _) = relay.live(1).await;
    peer.send(&protocol::RelayFrame::Offer(Box::new(planted("job-1"))))
        .await;
    peer.acknowledged("job-1").await;
    // What a careless line would write.
    let log = home.path().join("agent.log");
    let careless = format!(
        "{}Authorization: Bearer {}\nticket of {}\n",
        fs::read_to_string(&log).unwrap(),
        SECRETS[0],
        SECRETS[1]
    );
    let control = fs::read_to_string(home.path().join("control.json")).unwrap();
    let control: Value = serde_json::from_str(&control).unwrap();
    fs::write(&log, careless).unwrap();
    let path = home.path().join("b.tar.gz");
    for running in [true, false] {
        let (code, listed) = home.json(&["bundle", "-o", path.to_str().unwrap()]);
        assert_eq!(code, Some(0), "running: {running}");
        let (all, names) = unpacked(&path);
        assert_eq!(listed["files"].as_array().unwrap().len(), names.len());
        for secret in SECRETS.into_iter().chain(control["token"].as_str()) {
            assert!(!all.contains(secret), "{secret} is in it, running: {running}");
        }
        for wanted in ["job-1", "\"checks\"", "the spool holds", "grill", "agent.toml"] {
            assert!(all.contains(wanted), "{wanted} is missing, running: {running}");
        }
        if running {
            agent.signal("-KILL");
            until("it is gone", || {
                (home.call(&["status"]).status.code() == Some(3)).then_some(())
            })
            .await;
        }
    }
}
