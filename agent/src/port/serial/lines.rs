//! Which line the printer hangs on: the one in the address, and where its USB adapter has moved, that one.

use std::path::Path;

use serialport::{SerialPortType, available_ports};

use crate::port::found::clean;
use crate::port::{Address, Flow, Found, OpenError};

/// Where Linux lists its lines; the library takes it for granted.
#[cfg(target_os = "linux")]
const LISTED: &str = "/sys/class/tty";

/// Where udev names lines by the adapter, whatever their number is now.
const BY_ID: &str = "/dev/serial/by-id";

/// One line of this computer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) path: String,
    /// The ids and serial number of its USB adapter, where that has one.
    pub(super) identity: Option<String>,
    maker: Option<String>,
    model: Option<String>,
    serial: Option<String>,
}

impl Line {
    fn at(path: String) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }
}

/// Every line; none where the system lists none.
pub(super) fn all() -> Vec<Line> {
    #[cfg(target_os = "linux")]
    if !Path::new(LISTED).is_dir() {
        return Vec::new();
    }
    let lines = available_ports().unwrap_or_default().into_iter();
    lines
        .map(|port| {
            let SerialPortType::UsbPort(usb) = port.port_type else {
                return Line::at(port.port_name);
            };
            let serial = usb.serial_number.filter(|serial| !serial.trim().is_empty());
            let identity = |serial: &String| format!("{:04x}:{:04x}:{serial}", usb.vid, usb.pid);
            Line {
                identity: serial.as_ref().map(identity),
                maker: usb.manufacturer,
                model: usb.product,
                serial,
                ..Line::at(port.port_name)
            }
        })
        .collect()
}

/// The line to open for an address. `known` is the adapter that was there before: where another one has its
/// path now, the line of `known` is taken, and no stranger's.
pub(super) fn locate(path: &str, lines: &[Line], known: Option<&str>) -> Result<Line, OpenError> {
    let real = Path::new(path).canonicalize();
    let real = real.map_or_else(|_| path.to_owned(), |real| real.display().to_string());
    let here = lines.iter().find(|line| line.path == real);
    let identity = here.and_then(|line| alone(line, lines));
    if known.is_none() || identity.as_deref() == known {
        return Ok(Line {
            identity,
            ..Line::at(path.to_owned())
        });
    }
    let mut moved = lines.iter().filter(|line| line.identity.as_deref() == known);
    match (moved.next(), moved.next(), here) {
        (Some(line), None, _) => Ok(line.clone()),
        (Some(_), Some(_), _) => Err(OpenError::Ambiguous(path.to_owned())),
        (None, _, None) => Err(OpenError::Missing(format!(
            "{path} (adapter {})",
            known.unwrap_or_default()
        ))),
        (None, _, Some(line)) => Err(OpenError::Replaced {
            found: format!(
                "{path} with adapter {}",
                line.identity.as_deref().unwrap_or("unknown")
            ),
            known: known.unwrap_or_default().to_owned(),
        }),
    }
}

/// An adapter with several lines has one number for all of them, which tells none of them.
fn alone(line: &Line, lines: &[Line]) -> Option<String> {
    let same = lines.iter().filter(|other| other.identity == line.identity);
    line.identity.clone().filter(|_| same.count() == 1)
}

/// The lines for a person to choose from, by names that stay.
pub(in crate::port) fn scan() -> Vec<Found> {
    // A name that cannot stand in an address is no port of this computer.
    let is_port = |line: &Line| !line.path.contains(['?', '&']) && !line.path.contains(char::is_control);
    let found = all().into_iter().filter(is_port).map(|line| Found {
        address: Address::Serial {
            path: lasting(&line.path).unwrap_or_else(|| line.path.clone()),
            baud: crate::port::address::BAUD,
            flow: Flow::None,
        },
        maker: line.maker.as_deref().map(clean),
        model: line.model.as_deref().map(clean),
        serial: line.serial.as_deref().map(clean),
        place: line.path,
        problem: None,
    });
    found.collect()
}

/// Such as `/dev/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0`.
fn lasting(path: &str) -> Option<String> {
    let names = std::fs::read_dir(BY_ID).ok()?.flatten().map(|entry| entry.path());
    names
        .filter(|name| name.canonicalize().is_ok_and(|real| real == Path::new(path)))
        .map(|name| name.display().to_string())
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(path: &str, identity: Option<&str>) -> Line {
        Line {
            identity: identity.map(str::to_owned),
            ..Line::at(path.to_owned())
        }
    }

    #[test]
    fn an_adapter_is_found_again_under_another_number_and_no_stranger_is_taken() {
        let ours = Some("0403:6001:A50285BI");
        let other = Some("0403:6001:B7");
        let at = |lines: &[Line]| locate("/dev/ttyUSB0", lines, ours);
        assert_eq!(at(&[line("/dev/ttyUSB0", ours)]).unwrap().path, "/dev/ttyUSB0");
        assert_eq!(at(&[line("/dev/ttyUSB1", ours)]).unwrap().path, "/dev/ttyUSB1");
        let swapped = [line("/dev/ttyUSB0", other), line("/dev/ttyUSB1", ours)];
        assert_eq!(at(&swapped).unwrap().path, "/dev/ttyUSB1");
        for stranger in [other, None] {
            assert!(matches!(
                at(&[line("/dev/ttyUSB0", stranger)]),
                Err(OpenError::Replaced { .. })
            ));
        }
        assert!(matches!(at(&[]), Err(OpenError::Missing(_))));
    }

    #[test]
    fn the_first_opening_takes_what_the_address_says_and_remembers_the_adapter() {
        let ours = Some("0403:6001:A50285BI");
        let lines = [line("/dev/ttyUSB0", ours), line("/dev/ttyS0", None)];
        assert_eq!(
            locate("/dev/ttyUSB0", &lines, None).unwrap(),
            line("/dev/ttyUSB0", ours)
        );
        assert_eq!(
            locate("/dev/ttyS0", &lines, None).unwrap(),
            line("/dev/ttyS0", None)
        );
        assert_eq!(locate("COM3", &[], None).unwrap(), line("COM3", None));
    }

    #[test]
    fn a_number_that_several_lines_share_is_not_remembered() {
        let both = Some("0403:6011:FT4");
        let lines = [line("/dev/ttyUSB0", both), line("/dev/ttyUSB1", both)];
        assert_eq!(
            locate("/dev/ttyUSB1", &lines, None).unwrap(),
            line("/dev/ttyUSB1", None)
        );
    }
}
