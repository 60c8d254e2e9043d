//! The relay: its process, its half of every link, and what it asks of its store.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use protocol::link::{RelayInput, RelayLink, RelayOutput};
use protocol::{AgentFrame, JobId, JobUpdate};
use rand::RngExt as _;
use relay::routing::Settings;

use crate::event::{Event, Said};
use crate::links::Lines;
use crate::store::{Disk, Running};
use crate::world::World;

/// What a link asks of the store, answered in order.
#[derive(Debug)]
pub(crate) enum Question {
    Register(protocol::frames::Registration),
    Fetch {
        station: String,
        after_seq: u64,
        limit: usize,
    },
    Ack(JobId),
    Update(JobUpdate),
    Printer(protocol::frames::PrinterStatus),
}

/// The device behind a link, once it registered.
#[derive(Debug, Clone)]
pub(crate) struct Attached {
    pub(crate) device: String,
    pub(crate) spool: Option<String>,
    pub(crate) fence: u64,
}

/// One connection, as the relay sees it.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) machine: RelayLink,
    pub(crate) outlet: &'static str,
    pub(crate) attached: Option<Attached>,
    pub(crate) own: BTreeSet<String>,
    pub(crate) backs: BTreeMap<String, String>,
    /// At which version of the store a lane was looked at in vain.
    pub(crate) idle: BTreeMap<String, u64>,
    questions: VecDeque<Question>,
    busy: bool,
    wake: u64,
}

/// The relay's computer.
pub(crate) struct Office {
    // Durable.
    pub(crate) disk: Disk,
    pub(crate) settings: BTreeMap<&'static str, Arc<Settings>>,
    // Gone with the process.
    pub(crate) life: u32,
    pub(crate) began: u64,
    pub(crate) running: Option<Running>,
    pub(crate) links: BTreeMap<u32, Link>,
    pub(crate) lines: Lines,
    /// Counts writes, so that what has not changed is not read again.
    pub(crate) version: u64,
    /// Whether no job was open at a version.
    pub(crate) quiet: (u64, bool),
    /// It dies at the n-th write from now: before the commit, or right after.
    pub(crate) dies_at: Option<(u32, bool)>,
}

impl Office {
    pub(crate) fn new(begin: i64) -> Self {
        Self {
            disk: Disk::new(begin),
            settings: BTreeMap::new(),
            life: 0,
            began: 0,
            running: None,
            links: BTreeMap::new(),
            lines: Lines::default(),
            version: 1,
            quiet: (0, false),
            dies_at: None,
        }
    }

    pub(crate) fn set_clock(&self, now: u64) {
        self.disk.set_clock(now);
    }

    pub(crate) fn is_up(&self) -> bool {
        self.running.is_some()
    }

    /// Connections on which jobs of this station are offered.
    pub(crate) fn serving(&self, outlet: &str, station: &str) -> Vec<u32> {
        let serves = |link: &Link| link.outlet == outlet && link.machine.stations().any(|own| own == station);
        self.links
            .iter()
            .filter(|(_, link)| serves(link))
            .map(|(conn, _)| *conn)
            .collect()
    }
}

impl World {
    pub(crate) fn relay_starts(&mut self) {
        if self.office.is_up() {
            return;
        }
        self.say(|| "relay starts".to_owned());
        self.office.life += 1;
        self.office.began = self.now;
        self.office.running = Some(self.office.disk.start());
        self.office.version += 1;
    }

    /// Killed: connections are reset, what was not committed is gone.
    pub(crate) fn relay_dies(&mut self, when: &str) {
        if !self.office.is_up() {
            return;
        }
        self.say(|| format!("relay killed {when}"));
        self.office.life += 1;
        self.office.running = None;
        self.office.lines = Lines::default();
        for conn in std::mem::take(&mut self.office.links).into_keys() {
            self.hang_up(conn, false);
        }
        let back = self.rng.random_range(100..20_000);
        self.after(back, Event::RelayStarts);
    }

    /// Stopped in order: agents are told when to come back.
    pub(crate) fn relay_leaves(&mut self) {
        self.say(|| "relay goes away on purpose".to_owned());
        for conn in self.office.links.keys().copied().collect::<Vec<_>>() {
            self.relay(
                conn,
                RelayInput::Stopping {
                    retry_after: std::time::Duration::from_millis(500),
                },
            );
        }
        self.relay_dies("after its goodbye");
    }

    pub(crate) fn relay_accepts(&mut self, conn: u32, agent: usize) {
        let link = Link {
            machine: RelayLink::new(self.tick()),
            outlet: self.setup.agents[agent].outlet,
            attached: None,
            own: BTreeSet::new(),
            backs: BTreeMap::new(),
            idle: BTreeMap::new(),
            questions: VecDeque::new(),
            busy: false,
            wake: 0,
        };
        self.office.links.insert(conn, link);
        self.relay(conn, RelayInput::Timeout);
    }

    pub(crate) fn relay_hung_up(&mut self, conn: u32) {
        self.wire(conn).relay_open = false;
        self.drop_link(conn);
    }

    pub(crate) fn relay_hears(&mut self, conn: u32, text: &str) {
        match AgentFrame::decode(text) {
            Ok(frame) => self.relay(conn, RelayInput::Frame(frame)),
            Err(error) => self.demand(false, || format!("the relay cannot read {text}: {error}")),
        }
    }

    pub(crate) fn nudged(&mut self, life: u32, conn: u32, input: RelayInput) {
        if life == self.office.life {
            self.relay(conn, input);
        }
    }

