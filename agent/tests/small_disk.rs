//! D2 with the real program on a real file system that is too small: the spool takes nothing, the relay keeps the
//! job, and a screen hears of it within the minute.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{FakeRelay, Peer};
use protocol::AgentFrame;

/// DELIVERY.md, I8.
const ALARM_WITHIN: Duration = Duration::from_secs(60);

/// The agent in a mount namespace of its own, whose data folder is a small file system. It ends with the test.
struct Computer {
    shell: Child,
    /// The data folder as the agent's namespace has it.
    data: PathBuf,
    _folder: tempfile::TempDir,
}

impl Computer {
    fn start(url: &str, kilobytes: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("agent.toml");
        let text = format!(
            "[relay]\nurl = \"{url}\"\n[[station]]\nname = \"kitchen\"\nprinter = \"grill\"\n\
             [[printer]]\nname = \"grill\"\naddress = \"file:{}\"\n",
            folder.path().join("paper.bin").display()
        );
        fs::write(&config, text).unwrap();
        fs::write(folder.path().join("paper.bin"), "").unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let script = format!(
            "mount -t tmpfs -o size={kilobytes}k none {data} && exec {agent} run --config {config} --data {data}",
            data = data.display(),
            agent = env!("CARGO_BIN_EXE_printrail-agent"),
            config = config.display(),
        );
        let shell = Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-c", &script])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let data = PathBuf::from(format!("/proc/{}/root{}", shell.id(), data.display()));
        Self {
            shell,
            data,
            _folder: folder,
        }
    }

    /// Fills the disk, but for so many kilobytes, which the agent may take meanwhile.
    fn fill(&self, but: u64) {
        let free = self.free();
        let junk = vec![0; usize::try_from(free.saturating_sub(but) * 1024).unwrap()];
        match fs::write(self.data.join("junk"), junk) {
            Err(error) if error.kind() == ErrorKind::StorageFull => {}
            written => written.unwrap(),
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.data.join("junk")).unwrap();
    }

    /// Kilobytes, from the file system itself: `df` would look the path up in this namespace's table of mounts.
    fn free(&self) -> u64 {
        let said = Command::new("stat")
            .args(["--file-system", "--format=%a %S"])
            .arg(&self.data)
            .output()
            .unwrap();
        let text = String::from_utf8(said.stdout).unwrap();
        let numbers: Vec<u64> = text.split_whitespace().map(|n| n.parse().unwrap()).collect();
        numbers[0] * numbers[1] / 1024
    }
}

impl Drop for Computer {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// The next thing that is said of the printer with such an error, or with none; no job is acknowledged before.
async fn said_of_the_printer(peer: &mut Peer, wanted: impl Fn(Option<&str>) -> bool) {
    peer.wait_for(|frame| match frame {
        AgentFrame::PrinterStatus(status) => wanted(status.error.as_deref()).then_some(()),
        AgentFrame::JobAck { job_id } => panic!("{job_id} is acknowledged on a full disk"),
        _ => None,
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a small file system: agent/ci.sh"]
async fn fault_d2_a_full_disk_keeps_the_job_at_the_relay_and_is_told_within_a_minute() {
    let relay = FakeRelay::start().await;
    let computer = Computer::start(&relay.url(), 2048);
    let (mut peer, _) = relay.live(1).await;
    peer.offer("job-1", 1, "kitchen").await;
    peer.acknowledged("job-1").await;
    let began = Instant::now();
    computer.fill(0);
    // The spool's own files have room for a few jobs more: each is either kept or refused.
    for seq in 2..200 {
        peer.offer(&format!("job-{seq}"), seq, "kitchen").await;
        let refused = peer
            .wait_for(|frame| match frame {
                AgentFrame::JobAck { .. } => Some(false),
                AgentFrame::PrinterStatus(status) => status
                    .error
                    .is_some_and(|error| error.contains("takes no more tickets"))
                    .then_some(true),
                _ => None,
            })
            .await;
        if refused {
            assert!(began.elapsed() < ALARM_WITHIN, "{:?}", began.elapsed());
            computer.make_room();
            // The relay offers what is not acknowledged again.
            peer.offer(&format!("job-{seq}"), seq, "kitchen").await;
            peer.acknowledged(&format!("job-{seq}")).await;
            said_of_the_printer(&mut peer, |error| error.is_none()).await;
            return;
        }
    }
    panic!("a full disk took everything");
}

#[tokio::test]
#[ignore = "needs a small file system: agent/ci.sh"]
async fn fault_d2_a_disk_at_ninety_per_cent_is_told_within_a_minute_and_still_takes_tickets() {
    let relay = FakeRelay::start().await;
    let computer = Computer::start(&relay.url(), 8192);
    let (mut peer, _) = relay.live(1).await;
    let began = Instant::now();
    computer.fill(600);
    said_of_the_printer(&mut peer, |error| {
        error.is_some_and(|error| error.contains("% full"))
    })
    .await;
    assert!(began.elapsed() < ALARM_WITHIN, "{:?}", began.elapsed());
    peer.offer("job-1", 1, "kitchen").await;
    peer.acknowledged("job-1").await;
    computer.make_room();
    said_of_the_printer(&mut peer, |error| error.is_none()).await;
}
