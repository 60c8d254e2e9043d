//! Tills: they send orders under keys, each until it is taken, and remember what they were promised.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::call::Caller;
use super::papers::{MARK, Papers};

/// Tills that send at once.
const TILLS: u32 = 12;

/// How long a till waits before it sends an order again.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Tickets that may wait for paper before the tills pause: a kitchen that is so far behind takes no more
/// orders either, and whoever waits behind them is no alarm.
const MOST_WAITING: usize = 100;

/// A ticket that an answer promised.
#[derive(Debug, Clone)]
pub(super) struct Promise {
    pub(super) job: String,
    pub(super) station: String,
    /// The item that its ticket names.
    pub(super) item: String,
}

/// What all tills share.
#[derive(Debug)]
pub(super) struct Counter {
    run: String,
    next: AtomicU32,
    taken: AtomicU32,
    /// Orders that may have been sent by now: faults keep step with them.
    allowed: AtomicU32,
    promises: Mutex<Vec<Promise>>,
    waits: Mutex<Vec<Duration>>,
    /// No more orders.
    pub(super) closed: CancellationToken,
}

impl Counter {
    /// A counter whose orders nobody else's are mistaken for.
    pub(super) fn new(allowed: u32) -> Arc<Self> {
        let run = uuid::Uuid::now_v7().simple().to_string();
        Arc::new(Self {
            run,
            next: AtomicU32::new(0),
            taken: AtomicU32::new(0),
            allowed: AtomicU32::new(allowed),
            promises: Mutex::default(),
            waits: Mutex::default(),
            closed: CancellationToken::new(),
        })
    }

    /// Orders that were answered with success.
    pub(super) fn taken(&self) -> u32 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Lets the tills go on up to so many orders.
    pub(super) fn allow(&self, orders: u32) {
        self.allowed.store(orders, Ordering::Relaxed);
    }

    /// Every ticket promised so far.
    pub(super) fn promises(&self) -> Vec<Promise> {
        self.promises
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn promised(&self) -> usize {
        self.promises.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How long each order took from its first try to its answer.
    pub(super) fn waits(&self) -> Vec<Duration> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, promises: Vec<Promise>, waited: Duration) {
        self.promises
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(promises);
        self.waits
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(waited);
        self.taken.fetch_add(1, Ordering::Relaxed);
    }
}

/// Sends `orders` orders, at most `rate` a second, and returns when all are taken or the counter is closed.
pub(super) async fn run(
    orders: u32,
    rate: Option<u32>,
    caller: &Caller,
    papers: &Arc<Papers>,
    counter: &Arc<Counter>,
) -> Result<()> {
    let mut tills: JoinSet<Result<()>> = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..TILLS {
        let (caller, papers, counter) = (caller.clone(), Arc::clone(papers), Arc::clone(counter));
        tills.spawn(async move {
            loop {
                let number = counter.next.fetch_add(1, Ordering::Relaxed);
                if number >= orders || counter.closed.is_cancelled() {
                    return Ok(());
                }
                wait_for_turn(number, rate, begun, &papers, &counter).await;
                send(number, &caller, &counter).await?;
            }
        });
    }
    while let Some(ended) = tills.join_next().await {
        ended??;
    }
    Ok(())
}

async fn wait_for_turn(number: u32, rate: Option<u32>, begun: Instant, papers: &Papers, counter: &Counter) {
    if let Some(rate) = rate {
        let due = Duration::from_secs(1) / rate * number;
        sleep(due.saturating_sub(begun.elapsed())).await;
    }
    let is_far_behind = || counter.promised().saturating_sub(papers.items()) > MOST_WAITING;
    let is_early = || number >= counter.allowed.load(Ordering::Relaxed);
    while (is_early() || is_far_behind()) && !counter.closed.is_cancelled() {
        sleep(AGAIN_AFTER).await;
    }
}

async fn send(number: u32, caller: &Caller, counter: &Counter) -> Result<()> {
    let id = format!("{}-{number}", counter.run);
    let order = order(&id, number);
    let begun = Instant::now();
    loop {
        match caller.try_post("/api/orders", &id, &order).await {
            Ok(answer) if answer.is_success() => {
                counter.keep(promises(&answer.body, number), begun.elapsed());
                return Ok(());
            }
            Ok(answer) => ensure!(answer.is_worth_a_retry(), "an order was refused: {}", answer.body),
            Err(_) => {}
        }
        sleep(AGAIN_AFTER).await;
    }
}

/// One third for the kitchen, one for the bar, one for both.
fn order(id: &str, number: u32) -> Value {
    let item = |station: char, workstation: &str| json!({"name": item(number, station), "quantity": number % 3 + 1, "unitPrice": 4.5, "workstation": workstation});
    let items = match number % 3 {
        0 => vec![item('K', "kitchen")],
        1 => vec![item('B', "bar")],
        _ => vec![item('K', "kitchen"), item('B', "bar")],
    };
    let table = char::from(b'A' + u8::try_from(number % 15).unwrap_or(0));
    json!({
        "id": id,
        "orderType": "dine-in",
        "paymentMethod": "cash",
        "tableNumber": format!("{table}{}", number % 20 + 1),
        "items": items,
    })
}

fn item(number: u32, station: char) -> String {
    format!("{MARK}{number}{station}")
}

fn promises(answer: &Value, number: u32) -> Vec<Promise> {
    let jobs = answer.get("jobs").and_then(Value::as_array);
    let promise = |job: &Value| {
        let station = job.get("station")?.as_str()?.to_owned();
        Some(Promise {
            job: job.get("id")?.as_str()?.to_owned(),
            item: item(number, if station == "kitchen" { 'K' } else { 'B' }),
            station,
        })
    };
    jobs.into_iter().flatten().filter_map(promise).collect()
}
