//! What people ask of jobs: an answer to a doubt, a release, a withdrawal, a copy.

use protocol::{Banner, Evidence, JobState};
use relay::order::Command;
use relay::store::{JobWish, StoreError};

use crate::kit::{GRILL, House, OUTLET, SPOOL, actor, done};

fn cancel() -> Command {
    Command::Cancel {
        reason: "guest left".into(),
    }
}

#[tokio::test]
async fn a_person_ends_a_doubt() {
    let house = House::open().await;
    house.order("A-17").await;
    house.order("A-18").await;
    let (fence, jobs) = house.take(GRILL).await;
    let wish = |n: usize, wish| {
        let (house, id) = (&house, jobs[n].header.id.clone());
        async move { house.store.wish(OUTLET, &id, wish, &actor()).await }
    };
    assert!(matches!(
        wish(0, JobWish::Printed).await,
        Err(StoreError::Conflict(_))
    ));
    house.say(&jobs[0], GRILL, fence, JobState::Unconfirmed).await;
    house.say(&jobs[1], GRILL, fence, JobState::Unconfirmed).await;

    let job = wish(0, JobWish::Printed).await.unwrap();
    assert_eq!(
        (job.state, job.evidence),
        (JobState::Printed, Some(Evidence::Person))
    );
    let job = wish(1, JobWish::Again).await.unwrap();
    assert_eq!(
        job.state,
        JobState::Unconfirmed,
        "it is printed once it is printed"
    );
    let wished = house.store.wished(OUTLET, "kitchen", GRILL).await.unwrap();
    assert_eq!(
        wished.iter().map(|(_, wish)| *wish).collect::<Vec<_>>(),
        [JobWish::Printed, JobWish::Again]
    );

    assert_eq!(
        house.say(&jobs[0], GRILL, fence, JobState::Printed).await,
        (JobState::Printed, true)
    );
    assert_eq!(
        house.say(&jobs[1], GRILL, fence, JobState::Printing).await,
        (JobState::Printing, false)
    );
    assert!(
        house
            .store
            .wished(OUTLET, "kitchen", GRILL)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        house.job(&jobs[0].header.id).await.evidence,
        Some(Evidence::Person)
    );
}

#[tokio::test]
async fn a_held_job_is_released_and_an_untaken_one_cancelled() {
    let house = House::open().await;
    house.order("A-17").await;
    let (fence, jobs) = house.take(GRILL).await;
    house.say(&jobs[0], GRILL, fence, JobState::Held).await;
    let id = &jobs[0].header.id;
    house
        .store
        .wish(OUTLET, id, JobWish::Release, &actor())
        .await
        .unwrap();
    let wished = house.store.wished(OUTLET, "kitchen", GRILL).await.unwrap();
    assert_eq!(wished, [(id.clone(), JobWish::Release)]);
    house.say(&jobs[0], GRILL, fence, JobState::Printing).await;
    assert!(
        house
            .store
            .wished(OUTLET, "kitchen", GRILL)
            .await
            .unwrap()
            .is_empty()
    );

    let bar = house
        .jobs("A-17")
        .await
        .into_iter()
        .find(|job| job.header.station == "bar_depan")
        .unwrap();
    let job = house
        .store
        .wish(OUTLET, &bar.header.id, JobWish::Cancel, &actor())
        .await
        .unwrap();
    assert_eq!(
        (job.state, job.detail.as_deref()),
        (JobState::Cancelled, Some("cancelled by pos:till-1"))
    );
}

#[tokio::test]
async fn a_reprint_is_a_new_job_headed_reprint_that_the_rooms_hear_of() {
    let house = House::open().await;
    house.order("A-17").await;
    let (fence, jobs) = house.take(GRILL).await;
    let id = &jobs[0].header.id;
    let early = house.store.wish(OUTLET, id, JobWish::Reprint, &actor()).await;
    assert!(matches!(early, Err(StoreError::Conflict(_))), "{early:?}");
    house.say(&jobs[0], GRILL, fence, JobState::Printed).await;
    let copy = house
        .store
        .wish(OUTLET, id, JobWish::Reprint, &actor())
        .await
        .unwrap();
    assert_eq!(copy.header.banners, [Banner::Reprint]);
    assert_eq!((copy.state, copy.header.number), (JobState::Accepted, 2));
    assert_eq!(house.store.head(OUTLET).await.unwrap().0, 2);
    // What is on paper is there once for the ledger: one VOID takes it back.
    let (_, copies) = house.take(GRILL).await;
    let fence = house.store.attach(OUTLET, GRILL).await.unwrap();
    house.say(&copies[0], GRILL, fence, JobState::Printed).await;
    done(house.send(cancel(), Some("A-17")).await);
    let void = house.offers(GRILL, SPOOL).await.remove(0);
    assert!(void.data.contains("\"quantity\":2"), "{}", void.data);
}

