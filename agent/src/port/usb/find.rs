//! Which of the devices on the bus is our printer: by its serial number, wherever it is plugged in, and never another.

use rusb::{Context, Device, UsbContext};

use super::REQUEST;
use crate::port::found::clean;
use crate::port::{Address, Found};

/// In place of a serial number in an address: the port of the bus, such as `@1-1.4`.
const PLACE: char = '@';

/// Characters of a serial number in an address; those of printers have about 20.
const SERIAL_MAX: usize = 64;

/// A device with the ids that were asked for.
pub(super) struct Seen {
    pub(super) device: Device<Context>,
    pub(super) serial: Option<String>,
    /// The port of the bus that it is plugged into, such as `1-1.4`, as Linux names it.
    pub(super) place: String,
    denied: bool,
}

impl Seen {
    fn of(device: Device<Context>) -> Self {
        let strings = strings(&device);
        Self {
            place: place(&device),
            denied: matches!(strings, Err(rusb::Error::Access)),
            serial: strings.unwrap_or_default().serial,
            device,
        }
    }

    pub(super) fn id(&self) -> (Option<&str>, &str) {
        (self.serial.as_deref(), &self.place)
    }

    /// The agent may not even read its serial number.
    pub(super) fn is_denied(&self) -> bool {
        self.denied
    }
}

pub(super) fn matching(context: &Context, vendor: u16, product: u16) -> rusb::Result<Vec<Seen>> {
    let devices = context.devices()?;
    let ours = devices.iter().filter(|device| {
        device
            .device_descriptor()
            .is_ok_and(|ids| (ids.vendor_id(), ids.product_id()) == (vendor, product))
    });
    Ok(ours.map(Seen::of).collect())
}

/// What [`choose`] decides.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice<'a> {
    /// This one.
    Take(usize),
    /// None of them, or there are none.
    Missing,
    /// More than one could be meant.
    Ambiguous,
    /// Not the one that was here before, but one with this serial number.
    Other(&'a str),
}

/// Among printers with the same ids, each with its serial number and place: the one that the address names,
/// and if it names none, the one that was there before, wherever it is now.
pub(super) fn choose<'a>(
    seen: &[(Option<&'a str>, &'a str)],
    named: Option<&str>,
    known: Option<&str>,
) -> Choice<'a> {
    let is_named = |(serial, place): &(Option<&str>, &str)| match named.map(|name| name.split_at_checked(1)) {
        None => true,
        Some(Some(("@", at))) => *place == at,
        Some(_) => *serial == named,
    };
    let named: Vec<_> = seen.iter().enumerate().filter(|(_, id)| is_named(id)).collect();
    let is_known = |(_, (serial, _)): &&(usize, &(Option<&str>, &str))| known.is_none() || *serial == known;
    match named.iter().filter(is_known).collect::<Vec<_>>().as_slice() {
        [(index, _)] => Choice::Take(*index),
        [_, _, ..] => Choice::Ambiguous,
        [] => match named.first() {
            None => Choice::Missing,
            // Its device id may have the number that its descriptors have not.
            Some((index, (None, _))) if named.len() == 1 => Choice::Take(*index),
            Some((_, (serial, _))) => Choice::Other(serial.unwrap_or("unknown")),
        },
    }
}

#[derive(Debug, Default)]
struct Strings {
    maker: Option<String>,
    model: Option<String>,
    serial: Option<String>,
}

fn strings(device: &Device<Context>) -> rusb::Result<Strings> {
    let ids = device.device_descriptor()?;
    let handle = device.open()?;
    let Some(language) = handle.read_languages(REQUEST)?.first().copied() else {
        return Ok(Strings::default());
    };
    let read = |index: Option<u8>| {
        let text = handle.read_string_descriptor(language, index?, REQUEST).ok()?;
        Some(clean(&text)).filter(|text| !text.is_empty())
    };
    Ok(Strings {
        maker: read(ids.manufacturer_string_index()),
        model: read(ids.product_string_index()),
        serial: read(ids.serial_number_string_index()),
    })
}

fn place(device: &Device<Context>) -> String {
    let ports = device.port_numbers().unwrap_or_default();
    let ports: Vec<_> = ports.iter().map(u8::to_string).collect();
    format!("{}-{}", device.bus_number(), ports.join("."))
}

