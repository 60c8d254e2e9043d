//! What the agent's half is told and what it asks for.

use std::time::Duration;

use jiff::Timestamp;

use crate::frames::{
    AgentFrame, ErrorData, JobUpdate, Offer, PrinterInfo, PrinterStatus, Registration, RelayFrame,
};
use crate::job::JobId;
use crate::time::Tick;

/// What the link needs to know from the start.
#[derive(Debug, Clone)]
pub struct AgentLinkConfig {
    /// One for each station, repeated on every connection.
    pub registrations: Vec<Registration>,
    /// Seed of the jitter; any number that differs between agents.
    pub seed: u64,
}

/// What happened.
#[derive(Debug)]
pub enum AgentInput {
    /// Something is known of the printers that the relay should hear: every station registers again, on the
    /// connection that stands.
    Printers(Vec<PrinterInfo>),
    /// The connection asked for by [`AgentOutput::Connect`] stands.
    Connected,
    /// It failed.
    ConnectFailed {
        /// Why, in words for a person.
        why: String,
    },
    /// The other side closed the connection, or it broke.
    Disconnected {
        /// When the relay wants to see us again, where it said so.
        retry_after: Option<Duration>,
    },
    /// A frame came.
    Received(RelayFrame),
    /// An offer came whose job cannot be read ([`crate::FrameError::Offer`]); it is reported as failed.
    Unreadable {
        /// Which job, where that much could be read.
        job_id: Option<JobId>,
        /// What is wrong, in words for a person.
        why: String,
        /// The agent's corrected clock.
        at: Timestamp,
    },
    /// The offered job is fsynced in the spool. Where the spool knew it already, the shell feeds
    /// [`AgentInput::Report`] with its latest state as well.
    Spooled(JobId),
    /// The spool could not take the offered job; it stays at the relay, and what came behind it too.
    SpoolRefused(JobId, String),
    /// The press said something, which is already durable in the spool. At the start: the latest report of
    /// every job that is not settled, in order.
    Report(JobUpdate),
    /// A printer said something of itself.
    Printer(PrinterStatus),
    /// The time of [`crate::link::AgentLink::poll_timeout`] has come.
    Timeout,
}

/// What the shell shall do.
#[derive(Debug)]
pub enum AgentOutput {
    /// Connect; answer with `Connected` or `ConnectFailed`.
    Connect,
    /// Send a frame on the connection.
    Send(AgentFrame),
    /// Write the job to the spool; answer with `Spooled` or `SpoolRefused`. One at a time.
    Spool(Box<Offer>),
    /// The relay asks to withdraw a job if no byte has left.
    Cancel(JobId),
    /// A person answered whether an unconfirmed job printed.
    Resolve {
        /// Which job.
        job_id: JobId,
        /// The answer; `false` asks for a copy.
        printed: bool,
    },
    /// A person wants a held, stale job printed.
    Release(JobId),
    /// The relay stored the final state: note it in the spool.
    Settled(JobId),
    /// The relay says which station a registration means.
    Station {
        /// Index in [`AgentLinkConfig::registrations`].
        registration: usize,
        /// The station's name.
        station: String,
    },
    /// The relay's clock, for dates where the own clock is wrong.
    Clock {
        /// What the relay's clock said.
        relay_now: Timestamp,
        /// When that was heard.
        at_tick: Tick,
    },
    /// The relay refused a frame; a person should see it.
    Refused(ErrorData),
    /// Drop the connection, or the attempt to make one. It is not answered.
    Disconnect {
        /// Why.
        reason: DisconnectReason,
    },
}

/// Why the agent drops a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectReason {
    /// No answer to the attempt to connect.
    ConnectTimeout,
    /// Nothing was heard for [`crate::link::DEAD_AFTER`].
    Silent,
    /// The relay confirmed no registration.
    NotRegistered,
    /// The relay offered more than the window allows.
    Flooded,
    /// The relay goes away on purpose.
    Goodbye,
}

impl DisconnectReason {
    /// In words for a person.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConnectTimeout => "no answer while connecting",
            Self::Silent => "nothing heard for 40 s",
            Self::NotRegistered => "the relay confirmed no station",
            Self::Flooded => "the relay offered more jobs than it may",
            Self::Goodbye => "the relay said goodbye",
        }
    }
}
