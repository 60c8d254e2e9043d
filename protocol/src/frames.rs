//! The frames between relay and agent: dialect D1 with the agent's part (PRODUCT.md).
//!
//! Client to relay: `{"type": VERB, …}`. Relay to client: `{"event": NAME, "data": {…}}`. Unknown
//! frames and fields are for the other side's future and are ignored. The exact text is pinned by
//! `tests/frames.rs`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::job::{Evidence, JobHeader, JobId, JobState};

/// What an agent says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentFrame {
    /// `register_device`: this agent serves a station.
    Register(Registration),
    /// `job_ack`: the job is fsynced in the spool.
    JobAck {
        /// Which job.
        job_id: JobId,
    },
    /// `job_update`: where a job stands now.
    JobUpdate(JobUpdate),
    /// `printer_status`: what a printer says of itself.
    PrinterStatus(PrinterStatus),
    /// `pong`, the answer to `ping`.
    Pong,
}

/// The `data` of an agent's `register_device`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The device's id: the enrolled one, or the agent's own where the relay takes no tokens.
    pub device_id: String,
    /// The station's name in agent.toml: `kitchen`, `bar`, `cashier` or any station of the outlet.
    pub role: String,
    /// The station's location, such as `depan`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The outlet; empty where the token names it.
    pub outlet_id: String,
    /// What makes this device an agent.
    pub agent: AgentInfo,
    /// Its printers.
    #[serde(default)]
    pub printers: Vec<PrinterInfo>,
}

/// The program behind a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentInfo {
    /// The agent's version.
    pub version: String,
    /// The protocol version, [`crate::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// The id of its spool. A new one says that whatever was acknowledged under another is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spool: Option<String>,
}

/// A printer as an agent presents it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrinterInfo {
    /// Its name in agent.toml.
    pub name: String,
    /// Its profile.
    pub profile: String,
    /// The level of proof it was probed for; none until it was.
    pub proof: Option<Evidence>,
    /// `ready`, `offline`, `paper_out`, `cover_open`, `error`, `busy` or `unknown`.
    pub state: String,
}

/// `job_update`: one step of a job at the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobUpdate {
    /// Which job.
    pub job_id: JobId,
    /// Where it stands.
    pub state: JobState,
    /// Attempts begun, 0 before the first byte.
    pub attempt: u32,
    /// The printer, once one is chosen.
    pub printer: Option<String>,
    /// How it is known, for `printed` and `sent`.
    pub evidence: Option<Evidence>,
    /// Why, in words for a person.
    pub detail: Option<String>,
    /// When, by the agent's clock corrected by the relay's last `now`.
    pub at: Timestamp,
}

/// `printer_status`: what a printer says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrinterStatus {
    /// Its name in agent.toml.
    pub printer: String,
    /// Whether it can print now.
    pub online: bool,
    /// `ok`, `low`, `out` or `unknown`.
    pub paper: String,
    /// `closed`, `open` or `unknown`.
    pub cover: String,
    /// What is wrong, in words for a person.
    pub error: Option<String>,
}

/// What the relay says to an agent.
#[derive(Debug, Clone)]
pub enum RelayFrame {
    /// `device_registered`: the answer to `register_device`.
    Registered(Registered),
    /// A print event of D1 whose `data` carries `job`.
    Offer(Box<Offer>),
    /// `job_settled`: a final state is stored; the agent need not report it again.
    JobSettled {
        /// Which job.
        job_id: JobId,
    },
    /// `job_cancel`: withdraw it if no byte has left.
    JobCancel {
        /// Which job.
        job_id: JobId,
    },
    /// `job_resolve`: a person answered whether an unconfirmed job printed.
    JobResolve {
        /// Which job.
        job_id: JobId,
        /// The answer; `false` asks for a copy headed REPRINT.
        printed: bool,
    },
    /// `job_release`: a person wants a held, stale job printed.
    JobRelease {
        /// Which job.
        job_id: JobId,
    },
    /// `ping`: the heartbeat.
    Ping {
        /// The relay's wall clock.
        now: Timestamp,
    },
    /// `goodbye`: the relay goes away on purpose.
    Goodbye {
        /// When to come back, before jitter.
        retry_after_ms: u64,
    },
    /// `error`: the relay refused a frame.
    Error(ErrorData),
}

/// The `data` of `device_registered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// The device.
    pub device_id: String,
    /// Its role as it gave it.
    pub role: String,
    /// Its location as it gave it.
    pub location: Option<String>,
    /// The outlet it belongs to.
    pub outlet_id: String,
    /// The station this role and location mean here; present for agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<String>,
}

/// The `data` of `error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorData {
    /// A stable code such as `VALIDATION_ERROR`.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
    /// The field at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// A print event that carries a job.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The event's name, such as `kitchen_immediate_print`.
    pub event: String,
    /// The whole `data` as it came, `job` included: what `render` takes and the spool keeps.
    pub data: Box<RawValue>,
    /// `data.job`.
    pub job: JobHeader,
    /// The event's position in the outlet's log (`N.k`), for clients that resume; nothing to an agent.
    pub seq: Option<String>,
}

/// The longest frame that is read or made, in bytes: the limit of every dialect (DIALECTS.md), so that one
/// frame cannot exhaust memory.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;

/// Why a frame could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Longer than [`MAX_FRAME_BYTES`]; not parsed.
    #[error("the frame has {bytes} bytes, at most {MAX_FRAME_BYTES} are taken")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not JSON, or no object.
    #[error("the frame is not a JSON object")]
    NotJson(#[source] serde_json::Error),
    /// An object that does not say what it is.
    #[error("the frame has no text field `{field}`")]
    Nameless {
        /// `type` from an agent, `event` from a relay.
        field: &'static str,
    },
    /// A verb or event this side does not know. The older side ignores it.
    #[error("`{0}` is not known here")]
    Unknown(String),
    /// A known frame with a wrong body.
    #[error("`{name}` has a wrong `{field}`")]
    Body {
        /// The verb or event.
        name: String,
        /// The field at fault, missing or wrong.
        field: &'static str,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// An offer whose `job` this side cannot read. It must be answered, or it would block the queue.
    #[error("the job offered as `{event}` cannot be read")]
    Offer {
        /// The event.
        event: String,
        /// Which job, where that much could be read.
        job_id: Option<JobId>,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}
