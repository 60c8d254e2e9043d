//! One agent's link: the machine decides, this performs. Questions to the store go out at once and
//! are answered in order, so that acknowledgements share commits.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use jiff::Timestamp;
use protocol::frames::{ErrorData, Registration};
use protocol::link::{CloseReason, MAX_STATIONS, RelayInput, RelayLink, RelayOutput};
use protocol::{AgentFrame, FrameError, Tick};
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::{MAX_WAITING, Notice, backup, store};
use crate::auth::Identity;
use crate::service::App;
use crate::store::JobWish;

/// After a planned stop an agent may come back at once: another relay, or this one's successor.
const BACK_AFTER: Duration = Duration::from_millis(500);

/// Registrations that wait for earlier ones to be answered: an agent's every station, and all of them again
/// when its printers became known meanwhile.
const MAX_TO_REGISTER: usize = 2 * MAX_STATIONS;

/// What the socket's owner shall do.
#[derive(Debug)]
pub enum Said {
    /// Send this text.
    Text(String),
    /// A station was registered: `device_registered` for the outlet's room.
    Registered(protocol::frames::Registered),
    /// Close the socket.
    Close(CloseReason),
}

/// Drives one link.
pub struct Driver {
    app: Arc<App>,
    who: Identity,
    link: RelayLink,
    begun: Instant,
    device: Option<store::Attached>,
    /// Registrations are answered one after the other: the first alone draws the connection's fence. Two
    /// at once would draw two, and fence each other.
    registering: bool,
    to_register: VecDeque<Registration>,
    answers: FuturesOrdered<BoxFuture<'static, Answer>>,
    said: VecDeque<Said>,
    /// The stations that registered here.
    own: HashSet<String>,
    /// Other stations whose jobs come here while they are down, and by which of our own.
    backs: HashMap<String, String>,
    notices: mpsc::Receiver<Notice>,
    sender: mpsc::Sender<Notice>,
}

/// What a question to the store came to.
pub(super) enum Answer {
    /// For the machine.
    Input(RelayInput),
    /// A station's jobs, and the stations that it stands in for.
    Jobs(RelayInput, String, Vec<String>),
    /// A registration: who is attached now, the answer, and the wishes that wait for this agent.
    Registered(store::Attached, protocol::frames::Registered, Vec<RelayInput>),
    /// A registration that came to nothing.
    Unregistered(ErrorData),
    /// Nothing to say.
    Nothing,
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver")
            .field("who", &self.who)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

impl Driver {
    /// A link on a socket on which nothing is registered yet.
    #[must_use]
    pub fn new(app: Arc<App>, who: Identity) -> Self {
        let (sender, notices) = mpsc::channel(MAX_WAITING);
        Self {
            app,
            who,
            link: RelayLink::new(Tick(0)),
            begun: Instant::now(),
            device: None,
            registering: false,
            to_register: VecDeque::new(),
            answers: FuturesOrdered::new(),
            said: VecDeque::new(),
            own: HashSet::new(),
            backs: HashMap::new(),
            notices,
            sender,
        }
    }

    /// Takes a frame in.
    pub fn frame(&mut self, frame: Result<AgentFrame, FrameError>) {
        match frame {
            Ok(frame) => self.feed(RelayInput::Frame(frame)),
            Err(error) => self.feed(RelayInput::BadFrame(error)),
        }
    }

    /// The relay goes away.
    pub fn stop(&mut self) {
        self.feed(RelayInput::Stopping {
            retry_after: BACK_AFTER,
        });
    }

    /// The next thing to do. Safe to drop and call again.
    pub async fn next(&mut self) -> Said {
        loop {
            self.perform();
            if let Some(said) = self.said.pop_front() {
                return said;
            }
            let wait = self
                .link
                .poll_timeout()
                .map_or(Duration::from_secs(1), |at| at.since(self.now()));
            tokio::select! {
                Some(answer) = self.answers.next() => self.answered(answer),
                Some(notice) = self.notices.recv() => self.noticed(notice),
                () = tokio::time::sleep(wait) => self.feed(RelayInput::Timeout),
            }
        }
    }

    fn now(&self) -> Tick {
        Tick(u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn feed(&mut self, input: RelayInput) {
        self.link.handle(input, self.now(), Timestamp::now());
    }

    fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Input(input) => self.feed(input),
            Answer::Jobs(input, via, stations) => {
                for station in stations {
                    self.backs_up(station, via.clone());
                }
                self.feed(input);
            }
            Answer::Unregistered(error) => {
                self.feed(RelayInput::RegisterRefused(error));
                self.register_next();
            }
            Answer::Registered(device, registered, wishes) => {
                self.attached(device, &registered);
                self.said.push_back(Said::Registered(registered.clone()));
                self.feed(RelayInput::Registered(registered));
                for wish in wishes {
                    self.feed(wish);
                }
                self.register_next();
            }
            Answer::Nothing => {}
        }
    }

