//! USB printers by libusb: the printer-class interface, a packet at a time so that a stall leaves an exact offset.

mod class;
mod find;

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use rusb::{Context, Device, DeviceHandle, Direction, TransferType};

use self::class::PortStatus;
use self::find::{Choice, Seen};
use super::{Found, OpenError, Port, WRITE, holder};

/// For the strings of a device and the requests of its class.
const REQUEST: Duration = Duration::from_millis(500);

/// What is read at once: a whole number of packets of any speed, since libusb loses what does not fit.
const READ: usize = 4096;

/// Answers that an earlier program left unread are thrown away; a silent pipe says so within this.
const STALE: Duration = Duration::from_millis(20);

/// A printer that never stops talking is not waited for.
const STALE_MOST: Duration = Duration::from_millis(200);

/// A printer that was not written to for so long may have gone: whether it is there is asked before the next byte,
/// so that one which was unplugged between two tickets leaves no doubt about the second.
const ABSENT: Duration = Duration::from_millis(100);

/// After a stall or an empty packet, so that a printer which repeats it does not cost a whole processor.
const PAUSE: Duration = Duration::from_millis(5);

/// `serial` is the one in the address, or `@` and a place; `known` the number of the printer that was here before.
pub(super) fn open(
    vendor: u16,
    product: u16,
    serial: Option<&str>,
    known: Option<&str>,
) -> Result<Box<dyn Port>, OpenError> {
    let name = format!("the USB printer {vendor:04x}:{product:04x}");
    let context = context()?;
    let mut seen = find::matching(&context, vendor, product).map_err(|error| wrong(error, &name))?;
    let ids: Vec<_> = seen.iter().map(Seen::id).collect();
    let named = match serial {
        Some(serial) => format!("{name} with serial number {serial}"),
        None => name.clone(),
    };
    match find::choose(&ids, serial, known) {
        Choice::Take(index) if index < seen.len() => claim(seen.swap_remove(index), &name, known),
        Choice::Take(_) | Choice::Missing if seen.iter().any(Seen::is_denied) => Err(OpenError::Denied(name)),
        Choice::Take(_) | Choice::Missing => Err(OpenError::Missing(named)),
        // Taking either could print to the wrong one.
        Choice::Ambiguous => Err(OpenError::Ambiguous(name)),
        Choice::Other(_) if seen.iter().any(Seen::is_denied) => Err(OpenError::Denied(name)),
        Choice::Other(found) => Err(replaced(&name, Some(found), known)),
    }
}

fn replaced(name: &str, found: Option<&str>, known: Option<&str>) -> OpenError {
    OpenError::Replaced {
        found: format!("{name} with serial number {}", found.unwrap_or("unknown")),
        known: known.unwrap_or("unknown").to_owned(),
    }
}

/// Every printer on the bus, whoever uses it. Nothing is claimed and nothing sent to a printer.
pub(super) fn scan() -> Result<Vec<Found>, OpenError> {
    find::scan(&context()?).map_err(|error| wrong(error, "the USB bus"))
}

/// A new one for each look: without udev an old one does not see what was plugged in since. Fails where the
/// system has no USB at all.
fn context() -> Result<Context, OpenError> {
    Context::new().map_err(|_| OpenError::Unsupported("USB"))
}

fn wrong(error: rusb::Error, name: &str) -> OpenError {
    match error {
        rusb::Error::Access => OpenError::Denied(name.to_owned()),
        rusb::Error::Busy => OpenError::Busy(name.to_owned()),
        rusb::Error::NoDevice | rusb::Error::NotFound => OpenError::Missing(name.to_owned()),
        error => OpenError::Other(io::Error::other(error)),
    }
}

/// The printer interface and its pipes.
#[derive(Debug, Clone, Copy)]
struct Pipes {
    interface: u8,
    setting: u8,
    write: u8,
    packet: usize,
    read: Option<u8>,
}

fn claim(seen: Seen, name: &str, known: Option<&str>) -> Result<Box<dyn Port>, OpenError> {
    let busy = |holder: Option<String>| {
        OpenError::Busy(match holder {
            Some(program) => format!("{name} (held by {program})"),
            None => name.to_owned(),
        })
    };
    let wrong = |error| match error {
        rusb::Error::Busy => busy(holder::of_usb(&seen.device)),
        error => wrong(error, name),
    };
    let pipes = pipes(&seen.device)
        .map_err(wrong)?
        .ok_or_else(|| wrong(rusb::Error::NotFound))?;
    if let Some(node) = holder::kernel_device_in_use(&seen.place, pipes.interface) {
        // Detaching the kernel's driver would cut the other program off in the middle of its ticket.
        return Err(busy(holder::of(&node)));
    }
    let handle = take(&seen.device, pipes).map_err(wrong)?;
    let mut port = Usb {
        handle,
        pipes,
        identity: seen.serial,
        timeout: WRITE,
        heard: VecDeque::new(),
        used: Instant::now(),
        failed_whole: false,
        status: false,
    };
    port.greet();
    if known.is_some() && port.identity.as_deref() != known {
        return Err(replaced(name, port.identity.as_deref(), known));
    }
    Ok(Box::new(port))
}

