//! USB ports that the computer may put to sleep under a printer (Linux, "autosuspend"): some printers do not wake up.

use std::fs;
use std::path::Path;

use super::Check;
use crate::config::Config;
use crate::port::Address;

/// Where Linux shows its USB devices and how each is powered.
const DEVICES: &str = "/sys/bus/usb/devices";

/// One line for each printer whose port may sleep.
pub(super) fn checks(config: &Config) -> Vec<Check> {
    let asleep = config
        .printers
        .iter()
        .filter_map(|printer| match &printer.address {
            Address::Usb { vendor, product, .. } => {
                let control = sleeper(Path::new(DEVICES), *vendor, *product)?;
                Some(Check::warn(
                    "suspend",
                    format!("{}: this computer may put its USB port to sleep", printer.name),
                    format!("echo on | sudo tee {control}"),
                ))
            }
            _ => None,
        });
    asleep.collect()
}

/// The power switch of a device with these ids that may sleep.
fn sleeper(devices: &Path, vendor: u16, product: u16) -> Option<String> {
    let entries = fs::read_dir(devices).ok()?.flatten();
    entries.map(|entry| entry.path()).find_map(|device| {
        let says = |file: &str| {
            fs::read_to_string(device.join(file))
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        let ours =
            (says("idVendor"), says("idProduct")) == (format!("{vendor:04x}"), format!("{product:04x}"));
        let control = "power/control";
        (ours && says(control) == "auto").then(|| device.join(control).display().to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printers_port_that_may_sleep_is_found_by_its_ids() {
        let bus = tempfile::tempdir().unwrap();
        for (place, product, control) in [("1-1", "0202", "on"), ("1-2", "0e15", "auto")] {
            let device = bus.path().join(place);
            fs::create_dir_all(device.join("power")).unwrap();
            fs::write(device.join("idVendor"), "04b8\n").unwrap();
            fs::write(device.join("idProduct"), format!("{product}\n")).unwrap();
            fs::write(device.join("power/control"), format!("{control}\n")).unwrap();
        }
        assert_eq!(sleeper(bus.path(), 0x04b8, 0x0202), None);
        let found = sleeper(bus.path(), 0x04b8, 0x0e15).unwrap();
        assert!(found.ends_with("1-2/power/control"), "{found}");
    }
}
