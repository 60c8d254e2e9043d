//! Printers that the system's own spooler has: CUPS, or Windows'.

use super::{Found, Looked};

#[cfg(unix)]
pub(super) fn queues() -> Looked<Found> {
    use super::field;
    let Ok(queues) = crate::port::cups_queues() else {
        // No CUPS here.
        return Ok(Vec::new());
    };
    let found = |queue: crate::port::Queue| Found {
        model: queue.model.and_then(field),
        note: queue.place.and_then(field),
        ..Found::at(format!("cups:{}", queue.name), "cups")
    };
    Ok(queues.into_iter().map(found).collect())
}

#[cfg(windows)]
pub(super) fn queues() -> Looked<Found> {
    let names = crate::port::windows_printers().map_err(|error| error.to_string())?;
    Ok(names
        .into_iter()
        .map(|name| Found::at(format!("windows:{name}"), "windows"))
        .collect())
}
