//! A station that is down lends its jobs to its backup: never both unmarked, in order, and back again.

use std::time::Duration;

use protocol::frames::PrinterStatus;
use protocol::{Banner, JobState};
use relay::order::Command;
use relay::store::{Acked, Agent, Job, JobWish, Standing};

use crate::kit::{GRILL, House, OUTLET, SPOOL, actor, done, update};

const BAR: &str = "bar-pc";
const VIA: &str = "bar_depan";

/// Both agents as the links see them; away for so many seconds.
fn standing(house: &House, home: Option<u64>, backup: Option<u64>) -> Standing {
    let agent = |device: &str, away: Option<u64>| Agent {
        device: Some(device.to_owned()),
        away: away.map(Duration::from_secs),
    };
    Standing {
        via: VIA.to_owned(),
        after: Duration::from_secs(30),
        home: agent(GRILL, home),
        backup: agent(BAR, backup),
        began: house.clock.now() - Duration::from_secs(3600),
    }
}

async fn settle(house: &House, home: Option<u64>, backup: Option<u64>) {
    let standing = standing(house, home, backup);
    house
        .store
        .settle_backup(OUTLET, "kitchen", standing)
        .await
        .unwrap();
}

/// The bar's agent connects; it holds its own station.
async fn open_bar(house: &House) -> u64 {
    let fence = house.store.attach(OUTLET, BAR).await.unwrap();
    house.store.offers(OUTLET, VIA, BAR, SPOOL, 0, 32).await.unwrap();
    fence
}

async fn lent(house: &House) -> Vec<Job> {
    let offers = house
        .store
        .lent_offers(OUTLET, ("kitchen", VIA), BAR, SPOOL, 0, 32);
    offers.await.unwrap()
}

async fn grill_is(house: &House, online: bool) {
    let status = PrinterStatus {
        printer: "grill".into(),
        online,
        paper: "out".into(),
        cover: "closed".into(),
        error: None,
    };
    house.store.printer_status(OUTLET, GRILL, status).await.unwrap();
}

/// A job that waits at the kitchen's agent, whose printer has been down for a minute, and is asked back.
async fn asked_back(house: &House) -> (u64, u64, Job) {
    house.order("A-1").await;
    let (fence, mut jobs) = house.take(GRILL).await;
    let job = jobs.remove(0);
    let bar = open_bar(house).await;
    let mut held = update(&job, JobState::Held, house.clock.now());
    held.attempt = 0;
    house.store.update(OUTLET, GRILL, held, fence).await.unwrap();
    grill_is(house, false).await;
    house.clock.pass(60);
    settle(house, None, None).await;
    let job = house.job(&job.header.id).await;
    (fence, bar, job)
}

async fn give_back(house: &House, job: &Job, fence: u64) -> (JobState, bool) {
    let mut said = update(job, JobState::Cancelled, house.clock.now());
    said.attempt = 0;
    let stored = house.store.update(OUTLET, GRILL, said, fence).await.unwrap();
    (stored.state, stored.settled)
}

fn marks(job: &Job) -> (bool, bool) {
    let has = |is: fn(&Banner) -> bool| job.header.banners.iter().any(is);
    let backup = has(|banner| matches!(banner, Banner::Backup { station } if station == "kitchen"));
    (
        backup,
        has(|banner| matches!(banner, Banner::PossibleDuplicate { .. })),
    )
}

#[tokio::test]
async fn what_an_agent_holds_goes_on_only_when_it_has_given_it_back() {
    let house = House::open().await;
    let (fence, bar, job) = asked_back(&house).await;
    assert!(job.cancel_requested && job.state == JobState::Held);
    assert!(lent(&house).await.is_empty(), "the kitchen may print it yet");
    assert_eq!(give_back(&house, &job, fence).await, (JobState::Accepted, true));
    assert!(house.offers(GRILL, SPOOL).await.is_empty());
    let offer = lent(&house).await.remove(0);
    assert_eq!(marks(&offer), (true, false));
    assert_eq!((offer.header.via.as_deref(), offer.header.hops), (Some(VIA), 1));
    assert_eq!(
        (offer.header.station.as_str(), offer.header.number),
        ("kitchen", 1)
    );
    assert_eq!(house.ack(&offer, BAR, bar).await, Acked::Stored);
    // Its word goes astray and is said again: that withdraws nothing.
    assert_eq!(give_back(&house, &job, fence).await, (JobState::Spooled, true));
    house.say(&offer, BAR, bar, JobState::Printing).await;
    assert_eq!(
        house.say(&offer, BAR, bar, JobState::Printed).await,
        (JobState::Printed, true)
    );
}

