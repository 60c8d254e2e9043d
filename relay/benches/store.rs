//! Durable orders a second through `Store::order`, beside a bare group commit of the same rows.
//!
//! Both run in the same process on the same disk, turn and turn about, with 1, 16 and 64 callers who each wait
//! for their answer. The bare one knows nothing: one thread, one transaction for whoever waits, one
//! insert for each row that the store had written for an order. The processor's time for an order (callers
//! and all, Linux alone) is what to trust on a machine that others use too.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that fails stops"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use relay::order::input::fingerprint_of;
use relay::order::model::{OrderType, Priority};
use relay::order::{Actor, Command, Id, NewItem, NewOrder, Role};
use relay::store::{OrderReply, OrderRequest, Outlet, Store, StoreOptions};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use rust_decimal::Decimal;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

const OUTLET: &str = "demo";
const CALLERS: [usize; 3] = [1, 16, 64];
/// Turns of each contender; the best counts, since others use this machine too.
const TURNS: usize = 3;
const TURN: Duration = Duration::from_secs(2);
/// As the store's clerk.
const BATCH: usize = 256;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run());
}

async fn run() {
    let rows = Arc::new(Rows::of_one_order().await);
    println!("{} rows and {} bytes an order", rows.count(), rows.bytes());
    println!("callers   store/s  cpu us    bare/s  cpu us   share");
    let mut alone = 0.0;
    for callers in CALLERS {
        let (mut store, mut bare) = (Rate::default(), Rate::default());
        for _ in 0..TURNS {
            store = store.better(store_rate(callers).await);
            bare = bare.better(bare_rate(callers, Arc::clone(&rows)).await);
        }
        let share = 100.0 * store.orders / bare.orders;
        println!("{callers:>7} {store} {bare} {share:>6.0}%");
        if callers == 1 {
            alone = store.orders;
        } else {
            println!("        {:.1} times one caller", store.orders / alone);
        }
    }
}

/// How fast it went in one turn.
#[derive(Debug, Clone, Copy, Default)]
struct Rate {
    /// Orders a second.
    orders: f64,
    /// The processor's microseconds for an order; 0 where nobody counts them.
    cpu_us: f64,
}

impl Rate {
    fn better(self, other: Self) -> Self {
        if other.orders > self.orders { other } else { self }
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>9.0} {:>7.0}", self.orders, self.cpu_us)
    }
}

async fn store_rate(callers: usize) -> Rate {
    let dir = folder();
    let (store, mut heard) = open(dir.path()).await;
    let listener = async move { while heard.recv().await.is_some() {} };
    let caller = {
        let store = store.clone();
        move |n: u64| {
            let store = store.clone();
            async move {
                let reply = store.order(request(&format!("till-1/{n}"))).await.unwrap();
                assert!(matches!(reply, OrderReply::Done { .. }));
            }
        }
    };
    let mut listening = JoinSet::new();
    listening.spawn(listener);
    let rate = rate(callers, caller).await;
    store.close().await;
    listening.join_all().await;
    rate
}

async fn bare_rate(callers: usize, rows: Arc<Rows>) -> Rate {
    let dir = folder();
    let conn = rows.empty_copy(&dir.path().join("bare.db"));
    let (queue, calls) = mpsc::channel::<(u64, oneshot::Sender<()>)>(4_096);
    let writer = std::thread::spawn(move || bare_clerk(&conn, &rows, calls));
    let caller = move |n: u64| {
        let queue = queue.clone();
        async move {
            let (reply, answer) = oneshot::channel();
            queue.send((n, reply)).await.expect("the writer runs");
            answer.await.expect("the writer answers");
        }
    };
    let rate = rate(callers, caller).await;
    writer.join().expect("the writer ends");
    rate
}

fn bare_clerk(conn: &Connection, rows: &Rows, mut calls: mpsc::Receiver<(u64, oneshot::Sender<()>)>) {
    while let Some(first) = calls.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH {
            let Ok(call) = calls.try_recv() else { break };
            batch.push(call);
        }
        conn.prepare_cached("BEGIN IMMEDIATE")
            .unwrap()
            .execute([])
            .unwrap();
        for (n, _) in &batch {
            rows.insert(conn, *n);
        }
        conn.prepare_cached("COMMIT").unwrap().execute([]).unwrap();
        for (_, reply) in batch {
            reply.send(()).expect("the caller waits");
        }
    }
}

/// Calls a second of so many callers, each of whom waits for its answer before it calls again.
async fn rate<F, Fut>(callers: usize, call: F) -> Rate
where
    F: Fn(u64) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let (numbers, began, cpu) = (Arc::new(AtomicU64::new(0)), Instant::now(), cpu_us());
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (call, numbers) = (call.clone(), Arc::clone(&numbers));
        tasks.spawn(async move {
            let mut done = 0_u32;
            while began.elapsed() < TURN {
                call(numbers.fetch_add(1, Ordering::Relaxed)).await;
                done += 1;
            }
            done
        });
    }
    drop(call);
    let done: u32 = tasks.join_all().await.into_iter().sum();
    Rate {
        orders: f64::from(done) / began.elapsed().as_secs_f64(),
        cpu_us: (cpu_us() - cpu) / f64::from(done),
    }
}

/// The processor's time that this process had so far, in microseconds: the 14th and 15th field of
/// `/proc/self/stat` (proc(5)), a hundred of which are a second.
fn cpu_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks * 10_000.0
}

