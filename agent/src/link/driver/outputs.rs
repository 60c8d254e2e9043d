//! What the protocol's machine asks of the link: frames to send, jobs to keep, clocks to set.

use jiff::Timestamp;
use protocol::link::{AgentInput, AgentOutput, DisconnectReason};
use protocol::{AgentFrame, Offer};
use tracing::warn;

use super::super::lane::Ask;
use super::super::wire::Wire;
use super::{CLOCK_FACT, Driver};
use crate::spool::Wish;

/// A correction smaller than this is the line's own delay and not worth a write.
const CLOCK_NEWS_MS: u64 = 1000;

impl Driver<'_> {
    pub(super) fn perform(&mut self, output: AgentOutput) {
        match output {
            AgentOutput::Connect => self.dial(),
            AgentOutput::Send(frame) => self.send(&frame),
            AgentOutput::Spool(offer) => {
                let printer = self.printer_for(&offer);
                self.lane.ask(Ask::Accept(offer, printer, self.printers()));
            }
            AgentOutput::Cancel(id) => self.lane.ask(Ask::Wish(id, Wish::Cancel)),
            AgentOutput::Resolve { job_id, printed } => {
                let wish = if printed { Wish::Printed } else { Wish::Again };
                self.lane.ask(Ask::Wish(job_id, wish));
            }
            AgentOutput::Release(id) => self.lane.ask(Ask::Wish(id, Wish::Release)),
            AgentOutput::Settled(id) => self.lane.ask(Ask::Settle(vec![id])),
            AgentOutput::Station {
                registration,
                station,
            } => self.confirmed(registration, station),
            AgentOutput::Clock {
                relay_now,
                at_tick: _,
            } => self.correct_clock(relay_now),
            AgentOutput::Refused(error) => self.frame_refused(&error),
            AgentOutput::Disconnect { reason } => self.disconnect(reason),
        }
    }

    pub(super) fn dial(&mut self) {
        self.link.status.send_modify(|status| status.stations.clear());
        self.wire = Wire::dial(self.settings.relay.clone(), self.tls.clone());
    }

    pub(super) fn send(&mut self, frame: &AgentFrame) {
        let Wire::Up(connection) = &mut self.wire else {
            return;
        };
        if !connection.send(frame.encode()) {
            self.wire = Wire::Down;
            self.lost("the line to the relay is stuck".to_owned());
            let now = self.now();
            self.machine
                .handle(AgentInput::Disconnected { retry_after: None }, now);
        }
    }

    pub(super) fn disconnect(&mut self, reason: DisconnectReason) {
        self.wire = Wire::Down;
        match reason {
            DisconnectReason::NotRegistered if self.link.status.borrow().problem.is_some() => {}
            reason => self.lost(reason.as_str().to_owned()),
        }
    }

    pub(super) fn confirmed(&mut self, registration: usize, station: String) {
        self.link.status.send_modify(|status| {
            if !status.stations.contains(&station) {
                status.stations.push(station.clone());
            }
        });
        self.confirmed.insert(station, registration);
    }

    /// The printer of the station that a job names; a job of another station comes as its backup.
    pub(super) fn printer_for(&self, offer: &Offer) -> String {
        let station = offer.job.via.as_ref().unwrap_or(&offer.job.station);
        let stations = &self.settings.stations;
        let found = self.confirmed.get(station).and_then(|index| stations.get(*index));
        let found = found.or_else(|| stations.iter().find(|(own, _)| own.role == *station));
        let found = found.or_else(|| stations.first());
        found.map(|(_, printer)| printer.clone()).unwrap_or_default()
    }

    pub(super) fn printers(&self) -> Vec<String> {
        let stations = self.settings.stations.first();
        let printers = stations.map(|(first, _)| first.printers.iter());
        let names = printers.into_iter().flatten();
        names.map(|printer| printer.name.clone()).collect()
    }

    pub(super) fn correct_clock(&mut self, relay_now: Timestamp) {
        let before = self.link.clock.behind_ms();
        self.link.clock.correct(relay_now, Timestamp::now());
        let behind = self.link.clock.behind_ms();
        if behind.abs_diff(before) < CLOCK_NEWS_MS {
            return;
        }
        self.lane
            .ask(Ask::Remember(CLOCK_FACT.to_owned(), behind.to_string()));
        self.link
            .status
            .send_modify(|status| status.clock_behind_ms = behind);
        if self.link.status.borrow().clock_is_wrong() {
            warn!(
                "this computer's clock is {behind} ms behind the relay's: set it, or switch time synchronisation on"
            );
        }
    }

    pub(super) fn frame_refused(&mut self, error: &protocol::frames::ErrorData) {
        let text = format!("the relay refused a message: {} ({})", error.message, error.code);
        warn!("{text}");
        self.link.status.send_modify(|status| status.problem = Some(text));
    }
}
