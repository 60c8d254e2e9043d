//! Printers on USB, by their interface class; nothing is claimed.

use super::{Found, Looked, field};
use crate::port::{OpenError, usb_printers};

pub(super) fn printers() -> Looked<Found> {
    match usb_printers() {
        Ok(found) => Ok(found.into_iter().map(shown).collect()),
        // A computer without USB has no USB printers.
        Err(OpenError::Unsupported(_)) => Ok(Vec::new()),
        Err(error) => Err(crate::chain(&error)),
    }
}

fn shown(found: crate::port::Found) -> Found {
    Found {
        maker: found.maker.and_then(field),
        model: found.model.and_then(field),
        serial: found.serial.and_then(field),
        note: found.problem,
        ..Found::at(found.address.to_string(), "usb")
    }
}
