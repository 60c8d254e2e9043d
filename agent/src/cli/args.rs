//! The commands and flags of `printrail-agent`.

mod jobs;
mod printers;
mod support;
mod update;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::config::Flags;
pub(super) use jobs::{JobsArgs, JobsCommand};
pub(super) use printers::{AddArgs, PrintersArgs, PrintersCommand, ScanArgs};
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

/// Flags of every command.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// The configuration [default: /etc/printrail/agent.toml, or agent.toml in the --data folder]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data folder with the spool; two agents on one computer need two
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The relay's address, such as wss://orders.bistro.example
    #[arg(long, global = true, value_name = "URL")]
    relay: Option<String>,
    /// Further certificate authorities to trust, beside the platform's
    #[arg(long, global = true, value_name = "PEM")]
    ca_file: Option<PathBuf>,
    /// Say more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Say only what is wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Never ask anything, also on a terminal: what is missing is an error
    #[arg(long, global = true)]
    pub(super) no_input: bool,
    /// Colours in the log [default: auto: on a terminal, and without NO_COLOR]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_default_value = true
    )]
    pub(super) color: Color,
}

/// When there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Common {
    pub(super) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            data: self.data.clone(),
            relay: self.relay.clone(),
            ca_file: self.ca_file.clone(),
        }
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
        /// As JSON
        #[arg(long)]
        json: bool,
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
  printrail-agent pair                 asks for the code

The code comes from `printrail-relay enrol`, or from the dashboard.")]
pub(super) struct PairArgs {
    /// The pairing code
    pub(super) code: Option<String>,
    /// This computer's name on the dashboard [default: its host name]
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Say what was given as JSON (never the token)
    #[arg(long)]
    pub(super) json: bool,
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
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
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
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sudo printrail-agent service install ABCD-1234 --relay wss://orders.bistro.example
  sudo printrail-agent service install --token-stdin < token
  printrail-agent service status

`install` with a code pairs, installs, starts and waits for the connection. `status` exits 3 where
the service does not run.")]
pub(super) struct ServiceArgs {
    #[command(subcommand)]
    pub(super) command: ServiceCommand,
    /// As JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum ServiceCommand {
    /// Install it; with a pairing code also pair and start
    Install(ServiceInstall),
    /// Stop and remove it; configuration, token and spool stay
    Uninstall,
    /// Start it, now and at every boot
    Start,
    /// Stop it until the next boot
    Stop,
    /// Stop and start it
    Restart,
    /// Whether it is installed and runs
    Status,
}

#[derive(Debug, Args)]
pub(super) struct ServiceInstall {
    /// The pairing code from `printrail-relay enrol` or from the dashboard
    pub(super) code: Option<String>,
    /// This computer's name on the dashboard [default: its host name]
    #[arg(long)]
    pub(super) name: Option<String>,
    /// A file with a device's token, instead of a code
    #[arg(long, value_name = "FILE", conflicts_with_all = ["code", "token_stdin"])]
    pub(super) token_file: Option<PathBuf>,
    /// The device's token from standard input, instead of a code
    #[arg(long, conflicts_with = "code")]
    pub(super) token_stdin: bool,
}

/// What comes out of `render`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The printer's bytes
    Escpos,
    /// The layout's text
    Text,
    /// Letters as text, of the paper's size
    Svg,
    /// One pixel for each of the printer's dots
    Png,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent render event.json
  printrail-agent render event.json --profile epson-tm-t88 -o ticket.png
  printrail-agent render menu.receipt --columns 32 --format escpos > /dev/usb/lp0

The file is the data of a print event, the whole frame, or plain ReceiptLine markup (*.receipt).")]
pub(super) struct RenderArgs {
    /// The event, or the markup; - is standard input
    pub(super) file: PathBuf,
    /// The template [default: what the event asks for]
    #[arg(long, value_name = "NAME")]
    pub(super) template: Option<String>,
    /// The printer's profile [default: generic-80]
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Characters in a line [default: the profile's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=255))]
    pub(super) columns: Option<u16>,
    /// What to make [default: as the output's name ends, else text]
    #[arg(long, value_enum)]
    pub(super) format: Option<Format>,
    /// Where to write it [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// A further font file, such as for CJK or emoji; may be given several times
    #[arg(long = "font", value_name = "FILE")]
    pub(super) fonts: Vec<PathBuf>,
    /// A folder of templates that stand in for the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(super) templates: Option<PathBuf>,
    /// Say what was substituted, as JSON on stdout; the ticket needs -o then
    #[arg(long)]
    pub(super) json: bool,
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
    /// As JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
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
