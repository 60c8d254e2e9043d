//! What the relay says, as text: `{"event": NAME, "data": {…}}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::{body::Body, check_length, to_text};
use crate::frames::{ErrorData, FrameError, MAX_FRAME_BYTES, Offer, Registered, RelayFrame};
use crate::job::{JobHeader, JobId};

/// What an offer's envelope needs beside its `data`: names, quotes and a `seq`, generously.
const ENVELOPE_BYTES: usize = 256;

impl RelayFrame {
    /// The frame's text.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Registered(data) => text("device_registered", data),
            Self::Offer(offer) => offer.encode(),
            Self::JobSettled { job_id } => text("job_settled", &Job { job_id }),
            Self::JobCancel { job_id } => text("job_cancel", &Job { job_id }),
            Self::JobResolve { job_id, printed } => text(
                "job_resolve",
                &Answer {
                    job_id,
                    printed: *printed,
                },
            ),
            Self::JobRelease { job_id } => text("job_release", &Job { job_id }),
            Self::Ping { now } => text("ping", &BTreeMap::from([("now", now)])),
            Self::Goodbye { retry_after_ms } => {
                text("goodbye", &BTreeMap::from([("retry_after_ms", retry_after_ms)]))
            }
            Self::Error(data) => text("error", data),
        }
    }

    /// Reads a frame. An event of another name whose `data` has a `job` object is an [`Offer`].
    ///
    /// # Errors
    /// [`FrameError`], naming what is wrong.
    pub fn decode(text: &str) -> Result<Self, FrameError> {
        check_length(text)?;
        let Envelope { event, data, seq } = Envelope::read(text)?;
        let body = || body(&event, data);
        match event.as_str() {
            "device_registered" => registered(&mut body()).map(Self::Registered),
            "job_settled" => Ok(Self::JobSettled {
                job_id: body().take("job_id")?,
            }),
            "job_cancel" => Ok(Self::JobCancel {
                job_id: body().take("job_id")?,
            }),
            "job_resolve" => {
                let mut body = body();
                Ok(Self::JobResolve {
                    job_id: body.take("job_id")?,
                    printed: body.take("printed")?,
                })
            }
            "job_release" => Ok(Self::JobRelease {
                job_id: body().take("job_id")?,
            }),
            "ping" => Ok(Self::Ping {
                now: body().take("now")?,
            }),
            "goodbye" => Ok(Self::Goodbye {
                retry_after_ms: body().optional("retry_after_ms")?.unwrap_or_default(),
            }),
            "error" => error(&mut body()).map(Self::Error),
            _ => offer(event, data, seq).map(|offer| Self::Offer(Box::new(offer))),
        }
    }
}

impl Offer {
    /// A print event that carries `job`, added to the fields of `data` (a JSON object).
    ///
    /// # Errors
    /// [`FrameError::NotJson`] where `data` is no object, [`FrameError::TooLong`] where the frame would pass
    /// [`MAX_FRAME_BYTES`].
    pub fn new(event: impl Into<String>, data: &RawValue, job: JobHeader) -> Result<Self, FrameError> {
        let mut fields: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(data.get()).map_err(FrameError::NotJson)?;
        fields.insert("job".to_owned(), to_raw_value(&job).map_err(FrameError::NotJson)?);
        let data = to_raw_value(&fields).map_err(FrameError::NotJson)?;
        let bytes = data.get().len() + ENVELOPE_BYTES;
        if bytes > MAX_FRAME_BYTES {
            return Err(FrameError::TooLong { bytes });
        }
        Ok(Self {
            event: event.into(),
            data,
            job,
            seq: None,
        })
    }

    /// The frame's text; `data` goes out as it stands.
    #[must_use]
    pub fn encode(&self) -> String {
        to_text(&Wire {
            event: &self.event,
            data: &self.data,
            seq: self.seq.as_deref(),
        })
    }
}

#[derive(Serialize)]
struct Wire<'a, T> {
    event: &'a str,
    data: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<&'a str>,
}

#[derive(Serialize)]
struct Job<'a> {
    job_id: &'a JobId,
}

#[derive(Serialize)]
struct Answer<'a> {
    job_id: &'a JobId,
    printed: bool,
}

/// A frame with its `data` unread.
struct Envelope<'a> {
    event: String,
    data: Option<&'a RawValue>,
    seq: Option<String>,
}

impl<'a> Envelope<'a> {
    fn read(text: &'a str) -> Result<Self, FrameError> {
        let mut frame: BTreeMap<String, &'a RawValue> =
            serde_json::from_str(text).map_err(FrameError::NotJson)?;
        let mut name = |field| {
            frame
                .remove(field)
                .and_then(|raw| serde_json::from_str(raw.get()).ok())
        };
        let event = name("event").ok_or(FrameError::Nameless { field: "event" })?;
        let seq = name("seq");
        Ok(Self {
            event,
            data: frame.remove("data"),
            seq,
        })
    }
}

fn text(event: &str, data: &impl Serialize) -> String {
    to_text(&Wire {
        event,
        data,
        seq: None,
    })
}

fn body(event: &str, data: Option<&RawValue>) -> Body {
    let fields: Map<String, Value> = data
        .and_then(|data| serde_json::from_str(data.get()).ok())
        .unwrap_or_default();
    Body::new(event, fields)
}

fn registered(body: &mut Body) -> Result<Registered, FrameError> {
    Ok(Registered {
        device_id: body.take("device_id")?,
        role: body.take("role")?,
        location: body.optional("location")?,
        outlet_id: body.take("outlet_id")?,
        station: body.optional("station")?,
    })
}

fn error(body: &mut Body) -> Result<ErrorData, FrameError> {
    Ok(ErrorData {
        code: body.take("code")?,
        message: body.optional("message")?.unwrap_or_default(),
        field: body.optional("field")?,
    })
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    job: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Id {
    id: JobId,
}

fn offer(event: String, data: Option<&RawValue>, seq: Option<String>) -> Result<Offer, FrameError> {
    let job = data.and_then(|data| serde_json::from_str::<Data<'_>>(data.get()).ok()?.job);
    let (Some(data), Some(job)) = (data, job.filter(|job| job.get().starts_with('{'))) else {
        return Err(FrameError::Unknown(event));
    };
    match serde_json::from_str::<JobHeader>(job.get()) {
        Ok(job) => Ok(Offer {
            event,
            data: data.to_owned(),
            job,
            seq,
        }),
        Err(source) => {
            let job_id = serde_json::from_str::<Id>(job.get()).ok().map(|job| job.id);
            Err(FrameError::Offer {
                event,
                job_id,
                source,
            })
        }
    }
}
