//! The arguments of `jobs`.

use clap::{Args, Subcommand};

use super::AsJson;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent jobs list
  printrail-agent jobs list --state unconfirmed --station bar
  printrail-agent jobs resolve 7c41 --printed
  printrail-agent jobs release --all

An ID may be shortened to its end, as it stands at the foot of the ticket.")]
pub(in crate::cli) struct JobsArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: JobsCommand,
    #[command(flatten)]
    pub(in crate::cli) json: AsJson,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum JobsCommand {
    /// The newest jobs, newest first
    List {
        /// How many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Only those in this state, such as held or unconfirmed
        #[arg(long)]
        state: Option<String>,
        /// Only this station's
        #[arg(long)]
        station: Option<String>,
    },
    /// One job
    Show {
        /// Its id
        id: String,
    },
    /// Print a job once more, headed REPRINT
    Reprint {
        /// Its id
        id: String,
    },
    /// Say whether an unconfirmed job printed
    Resolve {
        /// Its id
        id: String,
        /// It printed
        #[arg(long, required_unless_present = "again", conflicts_with = "again")]
        printed: bool,
        /// It did not: print it again
        #[arg(long)]
        again: bool,
    },
    /// Withdraw a job of which nothing has been printed
    Cancel {
        /// Its id
        id: String,
    },
    /// Print jobs that are held because they are old
    Release {
        /// Their ids
        #[arg(required_unless_present = "all")]
        ids: Vec<String>,
        /// All that are held
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
}
