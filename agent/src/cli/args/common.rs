//! The flags of every command.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, ValueEnum};

use crate::config::{Flags, is_profile};
use crate::daemon::report::SCHEMA;

/// The id of `--profile`, apart from the printer's profile of `render` and `printers add`.
const PROFILE: &str = "files-of";

/// Flags of every command.
#[derive(Debug, Args)]
pub(in crate::cli) struct Common {
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
    pub(in crate::cli) verbose: u8,
    /// Say only what is wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(in crate::cli) quiet: bool,
    /// Never ask anything, also on a terminal: what is missing is an error
    #[arg(long, global = true)]
    pub(in crate::cli) no_input: bool,
    /// Give up after so many seconds, 1 to 86400; what goes on for ever ends then
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(in crate::cli) timeout: Option<u64>,
    /// Whose files; see [`with_profile`], since `render --profile` is a printer's
    #[arg(skip)]
    pub(in crate::cli) profile: Option<String>,
    /// Colours in the log [default: auto: on a terminal, and without NO_COLOR]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_default_value = true
    )]
    pub(in crate::cli) color: Color,
}

/// When there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in crate::cli) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Common {
    pub(in crate::cli) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            data: self.data.clone(),
            relay: self.relay.clone(),
            ca_file: self.ca_file.clone(),
            profile: self.profile.clone(),
        }
    }
}

/// `--json[=1]`, of every command that lists or shows.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(in crate::cli) struct AsJson {
    /// As JSON; with =1 in this schema or not at all
    #[arg(
        long = "json",
        global = true,
        value_name = "SCHEMA",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1",
        value_parser = schema
    )]
    schema: Option<u32>,
}

impl AsJson {
    pub(in crate::cli) fn wanted(self) -> bool {
        self.schema.is_some()
    }
}

fn schema(text: &str) -> Result<u32, String> {
    let known = text.parse().ok().filter(|schema| *schema == SCHEMA);
    known.ok_or_else(|| format!("this agent writes schema {SCHEMA}: expected --json or --json={SCHEMA}"))
}

/// Adds `--profile NAME` to every command that has none of its own; before the command it is understood everywhere.
pub(in crate::cli) fn with_profile(command: Command) -> Command {
    let command = if command
        .get_arguments()
        .any(|arg| arg.get_long() == Some("profile"))
    {
        command
    } else {
        command.arg(
            Arg::new(PROFILE)
                .long("profile")
                .value_name("NAME")
                .value_parser(profile)
                .conflicts_with("data")
                .help(
                    "The files of a further agent on this computer: a folder of that name in the data folder",
                ),
        )
    };
    command.mut_subcommands(with_profile)
}

/// The innermost `--profile`.
pub(in crate::cli) fn chosen_profile(matches: &ArgMatches) -> Option<String> {
    let inner = matches.subcommand().and_then(|(_, inner)| chosen_profile(inner));
    let own = || matches.try_get_one::<String>(PROFILE).ok().flatten().cloned();
    inner.or_else(own)
}

fn profile(text: &str) -> Result<String, String> {
    let name = Some(text.to_owned()).filter(|name| is_profile(name));
    name.ok_or_else(|| "expected 1 to 32 letters, digits, - or _".to_owned())
}