fn take(device: &Device<Context>, pipes: Pipes) -> rusb::Result<DeviceHandle<Context>> {
    let handle = device.open()?;
    // The kernel's own driver gets the printer back when the interface is released.
    match handle.set_auto_detach_kernel_driver(true) {
        Ok(()) | Err(rusb::Error::NotSupported) => {}
        Err(error) => return Err(error),
    }
    handle.claim_interface(pipes.interface)?;
    if pipes.setting != 0 {
        handle.set_alternate_setting(pipes.interface, pipes.setting)?;
    }
    Ok(handle)
}

fn pipes(device: &Device<Context>) -> rusb::Result<Option<Pipes>> {
    let config = device.active_config_descriptor()?;
    let settings = config.interfaces().flat_map(|interface| interface.descriptors());
    let printing: Vec<_> = settings
        .filter(|setting| setting.class_code() == class::PRINTER)
        .filter_map(|setting| {
            let bulk = |direction| {
                let mut ends = setting.endpoint_descriptors();
                ends.find(|end| end.transfer_type() == TransferType::Bulk && end.direction() == direction)
            };
            let out = bulk(Direction::Out)?;
            Some(Pipes {
                interface: setting.interface_number(),
                setting: setting.setting_number(),
                write: out.address(),
                packet: usize::from(out.max_packet_size()).max(1),
                read: bulk(Direction::In).map(|end| end.address()),
            })
        })
        .collect();
    // One that can answer, where there is a choice of settings.
    let talking = printing.iter().find(|pipes| pipes.read.is_some());
    Ok(talking.or(printing.first()).copied())
}

struct Usb {
    handle: DeviceHandle<Context>,
    pipes: Pipes,
    identity: Option<String>,
    timeout: Duration,
    heard: VecDeque<u8>,
    /// The last byte that it took.
    used: Instant,
    /// The last write failed before a byte of it was sent.
    failed_whole: bool,
    /// There is no pipe to answer on, but the port status tells of paper and errors.
    status: bool,
}

impl Usb {
    /// Who it is where its descriptors do not say, what it can tell, and an end to what was said to others.
    fn greet(&mut self) {
        if self.identity.is_none() {
            self.identity = class::device_id(&self.handle, self.pipes).and_then(|id| class::serial_of(&id));
        }
        if self.pipes.read.is_none() {
            self.status = class::port_status(&self.handle, self.pipes).is_ok_and(PortStatus::is_plausible);
            return;
        }
        let end = Instant::now() + STALE_MOST;
        self.timeout = STALE;
        let mut stale = [0; 64];
        while Instant::now() < end && self.read(&mut stale).is_ok() {}
        self.heard.clear();
        self.timeout = WRITE;
    }

    /// Whether it is still there, where that is not known from the last write.
    fn find_absent(&mut self) -> io::Result<()> {
        if self.used.elapsed() < ABSENT {
            return Ok(());
        }
        match class::presence(&self.handle) {
            Err(error @ (rusb::Error::NoDevice | rusb::Error::Io)) => {
                self.failed_whole = true;
                Err(io::Error::other(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Clears a stall; the same packet goes again, since a stalled one was not taken.
    fn unstall(&self, pipe: u8) -> io::Result<usize> {
        self.handle.clear_halt(pipe).map_err(io::Error::other)?;
        thread::sleep(PAUSE);
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn fill(&mut self, pipe: u8) -> io::Result<usize> {
        let mut packets = [0; READ];
        match self.handle.read_bulk(pipe, &mut packets, self.timeout) {
            // An empty packet says nothing, and is no end.
            Ok(0) => {
                thread::sleep(PAUSE.min(self.timeout));
                Err(io::ErrorKind::TimedOut.into())
            }
            Ok(len) => {
                self.heard.extend(packets.get(..len).unwrap_or_default());
                Ok(len)
            }
            Err(rusb::Error::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Err(rusb::Error::Pipe) => self.unstall(pipe),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// Answers a status question from the port status; it never reaches a printer that could not answer it.
    fn answer(&mut self, n: u8) -> io::Result<usize> {
        let status = class::port_status(&self.handle, self.pipes).map_err(io::Error::other)?;
        self.heard.push_back(status.answer(n));
        Ok(class::QUESTION)
    }
}

impl Read for Usb {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.heard.is_empty() {
            match self.pipes.read {
                Some(pipe) => drop(self.fill(pipe)?),
                None => {
                    thread::sleep(self.timeout);
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
        }
        self.heard.read(buffer)
    }
}

impl Write for Usb {
    /// One packet: it was taken or it was not, or so much of it as the printer took in time.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.status
            && let Some(n) = class::question(bytes)
        {
            return self.answer(n);
        }
        self.find_absent()?;
        let packet = bytes.get(..self.pipes.packet).unwrap_or(bytes);
        match self.handle.write_bulk(self.pipes.write, packet, WRITE) {
            Ok(len) => {
                self.used = Instant::now();
                Ok(len)
            }
            Err(rusb::Error::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Err(rusb::Error::Pipe) => self.unstall(self.pipes.write),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Port for Usb {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        // Zero would mean for ever.
        self.timeout = timeout.max(Duration::from_millis(1));
        Ok(())
    }

    fn is_readable(&self) -> bool {
        self.pipes.read.is_some() || self.status
    }

    /// Unplugged in the middle of a packet: nobody knows.
    fn fails_whole(&self) -> bool {
        self.failed_whole
    }

    fn identity(&self) -> Option<String> {
        self.identity.clone()
    }

    fn close(self: Box<Self>) {
        let _ = self.handle.release_interface(self.pipes.interface);
    }
}
