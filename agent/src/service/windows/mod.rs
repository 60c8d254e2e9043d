//! The agent under Windows' service control manager.

mod control;
mod events;
mod files;
mod host;
mod registry;

pub use control::{act, install, reload, state, uninstall};
pub use events::{say, system_log};
pub use host::{Orders, accompany, draining, host, orders};

/// The service's name, by which `sc query` knows it too.
const NAME: &str = "printrail-agent";

/// Its name in the list of services.
const DISPLAY_NAME: &str = "Printrail agent";

/// A text as Windows takes it. A zero inside would end it early: such a name is nobody's.
fn wide(text: impl AsRef<std::ffi::OsStr>) -> Vec<u16> {
    use std::os::windows::ffi::OsStrExt as _;
    let units = text.as_ref().encode_wide().filter(|unit| *unit != 0);
    units.chain([0]).collect()
}
