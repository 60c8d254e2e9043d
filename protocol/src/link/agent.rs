//! The agent's half of the link: connects without an end, takes offers into the spool, reports until settled.

mod intake;
mod io;
mod reports;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use rand::{SeedableRng as _, rngs::SmallRng};

use self::intake::Intake;
pub use self::io::{AgentInput, AgentLinkConfig, AgentOutput, DisconnectReason};
use self::reports::Reports;
use super::{DEAD_AFTER, MAX_STATIONS, WINDOW};
use crate::backoff::Backoff;
use crate::frames::{
    AgentFrame, ErrorData, JobUpdate, Offer, PrinterInfo, PrinterStatus, Registered, Registration, RelayFrame,
};
use crate::job::{JobId, JobState};
use crate::time::Tick;

/// The longest wait for a connection with its handshakes: name lookup, TCP, TLS and upgrade on a bad line.
const CONNECT_WITHIN: Duration = Duration::from_secs(20);
/// The longest wait for the answers to the registrations; what came by then is what the link serves.
const REGISTER_WITHIN: Duration = Duration::from_secs(10);
/// Jobs that wait for the relay to settle them; beyond, new ones stay at the relay (I7).
const MAX_UNSETTLED: usize = 10_000;
/// Printers whose last status is kept for the next connection.
const MAX_PRINTERS: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting { until: Tick },
    Connecting { until: Tick },
    Registering { until: Tick },
    Live,
}

/// The agent's half of the link.
#[derive(Debug)]
pub struct AgentLink {
    registrations: Vec<Registration>,
    rng: SmallRng,
    backoff: Backoff,
    phase: Phase,
    heard: Tick,
    stations: BTreeSet<usize>,
    refusals: usize,
    intake: Intake,
    reports: Reports,
    printers: BTreeMap<String, PrinterStatus>,
    outputs: VecDeque<AgentOutput>,
}

impl AgentLink {
    /// A link that wants to connect at once.
    #[must_use]
    pub fn new(config: AgentLinkConfig, now: Tick) -> Self {
        // Twice: what the last connection left with the spool, and a full window of this one.
        let bound = 2 * WINDOW * config.registrations.len().clamp(1, MAX_STATIONS);
        Self {
            registrations: config.registrations,
            rng: SmallRng::seed_from_u64(config.seed),
            backoff: Backoff::default(),
            phase: Phase::Connecting {
                until: now + CONNECT_WITHIN,
            },
            heard: now,
            stations: BTreeSet::new(),
            refusals: 0,
            intake: Intake::new(bound),
            reports: Reports::default(),
            printers: BTreeMap::new(),
            outputs: VecDeque::from([AgentOutput::Connect]),
        }
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, input: AgentInput, now: Tick) {
        match input {
            AgentInput::Printers(printers) => self.printers_known(&printers),
            AgentInput::Connected => self.connected(now),
            AgentInput::ConnectFailed { why: _ } => self.lost(None, now),
            AgentInput::Disconnected { retry_after } => self.lost(retry_after, now),
            AgentInput::Received(frame) => self.received(frame, now),
            AgentInput::Unreadable { job_id, why, at } => self.unreadable(job_id, why, at, now),
            AgentInput::Spooled(job_id) => self.spooled(job_id),
            AgentInput::SpoolRefused(job_id, _) => self.intake.refused(&job_id),
            AgentInput::Report(update) => {
                // The press may be heard before the spool's answer.
                self.spooled(update.job_id.clone());
                self.reports.report(update);
            }
            AgentInput::Printer(status) => self.printer(status),
            AgentInput::Timeout => {}
        }
        self.check_time(now);
        self.pump(now);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<AgentOutput> {
        self.outputs.pop_front()
    }

    /// When to feed [`AgentInput::Timeout`] at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Tick> {
        let dead = self.heard + DEAD_AFTER;
        Some(match self.phase {
            Phase::Waiting { until } | Phase::Connecting { until } => until,
            Phase::Registering { until } => until.min(dead),
            Phase::Live => self.reports.timeout().map_or(dead, |due| due.min(dead)),
        })
    }

    /// Whether the relay knows this agent's stations on the present connection.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// Jobs that the relay has not settled yet.
    #[must_use]
    pub fn unsettled(&self) -> usize {
        self.reports.len()
    }

    fn connected(&mut self, now: Tick) {
        if !matches!(self.phase, Phase::Connecting { .. }) {
            return;
        }
        self.phase = Phase::Registering {
            until: now + REGISTER_WITHIN,
        };
        self.heard = now;
        self.register();
    }

    fn printers_known(&mut self, printers: &[PrinterInfo]) {
        for registration in &mut self.registrations {
            registration.printers = printers.to_vec();
        }
        if self.is_connected() {
            self.register();
        }
    }

    fn register(&mut self) {
        for registration in &self.registrations {
            self.outputs
                .push_back(AgentOutput::Send(AgentFrame::Register(registration.clone())));
        }
    }

    fn received(&mut self, frame: RelayFrame, now: Tick) {
        if !self.is_connected() {
            return;
        }
        self.heard = now;
        match frame {
            RelayFrame::Registered(data) => self.registered(&data, now),
            RelayFrame::Offer(offer) => self.offered(offer, now),
            RelayFrame::JobSettled { job_id } => {
                if self.reports.settled(&job_id) {
                    self.outputs.push_back(AgentOutput::Settled(job_id));
                }
            }
            RelayFrame::JobCancel { job_id } => self.outputs.push_back(AgentOutput::Cancel(job_id)),
            RelayFrame::JobResolve { job_id, printed } => {
                self.outputs.push_back(AgentOutput::Resolve { job_id, printed });
            }
            RelayFrame::JobRelease { job_id } => self.outputs.push_back(AgentOutput::Release(job_id)),
            RelayFrame::Ping { now: relay_now } => {
                self.outputs.push_back(AgentOutput::Clock {
                    relay_now,
                    at_tick: now,
                });
                self.outputs.push_back(AgentOutput::Send(AgentFrame::Pong));
            }
            RelayFrame::Goodbye { retry_after_ms } => {
                self.leave(
                    DisconnectReason::Goodbye,
                    Some(Duration::from_millis(retry_after_ms)),
                    now,
                );
            }
            RelayFrame::Error(error) => self.refused(error, now),
        }
    }

