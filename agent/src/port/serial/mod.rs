//! Serial lines, also those behind a USB adapter.

pub(super) mod lines;
pub(super) mod probe;

use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serialport::{ClearBuffer, ErrorKind, FlowControl, SerialPort};

use super::{Flow, OpenError, Port, WRITE, holder};

/// "Go on" and "stop" of XON/XOFF, which are no data.
const FLOW_BYTES: [u8; 2] = [0x11, 0x13];

/// What the system gets at once. Printers stop a line with 128 bytes of room or more (Epson, "handshaking"),
/// and what the system has, the printer has not: so much is in doubt at most.
const CHUNK: usize = 64;

/// A byte that means nothing to a printer. One that holds us back says so again when it gets any, and opening
/// the line has forgotten what it said before.
const CANARY: u8 = 0;

/// So long its XOFF may take: two bytes at 1200 baud, and the 16 ms for which an adapter collects.
const XOFF_WITHIN: Duration = Duration::from_millis(50);

/// Between two looks at a line that does not move; a byte at 9600 baud takes as long.
const PAUSE: Duration = Duration::from_millis(1);

/// `known`: the adapter that the printer hung on before, wherever that is plugged in now.
pub(super) fn open(
    path: &str,
    baud: u32,
    flow: Flow,
    known: Option<&str>,
) -> Result<Box<dyn Port>, OpenError> {
    let place = lines::locate(path, &lines::all(), known)?;
    let line = Serial::open(&place.path, baud, flow, place.identity)?;
    Ok(Box::new(line))
}

fn wrong(error: serialport::Error, path: &str) -> OpenError {
    match error.kind() {
        // What the port's lock or `TIOCEXCL` of another program gives.
        ErrorKind::NoDevice if Path::new(path).exists() => busy(path),
        ErrorKind::NoDevice => OpenError::Missing(path.to_owned()),
        ErrorKind::Io(io::ErrorKind::ResourceBusy) => busy(path),
        ErrorKind::Io(kind) => super::named(kind.into(), path),
        ErrorKind::InvalidInput | ErrorKind::Unknown => OpenError::Other(error.into()),
    }
}

fn busy(path: &str) -> OpenError {
    OpenError::Busy(match holder::of(Path::new(path)) {
        Some(program) => format!("{path} (held by {program})"),
        None => path.to_owned(),
    })
}

struct Serial {
    line: Box<dyn SerialPort>,
    flow: Flow,
    read: Duration,
    identity: Option<String>,
    /// The system has so many bytes of the last write, and the line has not: they are not written yet.
    queued: usize,
}

impl Serial {
    fn open(path: &str, baud: u32, flow: Flow, identity: Option<String>) -> Result<Self, OpenError> {
        let control = match flow {
            // No system knows DTR/DSR, so it is looked after here.
            Flow::None | Flow::DtrDsr => FlowControl::None,
            Flow::Hardware => FlowControl::Hardware,
            Flow::Software => FlowControl::Software,
        };
        let builder = serialport::new(path, baud)
            .flow_control(control)
            .dtr_on_open(true)
            .timeout(WRITE);
        let mut line = builder.open().map_err(|error| wrong(error, path))?;
        if flow != Flow::Hardware {
            // A printer that looks at it would not talk otherwise; a line without it says so, which is no matter.
            let _ = line.write_request_to_send(true);
        }
        if flow == Flow::Software && line.write(&[CANARY]).is_ok() {
            thread::sleep(XOFF_WITHIN);
        }
        Ok(Self {
            line,
            flow,
            read: WRITE,
            identity,
            queued: 0,
        })
    }

    /// Whether the printer lets us write; one that nobody can ask does.
    fn may_write(&mut self) -> bool {
        self.flow != Flow::DtrDsr || self.line.read_data_set_ready().unwrap_or(true)
    }

