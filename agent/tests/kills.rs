//! The agent is killed again and again while it prints; a person with eyes answers what is in doubt.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use common::{FakeRelay, Home, Peer, Running};
use protocol::{AgentFrame, JobId, JobState, RelayFrame};
use tokio::time::{sleep, timeout};
use virtual_printer::{Config, VirtualPrinter};

const JOBS: u64 = 40;
const KILLS: u64 = 12;
/// As at most 32 may be open at the real relay; small, so that the kills meet every step.
const OPEN: usize = 6;

/// A relay that offers what is not acknowledged, settles what is final, and has somebody look at
/// the paper when asked.
struct Evening<'a> {
    relay: &'a FakeRelay,
    printer: &'a VirtualPrinter,
    acknowledged: BTreeSet<String>,
    ended: BTreeMap<String, JobState>,
}

impl Evening<'_> {
    /// Serves one connection until it ends or all jobs have.
    async fn serve(&mut self) {
        let mut peer = self.relay.live_at_last().await;
        self.offer(&mut peer).await;
        while self.ended.len() < usize::try_from(JOBS).unwrap() {
            match peer.next().await {
                Some(AgentFrame::JobAck { job_id }) => {
                    self.acknowledged.insert(job_id.to_string());
                    self.offer(&mut peer).await;
                }
                Some(AgentFrame::JobUpdate(update)) if update.state == JobState::Unconfirmed => {
                    let printed = self.look_for(&update.job_id).await;
                    peer.send(&RelayFrame::JobResolve {
                        job_id: update.job_id,
                        printed,
                    })
                    .await;
                }
                Some(AgentFrame::JobUpdate(update)) if update.state.is_final() => {
                    self.ended.insert(update.job_id.to_string(), update.state);
                    peer.send(&RelayFrame::JobSettled {
                        job_id: update.job_id,
                    })
                    .await;
                }
                Some(_) => {}
                None => return,
            }
        }
    }

    async fn offer(&self, peer: &mut Peer) {
        let open = (1..=JOBS).filter(|seq| !self.acknowledged.contains(&id(*seq)));
        for seq in open.take(OPEN) {
            peer.offer(&id(seq), seq, "kitchen").await;
        }
    }

    /// Whether this ticket is on paper to its foot, once nothing moves any more.
    async fn look_for(&self, job: &JobId) -> bool {
        let mut before = u64::MAX;
        while before != self.printer.bytes_received() {
            before = self.printer.bytes_received();
            sleep(Duration::from_millis(300)).await;
        }
        papers_of(self.printer, job.as_str()).len() == 1
    }
}

fn id(seq: u64) -> String {
    format!("job-{seq:08}")
}

/// Whole tickets of a job: its short id stands at the foot.
fn papers_of(printer: &VirtualPrinter, id: &str) -> Vec<String> {
    let foot = format!("job {}", JobId::new(id).short());
    printer
        .papers()
        .into_iter()
        .map(|paper| paper.text)
        .filter(|text| text.contains(&foot))
        .collect()
}

#[tokio::test]
async fn fault_a1_killed_at_any_moment_every_ticket_is_on_paper_and_no_copy_is_unmarked() {
    let relay = FakeRelay::start().await;
    // Slow and with little room, so that a kill finds tickets half sent.
    let slow = Config {
        speed_mm_s: Some(900.0),
        buffer_bytes: 128,
        ..Config::default()
    };
    let printer = VirtualPrinter::start(slow).unwrap();
    let home = Home::kitchen(&relay.url());
    home.configure(&format!(
        "[relay]\nurl = \"{}\"\n[[station]]\nname = \"kitchen\"\nprinter = \"grill\"\n\
         [[printer]]\nname = \"grill\"\naddress = \"tcp://{}\"\n",
        relay.url(),
        printer.addr()
    ));
    let mut evening = Evening {
        relay: &relay,
        printer: &printer,
        acknowledged: BTreeSet::new(),
        ended: BTreeMap::new(),
    };
    for kill in 0..KILLS {
        let agent: Running = home.run(&[]);
        // Times that fall on different steps each round; where exactly is the machine's luck.
        let until = Duration::from_millis(150 + 97 * kill % 700);
        let _ = timeout(until, evening.serve()).await;
        agent.kill_9();
    }
    let agent = home.run(&[]);
    while evening.ended.len() < usize::try_from(JOBS).unwrap() {
        let served = timeout(Duration::from_secs(90), evening.serve()).await;
        assert!(served.is_ok(), "stuck with {:?}\n{}", evening.ended, agent.log());
    }
    assert_eq!(evening.ended.len(), usize::try_from(JOBS).unwrap());
    for seq in 1..=JOBS {
        let id = id(seq);
        assert_eq!(evening.ended[&id], JobState::Printed, "{id}");
        let papers = papers_of(&printer, &id);
        assert!(!papers.is_empty(), "{id} is lost");
        let marked = |text: &&String| text.contains("DUPLICATE") || text.contains("REPRINT");
        assert!(
            papers.iter().filter(|text| !marked(text)).count() <= 1,
            "{id} has an unmarked copy: {papers:#?}"
        );
    }
}
