//! A printer's address as agent.toml writes it (PRINTERS.md, "Transports").

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Raw printing over TCP.
const RAW_PORT: u16 = 9100;

/// What most serial receipt printers are set to.
pub(super) const BAUD: u32 = 9600;

/// Where a printer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `tcp://HOST:PORT`
    Tcp {
        /// A name or an address.
        host: String,
        /// 9100 unless said otherwise.
        port: u16,
    },
    /// `file:PATH`: a device node, a FIFO or a file.
    File(PathBuf),
    /// `serial:PATH?baud=…&flow=…`
    Serial {
        /// Such as `/dev/ttyUSB0` or `COM3`.
        path: String,
        /// Bits a second.
        baud: u32,
        /// Flow control.
        flow: Flow,
    },
    /// `usb:VID:PID[:SERIAL]`, both hexadecimal.
    Usb {
        /// Vendor.
        vendor: u16,
        /// Product.
        product: u16,
        /// Serial number; without one the only such printer is taken.
        serial: Option<String>,
    },
    /// `cups:NAME`: a raw queue.
    Cups(String),
    /// `windows:NAME`: a printer of the Windows spooler.
    Windows(String),
}

/// Flow control of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// None.
    None,
    /// RTS/CTS.
    Hardware,
    /// DTR/DSR, as most receipt printers are wired: the printer's DTR is the computer's DSR.
    DtrDsr,
    /// XON/XOFF: 11h and 13h are no data.
    Software,
}

/// What is wrong with an address, and how to write it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No known beginning.
    #[error(
        "`{0}` is no printer address: write tcp://HOST:9100, usb:VID:PID, serial:PATH?baud=9600, file:PATH, cups:NAME or windows:NAME"
    )]
    Scheme(String),
    /// The rest of it is wrong.
    #[error("`{address}` needs {expected}")]
    Part {
        /// The address.
        address: String,
        /// What is missing or wrong.
        expected: &'static str,
    },
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let wrong = |expected| AddressError::Part {
            address: text.to_owned(),
            expected,
        };
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        let named = |expected| {
            if rest.is_empty() {
                Err(wrong(expected))
            } else {
                Ok(rest.to_owned())
            }
        };
        match scheme {
            "tcp" => tcp(rest).ok_or_else(|| wrong("a host and a port, such as tcp://192.168.1.50:9100")),
            "file" => Ok(Self::File(named("a path, such as file:/dev/usb/lp0")?.into())),
            "serial" => serial(rest).map_err(wrong),
            "usb" => usb(rest).ok_or_else(|| {
                wrong("two hexadecimal numbers, such as usb:04b8:0202, and perhaps a serial number")
            }),
            "cups" => Ok(Self::Cups(named(
                "the name of a CUPS queue (`lpstat -e` lists them)",
            )?)),
            "windows" => Ok(Self::Windows(named("the name of a printer as Windows shows it")?)),
            _ => Err(AddressError::Scheme(text.to_owned())),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Serial { path, baud, flow } => write!(f, "serial:{path}?baud={baud}&flow={flow}"),
            Self::Usb {
                vendor,
                product,
                serial,
            } => {
                write!(f, "usb:{vendor:04x}:{product:04x}")?;
                serial.iter().try_for_each(|serial| write!(f, ":{serial}"))
            }
            Self::Cups(name) => write!(f, "cups:{name}"),
            Self::Windows(name) => write!(f, "windows:{name}"),
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Hardware => "rtscts",
            Self::DtrDsr => "dtrdsr",
            Self::Software => "xonxoff",
        })
    }
}

fn tcp(rest: &str) -> Option<Address> {
    let rest = rest.strip_prefix("//")?.trim_end_matches('/');
    let (host, port) = match rest.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            (host, after.strip_prefix(':'))
        }
        None => rest
            .split_once(':')
            .map_or((rest, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Some(RAW_PORT), |port| port.parse().ok())?;
    let is_host = !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
    (is_host && port != 0).then(|| Address::Tcp {
        host: host.to_owned(),
        port,
    })
}

fn serial(rest: &str) -> Result<Address, &'static str> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if path.is_empty() {
        return Err("a port, such as serial:/dev/ttyUSB0?baud=9600 or serial:COM3");
    }
    let (mut baud, mut flow) = (BAUD, Flow::None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("baud", value) => {
                baud = value
                    .parse()
                    .ok()
                    .filter(|baud| *baud > 0)
                    .ok_or("a number after `baud=`")?
            }
            ("flow", "none") => flow = Flow::None,
            ("flow", "rtscts" | "hardware") => flow = Flow::Hardware,
            ("flow", "dtrdsr") => flow = Flow::DtrDsr,
            ("flow", "xonxoff" | "software") => flow = Flow::Software,
            ("flow", _) => return Err("`none`, `rtscts`, `dtrdsr` or `xonxoff` after `flow=`"),
            _ => return Err("nothing but `baud=` and `flow=` after the `?`"),
        }
    }
    let path = path.to_owned();
    Ok(Address::Serial { path, baud, flow })
}

fn usb(rest: &str) -> Option<Address> {
    let mut parts = rest.splitn(3, ':');
    let mut id = || u16::from_str_radix(parts.next()?, 16).ok();
    let (vendor, product) = (id()?, id()?);
    let serial = parts
        .next()
        .filter(|serial| !serial.is_empty())
        .map(str::to_owned);
    Some(Address::Usb {
        vendor,
        product,
        serial,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_address_is_read_and_written_alike() {
        for text in [
            "tcp://192.168.1.50:9100",
            "tcp://grill.local:9101",
            "tcp://[fe80::1]:9100",
            "file:/dev/usb/lp0",
            "serial:/dev/ttyUSB0?baud=19200&flow=xonxoff",
            "serial:COM3?baud=9600&flow=none",
            "serial:/dev/serial/by-id/usb-FTDI-if00?baud=38400&flow=dtrdsr",
            "serial:COM4?baud=38400&flow=rtscts",
            "usb:04b8:0202",
            "usb:04b8:0202:J4:1",
            "cups:Bar printer",
            "windows:EPSON TM-T88V Receipt",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!(
            "tcp://grill".parse::<Address>().unwrap().to_string(),
            "tcp://grill:9100"
        );
    }

    #[test]
    fn a_wrong_address_says_how_to_write_it() {
        for (text, says) in [
            ("192.168.1.50", "write tcp://HOST:9100"),
            ("tcp:grill", "tcp://192.168.1.50:9100"),
            ("tcp://grill:0", "a port"),
            ("tcp://:9100", "a host"),
            ("file:", "file:/dev/usb/lp0"),
            ("usb:epson", "hexadecimal"),
            ("serial:COM1?baud=fast", "a number after `baud=`"),
            ("serial:COM1?flow=wild", "xonxoff"),
            ("cups:", "lpstat"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
