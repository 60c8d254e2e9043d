//! Serial ports, of which nobody can say what hangs on them.

use serialport::SerialPortType;

use super::{Found, Looked, field};

/// What most serial receipt printers are set to.
const BAUD: u32 = 9600;

pub(super) fn lines() -> Looked<Found> {
    let ports = serialport::available_ports().map_err(|error| error.to_string())?;
    let line = |port: serialport::SerialPortInfo| {
        // A name that cannot stand in an address is no port of this computer.
        if port.port_name.contains(['?', '&']) || port.port_name.contains(char::is_control) {
            return None;
        }
        let mut found = Found::at(format!("serial:{}?baud={BAUD}", port.port_name), "serial");
        found.note = Some("a port; whether a printer is on it says `printers probe`".to_owned());
        if let SerialPortType::UsbPort(usb) = port.port_type {
            found.maker = usb.manufacturer.and_then(field);
            found.model = usb.product.and_then(field);
        }
        Some(found)
    };
    Ok(ports.into_iter().filter_map(line).collect())
}
