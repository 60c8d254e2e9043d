//! Serial lines, also those behind a USB adapter.

use std::io::{self, Read, Write};
use std::time::Duration;

use serialport::{ErrorKind, FlowControl, SerialPort};

use super::{Flow, OpenError, Port, WRITE};

/// "Go on" and "stop" of XON/XOFF, which are no data.
const FLOW_BYTES: [u8; 2] = [0x11, 0x13];

pub(super) fn open(path: &str, baud: u32, flow: Flow) -> Result<Box<dyn Port>, OpenError> {
    let control = match flow {
        Flow::None => FlowControl::None,
        Flow::Hardware => FlowControl::Hardware,
        Flow::Software => FlowControl::Software,
    };
    let builder = serialport::new(path, baud).flow_control(control).timeout(WRITE);
    let line = builder.open().map_err(|error| wrong(error, path))?;
    let read = WRITE;
    Ok(Box::new(Serial { line, flow, read }))
}

fn wrong(error: serialport::Error, path: &str) -> OpenError {
    match error.kind() {
        // What the port's lock or `TIOCEXCL` of another program gives.
        ErrorKind::NoDevice if std::path::Path::new(path).exists() => OpenError::Busy(path.to_owned()),
        ErrorKind::NoDevice => OpenError::Missing(path.to_owned()),
        ErrorKind::Io(kind) => super::named(kind.into(), path),
        ErrorKind::InvalidInput | ErrorKind::Unknown => OpenError::Other(error.into()),
    }
}

struct Serial {
    line: Box<dyn SerialPort>,
    flow: Flow,
    read: Duration,
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
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.set_timeout(WRITE)?;
        self.line.write(bytes)
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

    fn close(self: Box<Self>) {}
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
        let error = open("/dev/no-such-line", 9600, Flow::None)
            .map(|_| ())
            .unwrap_err();
        assert!(error.to_string().contains("/dev/no-such-line"), "{error}");
    }
}
