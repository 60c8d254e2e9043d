//! What may be typed to try a relay out under load and faults.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::config::duration;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-relay loadtest --orders 1000
  printrail-relay loadtest --orders 20000 --chaos --json
  printrail-relay loadtest --soak 30m --rate 20
  ulimit -n 16384 && printrail-relay loadtest --attack
  printrail-relay loadtest --orders 2000 --chaos --relay http://127.0.0.1:8080 --token-file manager.token

It starts a relay, two agents and two virtual printers of its own, in a folder of its own. With --relay it pairs
its agents with that relay: use an outlet that is there for tests, since their stations' tickets come out here.
Needs the programs printrail-agent and printrail-virtual-printer. Exits 1 where a promise was broken.")]
pub(in crate::cli) struct LoadtestArgs {
    /// Orders to send.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(in crate::cli) orders: u32,
    /// Plant a fault every so many orders: kill, pause, cut off, take paper and power away.
    #[arg(long)]
    pub(in crate::cli) chaos: bool,
    /// Orders between two faults.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(in crate::cli) every: u32,
    /// Go on for so long instead of a number of orders, and say whether memory and handles stay flat.
    #[arg(long, value_name = "TIME", value_parser = duration::parse, conflicts_with = "orders")]
    pub(in crate::cli) soak: Option<Duration>,
    /// Let 2,000 slow clients and a flood of 10,000 connections attack the relay meanwhile (needs `ulimit -n 16384`).
    #[arg(long, conflicts_with_all = ["orders", "soak", "chaos"])]
    pub(in crate::cli) attack: bool,
    /// Orders a second, at most.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(in crate::cli) rate: Option<u32>,
    /// The relay to test, http://ADDR:PORT; without it one of its own.
    #[arg(long, value_name = "URL", requires = "token_file")]
    pub(in crate::cli) relay: Option<String>,
    /// A file with a manager's token of that relay's test outlet.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) token_file: Option<PathBuf>,
    /// The program printrail-agent [default: beside this one, or in the PATH].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) agent: Option<PathBuf>,
    /// The program printrail-virtual-printer [default: beside this one, or in the PATH].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) virtual_printer: Option<PathBuf>,
    /// Where stores and logs go; kept afterwards [default: a folder for temporary files, kept where a promise was broken].
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) keep: Option<PathBuf>,
    /// The same number plants the same faults.
    #[arg(long, value_name = "N", default_value_t = 20_261_120)]
    pub(in crate::cli) seed: u64,
    /// The report as JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}
