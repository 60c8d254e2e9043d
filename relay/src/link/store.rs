//! What a link asks of the store, and how the answers are told to the machine.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use protocol::frames::{ErrorData, PrinterStatus, Registered, Registration};
use protocol::link::RelayInput;
use protocol::{JobId, JobState, JobUpdate, Offer};
use serde_json::value::RawValue;
use tracing::{error, warn};

use super::backup;
use super::driver::{Answer, wish_input};
use crate::auth::Identity;
use crate::dialects::station::offer_data;
use crate::service::App;
use crate::store::{Acked, Job, OutletId, StoreError};

/// Longest id of a device that nobody enrolled.
const LONGEST_DEVICE: usize = 128;

/// The device behind a link, once it registered.
#[derive(Debug, Clone)]
pub(super) struct Attached {
    pub(super) outlet: OutletId,
    pub(super) device: String,
    pub(super) spool: Option<String>,
    pub(super) fence: u64,
}

/// Records a registration. The first one of a connection fences the device's older connections.
pub(super) async fn register(
    app: Arc<App>,
    who: Identity,
    attached: Option<Attached>,
    asked: Registration,
) -> Answer {
    match try_register(&app, &who, attached, &asked).await {
        Ok((attached, registered, wishes)) => Answer::Registered(attached, registered, wishes),
        Err(refused) => Answer::Unregistered(refused),
    }
}

async fn try_register(
    app: &App,
    who: &Identity,
    attached: Option<Attached>,
    asked: &Registration,
) -> Result<(Attached, Registered, Vec<RelayInput>), ErrorData> {
    let device = device(who, asked)?;
    if attached
        .as_ref()
        .is_some_and(|attached| attached.device != device)
    {
        return Err(refused(
            "FORBIDDEN",
            "this connection registered another device before",
            "device_id",
        ));
    }
    let settings = app
        .store
        .settings(&who.outlet)
        .await
        .map_err(|error| failed(&error))?;
    may_serve(who, asked)?;
    let station = settings.station_for_device(&asked.role, asked.location.as_deref());
    let attached = match attached {
        Some(attached) => attached,
        None => Attached {
            outlet: OutletId::clone(&who.outlet),
            fence: app
                .store
                .attach(&who.outlet, &device)
                .await
                .map_err(|error| failed(&error))?,
            spool: asked.agent.spool.clone(),
            device,
        },
    };
    let printers = asked.printers.clone();
    let told = app
        .store
        .printer_infos(&who.outlet, &attached.device, printers)
        .await;
    told.map_err(|error| failed(&error))?;
    let wished = app
        .store
        .wished(&who.outlet, &station, &attached.device)
        .await
        .map_err(|error| failed(&error))?;
    let wishes = wished
        .into_iter()
        .filter_map(|(job, wish)| wish_input(job, wish))
        .collect();
    let registered = Registered {
        device_id: attached.device.clone(),
        role: asked.role.clone(),
        location: asked.location.clone(),
        outlet_id: who.outlet.to_string(),
        station: Some(station),
    };
    Ok((attached, registered, wishes))
}

/// The device is the token's, where a token says so.
fn device(who: &Identity, asked: &Registration) -> Result<String, ErrorData> {
    if let Some(device) = &who.device {
        return Ok(device.id.clone());
    }
    if !who.open {
        return Err(refused(
            "FORBIDDEN",
            "only an agent's own token may print; pair it",
            "agent",
        ));
    }
    if asked.device_id.is_empty() || asked.device_id.len() > LONGEST_DEVICE {
        return Err(refused(
            "VALIDATION_ERROR",
            "`device_id` must have 1 to 128 characters",
            "device_id",
        ));
    }
    Ok(asked.device_id.clone())
}

/// An enrolled device serves the stations that it was enrolled for, and no other.
fn may_serve(who: &Identity, asked: &Registration) -> Result<(), ErrorData> {
    let Some(device) = &who.device else { return Ok(()) };
    let enrolled = device
        .stations
        .iter()
        .any(|(name, location)| *name == asked.role && (location.is_none() || *location == asked.location));
    if enrolled {
        return Ok(());
    }
    warn!(outlet = %who.outlet, device = device.id, role = asked.role, "refused: {} is not enrolled for {}", device.id, asked.role);
    let message = format!(
        "`role`: this device is not enrolled for {}; enrol it again with that station",
        asked.role
    );
    Err(refused("FORBIDDEN", &message, "role"))
}

