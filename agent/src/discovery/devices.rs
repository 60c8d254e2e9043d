//! Printers on USB and serial ports of this computer; nothing is sent to any of them.

use super::{Found, Looked, field};
use crate::port::{self, OpenError};

pub(super) fn usb() -> Looked<Found> {
    match port::usb_printers() {
        Ok(printers) => Ok(printers
            .into_iter()
            .filter_map(|found| shown(found, "usb"))
            .collect()),
        // A computer without USB has no USB printers.
        Err(OpenError::Unsupported(_)) => Ok(Vec::new()),
        Err(error) => Err(crate::chain(&error)),
    }
}

pub(super) fn lines() -> Looked<Found> {
    let lines = port::serial_lines().into_iter();
    Ok(lines.filter_map(|found| shown(found, "serial")).collect())
}

/// None where a device's serial number would not come back from agent.toml, or do more there.
fn shown(found: port::Found, how: &str) -> Option<Found> {
    let address = found.address.to_string();
    let is_usable = address
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'"');
    is_usable.then(|| Found {
        maker: found.maker.and_then(field),
        model: found.model.and_then(field),
        serial: found.serial.and_then(field),
        note: found
            .problem
            .or(Some(found.place).filter(|place| !address.contains(place)))
            .and_then(field),
        ..Found::at(address, how)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(serial: &str) -> Option<Found> {
        let address = port::Address::Usb {
            vendor: 0x04b8,
            product: 0x0e15,
            serial: Some(serial.to_owned()),
        };
        shown(
            port::Found {
                address,
                maker: None,
                model: Some("EPSON \u{1b}[2JTM".to_owned()),
                serial: Some(serial.to_owned()),
                place: "1-1.4".to_owned(),
                problem: None,
            },
            "usb",
        )
    }

    #[test]
    fn x10_a_hostile_device_is_escaped_and_its_serial_number_stays_out_of_the_configuration() {
        let found = device("J4QK-001").unwrap();
        assert_eq!(
            (found.address.as_str(), found.serial.as_deref()),
            ("usb:04b8:0e15:J4QK-001", Some("J4QK-001"))
        );
        assert_eq!(found.model.as_deref(), Some("EPSON \\u{1b}[2JTM"));
        assert_eq!(found.note.as_deref(), Some("1-1.4"));
        for serial in ["a b", "a\"\n[[printer]]", "\u{202e}1"] {
            assert!(device(serial).is_none(), "{serial:?}");
        }
    }
}
