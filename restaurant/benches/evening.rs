//! Figures for `docs/benchmarks.md`: durable orders a second over HTTP with 1 and 64 callers, beside a
//! bare `SQLite` group commit of the same rows; POST to the printer's first byte at 50 orders a second;
//! memory of an idle agent. `cargo bench -p restaurant --bench evening`

#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a bench prints its figures, and may stop where they make no sense"
)]

#[path = "evening/bare.rs"]
mod bare;
#[path = "evening/caller.rs"]
mod caller;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use caller::Caller;
use restaurant::client::Client;
use restaurant::house::{STATIONS, agent_toml};
use restaurant::process::Process;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::sleep;
use virtual_printer::VirtualPrinter;

const DURABLE_FOR: Duration = Duration::from_secs(5);
const STEADY_RATE: u32 = 50;
const STEADY_ORDERS: u32 = 1_000;
const IDLE_FOR: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<()> {
    let mut durable = Vec::new();
    for callers in [1, 64] {
        let data = TempDir::new()?;
        let orders = durable_orders(data.path(), callers).await?;
        let bare = bare::group_commit(&data.path().join("relay/relay.db"), callers, DURABLE_FOR)?;
        println!(
            "durable orders/s, {callers:>2} callers over HTTP: {orders:>8.0}   bare group commit of the same rows: {bare:>8.0}   ratio {:.2}",
            orders / bare
        );
        durable.push(orders);
    }
    if let [one, many] = durable[..] {
        println!("64 callers against 1: {:.1} times", many / one);
    }
    steady_service().await
}

async fn durable_orders(data: &Path, callers: u32) -> Result<f64> {
    let (relay, address) = start_relay(data)?;
    let deadline = Instant::now() + DURABLE_FOR;
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        tasks.spawn(async move {
            let mut line = Caller::connect(address).await?;
            let mut done = 0_u32;
            while Instant::now() < deadline {
                let status = line
                    .post("/api/orders", &order(&format!("{caller}-{done}"), done))
                    .await?;
                anyhow::ensure!(status == 201, "the relay answered {status}");
                done += 1;
            }
            Ok(done)
        });
    }
    let begun = Instant::now();
    let mut orders = 0;
    while let Some(done) = tasks.join_next().await {
        orders += done??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    drop(relay);
    Ok(f64::from(orders) / seconds)
}

async fn steady_service() -> Result<()> {
    let data = TempDir::new()?;
    let (relay, address) = start_relay(data.path())?;
    let printers: Vec<(&str, VirtualPrinter)> = STATIONS
        .iter()
        .map(|station| {
            Ok((
                station.name,
                VirtualPrinter::start(virtual_printer::Config::default())?,
            ))
        })
        .collect::<Result<_>>()?;
    let agents = ["kitchen-pc", "bar-pc"]
        .map(|computer| start_agent(data.path(), computer, address, &printers))
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    sleep(IDLE_FOR).await;
    for agent in &agents {
        println!(
            "idle agent, resident: {:.1} MiB",
            agent.resident_kib().context("no such process")? as f64 / 1024.0
        );
    }
    println!(
        "idle relay with 2 agents, resident: {:.1} MiB",
        relay.resident_kib().context("no relay")? as f64 / 1024.0
    );
    let mut latencies = first_bytes(address, &printers).await?;
    latencies.sort_by(f64::total_cmp);
    println!(
        "POST to the printer's first byte at {STEADY_RATE} orders/s ({} tickets): p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        latencies.len(),
        at(&latencies, 0.50),
        at(&latencies, 0.99),
        at(&latencies, 1.0)
    );
    for agent in &agents {
        println!(
            "agent after {STEADY_ORDERS} orders, resident: {:.1} MiB",
            agent.resident_kib().context("gone")? as f64 / 1024.0
        );
    }
    Ok(())
}

/// Milliseconds from each POST to the first byte of its kitchen ticket at the printer.
async fn first_bytes(relay: SocketAddr, printers: &[(&str, VirtualPrinter)]) -> Result<Vec<f64>> {
    let kitchen = &printers
        .iter()
        .find(|(name, _)| *name == "kitchen")
        .context("no kitchen")?
        .1;
    let begun = Instant::now();
    let mut posted = Vec::new();
    let mut posts = JoinSet::new();
    for number in 0..STEADY_ORDERS {
        let at = begun + Duration::from_secs(1) / STEADY_RATE * number;
        tokio::time::sleep_until(at.into()).await;
        posted.push(Instant::now());
        posts.spawn(async move {
            Client::new(relay, None)
                .order(&order(&format!("steady-{number}"), number))
                .await
        });
    }
    while let Some(answer) = posts.join_next().await {
        answer??;
    }
    let kitchen = kitchen.clone();
    let epoch = kitchen.epoch();
    let papers = tokio::task::spawn_blocking(move || {
        kitchen.wait_papers(STEADY_ORDERS as usize, Duration::from_secs(30))
    })
    .await?;
    anyhow::ensure!(papers.len() == STEADY_ORDERS as usize, "{} papers", papers.len());
    let mut found = Vec::new();
    for paper in &papers {
        let number = paper
            .text
            .split("Dish ")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next());
        let number: usize = number.context("a paper without a dish")?.parse()?;
        found.push(
            (epoch + paper.started_at)
                .saturating_duration_since(posted[number])
                .as_secs_f64()
                * 1e3,
        );
    }
    Ok(found)
}

fn at(sorted: &[f64], share: f64) -> f64 {
    let index = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len()) - 1;
    sorted[index]
}

fn order(id: &str, number: u32) -> Value {
    json!({
        "id": id,
        "orderType": "dine-in",
        "paymentMethod": "cash",
        "tableNumber": format!("C{}", number % 30 + 1),
        "items": [
            {"name": format!("Dish {number}"), "quantity": 2, "unitPrice": 12.5, "workstation": "kitchen", "notes": "no salt"},
            {"name": "Side salad", "quantity": 1, "unitPrice": 4.2, "workstation": "kitchen"},
            {"name": "Sparkling water", "quantity": 1, "unitPrice": 3.9, "workstation": "bar"},
        ],
    })
}

fn start_relay(data: &Path) -> Result<(Process, SocketAddr)> {
    let folder = data.join("relay").display().to_string();
    let args = [
        "serve",
        "--data",
        &folder,
        "--listen",
        "127.0.0.1:0",
        "--insecure-no-auth",
    ]
    .map(str::to_owned);
    let mut relay = Process::new(&program(), "relay", args.to_vec(), data.join("relay.log"));
    relay.start()?;
    let address = relay.listening()?;
    Ok((relay, address))
}

fn start_agent(
    data: &Path,
    computer: &str,
    relay: SocketAddr,
    printers: &[(&str, VirtualPrinter)],
) -> Result<Process> {
    let config = data.join(format!("{computer}.toml"));
    let printer = |station: &str| {
        printers
            .iter()
            .find(|(name, _)| *name == station)
            .map(|(_, printer)| printer.addr())
    };
    std::fs::write(&config, agent_toml(computer, relay, printer))?;
    let folder = data.join(computer).display().to_string();
    let args = [
        "run",
        "--config",
        &config.display().to_string(),
        "--data",
        &folder,
    ]
    .map(str::to_owned);
    let mut agent = Process::new(
        &program(),
        "agent",
        args.to_vec(),
        data.join(format!("{computer}.log")),
    );
    agent.start()?;
    Ok(agent)
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_restaurant"))
}
