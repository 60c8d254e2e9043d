//! Jobs between relay and agent: offered, acknowledged, reported, withdrawn, wished for.

use protocol::{Evidence, JobKind, JobState};
use relay::order::Command;
use relay::store::{Acked, JobFilter, JobWish, StoreError};

use crate::kit::{GRILL, House, OUTLET, SPOOL, actor, done, update};

fn cancel() -> Command {
    Command::Cancel {
        reason: "guest left".into(),
    }
}

#[tokio::test]
async fn a_job_goes_from_accepted_to_paper() {
    let mut house = House::open().await;
    house.order("A-17").await;
    house.clock.pass(7);
    let (fence, jobs) = house.take(GRILL).await;
    let [job] = jobs.as_slice() else {
        panic!("{jobs:?}")
    };
    assert_eq!(
        (job.header.seq, job.header.number, job.header.age_ms),
        (1, 1, 7_000)
    );
    assert_eq!(job.header.kind, JobKind::Order);
    assert!(job.header.banners.is_empty());
    assert!(
        house.offers(GRILL, SPOOL).await.is_empty(),
        "acknowledged jobs are not offered again"
    );

    assert_eq!(
        house.say(job, GRILL, fence, JobState::Printing).await,
        (JobState::Printing, false)
    );
    assert_eq!(
        house.say(job, GRILL, fence, JobState::Printed).await,
        (JobState::Printed, true)
    );
    assert_eq!(
        house.say(job, GRILL, fence, JobState::Printed).await,
        (JobState::Printed, true)
    );
    assert_eq!(house.ack(job, GRILL, fence).await, Acked::Settled);

    let job = house.job(&job.header.id).await;
    assert_eq!(job.evidence, Some(Evidence::A));
    assert_eq!(job.printer.as_deref(), Some("grill"));
    assert_eq!(job.holder, Some((GRILL.into(), "spool-1".into())));
    assert!(job.spooled_at.is_some() && job.started_at.is_some() && job.finished_at.is_some());
    let states: Vec<_> = job.history.iter().map(|step| step.state).collect();
    assert_eq!(
        states,
        [
            JobState::Accepted,
            JobState::Spooled,
            JobState::Printing,
            JobState::Printed
        ]
    );

    let mut told = Vec::new();
    while told.last() != Some(&JobState::Printed) {
        told.extend(
            house
                .heard
                .recv()
                .await
                .unwrap()
                .jobs
                .into_iter()
                .map(|(_, _, _, state)| state),
        );
    }
    assert_eq!(told, [JobState::Spooled, JobState::Printing, JobState::Printed]);
}

