//! The real agent prints to a printer that none of us wrote: <https://pypi.org/project/emupos/>, through paper
//! end, an open cover and offline. One paper each, and the states are right.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use common::{Home, until};
use serde_json::Value;

/// `emupos` running with one printer; ended when dropped.
struct Emupos {
    process: Child,
    folder: tempfile::TempDir,
    port: u16,
    api: u16,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn program() -> String {
    std::env::var("EMUPOS").unwrap_or_else(|_| "emupos".into())
}

impl Emupos {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, api) = (free_port(), free_port());
        let config = format!(
            "schema: 1\napi: {{ host: 127.0.0.1, port: {api} }}\ndevices:\n  - id: p\n    type: printer\n    \
             profile: epson-tm-t20iii\n    connections:\n      - tcp: {{ port: {port} }}\n    receipts_dir: ./receipts\n"
        );
        fs::write(folder.path().join("emupos.yaml"), config).unwrap();
        let process = Command::new(program())
            .arg("run")
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("emupos is installed, or $EMUPOS says where");
        let emupos = Self {
            process,
            folder,
            port,
            api,
        };
        until("emupos answers", || emupos.call(&["devices"]).then_some(())).await;
        emupos
    }

    fn call(&self, args: &[&str]) -> bool {
        let done = Command::new(program())
            .args(["--api", &format!("http://127.0.0.1:{}", self.api)])
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        done.unwrap().success()
    }

    fn fault(&self, what: &str, fault: &str) {
        assert!(self.call(&["fault", what, "p", fault]), "{what} {fault}");
    }

    /// The texts of all receipts so far.
    fn receipts(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder.path().join("receipts"))
            .into_iter()
            .flatten()
            .flatten();
        let texts = files
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "txt"));
        texts.map(|path| fs::read_to_string(path).unwrap()).collect()
    }
}

impl Drop for Emupos {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The newest job.
fn newest(home: &Home) -> Value {
    home.json(&["jobs", "list", "--limit", "1"]).1["jobs"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs emupos"]
async fn needs_emupos_paper_end_cover_and_offline_cost_a_wait_and_never_a_second_paper() {
    let emupos = Emupos::start().await;
    let home = Home::kitchen("ws://127.0.0.1:1");
    fs::write(
        home.path().join("agent.toml"),
        format!(
            "[relay]\nurl = \"ws://127.0.0.1:1\"\n[[station]]\nname = \"kitchen\"\nprinter = \"grill\"\n[[printer]]\n\
             name = \"grill\"\naddress = \"tcp://127.0.0.1:{}\"\n",
            emupos.port
        ),
    )
    .unwrap();
    let _agent = home.run(&[]);
    until("the agent runs", || {
        (home.json(&["status"]).0 == Some(6)).then_some(())
    })
    .await;
    let first = home.call_beside(&["printers", "test", "grill"]).await;
    assert_eq!(
        first.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&first.stderr)
    );
    until("the first paper", || (emupos.receipts().len() == 1).then_some(())).await;
    for (papers, (fault, words)) in [
        ("paper-out", "paper"),
        ("cover-open", "cover"),
        ("offline", "offline"),
    ]
    .into_iter()
    .enumerate()
    {
        emupos.fault("set", fault);
        let (test, held) = tokio::join!(home.call_beside(&["printers", "test", "grill"]), async {
            let held = until(fault, || Some(newest(&home)).filter(|job| job["state"] == "held")).await;
            let (code, status) = home.json(&["status"]);
            assert_eq!(code, Some(6), "no relay here");
            assert_eq!(status["printers"][0]["status"]["online"], false, "{status}");
            assert_eq!(emupos.receipts().len(), papers + 1, "nothing printed in a fault");
            emupos.fault("clear", fault);
            held
        });
        let detail = held["detail"].as_str().unwrap_or_default().to_lowercase();
        assert!(detail.contains(words), "{fault}: {held}");
        assert_eq!(
            test.status.code(),
            Some(0),
            "{fault}: {}",
            String::from_utf8_lossy(&test.stderr)
        );
        until("one paper more", || {
            (emupos.receipts().len() == papers + 2).then_some(())
        })
        .await;
        let printed = newest(&home);
        assert_eq!(
            (&printed["state"], &printed["attempt"]),
            (&"printed".into(), &1.into()),
            "{printed}"
        );
        assert!(
            matches!(printed["evidence"].as_str(), Some("A" | "B")),
            "{printed}"
        );
    }
    let receipts = emupos.receipts();
    assert_eq!(receipts.len(), 4, "one paper each");
    assert!(receipts.iter().all(|text| text.contains("grill")), "{receipts:?}");
}
