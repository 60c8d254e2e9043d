//! What goes wrong, one fault after so many orders, and who puts it right again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::program::Signal;
use super::scene::{Computer, Scene};
use super::tills::Counter;

/// Faults at a time: more would be one long fault.
const AT_ONCE: usize = 3;

/// How long it takes people to notice and to put it right.
const PEOPLE_NEED: Duration = Duration::from_millis(1_500);

/// How long a process is paused, or a cable held: longer than a heartbeat's jitter, shorter than the 40 s after
/// which a link is dead.
const PAUSE: Duration = Duration::from_millis(2_500);

/// How long a ticket is waited for before the power goes without one.
const POWER_FAILS_WITHIN: Duration = Duration::from_secs(5);

/// How a virtual printer's status names it.
const NO_POWER: &str = "power off";

/// How often the number of orders is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    KillRelay,
    KillAgent,
    PauseRelay,
    PauseAgent,
    CutCable,
    HoldCable,
    PaperOut,
    CoverOpen,
    PowerCut,
    Reset,
    NoProof,
    Garbage,
}

impl Kind {
    /// More than half are kills. A relay of somebody else's is left alone.
    fn pick(random: &mut StdRng, has_relay: bool) -> Self {
        match random.random_range(0..20) {
            0..=4 if has_relay => Self::KillRelay,
            0..=10 => Self::KillAgent,
            11 if has_relay => Self::PauseRelay,
            11 | 12 => Self::PauseAgent,
            13 => Self::CutCable,
            14 => Self::HoldCable,
            15 => Self::PaperOut,
            16 => Self::CoverOpen,
            17 => Self::PowerCut,
            18 => Self::Reset,
            _ if random.random_range(0..2) == 0 => Self::NoProof,
            _ => Self::Garbage,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::KillRelay => "relay killed",
            Self::KillAgent => "agent killed",
            Self::PauseRelay => "relay paused",
            Self::PauseAgent => "agent paused",
            Self::CutCable => "connection cut",
            Self::HoldCable => "connection held up",
            Self::PaperOut => "paper out in a ticket",
            Self::CoverOpen => "cover open",
            Self::PowerCut => "printer's power cut in a ticket",
            Self::Reset => "printer's connection reset in a ticket",
            Self::NoProof => "reset before the proof",
            Self::Garbage => "garbage in the proof",
        }
    }
}

/// Faults by kind.
pub(super) type Planted = BTreeMap<&'static str, u32>;

/// Plants a fault every `every` orders until the counter is closed, and returns when all are put right.
pub(super) async fn plant(
    scene: Arc<Scene>,
    counter: Arc<Counter>,
    every: u32,
    seed: u64,
) -> Result<Planted> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut planted = Planted::new();
    let mut running = JoinSet::new();
    let mut next = every;
    loop {
        while counter.taken() < next && !counter.closed.is_cancelled() {
            sleep(LOOK_EVERY).await;
        }
        if counter.closed.is_cancelled() {
            break;
        }
        while running.len() >= AT_ONCE
            && let Some(ended) = running.join_next().await
        {
            ended??;
        }
        let kind = Kind::pick(&mut random, scene.relay.is_some());
        let victim = random.random_range(0..scene.computers.len());
        let bytes = random.random_range(20..600);
        *planted.entry(kind.name()).or_default() += 1;
        running.spawn(happen(kind, Arc::clone(&scene), victim, bytes));
        next += every;
        counter.allow(next.saturating_add(every));
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(planted)
}

async fn happen(kind: Kind, scene: Arc<Scene>, victim: usize, bytes: u32) -> Result<()> {
    let Some(computer) = scene.computers.get(victim) else {
        return Ok(());
    };
    match kind {
        Kind::KillRelay => kill_relay(&scene).await,
        Kind::KillAgent => {
            let mut agent = computer.agent.lock().await;
            agent.kill()?;
            agent.start_alone()
        }
        Kind::PauseRelay => match &scene.relay {
            Some(relay) => pause(relay).await,
            None => Ok(()),
        },
        Kind::PauseAgent => pause(&computer.agent).await,
        Kind::CutCable => {
            computer.cable.cut();
            Ok(())
        }
        Kind::HoldCable => {
            computer.cable.hold(true);
            sleep(PAUSE).await;
            computer.cable.hold(false);
            Ok(())
        }
        Kind::PaperOut => trouble(computer, &format!("paper-out-after {}", bytes % 12), "refill").await,
        Kind::CoverOpen => trouble(computer, "cover-open", "cover-closed").await,
        Kind::PowerCut => power_cut(computer, bytes).await,
        Kind::Reset => computer.tell(&format!("reset-at {bytes}")),
        Kind::NoProof => computer.tell("drop-after-last-byte"),
        Kind::Garbage => computer.tell("garbage-in-proof 37220014000f"),
    }
}

async fn kill_relay(scene: &Scene) -> Result<()> {
    let Some(relay) = &scene.relay else { return Ok(()) };
    let mut relay = relay.lock().await;
    relay.kill()?;
    tokio::task::block_in_place(|| relay.start_and_hear("listening on ").map(drop))
}

async fn pause(program: &tokio::sync::Mutex<super::program::Program>) -> Result<()> {
    // Held meanwhile: a paused process is not killed and started beside itself.
    let program = program.lock().await;
    program.signal(Signal::Stop)?;
    sleep(PAUSE).await;
    program.signal(Signal::Continue)
}

/// A printer is in trouble until somebody comes.
async fn trouble(computer: &Computer, fault: &str, remedy: &str) -> Result<()> {
    computer.tell(fault)?;
    sleep(PEOPLE_NEED).await;
    computer.tell(remedy)
}

/// The power goes inside a ticket, or after a while where none comes, and comes back.
async fn power_cut(computer: &Computer, bytes: u32) -> Result<()> {
    computer.tell(&format!("power-cut-at {bytes}"))?;
    let cut = async {
        while !computer.ask("status")?.contains(NO_POWER) {
            sleep(PAUSE / 10).await;
        }
        Ok::<_, anyhow::Error>(())
    };
    match timeout(POWER_FAILS_WITHIN, cut).await {
        Ok(cut) => cut?,
        Err(_) => computer.tell("power-off")?,
    }
    sleep(PEOPLE_NEED).await;
    computer.tell("power-on")
}
