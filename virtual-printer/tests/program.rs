//! The program as a person starts it.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot start its program has failed"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_printrail-virtual-printer");

/// A running program, ended when dropped.
struct Running {
    process: Child,
    out: BufReader<ChildStdout>,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let mut process = Command::new(PROGRAM)
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        Self { process, out }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// What follows `start` on the next line.
    fn after(&mut self, start: &str) -> String {
        let line = self.line();
        line.strip_prefix(start)
            .unwrap_or_else(|| unreachable!("`{line}` begins with `{start}`"))
            .to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).output().unwrap()
}

#[test]
fn papers_come_out_on_stdout_and_faults_over_the_control_port() {
    let args = [
        "--listen",
        "127.0.0.1:0",
        "--control",
        "127.0.0.1:0",
        "--fault",
        "paper-out",
    ];
    let mut printer = Running::start(&args);
    let addr = printer.after("listening on ");
    let control = printer.after("control on ");
    TcpStream::connect(addr)
        .unwrap()
        .write_all(b"2 x Soup\n\x1bp\x00\x19\xfa\x1dVA\x00")
        .unwrap();
    let told = run(&["--tell", &control, "papers", "refill", "wait 1 10s", "status"]);
    let answers = String::from_utf8(told.stdout).unwrap();
    assert!(answers.starts_with("ok 0\nok\nok 1\nok ready;"), "{answers}");
    assert!(told.status.success());
    assert_eq!(printer.line(), "----- paper 1, drawer x1");
    assert_eq!(printer.line(), "2 x Soup");
    let refused = run(&["--tell", &control, "power-cut-at soon"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8(refused.stdout)
            .unwrap()
            .contains("`power-cut-at` needs a number of bytes, got `soon`")
    );
}

#[test]
fn a_folder_gets_three_files_for_each_paper_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let ticket = folder.path().join("ticket.bin");
    std::fs::write(&ticket, b"2 x Soup\n\x1dVA\x00rest\n").unwrap();
    for _ in 0..2 {
        assert!(
            run(&["--input", ticket.to_str().unwrap(), "--out", out])
                .status
                .success()
        );
    }
    let text = |n: u32| std::fs::read_to_string(folder.path().join(format!("paper-000{n}.txt"))).unwrap();
    assert_eq!(
        [text(1), text(2), text(3), text(4)],
        ["2 x Soup\n", "rest\n", "2 x Soup\n", "rest\n"]
    );
    assert_eq!(
        std::fs::read(folder.path().join("paper-0001.bin")).unwrap(),
        b"2 x Soup\n\x1dVA\x00"
    );
    assert!(
        std::fs::read(folder.path().join("paper-0001.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
}

#[test]
fn mistakes_have_their_exit_codes_and_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("evening.txt");
    std::fs::write(&script, "at 5s fire\n").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--profile", "nix"], 2, "the profiles are: epson-tm-m30"),
        (
            &["--fault", "power-cut-at x"],
            2,
            "`power-cut-at` needs a number of bytes",
        ),
        (
            &["--script", script.to_str().unwrap()],
            8,
            "line 1: there is no fault `fire`",
        ),
        (&["--listen", &taken], 1, "is another program there?"),
        (
            &["--tell", "127.0.0.1:1", "refill"],
            1,
            "no control port at 127.0.0.1:1",
        ),
    ];
    for (args, code, message) in cases {
        let output = run(args);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn json_has_one_object_for_each_line() {
    let mut printer = Running::start(&["--listen", "127.0.0.1:0", "--json"]);
    let read = |line: String| serde_json::from_str::<serde_json::Value>(&line).unwrap();
    let addr = read(printer.line())["listening"].as_str().unwrap().to_owned();
    TcpStream::connect(addr)
        .unwrap()
        .write_all(b"2 x Soup\n\x1dVA\x00")
        .unwrap();
    let paper = read(printer.line());
    assert_eq!(
        (&paper["schema"], &paper["paper"], &paper["cut"]),
        (&1.into(), &1.into(), &"full".into())
    );
    assert_eq!(paper["text"], "2 x Soup\n");
}

#[test]
fn help_has_every_fault_and_examples() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    for (name, _, _) in virtual_printer::FAULTS {
        assert!(help.contains(name), "{name}");
    }
    assert!(help.contains("Examples:"));
}

#[cfg(unix)]
#[test]
fn a_pseudo_terminal_is_named_and_prints() {
    let mut printer = Running::start(&["--pty"]);
    let path = printer.after("listening on ");
    let mut cable = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    cable.write_all(b"\x10\x04\x01soup\n\x1dVA\x00").unwrap();
    let mut status = [0];
    cable.read_exact(&mut status).unwrap();
    assert_eq!(status, [0x12]);
    assert_eq!(
        (printer.line(), printer.line()),
        ("----- paper 1".into(), "soup".into())
    );
}
