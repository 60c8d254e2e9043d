//! The arguments of `service`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::AsJson;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sudo printrail-agent service install ABCD-1234 --relay wss://orders.bistro.example
  sudo printrail-agent service install --token-stdin < token
  printrail-agent service status

`install` with a code pairs, installs, starts and waits for the connection. `status` exits 3 where
the service does not run.")]
pub(in crate::cli) struct ServiceArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: ServiceCommand,
    #[command(flatten)]
    pub(in crate::cli) json: AsJson,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ServiceCommand {
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
pub(in crate::cli) struct ServiceInstall {
    /// The pairing code from `printrail-relay enrol` or from the dashboard
    pub(in crate::cli) code: Option<String>,
    /// This computer's name on the dashboard [default: its host name]
    #[arg(long)]
    pub(in crate::cli) name: Option<String>,
    /// A file with a device's token, instead of a code
    #[arg(long, value_name = "FILE", conflicts_with_all = ["code", "token_stdin"])]
    pub(in crate::cli) token_file: Option<PathBuf>,
    /// The device's token from standard input, instead of a code
    #[arg(long, conflicts_with = "code")]
    pub(in crate::cli) token_stdin: bool,
}
