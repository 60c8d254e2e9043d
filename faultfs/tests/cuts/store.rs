//! The relay's store: orders, acknowledgements, reports and wishes, and restarts between them.

use std::path::Path;
use std::sync::Arc;

use faultfs::power::{Memory, Notes, Story};
use faultfs::{Disk, Fault, Seed};
use jiff::Timestamp;
use protocol::{Evidence, JobId, JobState, JobUpdate};
use relay::order::input::fingerprint_of;
use relay::order::model::{OrderType, Priority};
use relay::order::{Actor, Command, Id, NewItem, NewOrder, Role};
use relay::store::{Job, JobFilter, JobWish, OrderRequest, Outlet, Store, StoreError, StoreOptions};
use rust_decimal::Decimal;
use tokio::runtime::Runtime;

pub(crate) const OUTLET: &str = "demo";
const DEVICE: &str = "grill-pc";
/// Calls of one story.
const CALLS: usize = 40;
/// Orders of one story.
const ORDERS: usize = 14;
/// A restart once in so many calls.
const RESTART: usize = 20;

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// A store with a thread of its own to be waited for on.
pub(crate) struct House {
    pub(crate) store: Store,
    runtime: Runtime,
}

impl House {
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let options = StoreOptions {
            clock: Arc::new(now),
            readers: 1,
            ..StoreOptions::default()
        };
        let (store, heard) = Store::open(&folder.join("relay.db"), options)?;
        drop(heard);
        Ok(Self { store, runtime })
    }

    pub(crate) fn run<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(call)
    }

    pub(crate) fn close(self) {
        self.runtime.block_on(self.store.close());
    }

    pub(crate) fn order(&self, id: &str) -> Result<(), StoreError> {
        self.run(self.store.order(create(id))).map(drop)
    }

    pub(crate) fn add_outlet(&self) -> Result<bool, StoreError> {
        let new = Outlet {
            id: OUTLET.into(),
            name: "Demo".into(),
            timezone: "Asia/Jakarta".into(),
        };
        self.run(self.store.add_outlet(new))
    }

    pub(crate) fn jobs(&self, order: &str) -> Vec<Job> {
        let filter = JobFilter {
            order: Some(order.into()),
            limit: 200,
            ..JobFilter::default()
        };
        self.run(self.store.list_jobs(OUTLET, filter)).unwrap().items
    }
}

pub(crate) fn create(id: &str) -> OrderRequest {
    let command = Command::Create(Box::new(new_order(id)));
    OrderRequest {
        outlet: OUTLET.into(),
        actor: actor(),
        order: None,
        fingerprint: fingerprint_of(None, &command),
        command,
        key: Some(format!("key-{id}")),
    }
}

fn actor() -> Actor {
    Actor {
        role: Role::Pos,
        subject: "till-1".into(),
    }
}

fn new_order(id: &str) -> NewOrder {
    NewOrder {
        id: Some(Id::Text(id.into())),
        order_type: OrderType::DineIn,
        source: Some("pos".into()),
        table_id: None,
        table_number: Some("C4".into()),
        area_code: None,
        customer: None,
        waiter: None,
        items: vec![item("Nasi Goreng", "kitchen"), item("Es Teh", "bar")],
        total_amount: None,
        discount: Decimal::ZERO,
        tax: Decimal::ZERO,
        payment_method: Some("cash".into()),
        payment_status: None,
        is_open_bill: false,
        priority: Priority::Normal,
        session: None,
    }
}

fn item(name: &str, workstation: &str) -> NewItem {
    NewItem {
        id: Some(name.to_lowercase().replace(' ', "-")),
        menu_item_id: None,
        name: name.into(),
        quantity: 1,
        unit_price: Decimal::new(1250, 2),
        workstation: Some(workstation.into()),
        main_category: None,
        modifiers: vec![],
        notes: None,
        allergens: vec![],
        course: None,
    }
}

