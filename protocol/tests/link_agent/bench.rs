//! An agent's link on a bench: short inputs, and every output as a short line.

use protocol::frames::{AgentInfo, Registered, Registration};
use protocol::link::{AgentInput, AgentLink, AgentLinkConfig, AgentOutput};
use protocol::{
    AgentFrame, Evidence, JobHeader, JobId, JobKind, JobState, JobUpdate, Offer, RelayFrame, Tick,
};
use serde_json::value::RawValue;

pub(crate) fn at() -> jiff::Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn registration(role: &str) -> Registration {
    Registration {
        device_id: "pc-1".into(),
        role: role.into(),
        location: None,
        outlet_id: String::new(),
        agent: AgentInfo {
            version: "0".into(),
            protocol: 1,
            spool: None,
        },
        printers: Vec::new(),
    }
}

pub(crate) fn registered(device: &str, role: &str) -> AgentInput {
    AgentInput::Received(RelayFrame::Registered(Registered {
        device_id: device.into(),
        role: role.into(),
        location: None,
        outlet_id: "demo".into(),
        station: Some(role.into()),
    }))
}

pub(crate) fn offer(seq: u64) -> AgentInput {
    let job = JobHeader {
        id: JobId::new(format!("j{seq}")),
        seq,
        station: "kitchen".into(),
        number: seq,
        kind: JobKind::Order,
        copies: 1,
        due: at(),
        expires: at(),
        attempt: 0,
        age_ms: 0,
        banners: Vec::new(),
        via: None,
        hops: 0,
    };
    let data = RawValue::from_string("{}".into()).unwrap();
    AgentInput::Received(RelayFrame::Offer(Box::new(
        Offer::new("print", &data, job).unwrap(),
    )))
}

pub(crate) fn update(seq: u64, state: JobState) -> AgentInput {
    let (job_id, evidence) = (JobId::new(format!("j{seq}")), Some(Evidence::A));
    AgentInput::Report(JobUpdate {
        job_id,
        state,
        attempt: 1,
        printer: None,
        evidence,
        detail: None,
        at: at(),
    })
}

pub(crate) fn spooled(seq: u64) -> AgentInput {
    AgentInput::Spooled(JobId::new(format!("j{seq}")))
}

pub(crate) fn settled(seq: u64) -> AgentInput {
    AgentInput::Received(RelayFrame::JobSettled {
        job_id: JobId::new(format!("j{seq}")),
    })
}

/// A link with its clock; every output becomes a short line.
pub(crate) struct Bench {
    pub(crate) link: AgentLink,
    pub(crate) now: u64,
}

impl Bench {
    pub(crate) fn new(roles: &[&str]) -> Self {
        let registrations = roles.iter().map(|role| registration(role)).collect();
        let mut bench = Self {
            link: AgentLink::new(
                AgentLinkConfig {
                    registrations,
                    seed: 7,
                },
                Tick(0),
            ),
            now: 0,
        };
        assert_eq!(bench.outputs(), ["connect"]);
        bench
    }

    pub(crate) fn live() -> Self {
        let mut bench = Self::new(&["kitchen"]);
        assert_eq!(bench.feed(AgentInput::Connected), ["register kitchen"]);
        assert_eq!(bench.feed(registered("pc-1", "kitchen")), ["station 0 kitchen"]);
        assert!(bench.link.is_live());
        bench
    }

    pub(crate) fn feed(&mut self, input: AgentInput) -> Vec<String> {
        self.link.handle(input, Tick(self.now));
        self.outputs()
    }

    /// Waits until the link wants to be woken, and wakes it.
    pub(crate) fn wake(&mut self) -> Vec<String> {
        self.now = self.link.poll_timeout().unwrap().0.max(self.now);
        self.feed(AgentInput::Timeout)
    }

    pub(crate) fn later(&mut self, wait_ms: u64) -> Vec<String> {
        self.now += wait_ms;
        self.feed(AgentInput::Timeout)
    }

    pub(crate) fn outputs(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.link.poll_output())
            .map(|output| line(&output))
            .collect()
    }
}

fn line(output: &AgentOutput) -> String {
    match output {
        AgentOutput::Connect => "connect".into(),
        AgentOutput::Send(AgentFrame::Register(data)) => format!("register {}", data.role),
        AgentOutput::Send(AgentFrame::JobAck { job_id }) => format!("ack {job_id}"),
        AgentOutput::Send(AgentFrame::JobUpdate(update)) => format!("{} {}", update.job_id, update.state),
        AgentOutput::Send(AgentFrame::PrinterStatus(status)) => {
            format!("{} {}", status.printer, status.online)
        }
        AgentOutput::Send(AgentFrame::Pong) => "pong".into(),
        AgentOutput::Spool(offer) => format!("spool {}", offer.job.id),
        AgentOutput::Settled(id) => format!("settled {id}"),
        AgentOutput::Station {
            registration,
            station,
        } => format!("station {registration} {station}"),
        AgentOutput::Disconnect { reason } => format!("{reason:?}"),
        AgentOutput::Refused(error) => format!("refused {}", error.code),
        AgentOutput::Clock { relay_now, at_tick } => format!("clock {relay_now} at {}", at_tick.0),
        other => format!("{other:?}"),
    }
}