/// What the store wrote for one order, and the tables it wrote it to.
struct Rows {
    schema: Vec<String>,
    rows: Vec<(String, Vec<Cell>)>,
}

/// A column of a row: as it was, or made new for each order.
enum Cell {
    Same(Value),
    /// The order's number.
    Number,
    /// The order's number within a text.
    Name(String),
}

impl Rows {
    async fn of_one_order() -> Self {
        let dir = folder();
        let (store, heard) = open(dir.path()).await;
        drop(heard);
        store.order(request("template")).await.unwrap();
        store.close().await;
        let conn = Connection::open(dir.path().join("relay.db")).unwrap();
        let schema = texts(&conn, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL");
        let tables = ["orders", "events", "jobs"];
        let rows = tables.iter().flat_map(|table| template(&conn, table)).collect();
        Self { schema, rows }
    }

    fn empty_copy(&self, file: &Path) -> Connection {
        let conn = Connection::open(file).unwrap();
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4096;
             PRAGMA cache_size = -65536;",
        )
        .unwrap();
        self.schema
            .iter()
            .for_each(|sql| conn.execute_batch(sql).unwrap());
        conn.set_prepared_statement_cache_capacity(32);
        conn
    }

    fn insert(&self, conn: &Connection, n: u64) {
        for (sql, cells) in &self.rows {
            let values = cells.iter().map(|cell| match cell {
                Cell::Same(value) => value.clone(),
                Cell::Number => Value::Integer(i64::try_from(n).unwrap() + 1),
                Cell::Name(prefix) => Value::Text(format!("{prefix}-{n:016}")),
            });
            conn.prepare_cached(sql)
                .unwrap()
                .execute(params_from_iter(values))
                .unwrap();
        }
    }

    fn count(&self) -> usize {
        self.rows.len()
    }

    fn bytes(&self) -> usize {
        let size = |cell: &Cell| match cell {
            Cell::Same(Value::Text(text)) => text.len(),
            Cell::Same(Value::Blob(blob)) => blob.len(),
            Cell::Same(_) | Cell::Number => 8,
            Cell::Name(prefix) => prefix.len() + 17,
        };
        self.rows.iter().flat_map(|(_, cells)| cells).map(size).sum()
    }
}

fn template(conn: &Connection, table: &str) -> Vec<(String, Vec<Cell>)> {
    let columns = texts(conn, &format!("SELECT name FROM pragma_table_info('{table}')"));
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!("INSERT INTO {table}({}) VALUES({marks})", columns.join(", "));
    let mut select = conn
        .prepare(&format!("SELECT {} FROM {table}", columns.join(", ")))
        .unwrap();
    let rows = select
        .query_map([], |row| {
            let cell = |(at, column): (usize, &String)| Ok(cell(table, column, row.get(at)?));
            columns
                .iter()
                .enumerate()
                .map(cell)
                .collect::<rusqlite::Result<Vec<_>>>()
        })
        .unwrap();
    rows.map(|cells| (sql.clone(), cells.unwrap())).collect()
}

fn cell(table: &str, column: &str, value: Value) -> Cell {
    match (table, column, value) {
        (_, "seq" | "created" | "number", _) => Cell::Number,
        ("jobs", "id", Value::Text(id)) => Cell::Name(id.chars().rev().take(20).collect()),
        ("orders", "id", _) | (_, "order_id", _) => Cell::Name("till-1/".into()),
        (_, _, value) => Cell::Same(value),
    }
}

fn texts(conn: &Connection, sql: &str) -> Vec<String> {
    let mut select = conn.prepare(sql).unwrap();
    select
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

async fn open(dir: &Path) -> (Store, mpsc::Receiver<relay::store::Committed>) {
    let (store, heard) = Store::open(dir, StoreOptions::default()).unwrap();
    let outlet = Outlet {
        id: OUTLET.into(),
        name: "Demo".into(),
        timezone: "Asia/Jakarta".into(),
    };
    store.add_outlet(outlet).await.unwrap();
    (store, heard)
}

fn request(id: &str) -> OrderRequest {
    let command = Command::Create(Box::new(order(id)));
    OrderRequest {
        outlet: OUTLET.into(),
        actor: Actor {
            role: Role::Pos,
            subject: "till-1".into(),
        },
        order: None,
        fingerprint: fingerprint_of(None, &command),
        command,
        key: None,
    }
}

fn order(id: &str) -> NewOrder {
    NewOrder {
        id: Some(Id::Text(id.into())),
        order_type: OrderType::DineIn,
        source: Some("pos".into()),
        table_id: None,
        table_number: Some("C4".into()),
        area_code: None,
        customer: None,
        waiter: None,
        items: vec![
            item("Nasi Goreng Kampung", 2, "kitchen"),
            item("Sate Ayam", 1, "kitchen"),
            item("Es Teh Manis", 3, "bar"),
            item("Kopi Susu", 1, "bar"),
        ],
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

fn item(name: &str, quantity: u32, workstation: &str) -> NewItem {
    NewItem {
        id: None,
        menu_item_id: None,
        name: name.into(),
        quantity,
        unit_price: Decimal::new(4_550_000, 2),
        workstation: Some(workstation.into()),
        main_category: None,
        modifiers: vec![],
        notes: Some("extra pedas".into()),
        allergens: vec![],
        course: None,
    }
}
