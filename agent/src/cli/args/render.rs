//! The arguments of `render`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::AsJson;

/// What comes out of `render`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
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
  printrail-agent render event.json --printer grill --png ticket.png
  printrail-agent render event.json --profile epson-tm-t88 -o ticket.png
  printrail-agent render menu.receipt --columns 32 --format escpos > /dev/usb/lp0

The file is the data of a print event, the whole frame, or plain ReceiptLine markup (*.receipt).")]
pub(in crate::cli) struct RenderArgs {
    /// The event, or the markup; - is standard input
    pub(in crate::cli) file: PathBuf,
    /// The template [default: what the event asks for]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) template: Option<String>,
    /// As this printer of agent.toml would print it, with its profile and columns; it need not be there
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) printer: Option<String>,
    /// The printer's profile [default: the --printer's, or generic-80]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) profile: Option<String>,
    /// Characters in a line [default: the --printer's, or the profile's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=255))]
    pub(in crate::cli) columns: Option<u16>,
    /// What to make [default: as the output's name ends, else text]
    #[arg(long, value_enum)]
    pub(in crate::cli) format: Option<Format>,
    /// Where to write it [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Write the paper as a picture: short for --format png -o FILE
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "format"])]
    pub(in crate::cli) png: Option<PathBuf>,
    /// A further font file, such as for CJK or emoji; may be given several times
    #[arg(long = "font", value_name = "FILE")]
    pub(in crate::cli) fonts: Vec<PathBuf>,
    /// A folder of templates that stand in for the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) templates: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) json: AsJson,
}
