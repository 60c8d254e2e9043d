//! What `status` and `jobs` show, as JSON with a schema version.

use std::path::PathBuf;

use jiff::Timestamp;
use protocol::frames::PrinterStatus;
use protocol::{Banner, Evidence, JobKind, JobState};
use serde::{Deserialize, Serialize};

use crate::link::LinkStatus;
use crate::press::Known;
use crate::spool::SpoolJob;

/// The version of everything below; it grows when a field changes its meaning or goes.
pub const SCHEMA: u32 = 1;

/// How everything is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The agent's version.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Running since.
    pub since: Timestamp,
    /// The data folder.
    pub data: PathBuf,
    /// The relay's address.
    pub relay: String,
    /// The link to it.
    pub link: LinkStatus,
    /// What waits here.
    pub spool: SpoolReport,
    /// The printers.
    pub printers: Vec<PrinterReport>,
}

/// What waits in the spool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpoolReport {
    /// The spool's id.
    pub id: String,
    /// A damaged one that was set aside at the start.
    pub set_aside: Option<PathBuf>,
    /// Jobs by where they stand; final ones are not counted.
    pub waiting: usize,
    /// Jobs that wait for their printer or a person.
    pub held: usize,
    /// Under way.
    pub printing: usize,
    /// Nobody knows whether they printed.
    pub unconfirmed: usize,
    /// Per cent of its disk that are used, where the system says so; 90 and more are an alarm.
    #[serde(default)]
    pub disk_used: Option<u8>,
    /// The one that waits longest.
    pub oldest: Option<JobReport>,
}

/// A printer and the stations that it serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrinterReport {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Its profile, none where it is the printer's own choice.
    pub profile: Option<String>,
    /// The stations that print here, such as `bar (depan)`.
    pub stations: Vec<String>,
    /// What it said last, none where it has not spoken yet.
    pub status: Option<PrinterStatus>,
    /// What it was probed for, none where it was not or answers nothing.
    #[serde(default)]
    pub known: Option<Known>,
    /// Jobs that wait for it.
    pub waiting: usize,
}

/// A job, spelled as the relay's API spells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobReport {
    /// The relay's id.
    pub id: String,
    /// The order.
    pub order_id: Option<String>,
    /// The order's number.
    pub order_number: Option<String>,
    /// The station.
    pub station: String,
    /// The station's running number.
    pub number: u64,
    /// What sort of ticket.
    pub kind: JobKind,
    /// Where it stands.
    pub state: JobState,
    /// Attempts begun.
    pub attempt: u32,
    /// The printer.
    pub printer: String,
    /// How it is known.
    pub evidence: Option<Evidence>,
    /// Why it stands there.
    pub detail: Option<String>,
    /// What stands on top of it.
    pub banners: Vec<Banner>,
    /// When it should be on paper.
    pub due_at: Timestamp,
    /// When it came into the spool.
    pub spooled_at: Timestamp,
    /// When the first attempt began.
    pub started_at: Option<Timestamp>,
    /// When the last step happened.
    pub at: Timestamp,
    /// Whether the relay has stored its end.
    pub settled: bool,
}

impl From<&SpoolJob> for JobReport {
    fn from(job: &SpoolJob) -> Self {
        let order: Order = serde_json::from_str(&job.data).unwrap_or_default();
        Self {
            id: job.job.id.to_string(),
            order_id: order.order_id.and_then(text),
            order_number: order.order_number.and_then(text),
            station: job.job.station.clone(),
            number: job.job.number,
            kind: job.job.kind,
            state: job.state,
            attempt: job.attempt,
            printer: job.printer.clone(),
            evidence: job.evidence,
            detail: job.detail.clone(),
            banners: job.job.banners.iter().chain(&job.banners).cloned().collect(),
            due_at: job.job.due,
            spooled_at: job.spooled_at,
            started_at: job.first_try,
            at: job.at,
            settled: job.settled,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Order {
    order_id: Option<serde_json::Value>,
    order_number: Option<serde_json::Value>,
}

/// An id is a text or a number, whatever the caller of the relay likes.
fn text(value: serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
