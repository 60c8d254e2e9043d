//! Tickets through a real CUPS: a raw queue of its own server, to a virtual printer on a socket.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use virtual_printer::{Config, VirtualPrinter};

const PATIENCE: Duration = Duration::from_secs(30);

/// A CUPS server with folders and a socket of its own; nothing of the computer's is touched.
struct Cups {
    folder: tempfile::TempDir,
    server: Child,
}

impl Cups {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("cups").tempdir().unwrap();
        let at = folder.path();
        // Back ends run as another user.
        fs::set_permissions(at, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        for name in ["spool", "cache", "state", "log", "root"] {
            fs::create_dir_all(at.join(name)).unwrap();
        }
        let d = at.display();
        let files = format!(
            "ServerRoot {d}/root\nRequestRoot {d}/spool\nTempDir {d}/spool\nCacheDir {d}/cache\nStateDir {d}/state\n\
             AccessLog {d}/log/access\nErrorLog {d}/log/error\nPageLog {d}/log/page\nUser lp\nGroup lp\nSystemGroup root\n"
        );
        fs::write(at.join("files.conf"), files).unwrap();
        let daemon = format!(
            "Listen {d}/sock\nLogLevel info\nErrorPolicy stop-printer\nDefaultAuthType None\n<Location />\n  Order allow,deny\n  Allow all\n\
             </Location>\n<Policy default>\n  <Limit All>\n    Order allow,deny\n    Allow all\n  </Limit>\n</Policy>\n"
        );
        fs::write(at.join("cupsd.conf"), daemon).unwrap();
        let program = std::env::var("CUPSD").unwrap_or_else(|_| "cupsd".to_owned());
        let server = Command::new(program)
            .arg("-f")
            .args(["-c".as_ref(), at.join("cupsd.conf").as_os_str()])
            .args(["-s".as_ref(), at.join("files.conf").as_os_str()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("cupsd is installed, or $CUPSD says where");
        let cups = Self { folder, server };
        until("cupsd listens", || UnixStream::connect(cups.socket()).ok());
        cups
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("sock")
    }

    /// A raw queue to a printer on this port.
    fn queue(&self, name: &str, port: u16) {
        let device = format!("socket://127.0.0.1:{port}");
        self.lp(
            "lpadmin",
            &[
                "-p",
                name,
                "-E",
                "-v",
                &device,
                "-m",
                "raw",
                "-o",
                "printer-error-policy=stop-printer",
            ],
        );
    }

    fn lp(&self, program: &str, args: &[&str]) {
        let done = Command::new(program)
            .args(args)
            .env("CUPS_SERVER", self.socket())
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap()))
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{program}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

impl Drop for Cups {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "in vain: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn agent(home: &Path, cups: &Cups, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_printrail-agent"))
        .args(args)
        .arg("--data")
        .arg(home)
        .env("CUPS_SERVER", cups.socket())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn home(queue: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[relay]\nurl = \"ws://127.0.0.1:1\"\n[[station]]\nname = \"bar\"\nprinter = \"bar\"\n[[printer]]\nname = \"bar\"\naddress = \"cups:{queue}\"\n"
    );
    fs::write(folder.path().join("agent.toml"), config).unwrap();
    folder
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
#[ignore = "needs cupsd"]
fn needs_cupsd_a_ticket_goes_through_a_raw_queue_byte_for_byte() {
    let printer = VirtualPrinter::start(Config::default()).unwrap();
    let cups = Cups::start();
    cups.queue("Bar_Raw", printer.addr().port());
    let home = home("Bar_Raw");
    let scan = agent(home.path(), &cups, &["printers", "scan", "--json"]);
    assert!(String::from_utf8_lossy(&scan.stdout).contains("\"cups:Bar_Raw\""));
    let done = agent(home.path(), &cups, &["printers", "test", "bar"]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(said(&done).contains("cannot prove"), "level C: {}", said(&done));
    let paper = until("paper", || printer.papers().into_iter().next());
    assert!(paper.text.contains("bar"), "{}", paper.text);
    // The same ticket straight to the printer has the same bytes but for its own time.
    assert!(paper.bytes.starts_with(b"\x1b@"));
}

#[test]
#[ignore = "needs cupsd"]
fn needs_cupsd_a_stopped_or_missing_queue_holds_the_ticket_and_says_what_starts_it() {
    let printer = VirtualPrinter::start(Config::default()).unwrap();
    let cups = Cups::start();
    cups.queue("Bar_Raw", printer.addr().port());
    cups.lp("cupsdisable", &["-r", "no paper left", "Bar_Raw"]);
    let stopped = home("Bar_Raw");
    let probed = agent(stopped.path(), &cups, &["printers", "probe", "bar"]);
    assert_eq!(probed.status.code(), Some(7));
    assert!(said(&probed).contains("cupsenable Bar_Raw"), "{}", said(&probed));
    cups.lp("cupsenable", &["Bar_Raw"]);
    cups.lp("cupsreject", &["Bar_Raw"]);
    let probed = agent(stopped.path(), &cups, &["printers", "probe", "bar"]);
    assert!(said(&probed).contains("cupsaccept Bar_Raw"), "{}", said(&probed));
    let missing = home("No_Such");
    let probed = agent(missing.path(), &cups, &["printers", "probe", "bar"]);
    assert!(
        said(&probed).contains("CUPS queue No_Such is not there"),
        "{}",
        said(&probed)
    );
    assert!(printer.papers().is_empty());
}

#[test]
#[ignore = "needs cupsd"]
fn needs_cupsd_a_ticket_that_is_cancelled_in_cups_is_in_doubt_and_never_sent() {
    // A port that nobody listens on: CUPS tries again and again.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let cups = Cups::start();
    cups.queue("Bar_Raw", nobody);
    let home = home("Bar_Raw");
    let test = thread::scope(|scope| {
        let test = scope.spawn(|| agent(home.path(), &cups, &["printers", "test", "bar"]));
        until("the job is in CUPS", || {
            let listed = Command::new("lpstat")
                .arg("-o")
                .env("CUPS_SERVER", cups.socket())
                .output()
                .unwrap();
            String::from_utf8_lossy(&listed.stdout)
                .contains("Bar_Raw-1")
                .then_some(())
        });
        cups.lp("cancel", &["Bar_Raw-1"]);
        test.join().unwrap()
    });
    assert_eq!(test.status.code(), Some(9), "{}", said(&test));
    assert!(said(&test).contains("cancelled in CUPS"), "{}", said(&test));
}
