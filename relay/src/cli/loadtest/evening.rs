//! The evening itself: orders and faults, then quiet, then the audit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::super::args::LoadtestArgs;
use super::attack;
use super::audit;
use super::faults::{self, Planted};
use super::figures::{self, Held};
use super::people;
use super::report::Report;
use super::scene::Scene;
use super::tills::{self, Counter};

/// How long after the last order all must be quiet. A doubt alone may take a minute, and one more after it.
const QUIET_WITHIN: Duration = Duration::from_secs(240);

/// How often it is looked whether all is quiet.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long agents may take to come in at first.
const OPEN_WITHIN: Duration = Duration::from_secs(60);

/// Orders a second while the relay is attacked, unless another rate is asked for.
const ATTACKED_RATE: u32 = 50;

/// States from which a ticket still goes on.
const OPEN_STATES: [&str; 5] = ["accepted", "spooled", "held", "printing", "unconfirmed"];

/// Runs the evening to its end and gives the report.
pub(super) async fn run(args: &LoadtestArgs, scene: &Arc<Scene>) -> Result<Report> {
    // For as long as the soak or the attack lasts.
    let orders = if args.soak.is_some() || args.attack {
        u32::MAX
    } else {
        args.orders
    };
    let counter = Counter::new(if args.chaos { args.every * 2 } else { u32::MAX });
    let mut helpers = JoinSet::new();
    let (caller, papers) = (scene.caller.clone(), Arc::clone(&scene.papers));
    helpers.spawn(people::answer(caller, papers, Arc::clone(&counter)));
    if let Some(soak) = args.soak {
        let closed = counter.closed.clone();
        helpers.spawn(async move {
            sleep(soak).await;
            closed.cancel();
        });
    }
    warm_up(scene).await?;
    let before = relay_holds(scene).await;
    let begun = Instant::now();
    let mut chaos = JoinSet::new();
    if args.chaos {
        chaos.spawn(faults::plant(
            Arc::clone(scene),
            Arc::clone(&counter),
            args.every,
            args.seed,
        ));
    }
    let mut attackers = JoinSet::new();
    if args.attack {
        let (relay, closed) = (scene.caller.relay(), counter.closed.clone());
        attackers.spawn(async move {
            let attack = attack::run(relay).await;
            closed.cancel();
            attack
        });
    }
    tills::run(
        orders,
        args.rate.or(args.attack.then_some(ATTACKED_RATE)),
        &scene.caller,
        &scene.papers,
        &counter,
    )
    .await?;
    counter.closed.cancel();
    let planted = match chaos.join_next().await {
        Some(planted) => planted??,
        None => Planted::new(),
    };
    let attack = attackers.join_next().await.transpose()?;
    quiet(scene).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let after = relay_holds(scene).await;
    helpers.shutdown().await;
    let shown = scene.caller.jobs(None).await?;
    let mut waits = counter.waits();
    Ok(Report {
        orders: counter.taken(),
        seconds,
        faults: planted,
        answer_p50_ms: milliseconds(figures::percentile(&mut waits, 50)),
        answer_p99_ms: milliseconds(figures::percentile(&mut waits, 99)),
        attack,
        relay: before.zip(after),
        findings: audit::audit(&counter.promises(), &shown, |item| scene.papers.of(item)),
    })
}

/// Waits until both agents print for their stations.
async fn warm_up(scene: &Scene) -> Result<()> {
    let begun = Instant::now();
    loop {
        let stations = scene.caller.get("/api/stations").await.unwrap_or_default();
        let is_served = |name: &str| {
            let items = stations.get("items").and_then(serde_json::Value::as_array);
            let mut items = items.into_iter().flatten();
            items.any(|station| {
                let named = station.get("name").and_then(serde_json::Value::as_str);
                let printers = station.get("printers").and_then(serde_json::Value::as_array);
                named.is_some_and(|its| its.starts_with(name)) && printers.is_some_and(|all| !all.is_empty())
            })
        };
        if is_served("kitchen") && is_served("bar") {
            return Ok(());
        }
        ensure!(
            begun.elapsed() < OPEN_WITHIN,
            "the agents did not come in within {} s; look at {}",
            OPEN_WITHIN.as_secs(),
            scene.folder().display()
        );
        sleep(LOOK_EVERY).await;
    }
}

/// Waits until no ticket is open any more and no paper comes.
async fn quiet(scene: &Scene) -> Result<()> {
    let begun = Instant::now();
    loop {
        let mut open = 0;
        for state in OPEN_STATES {
            // A relay that was killed a moment ago is asked again.
            open += scene.caller.jobs(Some(state)).await.map_or(1, |jobs| jobs.len());
        }
        let is_still = scene
            .computers
            .iter()
            .all(|at| scene.papers.quiet_for(at.name) > LOOK_EVERY * 2);
        if open == 0 && is_still {
            return Ok(());
        }
        if begun.elapsed() > QUIET_WITHIN {
            // The audit says which tickets they are.
            return Ok(());
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn relay_holds(scene: &Scene) -> Option<Held> {
    let relay = scene.relay.as_ref()?.lock().await;
    relay.id().and_then(figures::held)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