    fn registered(&mut self, data: &Registered, now: Tick) {
        // The event goes to the whole outlet: other devices' are not ours, and eyes get no station.
        let Some(station) = &data.station else { return };
        for (index, own) in self.registrations.iter().enumerate() {
            let same =
                own.device_id == data.device_id && own.role == data.role && own.location == data.location;
            if same {
                self.stations.insert(index);
                self.outputs.push_back(AgentOutput::Station {
                    registration: index,
                    station: station.clone(),
                });
            }
        }
        if !self.stations.is_empty() {
            self.backoff.reset();
        }
        self.go_live_if_all_answered(now);
    }

    fn refused(&mut self, error: ErrorData, now: Tick) {
        self.outputs.push_back(AgentOutput::Refused(error));
        if matches!(self.phase, Phase::Registering { .. }) {
            self.refusals += 1;
            self.go_live_if_all_answered(now);
        }
    }

    fn go_live_if_all_answered(&mut self, now: Tick) {
        if self.stations.len() + self.refusals >= self.registrations.len() {
            self.end_registering(now);
        }
    }

    fn end_registering(&mut self, now: Tick) {
        if !matches!(self.phase, Phase::Registering { .. }) {
            return;
        }
        if self.stations.is_empty() {
            self.leave(DisconnectReason::NotRegistered, None, now);
            return;
        }
        self.phase = Phase::Live;
        self.reports.begin();
        for status in self.printers.values() {
            self.outputs
                .push_back(AgentOutput::Send(AgentFrame::PrinterStatus(status.clone())));
        }
    }

    fn offered(&mut self, offer: Box<Offer>, now: Tick) {
        self.intake.see(&offer);
        if self.reports.knows(&offer.job.id) {
            self.reports.again(&offer.job.id);
        } else if self.reports.len() >= MAX_UNSETTLED {
            self.intake.refuse(&offer);
        } else {
            self.intake.offer(offer);
        }
        if self.intake.is_flooded() {
            self.leave(DisconnectReason::Flooded, None, now);
        }
    }

    fn spooled(&mut self, job_id: JobId) {
        if self.intake.done(&job_id) {
            self.reports.spooled(job_id);
        }
    }

    fn unreadable(&mut self, job_id: Option<JobId>, why: String, at: Timestamp, now: Tick) {
        let Some(job_id) = job_id else { return };
        if !self.is_connected() {
            return;
        }
        self.heard = now;
        let (state, detail) = (JobState::Failed, Some(why));
        let update = JobUpdate {
            job_id,
            state,
            attempt: 0,
            printer: None,
            evidence: None,
            detail,
            at,
        };
        self.outputs
            .push_back(AgentOutput::Send(AgentFrame::JobUpdate(update)));
    }

    fn printer(&mut self, status: PrinterStatus) {
        let news = self.printers.get(&status.printer) != Some(&status);
        let room = self.printers.len() < MAX_PRINTERS || self.printers.contains_key(&status.printer);
        if !news || !room {
            return;
        }
        if self.is_live() {
            self.outputs
                .push_back(AgentOutput::Send(AgentFrame::PrinterStatus(status.clone())));
        }
        self.printers.insert(status.printer.clone(), status);
    }

    fn check_time(&mut self, now: Tick) {
        match self.phase {
            Phase::Waiting { until } if until <= now => {
                self.phase = Phase::Connecting {
                    until: now + CONNECT_WITHIN,
                };
                self.outputs.push_back(AgentOutput::Connect);
            }
            Phase::Connecting { until } if until <= now => {
                self.leave(DisconnectReason::ConnectTimeout, None, now);
            }
            Phase::Registering { until } if until <= now => self.end_registering(now),
            Phase::Registering { .. } | Phase::Live if self.heard + DEAD_AFTER <= now => {
                self.leave(DisconnectReason::Silent, None, now);
            }
            Phase::Waiting { .. } | Phase::Connecting { .. } | Phase::Registering { .. } | Phase::Live => {}
        }
    }

    fn pump(&mut self, now: Tick) {
        if let Some(offer) = self.intake.next() {
            self.outputs.push_back(AgentOutput::Spool(offer));
        }
        while self.phase == Phase::Live {
            let Some(frame) = self.reports.next(now) else {
                return;
            };
            self.outputs.push_back(AgentOutput::Send(frame));
        }
    }

    fn leave(&mut self, reason: DisconnectReason, retry_after: Option<Duration>, now: Tick) {
        self.outputs.push_back(AgentOutput::Disconnect { reason });
        self.lost(retry_after, now);
    }

    fn lost(&mut self, retry_after: Option<Duration>, now: Tick) {
        if matches!(self.phase, Phase::Waiting { .. }) {
            return;
        }
        let wait = self.backoff.next_wait(retry_after, &mut self.rng);
        self.phase = Phase::Waiting { until: now + wait };
        self.stations.clear();
        self.refusals = 0;
        self.intake.forget();
    }

    fn is_connected(&self) -> bool {
        matches!(self.phase, Phase::Registering { .. } | Phase::Live)
    }
}
