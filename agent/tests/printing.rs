//! From an offered job to paper, with the real program and a virtual printer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;

use common::{FakeRelay, Home, PATIENCE, Peer, until};
use protocol::{AgentFrame, Evidence, JobState, JobUpdate, RelayFrame};
use virtual_printer::{Config, Fault, VirtualPrinter};

/// A kitchen that prints on this printer.
fn kitchen(relay: &FakeRelay, printer: &VirtualPrinter) -> Home {
    let home = Home::kitchen(&relay.url());
    home.configure(&toml(&relay.url(), &format!("tcp://{}", printer.addr())));
    home
}

fn toml(url: &str, address: &str) -> String {
    format!(
        "[relay]\nurl = \"{url}\"\n[[station]]\nname = \"kitchen\"\nprinter = \"grill\"\n\
         [[printer]]\nname = \"grill\"\naddress = \"{address}\"\n"
    )
}

/// A relay's conversation with its agent, over as many connections as it takes.
struct Talk<'a> {
    relay: &'a FakeRelay,
    peer: Peer,
}

impl<'a> Talk<'a> {
    async fn begin(relay: &'a FakeRelay) -> Self {
        Self {
            relay,
            peer: relay.live(1).await.0,
        }
    }

    /// Offers until it is acknowledged: what was under way on a broken link is offered again.
    async fn offer(&mut self, id: &str, seq: u64) {
        self.peer.offer(id, seq, "kitchen").await;
        loop {
            match self.peer.next().await {
                Some(AgentFrame::JobAck { job_id }) if job_id.as_str() == id => return,
                Some(_) => {}
                None => {
                    self.peer = self.relay.live(1).await.0;
                    self.peer.offer(id, seq, "kitchen").await;
                }
            }
        }
    }

    async fn update(&mut self, id: &str, wanted: impl Fn(&JobUpdate) -> bool) -> JobUpdate {
        loop {
            match self.peer.next().await {
                Some(AgentFrame::JobUpdate(update)) if update.job_id.as_str() == id && wanted(&update) => {
                    return update;
                }
                Some(_) => {}
                None => self.peer = self.relay.live(1).await.0,
            }
        }
    }

    async fn finished(&mut self, id: &str) -> JobUpdate {
        let update = self.update(id, |update| update.state.is_final()).await;
        self.peer
            .send(&RelayFrame::JobSettled {
                job_id: update.job_id.clone(),
            })
            .await;
        update
    }
}

