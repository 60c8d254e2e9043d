//! The Event Log: what an administrator looks into first. Warnings and errors go there, and the service's coming and going.

#![expect(unsafe_code, reason = "the Event Log has no other interface")]

use std::io::{self, Write};
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::registry::LookupSpan;
use windows_sys::Win32::System::EventLog::{
    EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE, RegisterEventSourceW, ReportEventW,
};

use super::{DISPLAY_NAME, registry, wide};

/// Where the Event Log looks for its sources. The source bears the service's name in people's words.
const SOURCE: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\Printrail agent";

/// Every Windows has it, and its message number 1 is the text alone (as `eventcreate` uses it).
const MESSAGES: &str = r"%SystemRoot%\System32\EventCreate.exe";
const MESSAGE: u32 = 1;

/// The longest text that an event takes is 31,839 characters (`ReportEventW`).
const TEXT_MAX: usize = 30_000;

/// Lets the Event Log know the agent.
pub(super) fn register() -> io::Result<()> {
    registry::set_text(SOURCE, "EventMessageFile", MESSAGES)?;
    // Errors, warnings and information.
    registry::set_number(SOURCE, "TypesSupported", 7)?;
    registry::set_number(SOURCE, "CustomSource", 1)
}

/// Lets it forget the agent; what it wrote stays.
pub(super) fn unregister() -> io::Result<()> {
    registry::remove(SOURCE)
}

/// Writes one event. Where it cannot be written, nobody else could be told.
pub fn say(level: Level, text: &str) {
    let kind = match level {
        Level::ERROR => EVENTLOG_ERROR_TYPE,
        Level::WARN => EVENTLOG_WARNING_TYPE,
        _ => EVENTLOG_INFORMATION_TYPE,
    };
    let text = wide(text.trim_end().chars().take(TEXT_MAX).collect::<String>());
    let texts = [text.as_ptr()];
    // SAFETY: one text that ends with a zero, and no bytes beside it.
    unsafe {
        ReportEventW(
            source(),
            kind,
            0,
            MESSAGE,
            null_mut(),
            1,
            0,
            texts.as_ptr(),
            null(),
        )
    };
}

fn source() -> *mut std::ffi::c_void {
    // A handle is an address to nobody but Windows; this one is open until the process ends.
    static SOURCE: OnceLock<usize> = OnceLock::new();
    let handle = *SOURCE.get_or_init(|| {
        let name = wide(DISPLAY_NAME);
        // SAFETY: the name ends with a zero.
        unsafe { RegisterEventSourceW(null(), name.as_ptr()) }.expose_provenance()
    });
    std::ptr::with_exposed_provenance_mut(handle)
}

/// Warnings and errors of a service's log, to the Event Log; none where the process is no service.
pub fn system_log<S>() -> Option<impl Layer<S>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    super::host::is_hosted().then(|| {
        fmt::layer()
            .with_writer(Events)
            .with_ansi(false)
            .with_target(false)
            .with_level(false)
            .without_time()
            .with_filter(LevelFilter::WARN)
    })
}

/// Gives each line of the log its own event.
struct Events;

impl<'a> MakeWriter<'a> for Events {
    type Writer = Event;

    fn make_writer(&'a self) -> Event {
        Event(Level::WARN)
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Event {
        Event(*meta.level())
    }
}

/// One line of the log, which comes in one piece.
struct Event(Level);

impl Write for Event {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        say(self.0, &String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
