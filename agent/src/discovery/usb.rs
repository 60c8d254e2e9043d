//! Printers on USB, by their interface class; nothing is claimed.

use std::time::Duration;

use rusb::{Context, Device, UsbContext};

use super::{Found, Looked, field};

/// bInterfaceClass of printers (USB Printer Class 1.1).
const PRINTER_CLASS: u8 = 7;

/// For the strings of a device.
const STRINGS: Duration = Duration::from_millis(500);

/// Longer or stranger serial numbers are not written into an address.
const SERIAL_MAX: usize = 64;

pub(super) fn printers() -> Looked<Found> {
    // A computer without USB has no USB printers.
    let Ok(context) = Context::new() else {
        return Ok(Vec::new());
    };
    let devices = context.devices().map_err(|error| error.to_string())?;
    let mut found: Vec<Found> = devices.iter().filter_map(|device| printer(&device)).collect();
    name_twins(&mut found);
    Ok(found)
}

fn printer(device: &Device<Context>) -> Option<Found> {
    let config = device.active_config_descriptor().ok()?;
    let mut settings = config.interfaces().flat_map(|interface| interface.descriptors());
    settings.find(|setting| setting.class_code() == PRINTER_CLASS)?;
    let ids = device.device_descriptor().ok()?;
    let address = format!("usb:{:04x}:{:04x}", ids.vendor_id(), ids.product_id());
    let mut found = Found::at(address, "usb");
    if let Err(error) = strings(device, &mut found) {
        found.note = Some(match error {
            rusb::Error::Access => {
                "this user may not open it: run as the agent's user or as an administrator".into()
            }
            error => format!("does not say who it is ({error})"),
        });
    }
    Some(found)
}

fn strings(device: &Device<Context>, found: &mut Found) -> rusb::Result<()> {
    let ids = device.device_descriptor()?;
    let handle = device.open()?;
    let language = *handle
        .read_languages(STRINGS)?
        .first()
        .ok_or(rusb::Error::NotFound)?;
    let text = |read: rusb::Result<String>| read.ok();
    found.maker = text(handle.read_manufacturer_string(language, &ids, STRINGS)).and_then(field);
    found.model = text(handle.read_product_string(language, &ids, STRINGS)).and_then(field);
    let serial = text(handle.read_serial_number_string(language, &ids, STRINGS));
    if let Some(serial) = serial.filter(|serial| is_usable(serial)) {
        found.address = format!("{}:{serial}", found.address);
        found.serial = Some(serial);
    }
    Ok(())
}

/// What goes into agent.toml and comes back the same.
fn is_usable(serial: &str) -> bool {
    !serial.is_empty() && serial.len() <= SERIAL_MAX && serial.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Two of the same address cannot be told apart.
fn name_twins(found: &mut [Found]) {
    let addresses: Vec<String> = found.iter().map(|found| found.address.clone()).collect();
    for found in found {
        if addresses
            .iter()
            .filter(|address| **address == found.address)
            .count()
            > 1
        {
            found.note = Some("there is another one with the same ids: plug in one of them alone".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x10_a_serial_number_of_a_hostile_device_stays_out_of_the_configuration() {
        assert!(is_usable("J4QK-001:7"));
        for serial in ["", "a b", "a\"\n[[printer]]", "\u{202e}1", &"9".repeat(65)] {
            assert!(!is_usable(serial), "{serial:?}");
        }
    }

    #[test]
    fn twins_are_named() {
        let mut found = [1, 1, 2].map(|id| Found::at(format!("usb:04b8:000{id}"), "usb"));
        name_twins(&mut found);
        assert_eq!(found.map(|found| found.note.is_some()), [true, true, false]);
    }
}
