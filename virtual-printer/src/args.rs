//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use virtual_printer::{BUFFER_BYTES, Config, FAULTS, Fault, PROFILES, Profile};

const EXAMPLES: &str = "\
Examples:
  printrail-virtual-printer
      A printer on 127.0.0.1:9100; every paper's text on stdout.
  printrail-virtual-printer --listen 127.0.0.1:0 --out papers --profile generic-58
      A 58 mm printer on a free port; papers/paper-0001.bin, .txt and .png and so on.
  printrail-virtual-printer --fault 'paper-out-after 5' --control 127.0.0.1:9101
      Paper ends after 5 lines, until somebody says:
  printrail-virtual-printer --tell 127.0.0.1:9101 refill status
      Says lines to the control port of a running one, and shows its answers.
  printrail-virtual-printer --script friday-night.txt --speed 150
      Faults by a script of lines such as `at 12s cover-open`, `then 30s cover-closed`, `after 2 papers paper-out`.
  printrail-virtual-printer --input ticket.bin
      Prints a file and ends.";

/// A printer to rehearse with: ESC/POS in, paper out, faults on demand.
#[derive(Debug, Parser)]
#[command(name = "printrail-virtual-printer", version, after_help = EXAMPLES, after_long_help = long_help())]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9100")]
    listen: SocketAddr,
    /// Be on a pseudo-terminal (a serial cable with XON/XOFF) instead of a port.
    #[arg(long, conflicts_with = "listen")]
    pub(crate) pty: bool,
    /// Print this file (`-`: stdin) and end, without listening.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["listen", "pty", "control", "script"])]
    pub(crate) input: Option<PathBuf>,
    /// Write paper-0001.bin, .txt and .png and so on into this folder instead of texts to stdout.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Say everything on stdout as one JSON object for each line.
    #[arg(long)]
    pub(crate) json: bool,
    /// The model to be; `--help` lists them.
    #[arg(long, value_name = "P", default_value = "epson-tm-m30", value_parser = profile)]
    profile: Profile,
    /// Something that goes wrong from the start, more than once if need be; `--help` lists them.
    #[arg(long = "fault", value_name = "SPEC")]
    pub(crate) faults: Vec<Fault>,
    /// A file of faults with their moments.
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
    /// Take faults as lines of text on this port; `help` lists them.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) control: Option<SocketAddr>,
    /// Say these lines to the control port of a running virtual printer, show its answers, and end.
    #[arg(long, value_name = "ADDR:PORT", requires = "lines", conflicts_with_all = ["listen", "pty", "input", "control", "script"])]
    pub(crate) tell: Option<SocketAddr>,
    /// What to say with --tell, such as `refill` or 'paper-out-after 5'.
    #[arg(requires = "tell", value_name = "LINE")]
    pub(crate) lines: Vec<String>,
    /// Paper speed in mm/s; a TM-T20 has 150. Without it printing takes no time.
    #[arg(long, value_name = "MM_S", value_parser = speed)]
    speed: Option<f32>,
    /// Receive buffer in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = BUFFER_BYTES)]
    buffer: usize,
    /// Serial number to answer.
    #[arg(long, value_name = "TEXT")]
    serial: Option<String>,
    /// Answer nothing.
    #[arg(long)]
    silent: bool,
}

impl Args {
    /// The printer that was asked for.
    pub(crate) fn config(&self) -> Config {
        let plain = Config::new(self.profile);
        Config {
            listen: self.listen,
            speed_mm_s: self.speed,
            buffer_bytes: self.buffer,
            serial: self.serial.clone().unwrap_or_else(|| plain.serial.clone()),
            silent: self.silent,
            // They are written out as they come.
            keep_papers: 1000,
            ..plain
        }
    }
}

fn profile(name: &str) -> Result<Profile, String> {
    Profile::named(name).ok_or_else(|| format!("the profiles are: {}", profiles()))
}

fn profiles() -> String {
    let names: Vec<_> = PROFILES.iter().map(|profile| profile.name).collect();
    names.join(", ")
}

fn speed(text: &str) -> Result<f32, String> {
    let speed = text
        .parse()
        .ok()
        .filter(|speed: &f32| speed.is_finite() && *speed > 0.0);
    speed.ok_or_else(|| "a speed is a number of mm/s above 0, such as 150".into())
}

fn long_help() -> String {
    let mut help = format!("Profiles: {}\n\nFaults:\n", profiles());
    for (name, argument, meaning) in FAULTS {
        help.push_str(&format!("  {:<28}{meaning}\n", format!("{name} {argument}")));
    }
    help.push('\n');
    help.push_str(EXAMPLES);
    help
}
