//! Disks that are full, fail, tear, are read-only or flip bits, under the spool and the store.

use std::path::Path;

use agent::spool::{Spool, SpoolError};
use faultfs::power::Memory;
use faultfs::{Disk, Fault, Seed};
use protocol::JobId;
use relay::store::StoreError;
use tempfile::TempDir;

use crate::spool::{memory, now, offer, open, remember};
use crate::store::{self, House, OUTLET};

/// Bytes that the disk has left when it begins to be full.
const LEFT: u64 = 60_000;
/// Failing operations that are tried, one after another.
const PLACES: usize = 60;

fn watched() -> (TempDir, Disk) {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::under(folder.path()).unwrap();
    (folder, disk)
}

fn accept(spool: &Spool, n: usize) -> Result<(), SpoolError> {
    let id = format!("job-{n}");
    spool
        .accept(&offer(&id, &mut Seed::new(n as u64)), "grill", now())
        .map(drop)
}

fn full(disk: &Disk) -> Fault {
    Fault::Full {
        bytes: disk.used() + LEFT,
    }
}

#[test]
fn fault_d2_a_full_disk_refuses_jobs_keeps_what_it_has_and_goes_on_when_there_is_room() {
    let (folder, disk) = watched();
    let spool = open(folder.path()).unwrap();
    accept(&spool, 0).unwrap();
    disk.plant(full(&disk));
    let refused = (1..200).find_map(|n| accept(&spool, n).err().map(|error| (n, error)));
    let (kept, error) = refused.expect("the disk never filled");
    assert!(matches!(error, SpoolError::DiskFull), "{error:?}");
    assert_eq!(error.to_string(), "the disk is full");
    assert!(kept > 1);
    assert_eq!(spool.open_jobs().unwrap().len(), kept);
    disk.heal();
    accept(&spool, kept).unwrap();
    let whole = memory(&spool);
    drop(spool);
    assert_eq!(remember(folder.path()).unwrap(), whole);
}

#[test]
fn r1_a_full_disk_refuses_orders_and_they_are_taken_when_there_is_room() {
    let (folder, disk) = watched();
    let house = House::open(folder.path()).unwrap();
    house.add_outlet().unwrap();
    house.order("A-0").unwrap();
    disk.plant(full(&disk));
    let refused = (1..200).find_map(|n| house.order(&format!("A-{n}")).err().map(|error| (n, error)));
    let (kept, error) = refused.expect("the disk never filled");
    assert!(matches!(error, StoreError::Full), "{error:?}");
    disk.heal();
    house.order(&format!("A-{kept}")).unwrap();
    house.run(house.store.readiness()).unwrap();
    let (head, _) = house.run(house.store.head(OUTLET)).unwrap();
    assert_eq!(
        head,
        kept as u64 + 1,
        "an event for each order and none between them"
    );
    house.close();
}

/// The spool's n-th operation fails. It answers no more; what it had answered is there at the next start.
fn failing_spool(fault: Fault, place: usize) {
    let (folder, disk) = watched();
    let spool = open(folder.path()).unwrap();
    disk.plant_at(place, 1, fault);
    let mut answered = 0;
    let error = loop {
        match accept(&spool, answered) {
            Ok(()) => answered += 1,
            Err(error) => break Some(error),
        }
        if answered > PLACES {
            break None;
        }
    };
    if let Some(error) = error {
        assert!(matches!(error, SpoolError::Broken(_)), "{error:?}");
        let after = accept(&spool, answered);
        assert!(
            matches!(after, Err(SpoolError::Closed)),
            "{fault:?} {place}: {after:?}"
        );
    }
    drop(spool);
    disk.heal();
    let again = open(folder.path()).unwrap_or_else(|what| panic!("{fault:?} {place}: {what}"));
    for n in 0..answered {
        let kept = again.get(&JobId::new(format!("job-{n}"))).unwrap();
        assert!(kept.is_some(), "{fault:?} {place}: job-{n} is lost");
    }
}

#[test]
fn fault_d3_after_an_error_anywhere_the_spool_answers_no_more_and_the_next_start_has_everything() {
    for place in 0..PLACES {
        failing_spool(Fault::SyncError, place / 3);
        failing_spool(Fault::WriteError, place);
        failing_spool(Fault::TornWrite, place);
    }
}

