//! Serial ports, of which nobody can say what hangs on them.

use super::{Found, Looked, field};
use crate::port::serial_lines;

pub(super) fn lines() -> Looked<Found> {
    let found = serial_lines().into_iter().map(|line| Found {
        maker: line.maker.and_then(field),
        model: line.model.and_then(field),
        serial: line.serial.and_then(field),
        note: Some("a port; whether a printer is on it says `printers probe`".to_owned()),
        ..Found::at(line.address.to_string(), "serial")
    });
    Ok(found.collect())
}
