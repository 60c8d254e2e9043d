//! Pairing codes, devices, tokens, printers, the audit.

use std::time::Duration;

use jiff::SignedDuration;
use protocol::frames::{PrinterInfo, PrinterStatus};
use relay::store::{RedeemError, StoreError};

use crate::kit::{GRILL, House, OUTLET, SPOOL, actor};

const QUARTER: Duration = Duration::from_secs(900);

async fn code(house: &House) -> String {
    let stations = vec![
        ("kitchen".to_owned(), None),
        ("bar".to_owned(), Some("depan".to_owned())),
    ];
    house
        .store
        .create_enrolment(OUTLET, stations, None, QUARTER, &actor())
        .await
        .unwrap()
        .0
}

#[tokio::test]
async fn a_code_becomes_a_device_once() {
    let house = House::open().await;
    let code = code(&house).await;
    let typed = code.to_lowercase().replace('-', " ").replace('0', "o");
    let redeemed = house.store.redeem(&typed, "Grill PC").await.unwrap();
    assert_eq!(redeemed.device.name, "Grill PC");
    assert_eq!(redeemed.device.stations[1], ("bar".into(), Some("depan".into())));
    let again = house.store.redeem(&code, "Thief").await;
    assert!(matches!(again, Err(RedeemError::Used)), "{again:?}");
    let house = house.restart().await;
    let device = house
        .store
        .device_by_token(&redeemed.token)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(device, redeemed.device);
    assert_eq!(device.outlet, OUTLET);
    assert!(house.store.device_by_token("guess").await.unwrap().is_none());
    assert_eq!(house.store.devices(OUTLET).await.unwrap(), [device]);
}

#[tokio::test]
async fn a_screens_code_opens_once_within_its_time_also_after_a_restart() {
    let house = House::open().await;
    let now = house.clock.now();
    let until = |minutes: i64| now + SignedDuration::from_mins(minutes);
    for (letter, minutes) in [(1, 15), (2, 15), (3, -1)] {
        let what = format!("screen {letter}");
        let opened = house
            .store
            .open_code(OUTLET, [letter; 32], what, until(minutes))
            .await;
        opened.unwrap();
    }
    let house = house.restart().await;
    let take = async |letter| house.store.take_code([letter; 32]).await.unwrap();
    assert_eq!(take(1).await.as_deref(), Some("screen 1"));
    assert_eq!(take(1).await, None, "once");
    assert_eq!(take(3).await, None, "its time is over");
    assert_eq!(take(9).await, None, "nobody made it");
    assert_eq!(take(2).await.as_deref(), Some("screen 2"));
}

#[tokio::test]
async fn neither_code_nor_token_is_in_the_file() {
    let house = House::open().await;
    let code = code(&house).await;
    let redeemed = house.store.redeem(&code, "Grill PC").await.unwrap();
    let path = house.dir.path().to_owned();
    house.store.close().await;
    let file = std::fs::read(path.join("relay.db")).unwrap();
    let secret = code.split_once('-').unwrap().1;
    for hidden in [redeemed.token.as_str(), secret] {
        assert!(
            !file
                .windows(hidden.len())
                .any(|window| window == hidden.as_bytes())
        );
    }
    let shown = redeemed.device.id.as_bytes();
    assert!(
        file.windows(shown.len()).any(|window| window == shown),
        "the search would find it"
    );
}

#[tokio::test]
async fn a_code_runs_out() {
    let house = House::open().await;
    let code = code(&house).await;
    house.clock.pass(900);
    let late = house.store.redeem(&code, "Grill PC").await;
    assert!(matches!(late, Err(RedeemError::Expired)), "{late:?}");
}

#[tokio::test]
async fn five_wrong_tries_kill_a_code_and_a_wrong_one_stays_counted() {
    let house = House::open().await;
    let code = code(&house).await;
    let wrong = format!("{}-ZZZZZZ", &code[..4]);
    for _ in 0..4 {
        let refused = house.store.redeem(&wrong, "Thief").await;
        assert!(matches!(refused, Err(RedeemError::Wrong)), "{refused:?}");
    }
    let house = house.restart().await;
    assert!(matches!(
        house.store.redeem(&wrong, "Thief").await,
        Err(RedeemError::TooManyTries)
    ));
    let dead = house.store.redeem(&code, "Grill PC").await;
    assert!(matches!(dead, Err(RedeemError::TooManyTries)), "{dead:?}");
    for nonsense in ["", "A", "ÄÖÜ-ßßß", "0000-000000"] {
        assert!(matches!(
            house.store.redeem(nonsense, "Thief").await,
            Err(RedeemError::Wrong)
        ));
    }
}

#[tokio::test]
async fn a_revoked_device_is_fenced_and_its_station_is_free() {
    let house = House::open().await;
    let paired = house.store.redeem(&code(&house).await, "Grill PC").await.unwrap();
    let id = paired.device.id.as_str();
    house.order("A-17").await;
    let fence = house.store.attach(OUTLET, id).await.unwrap();
    let job = house.offers(id, SPOOL).await.remove(0);
    house.store.revoke_device(OUTLET, id, &actor()).await.unwrap();
    assert!(
        house
            .store
            .device_by_token(&paired.token)
            .await
            .unwrap()
            .unwrap()
            .revoked
    );
    assert_eq!(house.ack(&job, id, fence).await, relay::store::Acked::Fenced);
    let offered = house.offers("new-pc", SPOOL).await;
    assert_eq!(offered.len(), 1);
    assert_eq!(offered[0].header.banners.len(), 1, "the old device may have it");
    let nobody = house.store.revoke_device(OUTLET, "nobody", &actor()).await;
    assert!(
        matches!(nobody, Err(StoreError::NotFound { what: "device", .. })),
        "{nobody:?}"
    );
    let audited = house.store.audited(OUTLET, 10).await.unwrap();
    assert_eq!(audited.len(), 3);
    assert_eq!(audited[0].who, "pos:till-1");
}

#[tokio::test]
async fn printers_are_known_by_what_was_said_last() {
    let house = House::open().await;
    let info = PrinterInfo {
        name: "grill".into(),
        profile: "generic-80".into(),
        proof: None,
        state: "ready".into(),
    };
    house
        .store
        .printer_infos(OUTLET, GRILL, vec![info.clone()])
        .await
        .unwrap();
    let status = |paper: &str| PrinterStatus {
        printer: "grill".into(),
        online: paper == "ok",
        paper: paper.into(),
        cover: "closed".into(),
        error: None,
    };
    house
        .store
        .printer_status(OUTLET, GRILL, status("ok"))
        .await
        .unwrap();
    house.clock.pass(60);
    house
        .store
        .printer_status(OUTLET, GRILL, status("out"))
        .await
        .unwrap();
    let printers = house.store.printers(OUTLET).await.unwrap();
    let [printer] = printers.as_slice() else {
        panic!("{printers:?}")
    };
    assert_eq!(printer.info, Some(info));
    assert_eq!(printer.status, Some(status("out")));
    assert_eq!(printer.at, house.clock.now());
}
