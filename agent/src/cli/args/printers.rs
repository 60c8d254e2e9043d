//! The arguments of `printers`.

use clap::{Args, Subcommand};

use super::AsJson;
use crate::discovery::Subnet;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent printers scan                              this computer: USB, serial ports, print queues
  printrail-agent printers scan --mdns --subnet 192.168.1.0/24 --snmp
  printrail-agent printers add grill tcp://192.168.1.50:9100 --station kitchen
  printrail-agent printers probe grill
  printrail-agent printers test grill
  printrail-agent printers recover grill --resume")]
pub(in crate::cli) struct PrintersArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: PrintersCommand,
    #[command(flatten)]
    pub(in crate::cli) json: AsJson,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PrintersCommand {
    /// The printers of this agent
    List,
    /// Look for printers: on this computer, and on the network where you say so
    Scan(ScanArgs),
    /// Probe a printer and write it into agent.toml
    Add(AddArgs),
    /// Take a printer out of agent.toml
    Remove {
        /// The printer's name in agent.toml
        name: String,
        /// Remove the stations that print on it too
        #[arg(long)]
        with_stations: bool,
    },
    /// Ask a printer who it is and what it can prove; nothing is printed
    #[command(after_help = "Examples:
  printrail-agent printers probe grill
  printrail-agent printers probe tcp://192.168.1.50:9100

A printer of the running agent is asked by it, and a new printer at its address is accepted so.
Exits 7 where the printer needs a person.")]
    Probe {
        /// The printer's name in agent.toml, or an address
        printer: String,
    },
    /// Print a test ticket
    Test {
        /// The printer's name in agent.toml
        name: String,
    },
    /// Let a printer say which one it is: a short slip with its name, and a beep where it has a buzzer
    Identify {
        /// The printer's name in agent.toml
        name: String,
    },
    /// Set how many characters fit in a line, by the ruler of a test ticket
    #[command(after_help = "Examples:
  printrail-agent printers calibrate grill                prints the ruler and asks
  printrail-agent printers calibrate grill --columns 42   writes it into agent.toml

Without a terminal nothing is asked; the ruler is printed all the same.")]
    Calibrate {
        /// The printer's name in agent.toml
        name: String,
        /// Characters in a line, 20 to 80; nothing is printed then
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..=80))]
        columns: Option<u16>,
    },
    /// End a printer's error, once its cause is gone and somebody stands beside it
    #[command(after_help = "Examples:
  printrail-agent printers recover grill --resume    the rest of the ticket prints
  printrail-agent printers recover grill --clear     what the printer holds is lost, and in doubt

The agent never does this by itself: a cutter could close on a hand, and a cleared printer has lost a ticket.
Exits 3 where no agent runs, 7 where the printer still needs a person.")]
    Recover {
        /// The printer's name in agent.toml
        name: String,
        /// Go on where it stopped
        #[arg(long, required_unless_present = "clear", conflicts_with = "clear")]
        resume: bool,
        /// Forget what it has not printed; the ticket in it is unconfirmed
        #[arg(long)]
        clear: bool,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent printers scan
  printrail-agent printers scan --mdns
  printrail-agent printers scan --subnet 192.168.1.0/24 --snmp

Without a flag the network is not asked. Nothing is ever printed by a scan.")]
pub(in crate::cli) struct ScanArgs {
    /// Ask the network by multicast DNS (_pdl-datastream._tcp), for 3 s
    #[arg(long)]
    pub(in crate::cli) mdns: bool,
    /// Ask the network printers found for name and serial number, by SNMP (Printer-MIB, community public)
    #[arg(long)]
    pub(in crate::cli) snmp: bool,
    /// Try port 9100 of these addresses, at most 1,024, such as 192.168.1.0/24
    #[arg(long, value_name = "SUBNET")]
    pub(in crate::cli) subnet: Option<Subnet>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-agent printers add grill tcp://192.168.1.50:9100 --station kitchen
  printrail-agent printers add bar usb:04b8:0e15:J4QK001 --station bar/depan --profile epson-tm-t20
  printrail-agent printers add till serial:/dev/ttyUSB0?baud=19200 --columns 42
  printrail-agent printers add pass cups:Kitchen_Raw --no-probe

agent.toml keeps its comments. The profile is what the probe found, unless you name one.")]
pub(in crate::cli) struct AddArgs {
    /// What the stations call it
    pub(in crate::cli) name: String,
    /// Where it is: tcp://HOST:9100, usb:VID:PID[:SERIAL], serial:PATH?baud=9600, file:PATH, cups:NAME, windows:NAME
    pub(in crate::cli) address: String,
    /// The station that prints on it; added where it is missing; may be given several times
    #[arg(long = "station", value_name = "NAME[/LOCATION]")]
    pub(in crate::cli) stations: Vec<String>,
    /// The printer's profile [default: as probed, then generic-80]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) profile: Option<String>,
    /// Characters in a line, 20 to 80 [default: the profile's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..=80))]
    pub(in crate::cli) columns: Option<u16>,
    /// Do not ask the printer anything now
    #[arg(long)]
    pub(in crate::cli) no_probe: bool,
}
