//! Which restaurant a seed makes: outlets, agents, stations, printers and how fast everything is.

use rand::RngExt as _;
use rand::rngs::SmallRng;
use virtual_printer::{Config as PrinterConfig, Profile};

/// Two outlets, so that what belongs to one can show up at the other (I6).
pub(crate) const OUTLETS: [&str; 2] = ["warung", "cantina"];

/// Twenty minutes, fifty, and fourteen hours: late, stale and expired.
const NIGHTS: [u64; 3] = [20 * 60_000, 50 * 60_000, 14 * 3_600_000];

/// One agent and what it serves.
#[derive(Debug, Clone)]
pub(crate) struct AgentPlan {
    pub(crate) outlet: &'static str,
    pub(crate) device: String,
    /// Role, location, printer's index.
    pub(crate) stations: Vec<(&'static str, Option<&'static str>, usize)>,
    /// Its printers stand in for each other.
    pub(crate) backups: bool,
}

/// The restaurant.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) agents: Vec<AgentPlan>,
    pub(crate) printers: Vec<PrinterConfig>,
    /// In the outlet's settings the bar stands in for the kitchen.
    pub(crate) relay_backup: bool,
    /// Two agents at one station.
    pub(crate) rivals: bool,
    /// Upper end of the network's latency in milliseconds.
    pub(crate) latency: u64,
    /// Upper end of a commit's time in milliseconds.
    pub(crate) disk: u64,
    pub(crate) orders: usize,
    pub(crate) faults: usize,
    /// The power is gone for so many milliseconds at the end, at every site.
    pub(crate) night: Option<u64>,
    /// No computer reaches the relay for ten minutes.
    pub(crate) apart: bool,
}

impl Setup {
    pub(crate) fn roll(rng: &mut SmallRng) -> Self {
        let agents = match rng.random_range(0..4) {
            0 => two_outlets(rng.random_bool(0.5)),
            1 | 2 => two_computers(),
            _ => rivals(rng.random_bool(0.5)),
        };
        let mine = |agents: &[AgentPlan]| agents[0].outlet == agents[1].outlet;
        let count = 1 + agents
            .iter()
            .flat_map(|agent| &agent.stations)
            .map(|s| s.2)
            .max()
            .unwrap();
        Self {
            // Not with rivals: who backs a station that it also registered is open, see docs/reliability.md.
            relay_backup: mine(&agents) && rng.random_bool(0.4) && agents[0].stations.len() != 2,
            rivals: mine(&agents) && agents[0].stations.len() == 2,
            agents,
            printers: (0..count).map(|index| printer(index, rng)).collect(),
            latency: if rng.random_bool(0.8) { 50 } else { 2000 },
            disk: if rng.random_bool(0.9) { 20 } else { 1500 },
            apart: false,
            orders: rng.random_range(3..=9),
            faults: rng.random_range(0..=10),
            night: NIGHTS.get(rng.random_range(0..40)).copied(),
        }
    }
}

fn agent(
    outlet: &'static str,
    number: usize,
    stations: &[(&'static str, usize)],
    backups: bool,
) -> AgentPlan {
    let place = |role: &&'static str| (*role == "bar").then_some("depan");
    AgentPlan {
        outlet,
        device: format!("pc-{number}"),
        stations: stations
            .iter()
            .map(|(role, printer)| (*role, place(role), *printer))
            .collect(),
        backups,
    }
}

fn two_outlets(backups: bool) -> Vec<AgentPlan> {
    vec![
        agent(OUTLETS[0], 0, &[("kitchen", 0), ("bar", 1)], backups),
        agent(OUTLETS[1], 0, &[("kitchen", 2), ("bar", 2)], false),
    ]
}

fn two_computers() -> Vec<AgentPlan> {
    vec![
        agent(OUTLETS[0], 0, &[("kitchen", 0)], false),
        agent(OUTLETS[0], 1, &[("bar", 1)], false),
    ]
}

/// Two computers at one station: the one that has it, and one that takes over.
fn rivals(backups: bool) -> Vec<AgentPlan> {
    vec![
        agent(OUTLETS[0], 0, &[("kitchen", 0), ("bar", 1)], backups),
        agent(OUTLETS[0], 1, &[("kitchen", 2)], false),
    ]
}

fn printer(index: usize, rng: &mut SmallRng) -> PrinterConfig {
    let names = [
        "epson-tm-m30",
        "epson-tm-m30",
        "epson-tm-m30",
        "epson-tm-t88iii",
        "generic-80",
        "generic-80",
        "pos-80",
    ];
    let profile = Profile::named(names[rng.random_range(0..names.len())]).unwrap();
    PrinterConfig {
        speed_mm_s: [None, Some(150.0), Some(150.0), Some(15.0)][rng.random_range(0..4)],
        buffer_bytes: [64, 512, 4096][rng.random_range(0..3)],
        serial: format!("VP{index:08}"),
        ..PrinterConfig::new(profile)
    }
}
