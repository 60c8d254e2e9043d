//! The relay's half of the link, one for each connection: offers jobs in order, stores what the agent says.

mod io;
mod lane;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

pub use self::io::{CloseReason, RelayInput, RelayOutput};
use self::lane::Lane;
use super::{DEAD_AFTER, MAX_STATIONS, PING_EVERY};
use crate::frames::{AgentFrame, ErrorData, FrameError, JobUpdate, Offer, Registered, RelayFrame};
use crate::job::{Evidence, JobId, JobState};
use crate::time::Tick;

/// Acknowledgements and updates handed to the store and not yet answered. An honest agent paces itself far
/// below.
const MAX_STORING: usize = 1024;
/// When a fenced agent may come back: the newer connection is its own, or somebody has its token.
const FENCED_RETRY_AFTER: Duration = Duration::from_secs(30);
/// When an agent may come back after the store failed.
const FAILED_RETRY_AFTER: Duration = Duration::from_secs(2);

/// The relay's half of the link on one connection.
#[derive(Debug)]
pub struct RelayLink {
    lanes: BTreeMap<String, Lane>,
    heard: Tick,
    ping_at: Tick,
    storing: usize,
    closed: bool,
    outputs: VecDeque<RelayOutput>,
}

impl RelayLink {
    /// A connection on which nothing is registered yet.
    #[must_use]
    pub fn new(now: Tick) -> Self {
        Self {
            lanes: BTreeMap::new(),
            heard: now,
            ping_at: now + PING_EVERY,
            storing: 0,
            closed: false,
            outputs: VecDeque::new(),
        }
    }

    /// Takes in what happened at `now`, which is `wall` on the relay's clock. After a close nothing is taken:
    /// what a fenced agent still says is refused.
    pub fn handle(&mut self, input: RelayInput, now: Tick, wall: Timestamp) {
        if self.closed {
            return;
        }
        match input {
            RelayInput::Registered(data) => self.registered(data, now, wall),
            RelayInput::BacksUp { station } => self.backs_up(station, now),
            RelayInput::RegisterRefused(error) => self.send(RelayFrame::Error(error)),
            RelayInput::Frame(frame) => self.frame(frame, now),
            RelayInput::BadFrame(error) => self.bad_frame(&error, now),
            RelayInput::Jobs {
                station,
                offers,
                more,
            } => self.jobs(&station, offers, more, now),
            RelayInput::Nudge { station } => {
                if let Some(lane) = self.lanes.get_mut(&station) {
                    lane.nudge();
                }
            }
            RelayInput::AckStored(job_id) => {
                self.storing = self.storing.saturating_sub(1);
                self.close_offer(&job_id);
            }
            RelayInput::UpdateStored {
                job_id,
                state,
                settled,
            } => self.update_stored(job_id, state, settled),
            RelayInput::StoreRefused(error) => {
                self.storing = self.storing.saturating_sub(1);
                self.send(RelayFrame::Error(error));
            }
            RelayInput::StoreFailed => self.close(CloseReason::StoreFailed, Some(FAILED_RETRY_AFTER)),
            RelayInput::Cancel(job_id) => self.send(RelayFrame::JobCancel { job_id }),
            RelayInput::Resolve { job_id, printed } => self.send(RelayFrame::JobResolve { job_id, printed }),
            RelayInput::Release(job_id) => self.send(RelayFrame::JobRelease { job_id }),
            RelayInput::Fenced => self.close(CloseReason::Fenced, Some(FENCED_RETRY_AFTER)),
            RelayInput::Stopping { retry_after } => self.close(CloseReason::Stopping, Some(retry_after)),
            RelayInput::Timeout => {}
        }
        self.check_time(now, wall);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<RelayOutput> {
        self.outputs.pop_front()
    }

    /// When to feed [`RelayInput::Timeout`] at the latest; none once closed.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Tick> {
        if self.closed {
            return None;
        }
        let lanes = self.lanes.values().filter_map(Lane::timeout);
        lanes.chain([self.ping_at, self.heard + DEAD_AFTER]).min()
    }

    /// The stations registered on this connection.
    pub fn stations(&self) -> impl Iterator<Item = &str> {
        self.lanes.keys().map(String::as_str)
    }

    fn registered(&mut self, data: Registered, now: Tick, wall: Timestamp) {
        if let Some(station) = &data.station {
            if self.lanes.len() >= MAX_STATIONS && !self.lanes.contains_key(station) {
                self.send(refusal(
                    "VALIDATION_ERROR",
                    "too many stations on one connection",
                    Some("role"),
                ));
                return;
            }
            if self.lanes.is_empty() {
                // The agent wants to know the time before it judges how old its jobs are.
                self.ping_at = now;
            }
            self.lanes
                .entry(station.clone())
                .or_insert_with(|| Lane::new(now));
        }
        self.send(RelayFrame::Registered(data));
        self.check_time(now, wall);
    }