#[tokio::test]
async fn jobs_are_offered_in_order_after_the_cursor() {
    let house = House::open().await;
    for n in 1..=5 {
        house.order(&format!("A-{n}")).await;
    }
    let seqs = |jobs: Vec<relay::store::Job>| jobs.iter().map(|job| job.header.seq).collect::<Vec<_>>();
    let offers = |after, limit| house.store.offers(OUTLET, "kitchen", GRILL, SPOOL, after, limit);
    assert_eq!(seqs(offers(0, 3).await.unwrap()), [1, 2, 3]);
    assert_eq!(seqs(offers(3, 32).await.unwrap()), [4, 5]);
    // A broken link forgets its cursor and offers everything again.
    assert_eq!(seqs(offers(0, 32).await.unwrap()), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_report_that_skips_steps_is_taken_and_one_that_goes_back_is_not() {
    let house = House::open().await;
    house.order("A-17").await;
    let fence = house.store.attach(OUTLET, GRILL).await.unwrap();
    let job = house.offers(GRILL, SPOOL).await.remove(0);
    // Its acknowledgement was lost with the link.
    assert_eq!(
        house.say(&job, GRILL, fence, JobState::Unconfirmed).await,
        (JobState::Unconfirmed, false)
    );
    assert_eq!(
        house.say(&job, GRILL, fence, JobState::Spooled).await,
        (JobState::Unconfirmed, false)
    );
    assert!(house.offers(GRILL, SPOOL).await.is_empty());
    assert_eq!(
        house.say(&job, GRILL, fence, JobState::Printed).await,
        (JobState::Printed, true)
    );
    assert_eq!(
        house.say(&job, GRILL, fence, JobState::Cancelled).await,
        (JobState::Printed, true)
    );
}

#[tokio::test]
async fn the_newest_connection_of_a_device_wins() {
    let house = House::open().await;
    house.order("A-17").await;
    let (old, jobs) = house.take(GRILL).await;
    let new = house.store.attach(OUTLET, GRILL).await.unwrap();
    assert!(new > old);
    assert_eq!(house.ack(&jobs[0], GRILL, old).await, Acked::Fenced);
    let said = update(&jobs[0], JobState::Printed, house.clock.now());
    let refused = house.store.update(OUTLET, GRILL, said, old).await;
    assert!(matches!(refused, Err(StoreError::Fenced)), "{refused:?}");
    assert_eq!(house.job(&jobs[0].header.id).await.state, JobState::Spooled);
    let house = house.restart().await;
    assert!(
        house.store.attach(OUTLET, GRILL).await.unwrap() > new,
        "fences outlive the relay"
    );
}

#[tokio::test]
async fn a_cancelled_order_takes_back_what_nobody_has() {
    let house = House::open().await;
    let jobs = house.order("A-17").await;
    done(house.send(cancel(), Some("A-17")).await);
    for job in &jobs {
        let job = house.job(&job.header.id).await;
        assert_eq!(job.state, JobState::Cancelled);
        assert!(job.finished_at.is_some());
    }
    assert_eq!(
        house.jobs("A-17").await.len(),
        2,
        "no VOID for what was never on paper"
    );
    assert!(house.offers(GRILL, SPOOL).await.is_empty());
}

#[tokio::test]
async fn an_acknowledgement_that_comes_after_the_cancellation_is_answered_with_it() {
    let house = House::open().await;
    house.order("A-17").await;
    let fence = house.store.attach(OUTLET, GRILL).await.unwrap();
    let job = house.offers(GRILL, SPOOL).await.remove(0);
    done(house.send(cancel(), Some("A-17")).await);
    assert_eq!(house.ack(&job, GRILL, fence).await, Acked::CancelInstead);
    assert_eq!(
        house.say(&job, GRILL, fence, JobState::Cancelled).await,
        (JobState::Cancelled, true)
    );
    assert_eq!(house.jobs("A-17").await.len(), 2);
}

#[tokio::test]
async fn a_withdrawn_job_that_turns_out_printed_gets_its_void_once() {
    let house = House::open().await;
    house.order("A-17").await;
    let fence = house.store.attach(OUTLET, GRILL).await.unwrap();
    let job = house.offers(GRILL, SPOOL).await.remove(0);
    done(house.send(cancel(), Some("A-17")).await);
    assert_eq!(
        house.say(&job, GRILL, fence, JobState::Printing).await,
        (JobState::Printing, false)
    );
    // Somebody takes the VOID back: it does not come again by itself.
    let void = house.jobs("A-17").await.pop().unwrap();
    house
        .store
        .wish(OUTLET, &void.header.id, JobWish::Cancel, &actor())
        .await
        .unwrap();
    assert_eq!(
        house.say(&job, GRILL, fence, JobState::Printed).await,
        (JobState::Printed, true)
    );
    let voids: Vec<_> = house
        .jobs("A-17")
        .await
        .into_iter()
        .filter(|job| job.header.kind == JobKind::Void)
        .collect();
    let [void] = voids.as_slice() else {
        panic!("{voids:?}")
    };
    assert_eq!((void.header.station.as_str(), void.header.seq), ("kitchen", 2));
    assert!(void.data.contains("Nasi Goreng"));
}

#[tokio::test]
async fn a_spooled_job_is_asked_back_and_the_agent_has_the_last_word() {
    let mut house = House::open().await;
    house.order("A-17").await;
    let (fence, jobs) = house.take(GRILL).await;
    done(house.send(cancel(), Some("A-17")).await);
    assert!(house.job(&jobs[0].header.id).await.cancel_requested);
    let id = jobs[0].header.id.clone();
    assert_eq!(
        house.store.wished(OUTLET, "kitchen", GRILL).await.unwrap(),
        [(id.clone(), JobWish::Cancel)],
        "it hears of it again when it comes back"
    );
    let wish = loop {
        if let Some(wish) = house.heard.recv().await.unwrap().wishes.pop() {
            break wish;
        }
    };
    assert_eq!(
        (wish.1, wish.2.as_str(), wish.3),
        (id.clone(), GRILL, JobWish::Cancel)
    );
    assert_eq!(
        house.say(&jobs[0], GRILL, fence, JobState::Cancelled).await,
        (JobState::Cancelled, true)
    );
    assert!(
        house
            .store
            .wished(OUTLET, "kitchen", GRILL)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(!house.job(&id).await.cancel_requested);
}

#[tokio::test]
async fn what_is_on_paper_is_voided_where_it_printed() {
    let house = House::open().await;
    house.order("A-17").await;
    let (fence, jobs) = house.take(GRILL).await;
    house.say(&jobs[0], GRILL, fence, JobState::Printed).await;
    let body = done(house.send(cancel(), Some("A-17")).await);
    let stations: Vec<_> = body["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["station"])
        .collect();
    assert_eq!(stations, ["kitchen"]);
    let void = house.offers(GRILL, SPOOL).await.remove(0);
    assert_eq!((void.header.kind, void.header.number), (JobKind::Void, 2));
}

#[tokio::test]
async fn a_job_that_nobody_takes_in_its_time_expires() {
    let house = House::open().await;
    let jobs = house.order("A-17").await;
    let (fence, _) = house.take(GRILL).await;
    house.clock.pass(12 * 3600 + 1);
    assert_eq!(
        house.store.expire_overdue(house.clock.now()).await.unwrap(),
        1,
        "the bar's; the kitchen's is taken"
    );
    let bar = house.job(&jobs[0].header.id).await;
    assert_eq!(
        (bar.header.station.as_str(), bar.state),
        ("bar_depan", JobState::Expired)
    );
    assert!(bar.detail.is_some());
    assert_eq!(house.store.expire_overdue(house.clock.now()).await.unwrap(), 0);
    let _ = fence;
    let expired = JobFilter {
        state: Some(JobState::Expired),
        limit: 10,
        ..JobFilter::default()
    };
    assert_eq!(
        house.store.list_jobs(OUTLET, expired).await.unwrap().items.len(),
        1
    );
    assert_eq!(house.store.job_counts().await.unwrap(), [(JobState::Spooled, 1)]);
}

#[tokio::test]
async fn what_is_unknown_is_said_to_be() {
    let house = House::open().await;
    house.order("A-17").await;
    let (fence, jobs) = house.take(GRILL).await;
    let mut stranger = jobs[0].clone();
    stranger.header.id = protocol::JobId::new("nothing");
    let ack = house
        .store
        .ack(OUTLET, &stranger.header.id, GRILL, SPOOL, fence)
        .await;
    assert!(
        matches!(ack, Err(StoreError::NotFound { what: "job", .. })),
        "{ack:?}"
    );
    // Another outlet's device does not reach this one's jobs.
    let elsewhere = house
        .store
        .ack("other", &jobs[0].header.id, GRILL, SPOOL, fence)
        .await;
    assert!(
        matches!(elsewhere, Err(StoreError::NotFound { .. })),
        "{elsewhere:?}"
    );
    assert!(
        house
            .store
            .get_job("other", jobs[0].header.id.as_str())
            .await
            .unwrap()
            .is_none()
    );
}
