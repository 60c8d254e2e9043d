//! What the relay's half is told and what it asks for.

use std::time::Duration;

use crate::frames::{
    AgentFrame, ErrorData, FrameError, JobUpdate, Offer, PrinterStatus, Registered, Registration, RelayFrame,
};
use crate::job::{JobId, JobState};

/// What happened.
#[derive(Debug)]
pub enum RelayInput {
    /// A registration is resolved and recorded; this is its answer, with its `station`. The shell feeds the
    /// wishes of people for jobs at this agent (`Cancel`, `Resolve`, `Release`) again after it.
    Registered(Registered),
    /// This connection's station also prints for that one while it is down: its jobs are looked for, too.
    BacksUp {
        /// The other station.
        station: String,
    },
    /// A registration was refused.
    RegisterRefused(ErrorData),
    /// A frame came.
    Frame(AgentFrame),
    /// A frame came that cannot be read.
    BadFrame(FrameError),
    /// The answer to [`RelayOutput::Fetch`]; every question must be answered.
    Jobs {
        /// The station asked about.
        station: String,
        /// Its jobs after the cursor that this agent's present spool has not acknowledged and that are not
        /// final, by `seq`.
        offers: Vec<Offer>,
        /// Whether there are more.
        more: bool,
    },
    /// There may be a new job. Only a hint.
    Nudge {
        /// At this station.
        station: String,
    },
    /// An acknowledgement is committed.
    AckStored(JobId),
    /// An update is committed, or was nothing new. Also the answer to an acknowledgement of a job that the
    /// relay has closed meanwhile.
    UpdateStored {
        /// Which job.
        job_id: JobId,
        /// The state as it is stored now.
        state: JobState,
        /// The agent said a final state and the stored one is final, or the job is unknown: it need not
        /// report it again.
        settled: bool,
    },
    /// The store refused an acknowledgement or update: not this agent's job.
    StoreRefused(ErrorData),
    /// The store failed; nobody knows what is stored. The agent shall connect again and repeat.
    StoreFailed,
    /// A person withdraws a job.
    Cancel(JobId),
    /// A person answered whether an unconfirmed job printed.
    Resolve {
        /// Which job.
        job_id: JobId,
        /// The answer.
        printed: bool,
    },
    /// A person wants a stale job printed.
    Release(JobId),
    /// A newer connection of the same device registered.
    Fenced,
    /// The relay goes away on purpose.
    Stopping {
        /// When the agent shall come back, before jitter.
        retry_after: Duration,
    },
    /// The time of [`crate::link::RelayLink::poll_timeout`] has come.
    Timeout,
}

/// What the shell shall do.
#[derive(Debug)]
pub enum RelayOutput {
    /// Send a frame.
    Send(RelayFrame),
    /// Resolve and record a registration, fencing older connections of the device; answer with `Registered`
    /// or `RegisterRefused`.
    Register(Registration),
    /// Look for a station's jobs; answer with `Jobs`, or `StoreFailed`. One at a time per station.
    Fetch {
        /// The station.
        station: String,
        /// Only jobs after this `seq`; 0 for all.
        after_seq: u64,
        /// At most so many.
        limit: usize,
    },
    /// Store that the job is in the agent's spool; answer with `AckStored`, `UpdateStored`, `StoreRefused` or
    /// `StoreFailed`.
    StoreAck(JobId),
    /// Store an update; answer with `UpdateStored`, `StoreRefused` or `StoreFailed`.
    StoreUpdate(JobUpdate),
    /// Remember what a printer says of itself. Needs no answer.
    StorePrinter(PrinterStatus),
    /// Close the connection. Nothing follows.
    Close {
        /// Why.
        reason: CloseReason,
        /// What `goodbye` said, where it was sent.
        retry_after: Option<Duration>,
    },
}

/// Why the relay closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// Nothing was heard for [`crate::link::DEAD_AFTER`].
    Silent,
    /// A newer connection of the same device registered.
    Fenced,
    /// The relay goes away on purpose.
    Stopping,
    /// The agent says more than the store can take.
    Flooded,
    /// The store failed.
    StoreFailed,
}

impl CloseReason {
    /// In words for a person.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "nothing heard for 40 s",
            Self::Fenced => "a newer connection of this device took over",
            Self::Stopping => "the relay goes away",
            Self::Flooded => "too many updates at once",
            Self::StoreFailed => "the relay cannot store anything now",
        }
    }
}
