//! Drives the protocol's machine: feeds it what happened, performs what it asks for.

mod outputs;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use protocol::frames::PrinterStatus;
use protocol::link::{AgentInput, AgentLink, AgentLinkConfig};
use protocol::{FrameError, RelayFrame, Tick};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::connection::{ConnectError, Event};
use super::lane::{Done, Lane};
use super::room::Room;
use super::wire::{Wire, WireEvent};
use super::{LinkSettings, LinkState, LinkStatus, News};
use crate::chain;
use crate::clock::Clock;
use crate::net::Tls;
use crate::spool::{Spool, SpoolError};

/// The fact that keeps how far the clock was off, for the time between a start and the first ping.
pub(crate) const CLOCK_FACT: &str = "clock_behind_ms";

/// What the link works with, for as long as the agent runs.
pub struct Link {
    /// Where jobs go before they are acknowledged.
    pub spool: Spool,
    /// The corrected clock.
    pub clock: Clock,
    /// The presses' news.
    pub news: mpsc::Receiver<News>,
    /// Wakes the presses: there is something new in the spool.
    pub nudge: Arc<dyn Fn() + Send + Sync>,
    /// What the printers said last.
    pub printers: watch::Sender<BTreeMap<String, PrinterStatus>>,
    /// How the link is.
    pub status: watch::Sender<LinkStatus>,
    /// What it is made of; a change makes a new connection.
    pub settings: watch::Receiver<LinkSettings>,
    /// Room on the disk.
    pub room: Room,
}

impl Link {
    /// Runs until `stop`; what the presses said by then is still sent.
    ///
    /// # Errors
    /// [`SpoolError`] where the spool can no longer be written: the agent has to start again.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), SpoolError> {
        loop {
            let settings = self.settings.borrow_and_update().clone();
            let reports = {
                let spool = self.spool.clone();
                let read = tokio::task::spawn_blocking(move || spool.unsettled()).await;
                read.unwrap_or(Err(SpoolError::Closed))?
            };
            let mut driver = Driver::new(&mut self, settings);
            for report in reports {
                driver.feed(AgentInput::Report(report));
            }
            if driver.run(&stop).await? == End::Stopped {
                return Ok(());
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Stopped,
    NewSettings,
}

/// One machine and its socket; lives until the settings change.
struct Driver<'a> {
    link: &'a mut Link,
    settings: LinkSettings,
    machine: AgentLink,
    began: Instant,
    wire: Wire,
    lane: Lane,
    tls: Tls,
    /// The registrations by the names that the relay gives their stations.
    confirmed: HashMap<String, usize>,
}

impl<'a> Driver<'a> {
    fn new(link: &'a mut Link, settings: LinkSettings) -> Self {
        let registrations = settings
            .stations
            .iter()
            .map(|(registration, _)| registration.clone())
            .collect();
        let config = AgentLinkConfig {
            registrations,
            seed: rand::random(),
        };
        Self {
            machine: AgentLink::new(config, Tick::default()),
            began: Instant::now(),
            wire: Wire::Down,
            lane: Lane::new(link.spool.clone(), link.clock.clone()),
            tls: Tls::new(settings.relay.ca_file.clone()),
            confirmed: HashMap::new(),
            settings,
            link,
        }
    }

    async fn run(&mut self, stop: &CancellationToken) -> Result<End, SpoolError> {
        self.perform_outputs();
        loop {
            let wake = self.machine.poll_timeout().map(|tick| self.instant(tick));
            tokio::select! {
                biased;
                () = stop.cancelled() => return self.finish(End::Stopped).await,
                changed = self.link.settings.changed() => match changed {
                    Ok(()) if self.only_the_printers_changed() => {}
                    Ok(()) => return self.finish(End::NewSettings).await,
                    Err(_) => return self.finish(End::Stopped).await,
                },
                done = self.lane.done() => self.spool_said(done?),
                Some(news) = self.link.news.recv() => self.press_said(news),
                event = self.wire.event() => self.wire_said(event),
                () = sleep_until(wake) => self.feed(AgentInput::Timeout),
            }
        }
    }

    /// What was found out about the printers is said on the connection that stands.
    fn only_the_printers_changed(&mut self) -> bool {
        let new = self.link.settings.borrow_and_update().clone();
        let Some((first, _)) = new.stations.first() else {
            return false;
        };
        let printers = first.printers.clone();
        for (registration, _) in &mut self.settings.stations {
            registration.printers.clone_from(&printers);
        }
        let only = self.settings == new;
        if only {
            self.feed(AgentInput::Printers(printers));
        }
        only
    }

    /// Hands over what is known already, then says goodbye.
    async fn finish(&mut self, end: End) -> Result<End, SpoolError> {
        while !self.lane.is_idle() {
            let done = self.lane.done().await?;
            self.spool_said(done);
        }
        while let Ok(news) = self.link.news.try_recv() {
            self.press_said(news);
        }
        if let Wire::Up(connection) = std::mem::replace(&mut self.wire, Wire::Down) {
            connection.close().await;
        }
        Ok(end)
    }

