//! Asks a printer who it is and what it can prove, with a press of its own and nothing to print.

use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use escpos_templates::Renderer;
use protocol::Evidence;
use protocol::frames::PrinterStatus;

use crate::clock::Clock;
use crate::port::Address;
use crate::press::{self, Known, Limits, PressConfig, PressReport};
use crate::spool::{Spool, SpoolError};

/// The longest probe: two rounds of six questions at 500 ms each, and a connection.
pub const WITHIN: Duration = Duration::from_secs(12);

/// A printer that says it is ready is asked its questions by then, or has no answers.
const AFTER_READY: Duration = Duration::from_secs(7);

/// A printer with a fault is given so long to lose it.
const AFTER_TROUBLE: Duration = Duration::from_millis(1500);

/// Reports that wait; the press waits with them.
const REPORTS: usize = 16;

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// What it said of itself; none where it answers no questions.
    pub known: Option<Known>,
    /// How it is; none where it could not be reached in time.
    pub status: Option<PrinterStatus>,
}

/// Why nothing could be probed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No place for a spool.
    #[error("a probe needs a place for temporary files: make room, or set TMPDIR")]
    Spool(#[from] SpoolError),
    /// No thread.
    #[error("the press cannot be started")]
    Thread(#[source] std::io::Error),
}

/// Probes the printer at `address`, which no running agent may hold. Takes up to [`WITHIN`].
///
/// # Errors
/// [`ProbeError`]; a printer that does not answer is none.
pub fn probe(name: &str, address: &Address, profile: Option<&str>) -> Result<Probed, ProbeError> {
    let folder = Folder::new();
    let (spool, _) = Spool::open(&folder.0.join("spool.db"))?;
    let config = PressConfig {
        name: name.to_owned(),
        address: address.clone(),
        profile: profile.map(str::to_owned),
        columns: None,
        stations: Vec::new(),
        limits: Limits::default(),
    };
    let (sender, reports) = sync_channel(REPORTS);
    let tell = move |report| drop(sender.send(report));
    let press = press::start(config, spool, Renderer::builtin(), Clock::default(), tell)
        .map_err(ProbeError::Thread)?;
    let (mut probed, mut end) = (
        Probed {
            known: None,
            status: None,
        },
        Instant::now() + WITHIN,
    );
    loop {
        match reports.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(PressReport::Known { known, .. }) => {
                probed.known = Some(known);
                break;
            }
            Ok(PressReport::Printer(status)) => {
                let wait = if status.online { AFTER_READY } else { AFTER_TROUBLE };
                end = end.min(Instant::now() + wait);
                probed.status = Some(status);
            }
            Ok(PressReport::Job(_) | PressReport::Alarm(_) | PressReport::Broken(_)) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    // What is still said must find a listener gone, or the press would wait for it.
    drop(reports);
    // One that hangs holds a place of its own, removed behind it.
    let _ = press.stop();
    Ok(probed)
}

impl Probed {
    /// The strongest proof that it can give.
    #[must_use]
    pub fn level(&self) -> Evidence {
        self.known.as_ref().map_or(Evidence::C, |known| known.level)
    }
}

/// A place for the press's spool, removed with all that is in it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("printrail-probe-{:016x}", rand::random::<u64>());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
