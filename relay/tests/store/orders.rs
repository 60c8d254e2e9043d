//! Orders: numbers, keys, events, lists.

use std::collections::BTreeSet;

use relay::order::{Change, Command, Refusal, Status, Subject};
use relay::store::{OrderFilter, OrderReply, Outlet, StoreError};
use tokio::task::JoinSet;

use crate::kit::{House, OUTLET, actor, create, done, new_order, request};

#[tokio::test]
async fn an_order_is_answered_with_its_number_and_jobs_and_can_be_read_back() {
    let house = House::open().await;
    let body = done(house.send(create("A-17"), None).await);
    assert_eq!(body["id"], "A-17");
    // 12:00 UTC is the evening of the same day in Jakarta.
    assert_eq!(body["orderNumber"], "ORD-20261120-001");
    assert_eq!(body["status"], "pending");
    let stations: Vec<_> = body["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["station"])
        .collect();
    assert_eq!(stations, ["bar_depan", "kitchen"]);
    assert!(
        body["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|job| job["state"] == "accepted")
    );

    let order = house.store.get_order(OUTLET, "A-17").await.unwrap().unwrap();
    assert_eq!(order.order_number, "ORD-20261120-001");
    assert_eq!(order.final_amount, rust_decimal::Decimal::new(3750, 2));
    assert!(
        house
            .store
            .get_order("elsewhere", "A-17")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn fifty_tills_that_send_one_order_at_once_make_one_order() {
    let house = House::open().await;
    let mut tills = JoinSet::new();
    for _ in 0..50 {
        let store = house.store.clone();
        tills.spawn(async move { store.order(request(create("A-17"), None, None)).await.unwrap() });
    }
    let mut bodies = BTreeSet::new();
    let mut first = 0;
    for reply in tills.join_all().await {
        match reply {
            OrderReply::Done { body, .. } => {
                first += 1;
                bodies.insert(body);
            }
            OrderReply::Replayed { body } => _ = bodies.insert(body),
            OrderReply::Refused(refusal) => panic!("{refusal}"),
        }
    }
    assert_eq!((first, bodies.len()), (1, 1));
    assert_eq!(house.store.head(OUTLET).await.unwrap().0, 1);
    assert_eq!(house.jobs("A-17").await.len(), 2);
    let next = done(house.send(create("A-18"), None).await);
    assert_eq!(next["orderNumber"], "ORD-20261120-002");
}

#[tokio::test]
async fn the_same_id_with_another_order_is_a_conflict_and_costs_no_number() {
    let house = House::open().await;
    house.order("A-17").await;
    let mut other = new_order(Some("A-17"));
    other.items.truncate(1);
    let reply = house.send(Command::Create(Box::new(other)), None).await;
    assert!(
        matches!(reply, OrderReply::Refused(Refusal::Conflict(_))),
        "{reply:?}"
    );
    let next = done(house.send(create("A-18"), None).await);
    assert_eq!(next["orderNumber"], "ORD-20261120-002");
    assert_eq!(house.store.head(OUTLET).await.unwrap().0, 2);
}

#[tokio::test]
async fn a_key_answers_a_repeated_request_with_the_first_body_also_after_a_restart() {
    let house = House::open().await;
    house.order("A-17").await;
    let cancel = Command::Cancel {
        reason: "guest left".into(),
    };
    let ask = || request(cancel.clone(), Some("A-17"), Some("k1"));
    let OrderReply::Done { body: first, .. } = house.store.order(ask()).await.unwrap() else {
        panic!()
    };
    let house = house.restart().await;
    let OrderReply::Replayed { body } = house.store.order(ask()).await.unwrap() else {
        panic!()
    };
    assert_eq!(body, first);
    let mut other = request(cancel.clone(), Some("A-18"), Some("k1"));
    other.fingerprint = ask().fingerprint; // the same words about another order
    let reply = house.store.order(other).await.unwrap();
    assert!(
        matches!(reply, OrderReply::Refused(Refusal::Conflict(_))),
        "{reply:?}"
    );
}

#[tokio::test]
async fn an_order_without_an_id_gets_one_and_its_key_recognises_it() {
    let house = House::open().await;
    let ask = || request(Command::Create(Box::new(new_order(None))), None, Some("till-1/7"));
    let first = done(house.store.order(ask()).await.unwrap());
    let OrderReply::Replayed { body } = house.store.order(ask()).await.unwrap() else {
        panic!()
    };
    assert_eq!(serde_json::from_str::<serde_json::Value>(&body).unwrap(), first);
    assert!(
        house
            .store
            .get_order(OUTLET, first["id"].as_str().unwrap())
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn numbers_begin_again_with_the_outlets_own_day() {
    let house = House::open().await;
    house.order("evening").await;
    house.clock.pass(5 * 3600); // midnight in Jakarta
    assert_eq!(
        done(house.send(create("midnight"), None).await)["orderNumber"],
        "ORD-20261121-001"
    );
    let mut settings = house.store.settings(OUTLET).await.unwrap();
    settings.business_day_start = "04:00".into();
    house
        .store
        .put_settings(OUTLET, settings, &actor())
        .await
        .unwrap();
    assert_eq!(
        done(house.send(create("late"), None).await)["orderNumber"],
        "ORD-20261120-002"
    );
}

#[tokio::test]
async fn outlets_count_and_keep_for_themselves() {
    let house = House::open().await;
    let other = Outlet {
        id: "other".into(),
        name: "Other".into(),
        timezone: "UTC".into(),
    };
    assert!(house.store.add_outlet(other.clone()).await.unwrap());
    assert!(!house.store.add_outlet(other).await.unwrap());
    house.order("A-17").await;
    let mut elsewhere = request(create("A-17"), None, None);
    elsewhere.outlet = "other".into();
    let body = done(house.store.order(elsewhere).await.unwrap());
    assert_eq!(body["orderNumber"], "ORD-20261120-001");
    assert_eq!(house.store.head("other").await.unwrap().0, 1);
    let mut unknown = request(create("A-17"), None, None);
    unknown.outlet = "nowhere".into();
    let refused = house.store.order(unknown).await;
    assert!(
        matches!(refused, Err(StoreError::NotFound { what: "outlet", .. })),
        "{refused:?}"
    );
    let zone = Outlet {
        id: "mars".into(),
        name: "Mars".into(),
        timezone: "Mars/Olympus".into(),
    };
    assert!(matches!(
        house.store.add_outlet(zone).await,
        Err(StoreError::Invalid(_))
    ));
}

#[tokio::test]
async fn events_are_numbered_without_gaps_and_heard_in_that_order() {
    let mut house = House::open().await;
    house.order("A-1").await;
    house.order("A-2").await;
    let confirm = Command::SetStatus {
        status: Status::Confirmed,
    };
    let body = done(house.send(confirm.clone(), Some("A-1")).await);
    assert_eq!(body["status"], "confirmed");
    assert_eq!(body["jobs"], serde_json::json!([]));
    // A move to the same status is no change: answered, and nobody hears of it.
    let OrderReply::Done { event, .. } = house.send(confirm, Some("A-1")).await else {
        panic!()
    };
    assert!(event.is_none());
    house.order("A-3").await;

    let events = house.store.events_after(OUTLET, 0, 100).await.unwrap();
    assert_eq!(
        events.iter().map(|event| event.seq).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert_eq!(events[2].by, "pos:till-1");
    let Subject::Order {
        changes,
        stats,
        tickets,
        ..
    } = &events[2].subject
    else {
        panic!()
    };
    assert!(changes.contains(&Change::Confirmed));
    assert!(tickets.is_empty());
    assert_eq!(*stats, None, "what is confirmed still waits for the kitchen");
    let Subject::Order { stats, .. } = &events[3].subject else {
        panic!()
    };
    assert_eq!(stats.map(|stats| (stats.pending, stats.total)), Some((3, 3)));
    assert_eq!(house.store.events_after(OUTLET, 2, 1).await.unwrap()[0].seq, 3);

    let mut heard = Vec::new();
    while heard.len() < 4 {
        let commit = house.heard.recv().await.unwrap();
        heard.extend(commit.events.into_iter().map(|(_, event)| (*event).clone()));
    }
    assert_eq!(heard, events);
    assert_eq!(house.store.head(OUTLET).await.unwrap(), (4, 0));
}

#[tokio::test]
async fn the_publisher_hears_of_stations_that_have_something_to_print() {
    let mut house = House::open().await;
    house.order("A-17").await;
    let commit = house.heard.recv().await.unwrap();
    let stations: Vec<_> = commit
        .nudges
        .iter()
        .map(|(_, station)| station.as_str())
        .collect();
    assert_eq!(stations, ["bar_depan", "kitchen"]);
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let house = House::open().await;
    house.order("A-17").await;
    let back = Command::SetStatus {
        status: Status::Completed,
    };
    done(house.send(back, Some("A-17")).await);
    let reply = house
        .send(
            Command::Cancel {
                reason: "too late".into(),
            },
            Some("A-17"),
        )
        .await;
    assert!(
        matches!(reply, OrderReply::Refused(Refusal::Conflict(_))),
        "{reply:?}"
    );
    let reply = house.send(Command::CancelAccept, Some("nothing")).await;
    assert!(
        matches!(
            reply,
            OrderReply::Refused(Refusal::NotFound { what: "order", .. })
        ),
        "{reply:?}"
    );
    assert_eq!(house.store.head(OUTLET).await.unwrap().0, 2);
}

#[tokio::test]
async fn lists_come_newest_first_in_pages_without_holes() {
    let house = House::open().await;
    for n in 1..=5 {
        house.order(&format!("A-{n}")).await;
    }
    done(
        house
            .send(Command::Cancel { reason: "no".into() }, Some("A-4"))
            .await,
    );
    let mut filter = OrderFilter {
        open: true,
        limit: 3,
        ..OrderFilter::default()
    };
    let page = house.store.list_orders(OUTLET, filter.clone()).await.unwrap();
    let ids = |items: &[relay::order::Order]| items.iter().map(|order| order.id.key()).collect::<Vec<_>>();
    assert_eq!(ids(&page.items), ["A-5", "A-3", "A-2"]);
    filter.cursor = page.next;
    let page = house.store.list_orders(OUTLET, filter.clone()).await.unwrap();
    assert_eq!(ids(&page.items), ["A-1"]);
    assert_eq!(page.next, None);
    filter.cursor = Some("yesterday".into());
    assert!(matches!(
        house.store.list_orders(OUTLET, filter).await,
        Err(StoreError::Invalid(_))
    ));
    let cancelled = OrderFilter {
        status: Some(Status::Cancelled),
        limit: 9,
        ..OrderFilter::default()
    };
    assert_eq!(
        ids(&house.store.list_orders(OUTLET, cancelled).await.unwrap().items),
        ["A-4"]
    );
    let table = OrderFilter {
        table: Some("C4".into()),
        limit: 9,
        ..OrderFilter::default()
    };
    assert_eq!(
        house.store.list_orders(OUTLET, table).await.unwrap().items.len(),
        5
    );
}
