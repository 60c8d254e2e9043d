//! Ways to a printer: each is `Read + Write` with time-outs, opened from an [`Address`].

mod address;
#[cfg(unix)]
mod cups;
mod document;
mod file;
mod found;
mod holder;
mod neighbours;
mod serial;
mod tcp;
mod usb;
#[cfg(windows)]
mod windows;

use std::io::{self, Read, Write};
use std::time::Duration;

pub use address::{Address, AddressError, Flow};
#[cfg(unix)]
pub(crate) use cups::{Queue, queues as cups_queues};
pub use found::{Found, Remembered};
pub use serial::probe::{LineVerdict, probe_line};
#[cfg(windows)]
pub(crate) use windows::printers as windows_printers;

/// How long to wait for a connection (DELIVERY.md, "printer half-open").
pub const CONNECT: Duration = Duration::from_secs(3);

/// A write that takes nothing for so long returns, so that the printer is listened to meanwhile.
const WRITE: Duration = Duration::from_millis(100);

/// An open way to a printer. A read or write that takes longer than its time ends with
/// [`io::ErrorKind::WouldBlock`] or [`io::ErrorKind::TimedOut`] and has moved nothing.
pub trait Port: Read + Write + Send {
    /// How long the next reads wait.
    ///
    /// # Errors
    /// Where the system refuses it.
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()>;

    /// Whether anything can ever be read.
    fn is_readable(&self) -> bool {
        true
    }

    /// Whether a failed write is sure to have moved nothing.
    fn fails_whole(&self) -> bool {
        true
    }

    /// What tells this device from every other of its kind, wherever it is plugged in: a serial number, none
    /// where it has none or the port knows nothing of it.
    fn identity(&self) -> Option<String> {
        None
    }

    /// Lets go of the printer cleanly: what was written arrives.
    fn close(self: Box<Self>);
}

/// Why a port could not be opened; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody listens there.
    #[error("the printer refuses the connection: is the port right, is another program holding the printer?")]
    Refused,
    /// Nobody answers there.
    #[error("the printer cannot be reached: is it switched on, is its cable in, has its address changed?")]
    Unreachable(#[source] io::Error),
    /// There is no such device or file.
    #[error("{0} is not there: is the printer switched on and plugged in?")]
    Missing(String),
    /// The agent may not open it.
    #[error(
        "the agent may not open {0}: give its user access, such as membership of the group `lp` or `dialout`"
    )]
    Denied(String),
    /// Another program holds it.
    #[error("{0} is in use by another program: close that program")]
    Busy(String),
    /// Several printers answer to this address.
    #[error("{0} is there more than once: add its serial number to the address, as `printers scan` shows it")]
    Ambiguous(String),
    /// Another device of the same kind is where ours was.
    #[error(
        "new printer? {found} is here in place of {known}: plug the right one in, or accept this one with `printrail-agent printers probe`"
    )]
    Replaced {
        /// What is there.
        found: String,
        /// What was there.
        known: String,
    },
    /// A queue of the system takes nothing now; the text says what starts it.
    #[error("{0}")]
    Stopped(String),
    /// This build or system has no such port.
    #[error("{0} printers do not work on this computer")]
    Unsupported(&'static str),
    /// Something else.
    #[error("the printer cannot be opened")]
    Other(#[source] io::Error),
}

/// Opens the way to a printer, within [`CONNECT`].
///
/// # Errors
/// [`OpenError`].
pub fn open(address: &Address) -> Result<Box<dyn Port>, OpenError> {
    open_known(address, None)
}

/// The same, for a printer whose [`Port::identity`] was `known` before: it is found wherever it is plugged in
/// now, and no other is opened in its place.
///
/// # Errors
/// [`OpenError`].
pub fn open_known(address: &Address, known: Option<&str>) -> Result<Box<dyn Port>, OpenError> {
    match address {
        Address::Tcp { host, port } => tcp::open(host, *port, known),
        Address::File(path) => file::open(path),
        Address::Serial { path, baud, flow } => serial::open(path, *baud, *flow, known),
        Address::Usb {
            vendor,
            product,
            serial,
        } => usb::open(*vendor, *product, serial.as_deref(), known),
        #[cfg(unix)]
        Address::Cups(name) => cups::open(name),
        #[cfg(not(unix))]
        Address::Cups(_) => Err(OpenError::Unsupported("CUPS")),
        #[cfg(windows)]
        Address::Windows(name) => windows::open(name),
        #[cfg(not(windows))]
        Address::Windows(_) => Err(OpenError::Unsupported("Windows")),
    }
}

/// The USB printers of this computer, whoever uses them. Nothing is sent to any of them.
///
/// # Errors
/// [`OpenError::Unsupported`] where there is no USB at all.
pub fn usb_printers() -> Result<Vec<Found>, OpenError> {
    usb::scan()
}

/// The serial lines of this computer. What hangs on them, if anything, is not asked.
#[must_use]
pub fn serial_lines() -> Vec<Found> {
    serial::lines::scan()
}

/// Whether a read or write only ran out of time.
#[must_use]
pub fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

fn named(error: io::Error, what: &str) -> OpenError {
    match error.kind() {
        io::ErrorKind::NotFound => OpenError::Missing(what.to_owned()),
        io::ErrorKind::PermissionDenied => OpenError::Denied(what.to_owned()),
        io::ErrorKind::ResourceBusy => OpenError::Busy(what.to_owned()),
        _ => OpenError::Other(error),
    }
}
