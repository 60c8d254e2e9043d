//! Exactly one device prints a station's jobs, and what may have printed elsewhere is marked.

use protocol::{Banner, JobState};
use relay::store::Acked;

use crate::kit::{GRILL, House, OUTLET, SPOOL};

const SPARE: &str = "spare-pc";

fn is_marked(job: &relay::store::Job) -> bool {
    job.header
        .banners
        .iter()
        .any(|banner| matches!(banner, Banner::PossibleDuplicate { .. }))
}

#[tokio::test]
async fn of_two_agents_at_a_station_one_is_offered_its_jobs() {
    let house = House::open().await;
    house.order("A-17").await;
    assert_eq!(house.offers(GRILL, SPOOL).await.len(), 1);
    assert!(house.offers(SPARE, SPOOL).await.is_empty());
    assert!(house.offers(SPARE, Some("spool-9")).await.is_empty());
    let house = house.restart().await;
    assert!(
        house.offers(SPARE, SPOOL).await.is_empty(),
        "the holder outlives the relay"
    );
    assert_eq!(house.offers(GRILL, SPOOL).await.len(), 1);
    assert_eq!(
        house
            .store
            .holder(OUTLET, "kitchen")
            .await
            .unwrap()
            .unwrap()
            .device,
        GRILL
    );
}

#[tokio::test]
async fn a_device_that_does_not_have_the_station_cannot_take_its_jobs() {
    let house = House::open().await;
    house.order("A-17").await;
    let job = house.offers(GRILL, SPOOL).await.remove(0);
    let fence = house.store.attach(OUTLET, SPARE).await.unwrap();
    assert_eq!(house.ack(&job, SPARE, fence).await, Acked::Fenced);
    assert_eq!(house.job(&job.header.id).await.state, JobState::Accepted);
}

#[tokio::test]
async fn whoever_takes_a_station_over_marks_what_the_other_was_offered() {
    let house = House::open().await;
    house.order("A-1").await;
    assert_eq!(house.offers(GRILL, SPOOL).await.len(), 1);
    house.order("A-2").await;
    house.store.claim_station(OUTLET, "kitchen", SPARE).await.unwrap();
    let jobs = house.offers(SPARE, SPOOL).await;
    assert_eq!(jobs.iter().map(is_marked).collect::<Vec<_>>(), [true, false]);
    assert!(house.offers(GRILL, SPOOL).await.is_empty());
}

#[tokio::test]
async fn after_a_restart_everything_from_before_may_have_been_offered() {
    let house = House::open().await;
    house.order("A-1").await;
    house.offers(GRILL, SPOOL).await;
    house.order("A-2").await;
    let house = house.restart().await;
    house.order("A-3").await;
    house.store.claim_station(OUTLET, "kitchen", SPARE).await.unwrap();
    let jobs = house.offers(SPARE, SPOOL).await;
    assert_eq!(
        jobs.iter().map(is_marked).collect::<Vec<_>>(),
        [true, true, false]
    );
}

#[tokio::test]
async fn the_first_acknowledgement_wins_and_the_other_copy_is_withdrawn() {
    let house = House::open().await;
    house.order("A-1").await;
    house.order("A-2").await;
    let offered = house.offers(GRILL, SPOOL).await;
    house.store.claim_station(OUTLET, "kitchen", SPARE).await.unwrap();
    let (spare, jobs) = house.take(SPARE).await;
    let grill = house.store.attach(OUTLET, GRILL).await.unwrap();
    assert_eq!(house.ack(&offered[0], GRILL, grill).await, Acked::CancelInstead);
    // The first one did print there: that is the truth, and the copy is asked back.
    assert_eq!(
        house.say(&offered[0], GRILL, grill, JobState::Printed).await,
        (JobState::Printed, true)
    );
    let wished = house.store.wished(OUTLET, "kitchen", SPARE).await.unwrap();
    assert_eq!(wished.len(), 1);
    assert_eq!(
        house.say(&jobs[0], SPARE, spare, JobState::Cancelled).await,
        (JobState::Printed, true)
    );
    assert!(
        house
            .store
            .wished(OUTLET, "kitchen", SPARE)
            .await
            .unwrap()
            .is_empty()
    );
    // The second did not: its word does not count, and it need not say it again.
    assert_eq!(
        house.say(&offered[1], GRILL, grill, JobState::Cancelled).await,
        (JobState::Spooled, true)
    );
}

#[tokio::test]
async fn a_new_spool_gets_the_old_ones_jobs_marked_where_they_had_begun() {
    let house = House::open().await;
    for n in 1..=3 {
        house.order(&format!("A-{n}")).await;
    }
    let (fence, jobs) = house.take(GRILL).await;
    house.say(&jobs[0], GRILL, fence, JobState::Printed).await;
    house.say(&jobs[1], GRILL, fence, JobState::Printing).await;
    house.order("A-4").await;
    house.offers(GRILL, SPOOL).await;

    let fence = house.store.attach(OUTLET, GRILL).await.unwrap();
    let again = house.offers(GRILL, Some("spool-2")).await;
    let seqs: Vec<_> = again.iter().map(|job| (job.header.seq, is_marked(job))).collect();
    // 2 had begun; 3 was acknowledged and not begun; 4 was offered, and may have been in the old spool.
    assert_eq!(seqs, [(2, true), (3, false), (4, true)]);
    for job in &again {
        let ack = house
            .store
            .ack(OUTLET, &job.header.id, GRILL, Some("spool-2"), fence)
            .await
            .unwrap();
        assert_eq!(ack, Acked::Stored);
    }
    assert!(house.offers(GRILL, Some("spool-2")).await.is_empty());
    let job = house.job(&jobs[1].header.id).await;
    assert_eq!((job.state, job.header.attempt), (JobState::Spooled, 1));
}
