//! Two printers of one agent, with the real program: backups, slips at the neighbour, summaries.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{FakeRelay, Home, Peer, offer, until};
use protocol::{AgentFrame, JobState, JobUpdate, RelayFrame};
use virtual_printer::{Config, Fault, VirtualPrinter};

/// A kitchen at the grill and a bar at the tap, each the other's backup.
struct Restaurant {
    relay: FakeRelay,
    grill: VirtualPrinter,
    tap: VirtualPrinter,
    home: Home,
}

impl Restaurant {
    async fn open() -> Self {
        let relay = FakeRelay::start().await;
        let (grill, tap) = (
            VirtualPrinter::start(Config::default()).unwrap(),
            VirtualPrinter::start(Config::default()).unwrap(),
        );
        let home = Home::kitchen(&relay.url());
        let station = |name: &str, printer: &str, backup: &str| {
            format!(
                "[[station]]\nname = \"{name}\"\nprinter = \"{printer}\"\nbackup = \"{backup}\"\nbackup_after_s = 1\n"
            )
        };
        let printer = |name: &str, at: &VirtualPrinter| {
            format!(
                "[[printer]]\nname = \"{name}\"\naddress = \"tcp://{}\"\n",
                at.addr()
            )
        };
        home.configure(&format!(
            "[relay]\nurl = \"{}\"\n{}{}{}{}",
            relay.url(),
            station("kitchen", "grill", "tap"),
            station("bar", "tap", "grill"),
            printer("grill", &grill),
            printer("tap", &tap),
        ));
        Self {
            relay,
            grill,
            tap,
            home,
        }
    }
}

async fn update(peer: &mut Peer, id: &str, wanted: impl Fn(&JobUpdate) -> bool) -> JobUpdate {
    peer.wait_for(|frame| match frame {
        AgentFrame::JobUpdate(update) if update.job_id.as_str() == id && wanted(&update) => Some(update),
        _ => None,
    })
    .await
}

/// Offers a job to the kitchen that is a little different from the usual.
async fn send(peer: &mut Peer, id: &str, seq: u64, change: impl FnOnce(&mut serde_json::Value)) {
    let mut offer = offer(id, seq, "kitchen");
    let mut data = serde_json::from_str(offer.data.get()).unwrap();
    change(&mut data);
    offer.data = serde_json::value::to_raw_value(&data).unwrap();
    peer.send(&RelayFrame::Offer(Box::new(offer))).await;
}

/// All papers that say this.
async fn papers_with(printer: &VirtualPrinter, text: &str, count: usize) -> Vec<String> {
    until(&format!("{count} papers with {text}"), || {
        let papers = printer.papers().into_iter().map(|paper| paper.text);
        let found: Vec<_> = papers
            .filter(|paper| squeezed(paper).contains(&squeezed(text)))
            .collect();
        (found.len() >= count).then_some(found)
    })
    .await
}

/// Without spaces and line ends, since large letters break lines.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

#[tokio::test]
async fn a_printer_that_stays_down_hands_its_tickets_to_the_backup_and_takes_them_back() {
    let house = Restaurant::open().await;
    house.grill.fault(Fault::PaperOut);
    let _agent = house.home.run(&[]);
    let (mut peer, _) = house.relay.live(2).await;
    for (id, number) in [("job-1", 41), ("job-2", 42)] {
        peer.offer(id, number, "kitchen").await;
        let end = update(&mut peer, id, |update| update.state.is_final()).await;
        assert_eq!(
            (end.state, end.printer.as_deref()),
            (JobState::Printed, Some("tap"))
        );
    }
    let papers = papers_with(&house.tap, "BACKUP FROM KITCHEN", 2).await;
    for (paper, number) in papers.iter().zip(["#41", "#42"]) {
        assert!(paper.contains(number), "the station's own number: {paper}");
    }
    // The order's paper is at the tap, so is its VOID, though the grill is back.
    house.grill.fault(Fault::Refill);
    until("the grill is back", || {
        let (_, status) = house.home.json(&["status"]);
        let printers = status["printers"].as_array()?.clone();
        printers
            .iter()
            .any(|printer| printer["name"] == "grill" && printer["status"]["online"] == true)
            .then_some(())
    })
    .await;
    send(&mut peer, "job-1-void", 43, |data| {
        data["order_id"] = "order-job-1".into();
        data["job"]["kind"] = "void".into();
    })
    .await;
    let end = update(&mut peer, "job-1-void", |update| update.state.is_final()).await;
    assert_eq!(end.printer.as_deref(), Some("tap"));
    peer.offer("job-3", 44, "kitchen").await;
    let end = update(&mut peer, "job-3", |update| update.state.is_final()).await;
    assert_eq!(end.printer.as_deref(), Some("grill"));
    let own = papers_with(&house.grill, "#44", 1).await;
    assert!(!own[0].contains("BACKUP"), "{}", own[0]);
}

