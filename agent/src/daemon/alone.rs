//! A test ticket without a running agent: a press of its own, with a spool of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use protocol::JobState;

use super::local::Purpose;
use super::report::JobReport;
use super::{local, presses};
use crate::clock::Clock;
use crate::config::{Config, Printer};
use crate::press;
use crate::spool::{Spool, SpoolError};
use crate::tickets::Stock;

/// Time between two looks at the ticket.
const LOOK: Duration = Duration::from_millis(50);

/// Why the test could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AloneError {
    /// The folder for the test's spool.
    #[error("a test needs a place in the data folder: check who may write there")]
    Spool(#[from] SpoolError),
    /// No thread for the press.
    #[error("the press cannot be started")]
    Thread(#[source] std::io::Error),
    /// The ticket cannot be made.
    #[error("the test ticket cannot be made")]
    Ticket(#[from] serde_json::Error),
}

/// Prints a test ticket and gives where it stands when it is final or in doubt, or after `within`.
///
/// # Errors
/// [`AloneError`].
pub fn print_test(config: &Config, printer: &Printer, within: Duration) -> Result<JobReport, AloneError> {
    print(config, printer, Purpose::Test, within)
}

/// As [`print_test`], with a short slip that names the printer.
///
/// # Errors
/// [`AloneError`].
pub fn print_name(config: &Config, printer: &Printer, within: Duration) -> Result<JobReport, AloneError> {
    print(config, printer, Purpose::Identify, within)
}

fn print(
    config: &Config,
    printer: &Printer,
    purpose: Purpose,
    within: Duration,
) -> Result<JobReport, AloneError> {
    let folder = Folder(config.data.join(format!("test-{}", std::process::id())));
    let (spool, _) = Spool::open(&folder.0.join("spool.db"))?;
    let clock = Clock::default();
    let press_config = presses::config_of(config, printer);
    let ticket = local::test_ticket(config, &printer.name, purpose, clock.now())?;
    spool.accept(&ticket, &printer.name, clock.now())?;
    let stock = Stock::open(&config.tickets);
    let press =
        press::start(press_config, spool.clone(), stock, clock, |_| {}).map_err(AloneError::Thread)?;
    let began = Instant::now();
    let job = loop {
        let job = spool
            .get(&ticket.job.id)?
            .ok_or_else(|| SpoolError::NoSuchJob(ticket.job.id.clone()))?;
        let over = job.state.is_final() || job.state == JobState::Unconfirmed;
        if over || began.elapsed() > within {
            break job;
        }
        thread::sleep(LOOK);
    };
    // One that hangs holds a place of its own, removed behind it.
    let _ = press.stop();
    Ok(JobReport::from(&job))
}

/// Removed with all that is in it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let path: &Path = &self.0;
        let _ = fs::remove_dir_all(path);
    }
}
