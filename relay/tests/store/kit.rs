//! A store in a folder of its own, a clock that the test moves, and orders to send.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use protocol::{Evidence, JobId, JobState, JobUpdate};
use relay::order::input::fingerprint_of;
use relay::order::model::{OrderType, Priority};
use relay::order::{Actor, Command, Id, NewItem, NewOrder, Role};
use relay::store::{
    Acked, AgentUpdate, Committed, Job, JobFilter, OrderReply, OrderRequest, Outlet, Store, StoreOptions,
};
use rust_decimal::Decimal;
use tempfile::TempDir;
use tokio::sync::mpsc::Receiver;

pub const OUTLET: &str = "demo";
pub const GRILL: &str = "grill-pc";
pub const SPOOL: Option<&str> = Some("spool-1");

/// A store and what it tells the publisher.
pub struct House {
    pub store: Store,
    pub heard: Receiver<Committed>,
    pub clock: Clock,
    pub dir: TempDir,
}

/// A clock that stands until it is moved.
#[derive(Clone)]
pub struct Clock(Arc<Mutex<Timestamp>>);

impl Clock {
    pub fn at(time: &str) -> Self {
        Self(Arc::new(Mutex::new(time.parse().unwrap())))
    }

    pub fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    pub fn pass(&self, seconds: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }
}

impl House {
    pub async fn open() -> Self {
        Self::open_with(StoreOptions::default()).await
    }

    pub async fn open_with(options: StoreOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let house = Self::in_dir(dir, Clock::at("2026-11-20T12:00:00Z"), options);
        let new = Outlet {
            id: OUTLET.into(),
            name: "Demo".into(),
            timezone: "Asia/Jakarta".into(),
        };
        assert!(house.store.add_outlet(new).await.unwrap());
        house
    }

    fn in_dir(dir: TempDir, clock: Clock, options: StoreOptions) -> Self {
        let read = clock.clone();
        let options = StoreOptions {
            clock: Arc::new(move || read.now()),
            ..options
        };
        let (store, heard) = Store::open(dir.path(), options).unwrap();
        Self {
            store,
            heard,
            clock,
            dir,
        }
    }

    /// Closes the store and opens it again, as a restart of the relay does.
    pub async fn restart(self) -> Self {
        self.store.close().await;
        Self::in_dir(self.dir, self.clock, StoreOptions::default())
    }

    /// A connection of a test's own to the file, to damage it.
    pub fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir.path().join("relay.db")).unwrap()
    }

    pub async fn send(&self, command: Command, order: Option<&str>) -> OrderReply {
        self.store.order(request(command, order, None)).await.unwrap()
    }

    /// An order of two plates and a drink, paid in cash, which prints at once.
    pub async fn order(&self, id: &str) -> Vec<Job> {
        done(self.send(create(id), None).await);
        self.jobs(id).await
    }

    /// The jobs of an order, oldest first.
    pub async fn jobs(&self, order: &str) -> Vec<Job> {
        let filter = JobFilter {
            order: Some(order.into()),
            limit: 200,
            ..JobFilter::default()
        };
        let mut jobs = self.store.list_jobs(OUTLET, filter).await.unwrap().items;
        jobs.reverse();
        jobs
    }

    pub async fn job(&self, id: &JobId) -> Job {
        self.store.get_job(OUTLET, id.as_str()).await.unwrap().unwrap()
    }

    /// The kitchen's jobs as they are offered to a device.
    pub async fn offers(&self, device: &str, spool: Option<&str>) -> Vec<Job> {
        self.store
            .offers(OUTLET, "kitchen", device, spool, 0, 32)
            .await
            .unwrap()
    }

    /// A device connects, is offered what waits in the kitchen, and takes it.
    pub async fn take(&self, device: &str) -> (u64, Vec<Job>) {
        let fence = self.store.attach(OUTLET, device).await.unwrap();
        let jobs = self.offers(device, SPOOL).await;
        for job in &jobs {
            assert_eq!(self.ack(job, device, fence).await, Acked::Stored);
        }
        (fence, jobs)
    }

    pub async fn ack(&self, job: &Job, device: &str, fence: u64) -> Acked {
        self.store
            .ack(OUTLET, &job.header.id, device, SPOOL, fence)
            .await
            .unwrap()
    }

    /// The device says where a job stands; returns what the store says then.
    pub async fn say(&self, job: &Job, device: &str, fence: u64, state: JobState) -> (JobState, bool) {
        let said = update(job, state, self.clock.now());
        let stored = self.store.update(OUTLET, device, said, fence).await.unwrap();
        (stored.state, stored.settled)
    }
}

pub fn update(job: &Job, state: JobState, at: Timestamp) -> AgentUpdate {
    JobUpdate {
        job_id: job.header.id.clone(),
        state,
        attempt: 1,
        printer: Some("grill".into()),
        evidence: (state == JobState::Printed).then_some(Evidence::A),
        detail: None,
        at,
    }
}

pub fn actor() -> Actor {
    Actor {
        role: Role::Pos,
        subject: "till-1".into(),
    }
}

pub fn request(command: Command, order: Option<&str>, key: Option<&str>) -> OrderRequest {
    OrderRequest {
        outlet: OUTLET.into(),
        actor: actor(),
        order: order.map(str::to_owned),
        fingerprint: fingerprint_of(order, &command),
        command,
        key: key.map(str::to_owned),
    }
}

pub fn create(id: &str) -> Command {
    Command::Create(Box::new(new_order(Some(id))))
}

pub fn new_order(id: Option<&str>) -> NewOrder {
    NewOrder {
        id: id.map(|id| Id::Text(id.into())),
        order_type: OrderType::DineIn,
        source: Some("pos".into()),
        table_id: None,
        table_number: Some("C4".into()),
        area_code: None,
        customer: None,
        waiter: None,
        items: vec![item("Nasi Goreng", 2, "kitchen"), item("Es Teh", 1, "bar")],
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

pub fn item(name: &str, quantity: u32, workstation: &str) -> NewItem {
    NewItem {
        id: Some(name.to_lowercase().replace(' ', "-")),
        menu_item_id: None,
        name: name.into(),
        quantity,
        unit_price: Decimal::new(1250, 2),
        workstation: Some(workstation.into()),
        main_category: None,
        modifiers: vec![],
        notes: None,
        allergens: vec![],
        course: None,
    }
}

/// The answer's body of something that was done now.
pub fn done(reply: OrderReply) -> serde_json::Value {
    match reply {
        OrderReply::Done { body, .. } => serde_json::from_str(&body).unwrap(),
        other => panic!("not done: {other:?}"),
    }
}
