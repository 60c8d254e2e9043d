//! A full disk, a damaged row, a second relay, a flood of calls, old rows.

use relay::order::Command;
use relay::store::{OrderFilter, Store, StoreError, StoreOptions};
use tokio::task::JoinSet;

use crate::kit::{GRILL, House, OUTLET, create, done, request};

#[tokio::test]
async fn a_second_relay_on_the_same_store_is_refused() {
    let house = House::open().await;
    let second = Store::open(house.dir.path(), StoreOptions::default());
    assert!(matches!(second, Err(StoreError::AlreadyRunning)));
    let house = house.restart().await;
    house.order("A-17").await;
}

#[tokio::test]
async fn a_full_disk_refuses_new_orders_keeps_the_old_ones_and_skips_no_number() {
    let small = StoreOptions {
        max_pages: Some(160),
        ..StoreOptions::default()
    };
    let house = House::open_with(small).await;
    let mut kept = 0;
    let full = loop {
        match house
            .store
            .order(request(create(&format!("A-{kept}")), None, None))
            .await
        {
            Ok(reply) => _ = done(reply),
            Err(error) => break error,
        }
        kept += 1;
        assert!(kept < 1_000, "the disk never filled");
    };
    assert!(matches!(full, StoreError::Full), "{full:?}");
    assert!(kept > 3);
    assert_eq!(house.store.head(OUTLET).await.unwrap().0, kept);
    // Many at once, as when the till's queue is flushed: some may still fit, the others are told.
    let mut flood = JoinSet::new();
    for n in 0..64 {
        let store = house.store.clone();
        flood.spawn(async move { store.order(request(create(&format!("B-{n}")), None, None)).await });
    }
    for reply in flood.join_all().await {
        match reply {
            Ok(reply) => {
                done(reply);
                kept += 1;
            }
            Err(error) => assert!(matches!(error, StoreError::Full), "{error:?}"),
        }
    }
    let house = house.restart().await;
    house.store.readiness().await.unwrap();
    let next = done(house.send(create("C-1"), None).await);
    assert_eq!(next["orderNumber"], format!("ORD-20261120-{:03}", kept + 1));
    assert_eq!(house.store.head(OUTLET).await.unwrap().0, kept + 1);
    let events = house.store.events_after(OUTLET, 0, 10_000).await.unwrap();
    assert_eq!(events.len() as u64, kept + 1);
}

#[tokio::test]
async fn a_damaged_order_harms_none_of_its_neighbours() {
    let house = House::open().await;
    house.order("bad").await;
    house
        .file()
        .execute("UPDATE orders SET doc = '{' WHERE id = 'bad'", [])
        .unwrap();
    let mut calls = JoinSet::new();
    for n in 0..60 {
        let store = house.store.clone();
        calls.spawn(async move {
            let cancel = Command::Cancel { reason: "no".into() };
            let (command, order) = if n % 3 == 0 {
                (cancel, Some("bad"))
            } else {
                (create(&n.to_string()), None)
            };
            (n, store.order(request(command, order, None)).await)
        });
    }
    let mut numbers = Vec::new();
    for (n, reply) in calls.join_all().await {
        match reply {
            Ok(reply) => numbers.push(done(reply)["orderNumber"].as_str().unwrap().to_owned()),
            Err(error) => assert!(n % 3 == 0, "{n}: {error:?}"),
        }
    }
    numbers.sort();
    let expected: Vec<_> = (2..=41).map(|n| format!("ORD-20261120-{n:03}")).collect();
    assert_eq!(numbers, expected);
    house.store.readiness().await.unwrap();
}

#[tokio::test]
async fn callers_beyond_the_queue_are_told_at_once() {
    let narrow = StoreOptions {
        queue: 1,
        ..StoreOptions::default()
    };
    let house = House::open_with(narrow).await;
    let mut calls = JoinSet::new();
    for n in 0..300 {
        let store = house.store.clone();
        calls.spawn(async move { store.order(request(create(&n.to_string()), None, None)).await });
    }
    let (mut kept, mut busy) = (0, 0);
    for reply in calls.join_all().await {
        match reply {
            Ok(_) => kept += 1,
            Err(StoreError::Busy) => busy += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(busy > 0 && kept > 0, "{kept} kept, {busy} busy");
    assert_eq!(house.store.head(OUTLET).await.unwrap().0, kept);
}

#[tokio::test]
async fn a_closed_store_says_so_and_has_finished_what_waited() {
    let house = House::open().await;
    let other = house.store.clone();
    let waiting = other.order(request(create("A-17"), None, None));
    let (reply, ()) = tokio::join!(waiting, house.store.clone().close());
    done(reply.unwrap());
    let late = other.order(request(create("A-18"), None, None)).await;
    assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
    assert!(matches!(other.head(OUTLET).await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn old_events_and_finished_jobs_go_and_keys_stay() {
    let house = House::open().await;
    house.order("old").await;
    let (fence, jobs) = house.take(GRILL).await;
    house
        .say(&jobs[0], GRILL, fence, protocol::JobState::Printed)
        .await;
    house.order("newer").await;
    house.clock.pass(8 * 24 * 3600);
    assert_eq!(
        house.store.trim().await.unwrap(),
        1,
        "the older event; the newest stays"
    );
    assert_eq!(house.store.events_after(OUTLET, 0, 10).await.unwrap()[0].seq, 2);
    // Ids carry the real time, so the jobs' are newer than this clock's past.
    house.clock.pass(400 * 24 * 3600);
    house.store.trim().await.unwrap();
    let left = house.jobs("old").await;
    assert_eq!(left.len(), 1, "the bar's was never final");
    let reply = house
        .store
        .order(request(create("old"), None, None))
        .await
        .unwrap();
    assert!(
        matches!(reply, relay::store::OrderReply::Replayed { .. }),
        "{reply:?}"
    );
    let all = OrderFilter {
        limit: 10,
        ..OrderFilter::default()
    };
    assert_eq!(house.store.list_orders(OUTLET, all).await.unwrap().items.len(), 2);
}

#[tokio::test]
async fn a_restored_store_has_another_epoch() {
    let house = House::open().await;
    let before = house.store.head(OUTLET).await.unwrap().1;
    let after = house.store.new_epoch().await.unwrap();
    assert!(after > before);
    assert_eq!(house.restart().await.store.head(OUTLET).await.unwrap().1, after);
}
