//! What an agent says, as text: `{"type": VERB, …}`.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{body::Body, check_length, to_text};
use crate::frames::{AgentFrame, FrameError, JobUpdate, PrinterStatus, Registration};
use crate::job::JobId;

impl AgentFrame {
    /// The frame's text.
    #[must_use]
    pub fn encode(&self) -> String {
        to_text(&match self {
            Self::Register(data) => Wire::RegisterDevice { data },
            Self::JobAck { job_id } => Wire::JobAck { job_id },
            Self::JobUpdate(update) => Wire::JobUpdate(update),
            Self::PrinterStatus(status) => Wire::PrinterStatus(status),
            Self::Pong => Wire::Pong,
        })
    }

    /// Reads a frame. Its fields may stand beside `type` or inside `data`, in either case style.
    ///
    /// # Errors
    /// [`FrameError`], naming what is wrong.
    pub fn decode(text: &str) -> Result<Self, FrameError> {
        check_length(text)?;
        let mut frame: Map<String, Value> = serde_json::from_str(text).map_err(FrameError::NotJson)?;
        let Some(Value::String(verb)) = frame.remove("type") else {
            return Err(FrameError::Nameless { field: "type" });
        };
        let mut body = Body::new(&verb, frame);
        match verb.as_str() {
            "register_device" => registration(&mut body).map(Self::Register),
            "job_ack" => Ok(Self::JobAck {
                job_id: body.take("job_id")?,
            }),
            "job_update" => job_update(&mut body).map(Self::JobUpdate),
            "printer_status" => printer_status(&mut body).map(Self::PrinterStatus),
            "pong" => Ok(Self::Pong),
            _ => Err(FrameError::Unknown(verb)),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire<'a> {
    RegisterDevice { data: &'a Registration },
    JobAck { job_id: &'a JobId },
    JobUpdate(&'a JobUpdate),
    PrinterStatus(&'a PrinterStatus),
    Pong,
}

fn registration(body: &mut Body) -> Result<Registration, FrameError> {
    Ok(Registration {
        device_id: body.take("device_id")?,
        role: body.take("role")?,
        location: body.optional("location")?,
        outlet_id: body.optional("outlet_id")?.unwrap_or_default(),
        agent: body.take("agent")?,
        printers: body.optional("printers")?.unwrap_or_default(),
    })
}

fn job_update(body: &mut Body) -> Result<JobUpdate, FrameError> {
    Ok(JobUpdate {
        job_id: body.take("job_id")?,
        state: body.take("state")?,
        attempt: body.optional("attempt")?.unwrap_or_default(),
        printer: body.optional("printer")?,
        evidence: body.optional("evidence")?,
        detail: body.optional("detail")?,
        at: body.take("at")?,
    })
}

fn printer_status(body: &mut Body) -> Result<PrinterStatus, FrameError> {
    Ok(PrinterStatus {
        printer: body.take("printer")?,
        online: body.take("online")?,
        paper: body.optional("paper")?.unwrap_or_else(unknown),
        cover: body.optional("cover")?.unwrap_or_else(unknown),
        error: body.optional("error")?,
    })
}

fn unknown() -> String {
    "unknown".to_owned()
}
