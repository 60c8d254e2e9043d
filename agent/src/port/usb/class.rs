//! The requests of the printer class, for printers without a pipe to answer on (USB Printer Class 1.1, chapter 4.2).

use rusb::{Context, DeviceHandle};

use super::{Pipes, REQUEST};

/// bInterfaceClass of printers.
pub(super) const PRINTER: u8 = 7;

/// The bytes of `DLE EOT n`.
pub(super) const QUESTION: usize = 3;

/// A request of the class to the interface, answered by the printer.
const CLASS_IN: u8 = 0xA1;

/// A request to the device that every device answers (USB 2.0, chapter 9.4.5).
const STANDARD_IN: u8 = 0x80;
const GET_STATUS: u8 = 0;

const GET_DEVICE_ID: u8 = 0;
const GET_PORT_STATUS: u8 = 1;

/// The longest device id that is read; those of printers have 100 to 300 bytes.
const ID: usize = 1024;

/// The answer to `GET_PORT_STATUS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PortStatus(u8);

impl PortStatus {
    /// Some printers answer with zeros whatever happens: selected and no error are both missing then.
    pub(super) fn is_plausible(self) -> bool {
        self.0 & 0x38 != 0
    }

    /// As the answer to `DLE EOT n` that the printer cannot give.
    pub(super) fn answer(self, n: u8) -> u8 {
        let paper_empty = self.0 & 0x20 != 0;
        let offline = self.0 & 0x10 == 0;
        let error = self.0 & 0x08 == 0 && !paper_empty;
        0x12 | match n {
            1 if offline || paper_empty || error => 0x08,
            2 if paper_empty => 0x20,
            3 if error => 0x04,
            4 if paper_empty => 0x60,
            _ => 0,
        }
    }
}

/// What is asked, if that is a status question and nothing else.
pub(super) fn question(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [0x10, 0x04, n @ 1..=4] => Some(*n),
        _ => None,
    }
}

/// Whether the device is still on the bus.
pub(super) fn presence(handle: &DeviceHandle<Context>) -> rusb::Result<()> {
    let mut status = [0; 2];
    handle
        .read_control(STANDARD_IN, GET_STATUS, 0, 0, &mut status, REQUEST)
        .map(drop)
}

pub(super) fn port_status(handle: &DeviceHandle<Context>, pipes: Pipes) -> rusb::Result<PortStatus> {
    let mut status = [0];
    let index = u16::from(pipes.interface);
    match handle.read_control(CLASS_IN, GET_PORT_STATUS, 0, index, &mut status, REQUEST)? {
        1 => Ok(PortStatus(status[0])),
        _ => Err(rusb::Error::Io),
    }
}

/// Such as `MFG:EPSON;CMD:ESC/POS;MDL:TM-T88V;SN:J4ZF012345;`.
pub(super) fn device_id(handle: &DeviceHandle<Context>, pipes: Pipes) -> Option<String> {
    let mut id = [0; ID];
    let index = u16::from(pipes.interface) << 8 | u16::from(pipes.setting);
    let got = handle
        .read_control(CLASS_IN, GET_DEVICE_ID, 0, index, &mut id, REQUEST)
        .ok()?;
    let [high, low, rest @ ..] = id.get(..got)? else {
        return None;
    };
    // The length counts itself; some printers say it the wrong way round, so what came is the limit.
    let len = usize::from(u16::from_be_bytes([*high, *low]))
        .saturating_sub(2)
        .min(rest.len());
    Some(String::from_utf8_lossy(rest.get(..len)?).into_owned())
}

/// The serial number in a device id, under any of its names (IEEE 1284, and what printers make of it).
pub(super) fn serial_of(id: &str) -> Option<String> {
    let fields = id.split(';').filter_map(|field| field.split_once(':'));
    let mut serials = fields.filter(|(key, _)| {
        matches!(
            key.trim().to_ascii_uppercase().as_str(),
            "SN" | "SERN" | "SERIALNUMBER"
        )
    });
    let text = crate::port::found::clean(serials.next()?.1);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_status_says_what_the_answers_to_questions_would() {
        let answers = |status: u8| [1, 2, 3, 4].map(|n| PortStatus(status).answer(n));
        assert_eq!(answers(0x18), [0x12; 4], "selected, no error");
        assert_eq!(answers(0x38), [0x1A, 0x32, 0x12, 0x72], "paper empty");
        assert_eq!(
            answers(0x30),
            [0x1A, 0x32, 0x12, 0x72],
            "paper empty is an error too"
        );
        assert_eq!(answers(0x10), [0x1A, 0x12, 0x16, 0x12], "another error");
        assert_eq!(answers(0x08), [0x1A, 0x12, 0x12, 0x12], "not selected");
        assert!(PortStatus(0x18).is_plausible() && !PortStatus(0).is_plausible());
    }

    #[test]
    fn only_a_question_alone_is_one() {
        assert_eq!(question(&[0x10, 4, 2]), Some(2));
        for other in [&[0x10, 4, 5][..], &[0x10, 4], &[0x10, 4, 1, b'A'], b"abc"] {
            assert_eq!(question(other), None);
        }
    }

    #[test]
    fn a_serial_number_is_found_in_a_device_id() {
        for (id, serial) in [
            ("MFG:EPSON;SN:J4ZF01;MDL:T88;", Some("J4ZF01")),
            ("MFG:X; SERN: 00-7 ;", Some("00-7")),
            ("MFG:X;SN:;", None),
            ("MFG:X;MDL:SN;", None),
            ("", None),
        ] {
            assert_eq!(serial_of(id).as_deref(), serial, "{id}");
        }
    }
}