    pub(crate) fn relay_wakes(&mut self, life: u32, conn: u32) {
        let now = self.now;
        let Some(link) = self.office.links.get_mut(&conn) else {
            return;
        };
        if life == self.office.life && link.wake == now {
            link.wake = 0;
            self.relay(conn, RelayInput::Timeout);
        }
    }

    /// Feeds a link and does what it says.
    pub(crate) fn relay(&mut self, conn: u32, input: RelayInput) {
        let (tick, wall) = (self.tick(), self.wall());
        let Some(link) = self.office.links.get_mut(&conn) else {
            return;
        };
        link.machine.handle(input, tick, wall);
        while let Some(output) = self
            .office
            .links
            .get_mut(&conn)
            .and_then(|link| link.machine.poll_output())
        {
            match output {
                RelayOutput::Send(frame) => self.carry(conn, true, frame.encode()),
                RelayOutput::Register(asked) => self.question(conn, Question::Register(asked)),
                RelayOutput::Fetch {
                    station,
                    after_seq,
                    limit,
                } => {
                    self.question(
                        conn,
                        Question::Fetch {
                            station,
                            after_seq,
                            limit,
                        },
                    );
                }
                RelayOutput::StoreAck(job) => self.question(conn, Question::Ack(job)),
                RelayOutput::StoreUpdate(update) => self.question(conn, Question::Update(update)),
                RelayOutput::StorePrinter(status) => self.question(conn, Question::Printer(status)),
                RelayOutput::Close { reason, .. } => {
                    self.say(|| format!("relay closes connection {conn}: {}", reason.as_str()));
                    self.drop_link(conn);
                    self.hang_up(conn, false);
                }
            }
        }
        self.check_window(conn);
        self.arm_link(conn);
    }

    fn arm_link(&mut self, conn: u32) {
        let (life, now) = (self.office.life, self.now);
        let Some(link) = self.office.links.get_mut(&conn) else {
            return;
        };
        let Some(at) = link.machine.poll_timeout() else {
            return;
        };
        let at = at.0.max(now + 1);
        if link.wake == 0 || at < link.wake {
            link.wake = at;
            self.at(at, Event::RelayWakes { life, conn });
        }
    }

    fn drop_link(&mut self, conn: u32) {
        if let Some(link) = self.office.links.remove(&conn)
            && let Some(attached) = link.attached
        {
            let now = self.now;
            self.office
                .detach(link.outlet, &attached.device, attached.fence, now);
        }
    }

    fn question(&mut self, conn: u32, question: Question) {
        // Nobody has written since this lane was empty: it is empty.
        if let Question::Fetch {
            station,
            after_seq: 0,
            ..
        } = &question
            && let Some(link) = self.office.links.get(&conn)
            && link.questions.is_empty()
            && !link.busy
            && link.idle.get(station) == Some(&self.office.version)
        {
            let station = station.clone();
            let input = RelayInput::Jobs {
                station,
                offers: Vec::new(),
                more: false,
            };
            let life = self.office.life;
            return self.after(
                1,
                Event::Nudged {
                    life,
                    conn,
                    input: Box::new(input),
                },
            );
        }
        let Some(link) = self.office.links.get_mut(&conn) else {
            return;
        };
        link.questions.push_back(question);
        self.ask_store(conn);
    }

    /// One question of a link at a time, since their answers come in order.
    fn ask_store(&mut self, conn: u32) {
        let delay = 1 + self.disk_time() / 2;
        let life = self.office.life;
        let Some(link) = self.office.links.get_mut(&conn) else {
            return;
        };
        if !link.busy && !link.questions.is_empty() {
            link.busy = true;
            self.after(delay, Event::StoreDoes { life, conn });
        }
    }

    pub(crate) fn store_does(&mut self, life: u32, conn: u32) {
        let Some(link) = self
            .office
            .links
            .get_mut(&conn)
            .filter(|_| life == self.office.life)
        else {
            return;
        };
        let Some(question) = link.questions.pop_front() else {
            return;
        };
        let attached = link.attached.clone();
        let said = match (question, attached) {
            (Question::Register(asked), attached) => self.register(conn, attached, asked),
            (_, None) => Some(Said::Nothing),
            (
                Question::Fetch {
                    station,
                    after_seq,
                    limit,
                },
                Some(by),
            ) => self.fetch(conn, &by, station, after_seq, limit),
            (Question::Ack(job), Some(by)) => self.store_ack(conn, &by, job),
            (Question::Update(update), Some(by)) => self.store_update(conn, &by, update),
            (Question::Printer(status), Some(by)) => self.store_printer(conn, &by, status),
        };
        let Some(said) = said else { return };
        let delay = 1 + self.disk_time() / 2;
        self.after(
            delay,
            Event::StoreSays {
                life,
                conn,
                said: Box::new(said),
            },
        );
    }

    pub(crate) fn store_says(&mut self, life: u32, conn: u32, said: Said) {
        let Some(link) = self
            .office
            .links
            .get_mut(&conn)
            .filter(|_| life == self.office.life)
        else {
            return;
        };
        link.busy = false;
        match said {
            Said::Input(input) => self.relay(conn, input),
            Said::Jobs(input, via, stations) => self.jobs_found(conn, input, &via, stations),
            Said::Registered(registered, wishes) => self.registered(conn, registered, wishes),
            Said::Nothing => {}
        }
        self.ask_store(conn);
    }
}