#[tokio::test]
async fn a_ticket_sent_to_another_station_is_marked_there_and_withdrawn_here() {
    let house = House::open().await;
    house.order("A-17").await;
    let (fence, jobs) = house.take(GRILL).await;
    let id = &jobs[0].header.id;
    let by = actor();
    let send = |to: &'static str| house.store.send(OUTLET, id, to, &by);
    let nobody = send("bar_depan").await;
    assert!(
        matches!(&nobody, Err(StoreError::Conflict(why)) if why.contains("no computer")),
        "{nobody:?}"
    );
    house.store.attach(OUTLET, "bar-pc").await.unwrap();
    house
        .store
        .offers(OUTLET, "bar_depan", "bar-pc", SPOOL, 0, 32)
        .await
        .unwrap();
    let same = send("kitchen").await;
    assert!(matches!(same, Err(StoreError::Conflict(_))), "{same:?}");
    house.say(&jobs[0], GRILL, fence, JobState::Printing).await;
    let begun = send("bar_depan").await;
    assert!(matches!(begun, Err(StoreError::Conflict(_))), "{begun:?}");

    house.say(&jobs[0], GRILL, fence, JobState::Unconfirmed).await;
    let sent = send("bar_depan").await.unwrap();
    assert_eq!(sent.header.station, "bar_depan");
    let from = Banner::Backup {
        station: "kitchen".into(),
    };
    assert_eq!(sent.header.banners, [Banner::Reprint, from]);
    assert!(
        sent.data.contains("\"print_trigger\":\"reprint\""),
        "{}",
        sent.data
    );
    // The first may still print, so its agent hears that it shall not.
    let wished = house.store.wished(OUTLET, "kitchen", GRILL).await.unwrap();
    assert_eq!(wished, [(id.clone(), JobWish::Cancel)]);
}

#[tokio::test]
async fn paper_counts_over_a_job_that_was_closed() {
    let house = House::open().await;
    house.order("A-17").await;
    let fence = house.store.attach(OUTLET, GRILL).await.unwrap();
    let job = house.offers(GRILL, SPOOL).await.remove(0);
    // It is under way to the agent while somebody withdraws it; the agent's first word is its last.
    let somebody = actor();
    let wish = house
        .store
        .wish(OUTLET, &job.header.id, JobWish::Cancel, &somebody);
    assert_eq!(wish.await.unwrap().state, JobState::Cancelled);
    assert_eq!(
        house.say(&job, GRILL, fence, JobState::Printed).await,
        (JobState::Printed, true)
    );
    assert_eq!(house.job(&job.header.id).await.state, JobState::Printed);
}

#[tokio::test]
async fn an_agent_that_did_not_note_that_a_ticket_is_on_paper_is_told_again() {
    let mut house = House::open().await;
    house.order("A-17").await;
    let (fence, jobs) = house.take(GRILL).await;
    let id = jobs[0].header.id.clone();
    house.say(&jobs[0], GRILL, fence, JobState::Unconfirmed).await;
    let somebody = actor();
    let wish = house.store.wish(OUTLET, &id, JobWish::Printed, &somebody);
    assert_eq!(wish.await.unwrap().state, JobState::Printed);
    while house.heard.recv().await.unwrap().wishes.is_empty() {}
    assert_eq!(
        house.say(&jobs[0], GRILL, fence, JobState::Printing).await,
        (JobState::Printed, false)
    );
    let told = house.heard.recv().await.unwrap().wishes;
    let [(_, job, device, wish)] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((job, device.as_str(), *wish), (&id, GRILL, JobWish::Printed));
}
