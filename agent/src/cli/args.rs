//! The commands and flags of `printrail-agent`.

mod common;
mod jobs;
mod printers;
mod render;
mod service;
mod support;
mod update;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

pub(super) use common::{AsJson, Color, Common};
pub(super) use jobs::{JobsArgs, JobsCommand};
pub(super) use printers::{AddArgs, PrintersArgs, PrintersCommand, ScanArgs};
pub(super) use render::{Format, RenderArgs};
pub(super) use service::{ServiceArgs, ServiceCommand, ServiceInstall};
pub(super) use support::{BundleArgs, LogsArgs};
pub(super) use update::UpdateArgs;

/// Carries a restaurant's tickets from the relay to its printers.
#[derive(Debug, Parser)]
#[command(
    name = "printrail-agent",
    version,
    after_help = "Examples:
  printrail-agent pair --relay wss://orders.bistro.example ABCD-1234
  printrail-agent run
  printrail-agent status
  printrail-agent printers scan
  printrail-agent printers add grill tcp://192.168.1.50:9100 --station kitchen
  printrail-agent printers test grill
  printrail-agent doctor

Exit codes: 0 ok, 1 failed, 2 usage, 3 not running, 4 needs administrator, 5 not paired or refused,
6 relay unreachable, 7 a printer needs a person, 8 bad configuration, 9 ambiguous, a person must answer, 10 update failed"
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The whole command line, as it is parsed, completed and described in the manual.
pub(super) fn command() -> clap::Command {
    common::with_profile(Cli::command())
}

impl Cli {
    /// What this process was started with.
    pub(super) fn of_process() -> Result<Self, clap::Error> {
        let matches = command().try_get_matches()?;
        let mut cli = <Self as clap::FromArgMatches>::from_arg_matches(&matches)?;
        cli.common.profile = common::chosen_profile(&matches);
        Ok(cli)
    }
}

/// How to run.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Windows' service manager started it
    #[cfg(windows)]
    #[arg(long, hide = true)]
    pub(super) service: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run in the foreground; what the service runs
    Run(RunArgs),
    /// Exchange a one-time pairing code for this computer's own token
    Pair(PairArgs),
    /// Install, start, stop and remove the service that runs at every boot
    Service(ServiceArgs),
    /// Show the link, the spool and the printers
    Status(StatusArgs),
    /// List, show and decide jobs
    Jobs(JobsArgs),
    /// Find, add, remove, probe and test printers
    Printers(PrintersArgs),
    /// Render a ticket without a printer
    Render(RenderArgs),
    /// Check everything that has to be right, and say what to do where it is not
    Doctor(DoctorArgs),
    /// Show the agent's log
    Logs(LogsArgs),
    /// Pack what support needs into one file, without tokens or customers' data
    Bundle(BundleArgs),
    /// Install a new, signed version between two tickets, and go back where it does not come up
    Update(UpdateArgs),
    /// Show, check and change the configuration
    Config(ConfigArgs),
    /// Say which version this is
    Version {
        #[command(flatten)]
        json: AsJson,
    },
    /// Print the completions for a shell
    Completions {
        /// Which one
        shell: Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent pair --relay wss://orders.bistro.example ABCD-1234
  printrail-agent pair --relay wss://orders.bistro.example      shows a phrase for the manager's dashboard

A code comes from `printrail-relay enrol`, or from the dashboard. Without one a phrase and a picture are shown,
and a manager has 15 minutes to take the computer in with it.")]
pub(super) struct PairArgs {
    /// The pairing code
    pub(super) code: Option<String>,
    /// Show a phrase and wait for a manager, also where there is no terminal
    #[arg(long, conflicts_with = "code")]
    pub(super) wait: bool,
    /// This computer's name on the dashboard [default: its host name]
    #[arg(long)]
    pub(super) name: Option<String>,
    #[command(flatten)]
    pub(super) json: AsJson,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent status
  printrail-agent status --watch
  printrail-agent status --json | jq .link.state

Exits 3 where no agent runs, 5 where the relay refuses it, 6 where the relay cannot be reached,
7 where a printer needs a person, 9 where a ticket may or may not have printed.")]
pub(super) struct StatusArgs {
    /// Show it again every second until interrupted
    #[arg(long)]
    pub(super) watch: bool,
    #[command(flatten)]
    pub(super) json: AsJson,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent doctor
  printrail-agent doctor --fix
  printrail-agent doctor --check printer
  printrail-agent doctor --json | jq '.checks[] | select(.verdict == \"fail\")'

Exits 1 where a check fails; with --strict also where one warns. --fix repairs what needs no decision:
who may read the token, folders that are missing, leftovers of commands that were interrupted.")]
pub(super) struct DoctorArgs {
    /// Repair what can be repaired without a person
    #[arg(long)]
    pub(super) fix: bool,
    /// Only the checks of that name, such as `relay` or `printer`
    #[arg(long, value_name = "NAME")]
    pub(super) check: Option<String>,
    /// Let warnings count as failures
    #[arg(long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) json: AsJson,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent config path
  printrail-agent config show           every value and whether a flag, the environment, the file or nobody set it
  printrail-agent config set printer.grill.columns 42
  printrail-agent config check && sudo systemctl reload printrail-agent

A value is the flag's, else the environment's (PRINTRAIL_AGENT_RELAY_URL and so on), else the file's, else
the default.")]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    pub(super) command: ConfigCommand,
    #[command(flatten)]
    pub(super) json: AsJson,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Where the configuration lies
    Path,
    /// Every value and where it came from
    Show,
    /// Whether it can be used
    Check,
    /// Write one value into agent.toml; everything else stays as it is
    #[command(after_help = "Examples:
  printrail-agent config set relay.url wss://orders.bistro.example
  printrail-agent config set printer.grill.columns 42
  printrail-agent config set station.bar.backup grill
  printrail-agent config set station.bar.backup --unset

A running agent takes the new value at once. A value that the agent could not run with is refused.")]
    Set {
        /// The value's name, as `config show` has it; printers and stations may be named: printer.grill.columns
        key: String,
        /// The new value
        #[arg(required_unless_present = "unset", conflicts_with = "unset")]
        value: Option<String>,
        /// Take the value out, so that its default counts
        #[arg(long)]
        unset: bool,
    },
}