/// The store's n-th operation fails once. Whoever was answered is there, whoever was not may ask again.
fn failing_store(fault: Fault, place: usize) {
    let (folder, disk) = watched();
    let house = House::open(folder.path()).unwrap();
    house.add_outlet().unwrap();
    disk.plant_at(place, 1, fault);
    let refused: Vec<_> = (0..8)
        .filter(|n| house.order(&format!("A-{n}")).is_err())
        .collect();
    disk.heal();
    house.order("A-8").unwrap();
    for n in &refused {
        house.order(&format!("A-{n}")).unwrap();
    }
    house.close();
    let house = House::open(folder.path()).unwrap();
    for n in 0..=8 {
        assert_eq!(house.jobs(&format!("A-{n}")).len(), 2, "{fault:?} {place}: A-{n}");
    }
    assert_eq!(
        house.run(house.store.head(OUTLET)).unwrap().0,
        9,
        "{fault:?} {place}"
    );
    house.close();
    assert_eq!(
        relay::store::copy::problems(&folder.path().join("relay.db")).unwrap(),
        [""; 0]
    );
}

#[test]
fn r1_r2_after_an_error_anywhere_in_a_commit_whoever_asks_again_is_answered_and_has_one_order() {
    for place in 0..PLACES {
        failing_store(Fault::SyncError, place / 5);
        failing_store(Fault::WriteError, place);
        failing_store(Fault::TornWrite, place);
    }
}

#[test]
fn fault_d3_a_read_only_disk_is_said_and_nothing_is_set_aside() {
    let (folder, disk) = watched();
    let spool = open(folder.path()).unwrap();
    accept(&spool, 0).unwrap();
    let whole = memory(&spool);
    disk.plant(Fault::ReadOnly);
    assert!(accept(&spool, 1).is_err());
    drop(spool);
    let refused = Spool::open(&folder.path().join("spool.db"));
    assert!(matches!(refused, Err(SpoolError::Broken(_))), "{refused:?}");
    disk.heal();
    assert_eq!(remember(folder.path()).unwrap(), whole);
}

#[test]
fn r1_a_read_only_disk_refuses_orders_and_the_store_is_not_ready() {
    let (folder, disk) = watched();
    let house = House::open(folder.path()).unwrap();
    house.add_outlet().unwrap();
    house.order("A-0").unwrap();
    disk.plant(Fault::ReadOnly);
    assert!(house.order("A-1").is_err());
    assert!(house.run(house.store.readiness()).is_err());
    disk.heal();
    house.order("A-1").unwrap();
    house.close();
}

/// A spool that was closed, and what it remembered.
fn closed_spool() -> (TempDir, Disk, Memory) {
    let (folder, disk) = watched();
    let spool = open(folder.path()).unwrap();
    (0..6).for_each(|n| accept(&spool, n).unwrap());
    let whole = memory(&spool);
    drop(spool);
    (folder, disk, whole)
}

fn entries(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_string_lossy().contains(".damaged-"))
        .count()
}

#[test]
fn fault_d4_a_flipped_bit_is_harmless_or_the_spool_is_set_aside_and_named() {
    let (folder, disk, whole) = closed_spool();
    let sound = disk.log().cut(usize::MAX, &mut Seed::new(0));
    let bytes = sound.files["spool.db"].len();
    let mut aside = 0;
    for place in (0..bytes).step_by(bytes / 400) {
        let mut image = sound.clone();
        image.flip("spool.db", place, u32::try_from(place % 8).unwrap());
        let folder = tempfile::tempdir_in(folder.path()).unwrap();
        image.write_to(folder.path()).unwrap();
        let (spool, recovery) = Spool::open(&folder.path().join("spool.db")).unwrap();
        match recovery.set_aside {
            Some(file) => {
                assert!(file.exists() && entries(folder.path()) > 0);
                assert_eq!(recovery.waiting, 0);
                aside += 1;
            }
            None => assert_eq!(memory(&spool), whole, "byte {place}"),
        }
    }
    assert!(aside > 20, "{aside}");
}

#[test]
fn fault_d4_a_spool_that_cannot_be_read_is_no_damaged_one() {
    let (folder, disk, whole) = closed_spool();
    disk.plant(Fault::ReadError);
    let refused = Spool::open(&folder.path().join("spool.db"));
    assert!(matches!(refused, Err(SpoolError::Broken(_))), "{refused:?}");
    disk.heal();
    assert_eq!(entries(folder.path()), 0);
    assert_eq!(remember(folder.path()).unwrap(), whole);
}

#[test]
fn r1_a_store_that_cannot_be_read_refuses_to_open_and_is_left_alone() {
    let (folder, disk) = watched();
    let house = House::open(folder.path()).unwrap();
    house.add_outlet().unwrap();
    house.order("A-0").unwrap();
    let whole = store::memory(folder.path());
    house.close();
    disk.plant(Fault::ReadError);
    assert!(House::open(folder.path()).is_err());
    disk.heal();
    assert_eq!(store::remember(folder.path()).unwrap(), whole);
}