#[tokio::test]
async fn an_offered_job_is_on_paper_once_with_proof_and_then_settled() {
    let (relay, printer) = (
        FakeRelay::start().await,
        VirtualPrinter::start(Config::default()).unwrap(),
    );
    let home = kitchen(&relay, &printer);
    let _agent = home.run(&[]);
    let mut talk = Talk::begin(&relay).await;
    for (id, seq) in [("job-1", 41), ("job-2", 42), ("job-3", 43)] {
        talk.offer(id, seq).await;
    }
    for id in ["job-1", "job-2", "job-3"] {
        let end = talk.finished(id).await;
        assert_eq!(end.state, JobState::Printed, "{end:?}");
        assert!(matches!(end.evidence, Some(Evidence::A | Evidence::B)), "{end:?}");
        assert_eq!((end.attempt, end.printer.as_deref()), (1, Some("grill")));
    }
    let texts: Vec<_> = printer
        .wait_papers(3, PATIENCE)
        .into_iter()
        .map(|paper| paper.text)
        .collect();
    assert_eq!(texts.len(), 3);
    for (text, number) in texts.iter().zip(["41", "42", "43"]) {
        assert!(text.contains("Nasi Goreng") && text.contains(number), "{text}");
    }
    until("the spool knows that all is settled", || {
        let (_, jobs) = home.json(&["jobs", "list"]);
        jobs["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|job| job["settled"] == true)
            .then_some(())
    })
    .await;
    // Redelivered late: known, not printed again.
    talk.offer("job-1", 41).await;
    talk.offer("job-4", 44).await;
    talk.finished("job-4").await;
    assert_eq!(printer.papers_cut(), 4);
}

#[tokio::test]
async fn a_job_that_waited_for_paper_prints_after_kill_9_once_and_unmarked() {
    let (relay, printer) = (
        FakeRelay::start().await,
        VirtualPrinter::start(Config::default()).unwrap(),
    );
    printer.fault(Fault::PaperOut);
    let home = kitchen(&relay, &printer);
    let agent = home.run(&[]);
    let mut talk = Talk::begin(&relay).await;
    talk.offer("job-1", 41).await;
    let held = talk
        .update("job-1", |update| update.state == JobState::Held)
        .await;
    assert!(held.detail.is_some_and(|detail| detail.contains("paper")));
    let (code, status) = home.json(&["status"]);
    assert_eq!(code, Some(7), "{status}");
    agent.kill_9();
    printer.fault(Fault::Refill);
    let _agent = home.run(&[]);
    let mut talk = Talk::begin(&relay).await;
    assert_eq!(talk.finished("job-1").await.state, JobState::Printed);
    let papers = printer.papers();
    assert_eq!(papers.len(), 1);
    assert!(!papers[0].text.contains("DUPLICATE"), "{}", papers[0].text);
}

#[tokio::test]
async fn fault_a7_a_revoked_device_still_prints_what_it_has() {
    let (relay, printer) = (
        FakeRelay::start().await,
        VirtualPrinter::start(Config::default()).unwrap(),
    );
    printer.fault(Fault::PaperOut);
    let home = kitchen(&relay, &printer);
    let _agent = home.run(&[]);
    let mut talk = Talk::begin(&relay).await;
    talk.offer("job-1", 41).await;
    talk.peer.cut();
    relay.refuse(403).await;
    until("status says refused", || {
        (home.json(&["status"]).0 == Some(5)).then_some(())
    })
    .await;
    printer.fault(Fault::Refill);
    until("it prints", || (printer.papers_cut() == 1).then_some(())).await;
}

#[tokio::test]
async fn printers_test_prints_with_and_without_a_running_agent() {
    let (relay, printer) = (
        FakeRelay::start().await,
        VirtualPrinter::start(Config::default()).unwrap(),
    );
    let home = kitchen(&relay, &printer);
    let alone = home.call_beside(&["printers", "test", "grill"]).await;
    assert_eq!(
        alone.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&alone.stderr)
    );
    assert_eq!(printer.papers_cut(), 1);
    let agent = home.run(&[]);
    let talk = Talk::begin(&relay).await;
    let running = home.call_beside(&["printers", "test", "grill"]).await;
    assert_eq!(
        running.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&running.stderr)
    );
    assert_eq!(printer.papers_cut(), 2);
    let leads = format!("[qr: {}/#printers]", relay.url().replace("ws://", "http://"));
    for paper in printer.papers() {
        assert!(paper.text.contains(&leads), "{}", paper.text);
    }
    assert_eq!(home.call(&["printers", "test", "oven"]).status.code(), Some(1));
    drop((talk, agent));
    let left = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert!(
        !left
            .into_iter()
            .any(|name| name.to_string_lossy().starts_with("test-"))
    );
}

#[tokio::test]
async fn a_reprint_is_headed_so_and_the_relay_hears_nothing_of_it() {
    let (relay, printer) = (
        FakeRelay::start().await,
        VirtualPrinter::start(Config::default()).unwrap(),
    );
    let home = kitchen(&relay, &printer);
    let _agent = home.run(&[]);
    let mut talk = Talk::begin(&relay).await;
    talk.offer("job-00000001", 41).await;
    talk.finished("job-00000001").await;
    let (code, _) = home.json(&["jobs", "reprint", "0001"]);
    assert_eq!(code, Some(0));
    let papers = printer.wait_papers(2, PATIENCE);
    assert!(
        papers[1].text.contains("REPRINT") && papers[1].text.contains("Nasi Goreng"),
        "{}",
        papers[1].text
    );
    talk.offer("job-2", 42).await;
    let heard = talk.update("job-2", |update| update.state.is_final()).await;
    assert_eq!(heard.state, JobState::Printed);
    let (_, jobs) = home.json(&["jobs", "list"]);
    let copy = &jobs["jobs"][1];
    assert!(
        copy["id"].as_str().unwrap().starts_with("local-") && copy["settled"] == true,
        "{jobs}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_printer_that_moves_is_followed_after_a_reload() {
    let (relay, old) = (
        FakeRelay::start().await,
        VirtualPrinter::start(Config::default()).unwrap(),
    );
    old.fault(Fault::PaperOut);
    let home = kitchen(&relay, &old);
    let agent = home.run(&[]);
    let mut talk = Talk::begin(&relay).await;
    talk.offer("job-1", 41).await;
    talk.update("job-1", |update| update.state == JobState::Held)
        .await;
    let paper = home.path().join("elsewhere.bin");
    fs::write(&paper, "").unwrap();
    home.configure(&toml(&relay.url(), &format!("file:{}", paper.display())));
    agent.signal("-HUP");
    let end = talk.finished("job-1").await;
    assert_eq!((end.state, end.evidence), (JobState::Sent, Some(Evidence::C)));
    assert!(fs::read(&paper).unwrap().starts_with(b"\x1b@"));
}