    fn backs_up(&mut self, station: String, now: Tick) {
        // Each registered station backs one other in any sensible house.
        if self.lanes.len() < 2 * MAX_STATIONS {
            self.lanes.entry(station).or_insert_with(|| Lane::new(now));
        }
    }

    fn frame(&mut self, frame: AgentFrame, now: Tick) {
        self.heard = now;
        match frame {
            AgentFrame::Register(registration) => {
                self.outputs.push_back(RelayOutput::Register(registration));
            }
            AgentFrame::Pong => {}
            AgentFrame::JobAck { .. } | AgentFrame::JobUpdate(_) | AgentFrame::PrinterStatus(_)
                if self.lanes.is_empty() =>
            {
                self.send(refusal("FORBIDDEN", "register a station first", None));
            }
            AgentFrame::JobAck { job_id } => self.store(RelayOutput::StoreAck(job_id)),
            AgentFrame::JobUpdate(update) => match fault(&update) {
                Some((field, message)) => self.send(refusal("VALIDATION_ERROR", message, Some(field))),
                None => self.store(RelayOutput::StoreUpdate(update)),
            },
            AgentFrame::PrinterStatus(status) => self.outputs.push_back(RelayOutput::StorePrinter(status)),
        }
    }

    fn bad_frame(&mut self, error: &FrameError, now: Tick) {
        self.heard = now;
        let field = match error {
            FrameError::Body { field, .. } | FrameError::Nameless { field } => Some(*field),
            FrameError::TooLong { .. }
            | FrameError::NotJson(_)
            | FrameError::Unknown(_)
            | FrameError::Offer { .. } => None,
        };
        self.send(refusal("VALIDATION_ERROR", &error.to_string(), field));
    }

    fn jobs(&mut self, station: &str, offers: Vec<Offer>, more: bool, now: Tick) {
        let Some(lane) = self.lanes.get_mut(station) else {
            return;
        };
        for offer in lane.answer(offers, more, now) {
            self.send(RelayFrame::Offer(Box::new(offer)));
        }
    }

    fn store(&mut self, order: RelayOutput) {
        self.storing += 1;
        if self.storing > MAX_STORING {
            self.close(CloseReason::Flooded, None);
            return;
        }
        self.outputs.push_back(order);
    }

    fn update_stored(&mut self, job_id: JobId, state: JobState, settled: bool) {
        self.storing = self.storing.saturating_sub(1);
        self.close_offer(&job_id);
        if settled {
            self.send(RelayFrame::JobSettled { job_id });
        } else if matches!(state, JobState::Cancelled | JobState::Expired | JobState::Failed) {
            // The relay has closed it, the agent still has it open.
            self.send(RelayFrame::JobCancel { job_id });
        }
    }

    fn close_offer(&mut self, job_id: &JobId) {
        for lane in self.lanes.values_mut() {
            lane.close(job_id);
        }
    }

    fn check_time(&mut self, now: Tick, wall: Timestamp) {
        if self.closed {
            return;
        }
        if self.heard + DEAD_AFTER <= now {
            self.close(CloseReason::Silent, None);
            return;
        }
        if self.ping_at <= now {
            self.ping_at = now + PING_EVERY;
            self.send(RelayFrame::Ping { now: wall });
        }
        for (station, lane) in &mut self.lanes {
            if let Some((after_seq, limit)) = lane.ask(now) {
                let station = station.clone();
                self.outputs.push_back(RelayOutput::Fetch {
                    station,
                    after_seq,
                    limit,
                });
            }
        }
    }

    fn close(&mut self, reason: CloseReason, retry_after: Option<Duration>) {
        if let Some(wait) = retry_after {
            let retry_after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            self.send(RelayFrame::Goodbye { retry_after_ms });
        }
        self.outputs.push_back(RelayOutput::Close { reason, retry_after });
        self.closed = true;
    }

    fn send(&mut self, frame: RelayFrame) {
        self.outputs.push_back(RelayOutput::Send(frame));
    }
}

/// What an agent cannot truthfully say (I4).
fn fault(update: &JobUpdate) -> Option<(&'static str, &'static str)> {
    match (update.state, update.evidence) {
        (JobState::Accepted, _) => Some(("state", "`state` is `accepted`, which is the relay's to say")),
        (JobState::Printed, None | Some(Evidence::C)) => {
            Some(("evidence", "`printed` needs evidence A, B or person"))
        }
        _ => None,
    }
}

fn refusal(code: &str, message: &str, field: Option<&str>) -> RelayFrame {
    let field = field.map(str::to_owned);
    RelayFrame::Error(ErrorData {
        code: code.to_owned(),
        message: message.to_owned(),
        field,
    })
}