    fn attached(&mut self, device: store::Attached, registered: &protocol::frames::Registered) {
        let links = &self.app.links;
        if self.device.is_none() {
            links.attach(&device.outlet, &device.device, device.fence, self.sender.clone());
        }
        if let Some(station) = &registered.station {
            self.own.insert(station.clone());
            self.backs.remove(station);
            info!(outlet = %device.outlet, device = device.device, station,
                "agent {} serves {station} of {}", device.device, device.outlet);
            links.serve(&device.outlet, &device.device, station);
        }
        self.device = Some(device);
    }

    fn backs_up(&mut self, station: String, via: String) {
        let own = self.own.contains(&station);
        if !own && self.backs.insert(station.clone(), via).is_none() {
            self.feed(RelayInput::BacksUp { station });
        }
    }

    fn noticed(&mut self, notice: Notice) {
        match notice {
            Notice::Nudge(station) => self.feed(RelayInput::Nudge { station }),
            Notice::Wish(job, wish) => {
                if let Some(input) = wish_input(job, wish) {
                    self.feed(input);
                }
            }
            Notice::Fenced => self.feed(RelayInput::Fenced),
        }
    }

    fn perform(&mut self) {
        while let Some(output) = self.link.poll_output() {
            match output {
                RelayOutput::Send(frame) => self.said.push_back(Said::Text(frame.encode())),
                RelayOutput::Close { reason, .. } => self.said.push_back(Said::Close(reason)),
                RelayOutput::Register(registration) => self.register(registration),
                RelayOutput::Fetch {
                    station,
                    after_seq,
                    limit,
                } => self.fetch(station, after_seq, limit),
                RelayOutput::StoreAck(job) => self.ask(|app, device| store::ack(app, device, job)),
                RelayOutput::StoreUpdate(update) => {
                    self.ask(|app, device| store::update(app, device, update))
                }
                RelayOutput::StorePrinter(status) => {
                    self.ask(|app, device| store::printer(app, device, status))
                }
            }
        }
    }

    fn register(&mut self, registration: Registration) {
        if self.to_register.len() >= MAX_TO_REGISTER {
            let message = "too many registrations at once; wait for the answers".to_owned();
            self.feed(RelayInput::RegisterRefused(ErrorData {
                code: "RATE_LIMITED".to_owned(),
                message,
                field: None,
            }));
            return;
        }
        self.to_register.push_back(registration);
        if !self.registering {
            self.register_next();
        }
    }

    fn register_next(&mut self) {
        let next = self.to_register.pop_front();
        self.registering = next.is_some();
        let Some(registration) = next else { return };
        let (app, who, device) = (Arc::clone(&self.app), self.who.clone(), self.device.clone());
        self.answers
            .push_back(Box::pin(store::register(app, who, device, registration)));
    }

    fn fetch(&mut self, station: String, after_seq: u64, limit: usize) {
        match self.backs.get(&station).cloned() {
            Some(via) => self.ask(|app, device| backup::fetch(app, device, (station, via), after_seq, limit)),
            None => self.ask(|app, device| store::fetch(app, device, station, after_seq, limit)),
        }
    }

    fn ask<F>(&mut self, question: impl FnOnce(Arc<App>, store::Attached) -> F)
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let Some(device) = self.device.clone() else {
            warn!("a link asked the store before it was registered");
            return;
        };
        self.answers
            .push_back(Box::pin(question(Arc::clone(&self.app), device)));
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(device) = &self.device {
            self.app
                .links
                .detach(&device.outlet, &device.device, device.fence);
        }
    }
}

/// What a person's wish is to the link; a reprint is a new job and none of this link's.
pub(super) fn wish_input(job: protocol::JobId, wish: JobWish) -> Option<RelayInput> {
    match wish {
        JobWish::Cancel => Some(RelayInput::Cancel(job)),
        JobWish::Printed => Some(RelayInput::Resolve {
            job_id: job,
            printed: true,
        }),
        JobWish::Again => Some(RelayInput::Resolve {
            job_id: job,
            printed: false,
        }),
        JobWish::Release => Some(RelayInput::Release(job)),
        JobWish::Reprint => None,
    }
}
