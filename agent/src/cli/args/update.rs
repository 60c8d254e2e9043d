//! What may be typed to bring a new version.

use std::path::PathBuf;

use clap::Args;

use super::AsJson;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent update --check
  sudo printrail-agent update
  sudo printrail-agent update ./printrail-agent-linux-x86_64      with its .minisig beside it
  sudo printrail-agent update --rollback

A release carries its publisher's signature, or it is not installed. The agent is replaced between two tickets, keeps
the program from before, and goes back to it where the new one does not come up: at once, and also after a power cut
in the middle. Where a package installed the agent, the package manager updates it.

Exits 10 where nothing was changed or the old version runs again, 11 where whoever runs the agent has to restart it.")]
pub(in crate::cli) struct UpdateArgs {
    /// A release's file [default: fetched from [update] url in agent.toml]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Only say whether there is a new version
    #[arg(long, conflicts_with = "rollback")]
    pub(in crate::cli) check: bool,
    /// Back to the program from before the last update
    #[arg(long, conflicts_with = "file")]
    pub(in crate::cli) rollback: bool,
    /// Which line of releases
    #[arg(long, value_name = "NAME", default_value = "stable")]
    pub(in crate::cli) channel: String,
    /// Install an older version too
    #[arg(long)]
    pub(in crate::cli) allow_downgrade: bool,
    /// Seconds in which the new version has to come up
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(5..=600))]
    pub(in crate::cli) within: u64,
    /// Seconds to wait until nothing prints
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub(in crate::cli) wait: u64,
    #[command(flatten)]
    pub(in crate::cli) json: AsJson,
    /// What the service does before each start
    #[arg(long, hide = true)]
    pub(in crate::cli) guard: bool,
}
