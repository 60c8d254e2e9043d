//! The arguments of `logs` and `bundle`.

use std::path::PathBuf;

use clap::Args;

use super::AsJson;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent logs
  printrail-agent logs -f
  printrail-agent logs --since 1h
  printrail-agent logs --lines 1000 | grep grill

Shows what the agent itself keeps in its data folder; under systemd `journalctl -u printrail-agent` has the same.")]
pub(in crate::cli) struct LogsArgs {
    /// Go on with what comes, until interrupted
    #[arg(short, long)]
    pub(in crate::cli) follow: bool,
    /// The last so many lines
    #[arg(short = 'n', long, default_value_t = 100)]
    pub(in crate::cli) lines: usize,
    /// Only what is younger, such as 30min, 1h or 2d
    #[arg(long, value_name = "AGE")]
    pub(in crate::cli) since: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) json: AsJson,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent bundle
  printrail-agent bundle -o /tmp/grill-trouble.tar.gz

The file has versions, the configuration, what `doctor`, `status` and `jobs` say, and the log. It has no
token, no order, no ticket and no customer's name, telephone number, address or note. What went in is listed.")]
pub(in crate::cli) struct BundleArgs {
    /// Where to write it [default: printrail-agent-TIME.tar.gz in the current folder]
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) json: AsJson,
}
