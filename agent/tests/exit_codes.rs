//! Every exit code that PRODUCT.md names, from the real program.

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
use virtual_printer::{Config, Fault, VirtualPrinter};

/// The code, once the message says what to do next.
fn ended(home: &Home, args: &[&str], next: &str) -> i32 {
    let output = home.call(args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(next), "{args:?} should say {next:?}: {said}");
    output.status.code().unwrap()
}

/// A kitchen with a virtual printer.
fn kitchen(printer: &VirtualPrinter) -> Home {
    let home = Home::kitchen("ws://127.0.0.1:1");
    home.configure(&format!(
        "[relay]\nurl = \"ws://127.0.0.1:1\"\n[[station]]\nname = \"kitchen\"\nprinter = \"grill\"\n[[printer]]\n\
         name = \"grill\"\naddress = \"tcp://{}\"\n",
        printer.addr()
    ));
    home
}

#[test]
fn exit_0_ok_1_failed_2_usage_3_not_running_and_8_bad_configuration() {
    let home = Home::kitchen("ws://127.0.0.1:1");
    assert_eq!(ended(&home, &["config", "check"], "is fine"), 0);
    assert_eq!(ended(&home, &["printers", "test", "oven"], "known are grill"), 1);
    assert_eq!(ended(&home, &["jobs", "resolve", "x"], "--help"), 2);
    assert_eq!(
        ended(&home, &["printers", "scan", "--subnet", "10.0.0.0/8"], "/22"),
        2
    );
    assert_eq!(
        ended(&home, &["jobs", "list", "--state", "lost"], "unconfirmed"),
        2
    );
    for command in [
        ["status"].as_slice(),
        &["jobs", "release", "--all"],
        &["jobs", "show", "x"],
    ] {
        assert_eq!(ended(&home, command, "printrail-agent run"), 3);
    }
    home.configure("[relay]\nurl = 7\n");
    assert_eq!(ended(&home, &["config", "show"], "agent.toml"), 8);
    fs::remove_file(home.path().join("agent.toml")).unwrap();
    assert_eq!(ended(&home, &["run"], "printrail-agent pair"), 8);
}

#[cfg(unix)]
#[test]
fn exit_4_needs_an_administrator() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let home = Home::kitchen("ws://127.0.0.1:1");
    let control = home.path().join("control.json");
    fs::write(&control, "{}").unwrap();
    fs::set_permissions(&control, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // A copy that everybody may run, since root would be refused nothing.
    let program = home.path().join("agent");
    fs::copy(env!("CARGO_BIN_EXE_printrail-agent"), &program).unwrap();
    let mut command = std::process::Command::new(&program);
    command.args(["status", "--data"]).arg(home.path());
    let is_root = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap()) == 0;
    if is_root {
        command.uid(65534).gid(65534);
    }
    // Another test's child may hold the fresh copy open for a moment.
    let output = loop {
        match command.output() {
            Err(busy) if busy.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            output => break output.unwrap(),
        }
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("administrator"), "{said}");
}

#[tokio::test]
async fn exit_5_refused_and_6_relay_unreachable() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let agent = home.run(&[]);
    relay.refuse(401).await;
    let refused = until("the refusal is known", || {
        let output = home.call(&["status"]);
        (output.status.code() == Some(5)).then_some(output)
    })
    .await;
    assert!(String::from_utf8_lossy(&refused.stdout).contains("printrail-agent pair"));
    agent.kill_9();
    drop(relay);
    assert_eq!(ended(&home, &["pair", "CODE"], "whether the relay runs"), 6);
    let _agent = home.run(&[]);
    until("it is known", || {
        (home.call(&["status"]).status.code() == Some(6)).then_some(())
    })
    .await;
}

#[test]
fn exit_7_a_printer_needs_a_person() {
    let printer = VirtualPrinter::start(Config::default()).unwrap();
    let home = kitchen(&printer);
    assert_eq!(ended(&home, &["printers", "probe", "grill"], ""), 0);
    printer.fault(Fault::PaperOut);
    assert_eq!(ended(&home, &["printers", "probe", "grill"], "paper"), 7);
    printer.stop();
    assert_eq!(
        ended(&home, &["printers", "probe", "grill"], "refuses the connection"),
        7
    );
}

#[test]
fn exit_9_a_person_must_answer() {
    let printer = VirtualPrinter::start(Config::default()).unwrap();
    let home = kitchen(&printer);
    // Past the questions, into the ticket.
    printer.fault(Fault::DropAfterLastByte);
    assert_eq!(
        ended(&home, &["printers", "test", "grill"], "Look at the paper"),
        9
    );
}
