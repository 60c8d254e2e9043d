//! The agent's side of the link to the relay: one task owns the socket and drives the protocol's machine.

mod connection;
mod driver;
mod lane;
mod room;
mod status;
mod wire;

use protocol::JobUpdate;
use protocol::frames::{PrinterStatus, Registration};

use crate::config::Relay;
use crate::net::Tls;
use connection::Connection;
pub(crate) use driver::CLOCK_FACT;
pub use driver::Link;
pub use room::Room;
pub use status::{LinkState, LinkStatus};

/// News of the presses on their way to the relay. What does not fit waits in its press; whatever is
/// lost with the process is in the spool.
pub const NEWS_WAITING: usize = 256;

/// What a press tells the link.
#[derive(Debug)]
pub enum News {
    /// A job's step, durable already.
    Job(JobUpdate),
    /// What a printer says of itself.
    Printer(PrinterStatus),
    /// So full is the disk, in per cent, where that matters.
    Disk(Option<u8>),
}

/// What the link is made of; a new one replaces the old on reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSettings {
    /// Where, and how to be let in.
    pub relay: Relay,
    /// One for each station, with the station's printer.
    pub stations: Vec<(Registration, String)>,
}

/// Connects once with the device's token and goes away again, for `doctor`.
///
/// # Errors
/// [`Broken`]: how far it came.
pub async fn try_to_connect(relay: &Relay) -> Result<(), Broken> {
    let tls = Tls::new(relay.ca_file.clone());
    match Connection::open(relay.clone(), tls).await {
        Ok(connection) => {
            connection.close().await;
            Ok(())
        }
        Err(error) => Err(Broken {
            step: error.step(),
            problem: crate::chain(&error),
        }),
    }
}

/// The steps of a connection, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialled {
    /// The relay's name has an address.
    Name,
    /// That address takes a connection.
    Tcp,
    /// The relay proves that it is the relay.
    Tls,
    /// It lets this device in.
    Relay,
}

/// A connection that did not come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The step that failed; those before it did not.
    pub step: Dialled,
    /// What is wrong and what to do, in words for a person.
    pub problem: String,
}