    fn feed(&mut self, input: AgentInput) {
        let now = self.now();
        self.machine.handle(input, now);
        self.perform_outputs();
    }

    fn perform_outputs(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            self.perform(output);
        }
        let (live, unsettled) = (self.machine.is_live(), self.machine.unsettled());
        let now = self.link.clock.now();
        self.link.status.send_if_modified(|status| {
            let news = live && status.state != LinkState::Live || status.unsettled != unsettled;
            status.unsettled = unsettled;
            if live && status.state != LinkState::Live {
                info!(
                    "connected to {}, serving {}",
                    self.settings.relay.url,
                    status.stations.join(", ")
                );
                (status.state, status.since, status.problem) = (LinkState::Live, now, None);
            }
            news
        });
    }

    fn wire_said(&mut self, event: WireEvent) {
        match event {
            WireEvent::Dialed(Ok(connection)) => {
                self.wire = Wire::Up(connection);
                self.feed(AgentInput::Connected);
            }
            WireEvent::Dialed(Err(error)) => {
                self.wire = Wire::Down;
                let why = chain(&error);
                let refused = matches!(error, ConnectError::Refused { .. });
                self.down(
                    if refused {
                        LinkState::Refused
                    } else {
                        LinkState::Waiting
                    },
                    why.clone(),
                );
                self.feed(AgentInput::ConnectFailed { why });
            }
            WireEvent::Event(Event::Text(text)) => self.received(&text),
            WireEvent::Event(Event::Closed { retry_after, why }) => {
                self.wire = Wire::Down;
                self.lost(why);
                self.feed(AgentInput::Disconnected { retry_after });
            }
        }
    }

    fn received(&mut self, text: &str) {
        match RelayFrame::decode(text) {
            Ok(frame) => self.feed(AgentInput::Received(frame)),
            Err(error) => self.unreadable(error),
        }
    }

    fn unreadable(&mut self, error: FrameError) {
        let why = chain(&error);
        match error {
            FrameError::Unknown(name) => debug!("the relay sent `{name}`, which is for others"),
            FrameError::Offer { job_id, .. } => {
                warn!("a job cannot be read and is reported as failed: {why}");
                let at = self.link.clock.now();
                self.feed(AgentInput::Unreadable { job_id, why, at });
            }
            _ => warn!("the relay sent something unreadable: {why}"),
        }
    }

    fn press_said(&mut self, news: News) {
        match news {
            News::Job(update) => {
                let (id, state) = (&update.job_id, update.state);
                info!(job.id = %id, %state, printer = update.printer, "{id} is {state}");
                self.feed(AgentInput::Report(update));
            }
            News::Printer(status) => {
                let of = status.printer.clone();
                self.link
                    .printers
                    .send_modify(|printers| drop(printers.insert(of, status.clone())));
                self.feed(AgentInput::Printer(self.link.room.over(status)));
            }
            News::Disk(used) if self.link.room.used(used) => self.room_changed(),
            News::Disk(_) => {}
        }
    }

    /// Every printer says it, since a full disk keeps them all from printing.
    fn room_changed(&mut self) {
        let printers = self.link.printers.borrow().clone();
        for status in printers.into_values() {
            self.feed(AgentInput::Printer(self.link.room.over(status)));
        }
    }

    fn spool_said(&mut self, done: Done) {
        match done {
            Done::Accepted(id, known) => {
                info!(job.id = %id, "{id} is in the spool");
                self.feed(AgentInput::Spooled(id));
                if self.link.room.taken() {
                    self.room_changed();
                }
                match known {
                    Some(update) => self.feed(AgentInput::Report(update)),
                    None => (self.link.nudge)(),
                }
            }
            Done::Refused(id, why) => {
                warn!(job.id = %id, "{id} stays at the relay: {why}");
                self.feed(AgentInput::SpoolRefused(id, why));
                if self.link.room.refused() {
                    self.room_changed();
                }
            }
            Done::Wished => (self.link.nudge)(),
            Done::Idle(why) => debug!("a wish from the relay changes nothing: {why}"),
            Done::Quiet => {}
        }
    }

    fn lost(&mut self, why: String) {
        self.down(LinkState::Waiting, why);
    }

    /// Says once that the link is down; the same reason again is no news.
    fn down(&mut self, state: LinkState, why: String) {
        let now = self.link.clock.now();
        self.link.status.send_modify(|status| {
            if status.problem.as_ref() == Some(&why) && status.state == state {
                debug!("still not connected to {}: {why}", self.settings.relay.url);
                return;
            }
            warn!("not connected to {}: {why}", self.settings.relay.url);
            if status.state != state {
                status.since = now;
            }
            status.state = state;
            status.problem = Some(why);
        });
    }

    fn now(&self) -> Tick {
        Tick(u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn instant(&self, tick: Tick) -> Instant {
        // A millisecond later, since the machine's clock drops what is less than one.
        self.began + Duration::from_millis(tick.0.saturating_add(1))
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