/// The station's next jobs for this device.
pub(super) async fn fetch(app: Arc<App>, to: Attached, station: String, after: u64, limit: usize) -> Answer {
    take_over(&app, &to, &station).await;
    backup::settle(&app, &to, &station).await;
    let backed = match app.store.settings(&to.outlet).await {
        Ok(settings) => backup::backed_by(&settings, &station),
        Err(error) => return Answer::Input(trouble(&error)),
    };
    let found = app
        .store
        .offers(
            &to.outlet,
            &station,
            &to.device,
            to.spool.as_deref(),
            after,
            limit,
        )
        .await;
    match found {
        Ok(jobs) => {
            let more = jobs.len() >= limit;
            let offers = jobs.into_iter().filter_map(offer).collect();
            let via = station.clone();
            let jobs = RelayInput::Jobs {
                station,
                offers,
                more,
            };
            Answer::Jobs(jobs, via, backed)
        }
        Err(error) => Answer::Input(trouble(&error)),
    }
}

/// A station whose agent is away is this one's now: after a while, or at once where a person paired this one since.
async fn take_over(app: &App, to: &Attached, station: &str) {
    let Ok(Some(holder)) = app.store.holder(&to.outlet, station).await else {
        return;
    };
    let may = |holder: &str| {
        app.links
            .may_take_over(&to.outlet, holder, &to.device, Instant::now())
    };
    if holder.device == to.device || !may(&holder.device) {
        return;
    }
    warn!(outlet = %to.outlet, station, from = holder.device, to = to.device,
        "{} is away, {} takes over {station}", holder.device, to.device);
    if let Err(error) = app.store.claim_station(&to.outlet, station, &to.device).await {
        error!(outlet = %to.outlet, station, "the take-over cannot be stored: {error}");
    }
}

pub(super) fn offer(job: Job) -> Option<Offer> {
    let (event, data) = offer_data(&job, Timestamp::now());
    let data = RawValue::from_string(data)
        .inspect_err(|error| error!(job.id = %job.header.id, "a job's data cannot be written: {error}"));
    Some(Offer {
        event,
        data: data.ok()?,
        job: job.header,
        seq: None,
    })
}

/// The job is in the agent's spool.
pub(super) async fn ack(app: Arc<App>, by: Attached, job: JobId) -> Answer {
    let stored = app
        .store
        .ack(&by.outlet, &job, &by.device, by.spool.as_deref(), by.fence)
        .await;
    Answer::Input(match stored {
        Ok(Acked::Stored) => RelayInput::AckStored(job),
        Ok(Acked::CancelInstead) => RelayInput::UpdateStored {
            job_id: job,
            state: JobState::Cancelled,
            settled: false,
        },
        Ok(Acked::Settled) => RelayInput::UpdateStored {
            job_id: job,
            state: JobState::Printed,
            settled: true,
        },
        Ok(Acked::Fenced) => RelayInput::Fenced,
        Err(StoreError::NotFound { .. }) => unknown(job),
        Err(error) => trouble(&error),
    })
}

/// One step of a job at the agent.
pub(super) async fn update(app: Arc<App>, by: Attached, said: JobUpdate) -> Answer {
    let job_id = said.job_id.clone();
    Answer::Input(
        match app.store.update(&by.outlet, &by.device, said, by.fence).await {
            Ok(stored) => RelayInput::UpdateStored {
                job_id,
                state: stored.state,
                settled: stored.settled,
            },
            Err(StoreError::Fenced) => RelayInput::Fenced,
            Err(StoreError::NotFound { .. }) => unknown(job_id),
            Err(StoreError::Conflict(why)) => RelayInput::StoreRefused(refused("CONFLICT", &why, "state")),
            Err(error) => trouble(&error),
        },
    )
}

/// What a printer says of itself; only a hint, so trouble is logged and no more.
pub(super) async fn printer(app: Arc<App>, by: Attached, status: PrinterStatus) -> Answer {
    if let Err(error) = app.store.printer_status(&by.outlet, &by.device, status).await {
        warn!(outlet = %by.outlet, device = by.device, "a printer's status cannot be stored: {error}");
    }
    Answer::Nothing
}

/// A job that this relay never had or has forgotten: the agent need not report it for ever.
fn unknown(job_id: JobId) -> RelayInput {
    RelayInput::UpdateStored {
        job_id,
        state: JobState::Cancelled,
        settled: true,
    }
}

pub(super) fn trouble(error: &StoreError) -> RelayInput {
    error!("the store cannot serve a link: {error}");
    RelayInput::StoreFailed
}

fn failed(error: &StoreError) -> ErrorData {
    error!("the store cannot record a registration: {error}");
    ErrorData {
        code: "INTERNAL".to_owned(),
        message: "the relay cannot store the registration now; try again".to_owned(),
        field: None,
    }
}

fn refused(code: &str, message: &str, field: &str) -> ErrorData {
    ErrorData {
        code: code.to_owned(),
        message: message.to_owned(),
        field: Some(field.to_owned()),
    }
}
