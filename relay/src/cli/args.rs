//! What may be typed.

mod init;
mod keep;
mod load;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::config::{Flags, duration};
use crate::order::Role;
pub(super) use init::{InitArgs, ReachArgs};
pub(super) use keep::{BackupArgs, ConfigCommand, DoctorArgs, RestoreArgs};
pub(super) use load::LoadtestArgs;

/// Carries a restaurant's orders to paper: the relay.
#[derive(Debug, Parser)]
#[command(
    name = "printrail-relay",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Examples:
  printrail-relay init --outlet bistro --name \"Bistro\" --timezone Asia/Jakarta
  printrail-relay serve
  printrail-relay enrol --outlet bistro --station kitchen
  printrail-relay serve --insecure-no-auth --listen 127.0.0.1:0   # to try it out

Exit codes: 0 ok, 1 failed, 2 usage, 3 not running, 4 needs administrator, 5 refused,
6 relay unreachable, 8 bad configuration, 9 a person must answer."
)]
pub(super) struct Cli {
    /// The data folder: store, keys.
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global")]
    data: Option<PathBuf>,
    /// The settings, relay.toml.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Cli {
    /// The settings that the command line gives.
    pub(super) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            data: self.data.clone(),
            ..Flags::default()
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make keys, store and the first outlet, and say what to do next.
    Init(InitArgs),
    /// Run the relay.
    Serve(ServeArgs),
    /// Make tokens for tills, waiters, screens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Make a one-time pairing code for a computer with a printer.
    Enrol(EnrolArgs),
    /// List or add outlets.
    Outlets(OutletsArgs),
    /// List or show orders.
    #[command(subcommand)]
    Orders(OrdersCommand),
    /// List, show and settle print jobs.
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// List stations.
    #[command(subcommand)]
    Stations(StationsCommand),
    /// List the computers that print.
    #[command(subcommand)]
    Agents(AgentsCommand),
    /// Show and check the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write the store and the keys into one file.
    Backup(BackupArgs),
    /// Put a backup in the place of what the data folder holds.
    Restore(RestoreArgs),
    /// Check everything that has to be right, and say what to do where it is not.
    Doctor(DoctorArgs),
    /// Send an evening's orders to virtual printers, with faults if asked, and audit the paper.
    Loadtest(LoadtestArgs),
    /// Print the description of the HTTP interface (OpenAPI).
    Openapi,
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write manual pages into a folder.
    Man {
        /// The folder.
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-relay serve
  printrail-relay serve --data ./relay --listen 127.0.0.1:0 --insecure-no-auth

The first line on stdout is `listening on http://ADDR:PORT` once the relay is ready.")]
pub(super) struct ServeArgs {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// The store: postgres://…; without it SQLite in the data folder.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Ask for no tokens; works on loopback addresses alone.
    #[arg(long)]
    insecure_no_auth: bool,
}

impl ServeArgs {
    /// The flags of this command over the global ones.
    pub(super) fn over(&self, flags: Flags) -> Flags {
        Flags {
            listen: self.listen.clone(),
            store: self.store.clone(),
            insecure_no_auth: self.insecure_no_auth,
            ..flags
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Print a token and nothing else.
    Create(TokenArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-relay token create --outlet bistro --role pos
  TOKEN=$(printrail-relay token create --outlet bistro --role kitchen --ttl 30d)")]
pub(super) struct TokenArgs {
    /// The outlet.
    #[arg(long, value_name = "ID")]
    pub(super) outlet: String,
    /// What its holder may do.
    #[arg(long, value_enum)]
    pub(super) role: RoleArg,
    /// A guest's visit, by a name of your choice; opened where there is none.
    #[arg(long, value_name = "S")]
    pub(super) session: Option<String>,
    /// A guest's table.
    #[arg(long, value_name = "T")]
    pub(super) table: Option<String>,
    /// Whose it is, for history and logs.
    #[arg(long, value_name = "NAME")]
    pub(super) subject: Option<String>,
    /// How long it holds.
    #[arg(long, default_value = "12h", value_parser = duration::parse)]
    pub(super) ttl: Duration,
}

/// Roles that a token can be made for; agents are enrolled instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleArg {
    Pos,
    Waiter,
    Kitchen,
    Bar,
    Cashier,
    Manager,
    Guest,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Pos => Self::Pos,
            RoleArg::Waiter => Self::Waiter,
            RoleArg::Kitchen => Self::Kitchen,
            RoleArg::Bar => Self::Bar,
            RoleArg::Cashier => Self::Cashier,
            RoleArg::Manager => Self::Manager,
            RoleArg::Guest => Self::Guest,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  printrail-relay enrol --outlet bistro --station bar --location depan")]
pub(super) struct EnrolArgs {
    /// The outlet.
    #[arg(long, value_name = "ID")]
    pub(super) outlet: String,
    /// The station that the computer will serve; several times for several.
    #[arg(long, value_name = "NAME", required = true)]
    pub(super) station: Vec<String>,
    /// Where the station is, such as `depan`.
    #[arg(long, value_name = "L")]
    pub(super) location: Option<String>,
    /// How long the code holds.
    #[arg(long, default_value = "15m", value_parser = duration::parse)]
    pub(super) ttl: Duration,
    /// As JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct OutletsArgs {
    #[command(subcommand)]
    pub(super) command: Option<OutletsCommand>,
    /// As JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum OutletsCommand {
    /// List them.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Add one.
    Add {
        /// Its id, as tokens and paths name it.
        id: String,
        /// Its name, as people say it.
        #[arg(long, value_name = "N")]
        name: Option<String>,
        /// Its time zone, an IANA name.
        #[arg(long, value_name = "TZ")]
        timezone: Option<String>,
    },
}

/// What every list takes.
#[derive(Debug, Clone, Args)]
pub(super) struct ListArgs {
    /// The outlet; may be left out where there is only one.
    #[arg(long, value_name = "ID")]
    pub(super) outlet: Option<String>,
    /// As JSON, with `"schema": 1`.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum OrdersCommand {
    /// List them, newest first.
    List {
        #[command(flatten)]
        list: ListArgs,
        /// In this status alone.
        #[arg(long)]
        status: Option<String>,
        /// Only what is not completed and not cancelled.
        #[arg(long)]
        open: bool,
    },
    /// Show one.
    Show {
        #[command(flatten)]
        list: ListArgs,
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum JobsCommand {
    /// List them.
    List {
        #[command(flatten)]
        list: ListArgs,
        /// In this state alone.
        #[arg(long)]
        state: Option<String>,
        /// Of this station alone.
        #[arg(long)]
        station: Option<String>,
        /// Of this order alone.
        #[arg(long)]
        order: Option<String>,
    },
    /// Show one.
    Show(JobArgs),
    /// Answer whether an unconfirmed job is on paper.
    Resolve {
        #[command(flatten)]
        job: JobArgs,
        /// It is on paper.
        #[arg(long, conflicts_with = "again", required_unless_present = "again")]
        printed: bool,
        /// It is not: print it again.
        #[arg(long)]
        again: bool,
    },
    /// Print a ticket again, headed REPRINT.
    Reprint(JobArgs),
    /// Withdraw a job that has not begun.
    Cancel(JobArgs),
    /// Print a job that is held as stale.
    Release(JobArgs),
}

#[derive(Debug, Args)]
pub(super) struct JobArgs {
    #[command(flatten)]
    pub(super) list: ListArgs,
    /// The job's id.
    pub(super) id: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum StationsCommand {
    /// List them.
    List(ListArgs),
    /// Say which rule would send which item of an order where.
    #[command(after_help = "Example:
  printrail-relay stations route --dry-run order.json")]
    Route {
        #[command(flatten)]
        list: ListArgs,
        /// The order as POST /api/orders takes it; `-` reads stdin. Nothing is kept or printed.
        #[arg(long, value_name = "ORDER.json", required = true)]
        dry_run: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum AgentsCommand {
    /// List them.
    List(ListArgs),
    /// Refuse a computer's token from now on.
    Revoke {
        #[command(flatten)]
        list: ListArgs,
        /// The device's id.
        id: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_is_explained() {
        fn walk(command: &clap::Command) {
            assert!(
                command.get_about().is_some(),
                "{} has no help",
                command.get_name()
            );
            command.get_subcommands().for_each(walk);
        }
        walk(&Cli::command());
    }
}