#[tokio::test]
async fn an_agent_that_had_begun_meanwhile_keeps_the_job() {
    let house = House::open().await;
    let (fence, _, job) = asked_back(&house).await;
    house.say(&job, GRILL, fence, JobState::Printing).await;
    settle(&house, None, None).await;
    assert!(lent(&house).await.is_empty());
    let job = house.job(&job.header.id).await;
    assert!(!job.cancel_requested);
    assert_eq!(marks(&job), (false, false));
    assert_eq!(
        house.say(&job, GRILL, fence, JobState::Printed).await,
        (JobState::Printed, true)
    );
}

#[tokio::test]
async fn a_person_who_cancels_a_job_that_is_asked_back_cancels_it_for_good() {
    let house = House::open().await;
    let (fence, _, job) = asked_back(&house).await;
    let wish = house
        .store
        .wish(OUTLET, &job.header.id, JobWish::Cancel, &actor())
        .await;
    wish.unwrap();
    assert_eq!(give_back(&house, &job, fence).await, (JobState::Cancelled, true));
    assert!(lent(&house).await.is_empty());
}

#[tokio::test]
async fn what_the_agent_that_went_away_may_have_is_marked_and_what_it_has_stays() {
    let house = House::open().await;
    house.order("A-1").await;
    let (_, taken) = house.take(GRILL).await;
    house.order("A-2").await;
    assert_eq!(
        house.offers(GRILL, SPOOL).await.len(),
        1,
        "offered, and never acknowledged"
    );
    house.order("A-3").await;
    open_bar(&house).await;
    settle(&house, Some(29), None).await;
    assert!(lent(&house).await.is_empty(), "it may be back any moment");
    settle(&house, Some(30), None).await;
    let offers = lent(&house).await;
    assert_eq!(
        offers.iter().map(marks).collect::<Vec<_>>(),
        [(true, true), (true, false)]
    );
    let stays = house.job(&taken[0].header.id).await;
    assert_eq!(stays.state, JobState::Spooled);
    assert!(stays.detail.unwrap().contains("cannot be reached"));
}

#[tokio::test]
async fn a_job_that_nobody_was_offered_comes_home_and_one_that_was_offered_stays() {
    let house = House::open().await;
    house.take(GRILL).await;
    let bar = open_bar(&house).await;
    house.order("A-1").await;
    settle(&house, Some(60), None).await;
    assert_eq!(lent(&house).await.len(), 1);
    house.order("A-2").await;
    settle(&house, Some(60), None).await;
    settle(&house, None, None).await;
    let home = house.offers(GRILL, SPOOL).await;
    assert_eq!(home.iter().map(marks).collect::<Vec<_>>(), [(false, false)]);
    let still = lent(&house).await.remove(0);
    assert_eq!(house.ack(&still, BAR, bar).await, Acked::Stored);
    // A backup that goes away itself with an offer in its hands: home again, marked.
    house.order("A-3").await;
    settle(&house, Some(60), None).await;
    let again = lent(&house).await;
    assert_eq!(
        again.iter().map(marks).collect::<Vec<_>>(),
        [(true, true), (true, false)],
        "the kitchen was offered the first of them"
    );
    settle(&house, None, Some(60)).await;
    let home = house.offers(GRILL, SPOOL).await;
    assert_eq!(home.last().map(marks), Some((false, true)));
}

#[tokio::test]
async fn a_backup_that_cannot_print_either_is_lent_nothing_and_a_correction_follows_its_order() {
    let house = House::open().await;
    house.take(GRILL).await;
    let bar = open_bar(&house).await;
    let down = PrinterStatus {
        printer: "tap".into(),
        online: false,
        paper: "out".into(),
        cover: "closed".into(),
        error: None,
    };
    house
        .store
        .printer_status(OUTLET, BAR, down.clone())
        .await
        .unwrap();
    house.order("A-1").await;
    settle(&house, Some(60), None).await;
    assert!(lent(&house).await.is_empty());
    let up = PrinterStatus { online: true, ..down };
    house.store.printer_status(OUTLET, BAR, up).await.unwrap();
    settle(&house, Some(60), None).await;
    let job = lent(&house).await.remove(0);
    assert_eq!(house.ack(&job, BAR, bar).await, Acked::Stored);
    house.say(&job, BAR, bar, JobState::Printing).await;
    house.say(&job, BAR, bar, JobState::Printed).await;
    let cancel = Command::Cancel {
        reason: "the guests left".into(),
    };
    done(house.send(cancel, Some("A-1")).await);
    settle(&house, None, None).await;
    assert!(
        house.offers(GRILL, SPOOL).await.is_empty(),
        "the order's paper is at the bar"
    );
    let void = lent(&house).await;
    assert_eq!(void.len(), 1);
    assert_eq!(marks(&void[0]), (true, false));
}