#[tokio::test]
async fn the_neighbour_tells_of_an_outage_and_asks_about_a_doubt() {
    let house = Restaurant::open().await;
    let _agent = house.home.run(&[]);
    let (mut peer, _) = house.relay.live(2).await;
    peer.offer("job-1", 41, "kitchen").await;
    update(&mut peer, "job-1", |update| update.state.is_final()).await;
    house.grill.fault(Fault::PowerCutAtByte(300));
    peer.offer("job-2", 42, "kitchen").await;
    update(&mut peer, "job-2", |update| update.state == JobState::Unconfirmed).await;
    let asked = papers_with(&house.tap, "Did #42 print?", 1).await;
    assert!(
        squeezed(&asked[0]).contains("ALARM") && asked[0].contains("GRILL"),
        "{}",
        asked[0]
    );
    // What waits prints at the backup; what waits while both are down is told of first.
    peer.offer("job-3", 43, "kitchen").await;
    let end = update(&mut peer, "job-3", |update| update.state.is_final()).await;
    assert_eq!(end.printer.as_deref(), Some("tap"));
    let told = papers_with(&house.tap, "ticket waiting", 1).await;
    assert!(squeezed(&told[0]).contains("#43"), "{}", told[0]);
    house.grill.fault(Fault::PowerOn);
    let answered = house
        .home
        .call_beside(&["jobs", "resolve", "job-2", "--printed"])
        .await;
    assert!(answered.status.success(), "{answered:?}");
    update(&mut peer, "job-2", |update| update.state == JobState::Printed).await;
}

#[tokio::test]
async fn tickets_that_went_stale_come_as_one_summary_for_each_station_and_print_when_released() {
    let house = Restaurant::open().await;
    let _agent = house.home.run(&[]);
    let (mut peer, _) = house.relay.live(2).await;
    for (id, number) in [("job-1", 41), ("job-2", 42), ("job-3", 43)] {
        send(&mut peer, id, number, |data| {
            data["job"]["age_ms"] = 2_400_000.into()
        })
        .await;
        let held = update(&mut peer, id, |update| update.state == JobState::Held).await;
        assert!(held.detail.unwrap().contains("stale"));
    }
    let summary = papers_with(&house.grill, "WAITING", 1).await;
    let text = squeezed(&summary[0]);
    for said in ["#41", "#42", "#43", "C4", "40min", "3tickets"] {
        assert!(text.contains(said), "{said}: {}", summary[0]);
    }
    let released = house.home.call_beside(&["jobs", "release", "job-2"]).await;
    assert!(released.status.success(), "{released:?}");
    update(&mut peer, "job-2", |update| update.state == JobState::Printed).await;
    let released = house.home.call_beside(&["jobs", "release", "--all"]).await;
    assert!(released.status.success(), "{released:?}");
    for id in ["job-1", "job-3"] {
        update(&mut peer, id, |update| update.state == JobState::Printed).await;
    }
    let late = papers_with(&house.grill, "LATE 40 min", 3).await;
    assert_eq!(late.len(), 3);
    assert_eq!(house.grill.papers().len(), 4, "one summary, and each ticket once");
}
