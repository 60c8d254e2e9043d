//! What may be typed to keep a relay well: backup, restore, doctor.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Command;

impl Command {
    /// Whether it may read or write the data folder as the service does. `backup` and `restore` use it too
    /// and stay who they are, since FILE lies elsewhere.
    pub(in crate::cli) fn uses_data(&self) -> bool {
        !matches!(
            self,
            Self::Config(_)
                | Self::Loadtest(_)
                | Self::Openapi
                | Self::Completions { .. }
                | Self::Man { .. }
                | Self::Backup(_)
                | Self::Restore(_)
        )
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-relay backup /var/backups/relay-$(date +%F).tar
  printrail-relay backup --force /var/backups/relay.tar

The relay may run meanwhile. The file holds names, telephone numbers and the signing keys: keep it private.")]
pub(in crate::cli) struct BackupArgs {
    /// The file to write.
    pub(in crate::cli) file: PathBuf,
    /// Overwrite a file that is there.
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  systemctl stop printrail-relay && printrail-relay restore relay-2026-11-20.tar && systemctl start printrail-relay

What the data folder held is set aside, never deleted. Clients notice that history was lost and load everything anew;
agents offer what they printed since.")]
pub(in crate::cli) struct RestoreArgs {
    /// A file that `backup` wrote.
    pub(in crate::cli) file: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-relay doctor
  printrail-relay doctor --json | jq '.checks[] | select(.verdict != \"ok\")'

Exits 1 where a check fails; with --strict also where one warns.")]
pub(in crate::cli) struct DoctorArgs {
    /// Let warnings count as failures.
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// As JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ConfigCommand {
    /// Show every setting and where it comes from.
    Show {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check the settings; exit code 8 where they cannot be used.
    Check,
    /// Show which file is read.
    Path,
}
