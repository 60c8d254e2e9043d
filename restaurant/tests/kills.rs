//! 1,000 orders while the relay and the agents are killed with -9 at random moments: nothing
//! accepted is lost (I1), no duplicate is unmarked (I2, I3), no state is beyond its evidence (I4),
//! every printer prints in order (I5).

#![expect(clippy::indexing_slicing, reason = "JSON answers null for what is not there")]

mod kills_audit;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use restaurant::client::Client;
use restaurant::house::{STATIONS, agent_toml};
use restaurant::process::Process;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use virtual_printer::VirtualPrinter;

const ORDERS: u32 = 1_000;
const KILLS: u32 = 42;
const TILLS: u32 = 8;
/// A doubt is asked for 60 s before its marked copy prints; then all must be quiet.
const QUIET_WITHIN: Duration = Duration::from_secs(180);

struct Scene {
    relay: Process,
    agents: Vec<Process>,
    printers: Vec<(&'static str, VirtualPrinter)>,
    client: Client,
    _data: TempDir,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i1_i2_a_thousand_orders_survive_forty_kills() -> Result<()> {
    let seed = std::env::var("PRINTRAIL_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_261_120);
    println!("PRINTRAIL_SEED={seed}");
    let mut scene = open()?;
    let taken = Arc::new(AtomicU32::new(0));
    let mut tills = JoinSet::new();
    for till in 0..TILLS {
        tills.spawn(work(till, scene.client.clone(), Arc::clone(&taken)));
    }
    let kills = kill_at_random(&mut scene, &taken, StdRng::seed_from_u64(seed)).await?;
    let mut jobs = Vec::new();
    while let Some(accepted) = tills.join_next().await {
        jobs.extend(accepted??);
    }
    assert_eq!(kills, KILLS);
    let shown = quiet(&scene.client).await?;
    let papers = scene
        .printers
        .iter()
        .map(|(station, printer)| (*station, printer.papers()))
        .collect();
    let summary = kills_audit::audit(&jobs, &shown, &papers)?;
    println!("{kills} kills, {ORDERS} orders, {} jobs: {summary}", jobs.len());
    Ok(())
}

fn open() -> Result<Scene> {
    let data = TempDir::new()?;
    let program = PathBuf::from(env!("CARGO_BIN_EXE_restaurant"));
    let log = |name: &str| data.path().join(format!("{name}.log"));
    let serve = |listen: &str| {
        let folder = data.path().join("relay").display().to_string();
        [
            "serve",
            "--data",
            &folder,
            "--listen",
            listen,
            "--insecure-no-auth",
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let mut relay = Process::new(&program, "relay", serve("127.0.0.1:0"), log("relay"));
    relay.start()?;
    let address = relay.listening()?;
    relay.kill()?;
    let mut relay = Process::new(&program, "relay", serve(&address.to_string()), log("relay"));
    relay.start()?;
    relay.listening()?;
    let printers: Vec<(&'static str, VirtualPrinter)> = STATIONS
        .iter()
        .map(|station| {
            Ok((
                station.name,
                VirtualPrinter::start(virtual_printer::Config::default())?,
            ))
        })
        .collect::<Result<_>>()?;
    let agents = ["kitchen-pc", "bar-pc"]
        .map(|computer| {
            let printer = |station: &str| {
                printers
                    .iter()
                    .find(|(name, _)| *name == station)
                    .map(|(_, printer)| printer.addr())
            };
            start_agent(
                &program,
                data.path(),
                computer,
                &agent_toml(computer, address, printer),
            )
        })
        .into_iter()
        .collect::<Result<_>>()?;
    Ok(Scene {
        relay,
        agents,
        printers,
        client: Client::new(address, None),
        _data: data,
    })
}

fn start_agent(program: &Path, data: &Path, computer: &str, toml: &str) -> Result<Process> {
    let config = data.join(format!("{computer}.toml"));
    std::fs::write(&config, toml)?;
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
        program,
        "agent",
        args.to_vec(),
        data.join(format!("{computer}.log")),
    );
    agent.start()?;
    Ok(agent)
}

/// Kills one of the three whenever so many more orders were taken, and starts it again at once.
async fn kill_at_random(scene: &mut Scene, taken: &AtomicU32, mut random: StdRng) -> Result<u32> {
    let mut kills = 0;
    while kills < KILLS {
        let next = (kills + 1) * (ORDERS - 20) / KILLS;
        while taken.load(Ordering::Relaxed) < next {
            sleep(Duration::from_millis(1)).await;
        }
        sleep(Duration::from_millis(random.random_range(0..30))).await;
        let victim = random.random_range(0..=scene.agents.len());
        match scene.agents.get_mut(victim) {
            Some(agent) => {
                agent.kill()?;
                agent.start()?;
            }
            None => {
                scene.relay.kill()?;
                scene.relay.start()?;
                scene.relay.listening()?;
            }
        }
        kills += 1;
    }
    Ok(kills)
}

/// One till: sends its share, each order until it is taken, and keeps the jobs that it was promised.
async fn work(till: u32, client: Client, taken: Arc<AtomicU32>) -> Result<Vec<Value>> {
    let mut jobs = Vec::new();
    for number in (till..ORDERS).step_by(TILLS as usize) {
        let order = order(number);
        let answer = loop {
            match client.post("/api/orders", &order).await {
                Ok(answer) if answer.is_success() => break answer.json(),
                Ok(answer) => ensure!(answer.status >= 500, "{} {}", answer.status, answer.text()),
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        };
        taken.fetch_add(1, Ordering::Relaxed);
        jobs.extend(answer["jobs"].as_array().context("no jobs")?.iter().cloned());
    }
    Ok(jobs)
}

fn order(number: u32) -> Value {
    let table = char::from(b'A' + u8::try_from(number % 15).unwrap_or(0));
    json!({
        "id": format!("evening-{number}"),
        "orderType": "dine-in",
        "paymentMethod": "cash",
        "tableNumber": format!("{table}{}", number % 20 + 1),
        "items": [
            {"name": format!("Dish {number}"), "quantity": number % 3 + 1, "unitPrice": 9.5, "workstation": "kitchen"},
            {"name": format!("Drink {number}"), "quantity": 1, "unitPrice": 4, "workstation": "bar"},
        ],
    })
}

/// Waits until every job is final, and gives all of them as the relay shows them.
async fn quiet(client: &Client) -> Result<Vec<Value>> {
    let deadline = Instant::now() + QUIET_WITHIN;
    loop {
        let jobs = all_jobs(client).await?;
        let open: Vec<&Value> = jobs.iter().filter(|job| !is_final(job)).collect();
        if open.is_empty() {
            return Ok(jobs);
        }
        ensure!(
            Instant::now() < deadline,
            "{} jobs are still open: {:?}",
            open.len(),
            open.first()
        );
        sleep(Duration::from_millis(500)).await;
    }
}

fn is_final(job: &Value) -> bool {
    job["state"]
        .as_str()
        .and_then(protocol::JobState::parse)
        .is_some_and(protocol::JobState::is_final)
}

async fn all_jobs(client: &Client) -> Result<Vec<Value>> {
    let mut jobs = Vec::new();
    let mut path = "/api/jobs?limit=200".to_owned();
    loop {
        let page = client.get(&path).await?.json();
        jobs.extend(page["items"].as_array().context("no items")?.iter().cloned());
        let Some(next) = page["next"].as_str() else {
            return Ok(jobs);
        };
        path = format!("/api/jobs?limit=200&cursor={next}");
    }
}
