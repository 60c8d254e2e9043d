//! A relay's link on a bench: short inputs, and every output as a short line.

use protocol::frames::Registered;
use protocol::link::{RelayInput, RelayLink, RelayOutput};
use protocol::{
    AgentFrame, Evidence, JobHeader, JobId, JobKind, JobState, JobUpdate, Offer, RelayFrame, Tick,
};
use serde_json::value::RawValue;

pub(crate) fn wall() -> jiff::Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

pub(crate) fn id(seq: u64) -> JobId {
    JobId::new(format!("j{seq}"))
}

pub(crate) fn registered(station: &str) -> RelayInput {
    RelayInput::Registered(Registered {
        device_id: "pc-1".into(),
        role: station.into(),
        location: None,
        outlet_id: "demo".into(),
        station: Some(station.into()),
    })
}

pub(crate) fn jobs(seqs: impl IntoIterator<Item = u64>, more: bool) -> RelayInput {
    let offer = |seq| {
        let job = JobHeader {
            id: id(seq),
            seq,
            station: "kitchen".into(),
            number: seq,
            kind: JobKind::Order,
            copies: 1,
            due: wall(),
            expires: wall(),
            attempt: 0,
            age_ms: 0,
            banners: Vec::new(),
            via: None,
            hops: 0,
        };
        Offer::new("print", &RawValue::from_string("{}".into()).unwrap(), job).unwrap()
    };
    RelayInput::Jobs {
        station: "kitchen".into(),
        offers: seqs.into_iter().map(offer).collect(),
        more,
    }
}

pub(crate) fn update(state: JobState, evidence: Option<Evidence>) -> RelayInput {
    let update = JobUpdate {
        job_id: id(1),
        state,
        attempt: 1,
        printer: None,
        evidence,
        detail: None,
        at: wall(),
    };
    RelayInput::Frame(AgentFrame::JobUpdate(update))
}

pub(crate) fn stored(state: JobState, settled: bool) -> RelayInput {
    RelayInput::UpdateStored {
        job_id: id(1),
        state,
        settled,
    }
}

pub(crate) fn ack(seq: u64) -> RelayInput {
    RelayInput::Frame(AgentFrame::JobAck { job_id: id(seq) })
}

/// A link with its clock; every output becomes a short line.
pub(crate) struct Bench {
    pub(crate) link: RelayLink,
    pub(crate) now: u64,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            link: RelayLink::new(Tick(0)),
            now: 0,
        }
    }

    /// With a registered kitchen that has no jobs yet.
    pub(crate) fn live() -> Self {
        let mut bench = Self::new();
        let said = bench.feed(registered("kitchen"));
        assert_eq!(said, ["registered kitchen", "ping", "fetch kitchen 0 32"]);
        assert!(bench.feed(jobs([], false)).is_empty());
        bench
    }

    pub(crate) fn feed(&mut self, input: RelayInput) -> Vec<String> {
        self.link.handle(input, Tick(self.now), wall());
        std::iter::from_fn(|| self.link.poll_output())
            .map(|output| line(&output))
            .collect()
    }

    pub(crate) fn at(&mut self, now: u64, input: RelayInput) -> Vec<String> {
        self.now = now;
        self.feed(input)
    }

    pub(crate) fn nudge(&mut self) -> Vec<String> {
        self.feed(RelayInput::Nudge {
            station: "kitchen".into(),
        })
    }
}

fn line(output: &RelayOutput) -> String {
    match output {
        RelayOutput::Send(RelayFrame::Registered(data)) => format!("registered {}", data.role),
        RelayOutput::Send(RelayFrame::Offer(offer)) => format!("offer {}", offer.job.seq),
        RelayOutput::Send(RelayFrame::JobSettled { job_id }) => format!("settled {job_id}"),
        RelayOutput::Send(RelayFrame::JobCancel { job_id }) => format!("cancel {job_id}"),
        RelayOutput::Send(RelayFrame::JobResolve { job_id, printed }) => {
            format!("resolve {job_id} {printed}")
        }
        RelayOutput::Send(RelayFrame::JobRelease { job_id }) => format!("release {job_id}"),
        RelayOutput::Send(RelayFrame::Ping { .. }) => "ping".into(),
        RelayOutput::Send(RelayFrame::Goodbye { retry_after_ms }) => format!("goodbye {retry_after_ms}"),
        RelayOutput::Send(RelayFrame::Error(error)) => {
            format!("error {} {}", error.code, error.field.as_deref().unwrap_or("-"))
        }
        RelayOutput::Fetch {
            station,
            after_seq,
            limit,
        } => format!("fetch {station} {after_seq} {limit}"),
        RelayOutput::StoreAck(id) => format!("store ack {id}"),
        RelayOutput::StoreUpdate(update) => format!("store {} {}", update.job_id, update.state),
        RelayOutput::Close { reason, .. } => format!("close {reason:?}"),
        other => format!("{other:?}"),
    }
}
