//! Jobs that this agent makes itself: test tickets and reprints that nobody asked the relay for.

use jiff::{Timestamp, ToSpan};
use protocol::{Banner, JobHeader, JobId, JobKind, Offer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::spool::{LOCAL_PREFIX, SpoolJob};
use crate::watch::Slip;

/// After that nobody stands at the printer any more.
const TEST_MINUTES: i64 = 10;

/// After that a slip tells what everybody knows.
const SLIP_MINUTES: i64 = 30;

/// As long as the relay's own jobs (DELIVERY.md, "Freshness").
const REPRINT_HOURS: i64 = 12;

/// What a test ticket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// All that a printer can do, with a ruler.
    Test,
    /// A short slip with the printer's name, and a beep.
    Identify,
}

/// A test ticket for a printer, with a picture that leads to the dashboard.
///
/// # Errors
/// Never with these values; serde cannot know.
pub(super) fn test_ticket(
    config: &Config,
    printer: &str,
    purpose: Purpose,
    now: Timestamp,
) -> serde_json::Result<Offer> {
    let message = match purpose {
        Purpose::Test => None,
        Purpose::Identify => Some(format!("This printer is \"{printer}\"")),
    };
    let serves = config.stations.iter().find(|station| station.printer == printer);
    let station = serves.map_or(printer, |station| &station.name).to_owned();
    let job = JobHeader {
        id: local_id(),
        seq: 0,
        station: station.clone(),
        number: 0,
        kind: JobKind::Test,
        copies: 1,
        due: now,
        expires: now.checked_add(TEST_MINUTES.minutes()).unwrap_or(now),
        attempt: 0,
        age_ms: 0,
        banners: Vec::new(),
        via: None,
        hops: 0,
    };
    let data = json!({
        "order_id": "test",
        "order_number": "TEST",
        "station": station,
        "printer": printer,
        "message": message,
        "qr": config.relay.url.pages() + "#printers",
        "timestamp": now,
        "order_items": [],
        "job": job,
    });
    Ok(Offer {
        event: "test_print".to_owned(),
        data: to_raw_value(&data)?,
        job,
        seq: None,
    })
}

/// A copy of a finished job, headed REPRINT.
///
/// # Errors
/// Where the job's data is no JSON object.
pub(super) fn reprint(of: &SpoolJob, now: Timestamp) -> serde_json::Result<Offer> {
    let mut job = of.job.clone();
    job.id = local_id();
    job.due = now;
    job.expires = now.checked_add(REPRINT_HOURS.hours()).unwrap_or(now);
    (job.attempt, job.age_ms) = (0, 0);
    if !job.banners.contains(&Banner::Reprint) {
        job.banners.push(Banner::Reprint);
    }
    let mut data: Map<String, Value> = serde_json::from_str(&of.data)?;
    data.insert("job".to_owned(), serde_json::to_value(&job)?);
    let data: Box<RawValue> = to_raw_value(&data)?;
    Ok(Offer {
        event: of.event.clone(),
        data,
        job,
        seq: None,
    })
}

/// A slip of the agent's own.
///
/// # Errors
/// Never with these values; serde cannot know.
pub(super) fn slip(slip: &Slip, now: Timestamp) -> serde_json::Result<Offer> {
    let job = JobHeader {
        id: slip.id.clone(),
        seq: 0,
        station: slip.station.clone(),
        number: slip.ticket.as_ref().map_or(0, |ticket| ticket.number),
        kind: slip.kind,
        copies: 1,
        due: now,
        expires: now.checked_add(SLIP_MINUTES.minutes()).unwrap_or(now),
        attempt: 0,
        age_ms: 0,
        banners: Vec::new(),
        via: None,
        hops: 0,
    };
    let waiting: Vec<Value> = slip
        .waiting
        .iter()
        .map(|ticket| {
            json!({
                "number": ticket.number,
                "table_number": ticket.table,
                "order_number": ticket.order_number,
                "age_min": ticket.age_min,
            })
        })
        .collect();
    let about = slip.ticket.as_ref();
    let data = json!({
        "order_number": about.and_then(|ticket| ticket.order_number.as_ref()),
        "table_number": about.and_then(|ticket| ticket.table.as_ref()),
        "station": slip.station,
        "printer": slip.about,
        "message": slip.message,
        "timezone": about.or(slip.waiting.first()).and_then(|ticket| ticket.timezone.as_ref()),
        "waiting": waiting,
        "timestamp": now,
        "order_items": [],
        "job": job,
    });
    Ok(Offer {
        event: format!("{}_print", slip.kind.as_str()),
        data: to_raw_value(&data)?,
        job,
        seq: None,
    })
}

fn local_id() -> JobId {
    JobId::new(format!("{LOCAL_PREFIX}{}", uuid::Uuid::now_v7()))
}