/// Every row of every table, read beside the relay.
pub(crate) fn memory(folder: &Path) -> Memory {
    let db = rusqlite::Connection::open(folder.join("relay.db")).unwrap();
    let mut tables = db
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
        )
        .unwrap();
    let tables: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut lines = Vec::new();
    for table in tables {
        let mut rows = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = rows.column_count();
        let found = rows.query_map([], |row| {
            let values = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
            Ok(format!("{table} {:?}", values.collect::<Result<Vec<_>, _>>()?))
        });
        lines.extend(found.unwrap().map(Result::unwrap));
    }
    lines.sort();
    lines
}

/// What the store remembers after a cut: it opens, its pages are sound, and its rows say this.
pub(crate) fn remember(folder: &Path) -> Result<Memory, String> {
    let house = House::open(folder).map_err(|error| format!("{error:?}"))?;
    let problems =
        relay::store::copy::problems(&folder.join("relay.db")).map_err(|error| format!("{error:?}"))?;
    if !problems.is_empty() {
        return Err(format!("damaged: {problems:?}"));
    }
    let memory = memory(folder);
    house.close();
    Ok(memory)
}

fn update(job: &JobId, state: JobState) -> JobUpdate {
    JobUpdate {
        job_id: job.clone(),
        state,
        attempt: 1,
        printer: Some("grill".into()),
        evidence: (state == JobState::Printed).then_some(Evidence::A),
        detail: None,
        at: now(),
    }
}

/// A few calls; whether they were granted does not matter, the memory says after each what it did.
fn call(house: &House, luck: &mut Seed, mut answered: impl FnMut()) {
    let id = format!("A-{}", luck.below(ORDERS));
    let jobs = house.jobs(&id);
    let Some(job) = jobs.get(luck.below(jobs.len())) else {
        house.order(&id).unwrap();
        return answered();
    };
    let (store, job_id, station) = (&house.store, &job.header.id, &job.header.station);
    if job.state == JobState::Spooled && luck.once_in(4) {
        let _ = house.run(store.wish(OUTLET, job_id, JobWish::Cancel, &actor()));
        return answered();
    }
    let fence = house.run(store.attach(OUTLET, DEVICE)).unwrap();
    answered();
    if job.state == JobState::Accepted {
        house
            .run(store.offers(OUTLET, station, DEVICE, Some("spool-1"), 0, 32))
            .unwrap();
        answered();
        house
            .run(store.ack(OUTLET, job_id, DEVICE, Some("spool-1"), fence))
            .unwrap();
        return answered();
    }
    let next = match (job.state, luck.below(4)) {
        (JobState::Spooled, _) => JobState::Printing,
        (JobState::Printing, 0) => JobState::Unconfirmed,
        _ => JobState::Printed,
    };
    let _ = house.run(store.update(OUTLET, DEVICE, update(job_id, next), fence));
    answered();
}

/// A story of the store, from a seed.
fn tell(seed: u64, calls: usize, fault: Option<Fault>) -> Story {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::under(folder.path()).unwrap();
    if let Some(fault) = fault {
        disk.plant(fault);
    }
    let mut house = House::open(folder.path()).unwrap();
    let mut notes = Notes::begin(disk, memory(folder.path()));
    house.add_outlet().unwrap();
    notes.answered(memory(folder.path()));
    let mut luck = Seed::new(seed);
    for _ in 0..calls {
        if luck.once_in(RESTART) {
            house.close();
            house = House::open(folder.path()).unwrap();
        }
        call(&house, &mut luck, || notes.answered(memory(folder.path())));
    }
    house.close();
    notes.end()
}

#[test]
fn r1_a_power_cut_at_every_write_of_the_store_loses_nothing_answered() {
    super::cut(|seed| tell(seed, CALLS, None), remember);
}

#[test]
fn a_store_without_syncs_is_caught() {
    let story = tell(1, CALLS, Some(Fault::LyingSync));
    let lost = story.cut_at(0..story.points(), 1, remember);
    assert!(lost.is_err(), "this test cannot fail");
}