    /// Waits until some of what the system has is on the line, and says how much.
    fn moved(&mut self, end: Instant) -> io::Result<usize> {
        loop {
            // A pseudo-terminal and some drivers keep nothing.
            let left = self.line.bytes_to_write().map_or(0, |left| left as usize);
            if left < self.queued {
                let moved = self.queued - left;
                self.queued = left;
                return Ok(moved);
            }
            if Instant::now() >= end {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Read for Serial {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.line.set_timeout(self.read)?;
        let len = self.line.read(buffer)?;
        if len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if self.flow != Flow::Software {
            return Ok(len);
        }
        match unmasked(buffer, len) {
            0 => Err(io::ErrorKind::TimedOut.into()),
            len => Ok(len),
        }
    }
}

impl Write for Serial {
    /// What the printer holds back is not written, although the system would take it: the same bytes come again.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = Instant::now() + WRITE;
        if self.queued == 0 {
            while !self.may_write() {
                if Instant::now() >= end {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                thread::sleep(PAUSE);
            }
            self.line.set_timeout(WRITE)?;
            self.queued = self.line.write(bytes.get(..CHUNK).unwrap_or(bytes))?;
        }
        self.moved(end)
    }

    /// The line's own flush waits for ever behind an XOFF, so it is not asked.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Port for Serial {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.read = timeout.max(Duration::from_millis(1));
        Ok(())
    }

    fn identity(&self) -> Option<String> {
        self.identity.clone()
    }

    fn close(self: Box<Self>) {}
}

impl Drop for Serial {
    /// What the printer did not let through shall not come out later, and closing would wait for it (30 s on Linux).
    fn drop(&mut self) {
        if self.queued > 0 {
            let _ = self.line.clear(ClearBuffer::Output);
        }
    }
}

/// Takes flow control out of what was read; returns how much is left.
fn unmasked(buffer: &mut [u8], len: usize) -> usize {
    let mut kept = 0;
    for index in 0..len {
        let byte = buffer.get(index).copied().unwrap_or_default();
        if FLOW_BYTES.contains(&byte) {
            continue;
        }
        if let Some(slot) = buffer.get_mut(kept) {
            *slot = byte;
        }
        kept += 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flow_control_is_no_data() {
        let mut said = [0x11, 0x37, 0x22, 0x13, 0x41, 0x11];
        let len = unmasked(&mut said, 6);
        assert_eq!(said[..len], [0x37, 0x22, 0x41]);
        assert_eq!(unmasked(&mut [0x13, 0x11], 2), 0);
    }

    #[test]
    fn a_missing_line_is_named() {
        let error = open("/dev/no-such-line", 9600, Flow::None, None)
            .map(|_| ())
            .unwrap_err();
        assert!(error.to_string().contains("/dev/no-such-line"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_line_that_is_in_use_is_busy_and_not_missing() {
        let (_printer, line) = serialport::TTYPort::pair().unwrap();
        let path = line.name().unwrap();
        let ours = open(&path, 9600, Flow::None, None).unwrap();
        let other = open(&path, 9600, Flow::None, None).map(|_| ()).unwrap_err();
        assert!(matches!(other, OpenError::Busy(_)), "{other}");
        drop(ours);
        assert!(open(&path, 9600, Flow::None, None).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn every_byte_arrives_once_and_in_order() {
        let (mut printer, line) = serialport::TTYPort::pair().unwrap();
        let path = line.name().unwrap();
        let mut ours = open(&path, 9600, Flow::DtrDsr, None).unwrap();
        let ticket: Vec<u8> = (0..=255).cycle().take(3000).collect();
        let mut got = Vec::new();
        let mut sent = 0;
        while got.len() < ticket.len() {
            if let Some(rest) = ticket.get(sent..).filter(|rest| !rest.is_empty()) {
                sent += ours.write(rest).unwrap();
            }
            let mut some = [0; 512];
            let len = printer.read(&mut some).unwrap();
            got.extend_from_slice(&some[..len]);
        }
        assert_eq!(got, ticket);
    }
}