/// What goes into agent.toml and comes back the same; longer or stranger numbers are not written there.
fn is_usable(serial: &str) -> bool {
    !serial.starts_with(PLACE)
        && (1..=SERIAL_MAX).contains(&serial.len())
        && serial
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

/// Every device with a printer interface.
pub(super) fn scan(context: &Context) -> rusb::Result<Vec<Found>> {
    let printers = context.devices()?;
    let printers: Vec<_> = printers
        .iter()
        .filter(|device| super::pipes(device).is_ok_and(|pipes| pipes.is_some()))
        .filter_map(|device| Some((device.device_descriptor().ok()?, device)))
        .map(|(ids, device)| {
            (
                ids.vendor_id(),
                ids.product_id(),
                strings(&device),
                place(&device),
            )
        })
        .collect();
    let ids = |vendor, product| {
        let same = |(v, p, ..): &&(u16, u16, rusb::Result<Strings>, String)| (*v, *p) == (vendor, product);
        printers.iter().filter(same).count()
    };
    let same = |vendor: u16, product: u16, serial: &str| {
        let twin = |(v, p, strings, _): &&(u16, u16, rusb::Result<Strings>, String)| {
            (*v, *p) == (vendor, product)
                && strings
                    .as_ref()
                    .is_ok_and(|strings| strings.serial.as_deref() == Some(serial))
        };
        printers.iter().filter(twin).count()
    };
    let found = printers.iter().map(|(vendor, product, strings, place)| {
        let said = strings.as_ref().ok();
        let serial = said.and_then(|said| said.serial.clone());
        let named = serial
            .clone()
            .filter(|serial| is_usable(serial) && same(*vendor, *product, serial) == 1);
        let is_twin = ids(*vendor, *product) > 1;
        Found {
            address: Address::Usb {
                vendor: *vendor,
                product: *product,
                // A number that is none tells nobody apart: the place does.
                serial: named.or_else(|| is_twin.then(|| format!("{PLACE}{place}"))),
            },
            maker: said.and_then(|said| said.maker.clone()),
            model: said.and_then(|said| said.model.clone()),
            serial,
            place: place.clone(),
            problem: strings.as_ref().err().map(|error| match error {
                rusb::Error::Access => {
                    "this user may not open it: run as the agent's user or as an administrator".to_owned()
                }
                error => format!("it does not say who it is ({error})"),
            }),
        }
    });
    Ok(found.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: (Option<&str>, &str) = (Some("A"), "1-1");
    const B: (Option<&str>, &str) = (Some("B"), "1-2");
    const NONE: (Option<&str>, &str) = (None, "1-3");

    #[test]
    fn u1_a_serial_number_is_found_at_any_port_and_nothing_else_is_taken() {
        assert_eq!(choose(&[B, A], Some("A"), None), Choice::Take(1));
        assert_eq!(choose(&[B], Some("A"), None), Choice::Missing);
        assert_eq!(choose(&[NONE], Some("A"), None), Choice::Missing);
        assert_eq!(choose(&[A, A], Some("A"), None), Choice::Ambiguous);
    }

    #[test]
    fn without_a_number_in_the_address_the_only_one_or_the_one_before_is_taken() {
        assert_eq!(choose(&[], None, None), Choice::Missing);
        assert_eq!(choose(&[A], None, None), Choice::Take(0));
        assert_eq!(choose(&[A, B], None, None), Choice::Ambiguous);
        assert_eq!(choose(&[A, B], None, Some("B")), Choice::Take(1), "no swap");
        assert_eq!(choose(&[B], None, Some("A")), Choice::Other("B"), "no swap");
        assert_eq!(choose(&[NONE], None, None), Choice::Take(0));
        assert_eq!(
            choose(&[NONE], None, Some("A")),
            Choice::Take(0),
            "to be asked itself"
        );
        assert_eq!(choose(&[NONE, NONE], None, None), Choice::Ambiguous);
    }

    #[test]
    fn a_place_names_a_printer_without_a_number() {
        let other = (None, "1-4");
        assert_eq!(choose(&[NONE, other], Some("@1-4"), None), Choice::Take(1));
        assert_eq!(choose(&[NONE], Some("@1-4"), None), Choice::Missing);
        assert_eq!(choose(&[A], Some("@1-1"), Some("B")), Choice::Other("A"));
    }

    #[test]
    fn x10_a_serial_number_of_a_hostile_device_stays_out_of_the_configuration() {
        assert!(is_usable("J4QK-001:7"));
        for serial in [
            "",
            "a b",
            "a\"\n[[printer]]",
            "\u{202e}1",
            "@1-1",
            &"9".repeat(65),
        ] {
            assert!(!is_usable(serial), "{serial:?}");
        }
    }
}
