//! The relay's side: its shell around one link per connection, and a durable store with one clerk.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocol::frames::Registration;
use protocol::link::{RelayInput, RelayLink, RelayOutput};
use protocol::{AgentFrame, JobId, JobState, JobUpdate, RelayFrame};
use rand::RngExt as _;

use crate::plant::Plant;
use crate::world::{Event, Phase, World};

#[derive(Debug, Clone)]
pub(crate) struct StoredJob {
    pub(crate) station: String,
    pub(crate) seq: u64,
    pub(crate) state: JobState,
    pub(crate) wish: Option<Wish>,
}

/// What a person wants of a job that an agent has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Cancel,
    Release,
    Resolve,
}

pub(crate) struct Conn {
    link: RelayLink,
    wake: u64,
    /// Offers sent and not acknowledged, by station.
    pub(crate) open: BTreeSet<(String, JobId)>,
}

#[derive(Default)]
pub(crate) struct Office {
    // Durable.
    pub(crate) jobs: BTreeMap<JobId, StoredJob>,
    /// Jobs that no agent has, by station and `seq`.
    pub(crate) waiting: BTreeMap<(String, u64), JobId>,
    pub(crate) sent: BTreeMap<String, u64>,
    // Gone with the process.
    pub(crate) up: bool,
    pub(crate) conns: BTreeMap<u32, Conn>,
    pub(crate) life: u32,
    pub(crate) failing: bool,
    clerk_free_at: u64,
}

/// What the clerk does in one transaction.
#[derive(Debug)]
pub(crate) enum StoreCall {
    Register(Registration),
    Fetch {
        station: String,
        after_seq: u64,
        limit: usize,
    },
    Ack(JobId),
    Update(JobUpdate),
}

impl World {
    pub(crate) fn relay_starts(&mut self) {
        if !self.office.up {
            self.say(|| "relay starts".to_owned());
            self.office.up = true;
            self.office.life += 1;
        }
    }

    pub(crate) fn relay_dies(&mut self) {
        self.say(|| "relay killed".to_owned());
        self.office.up = false;
        self.office.life += 1;
        for conn in std::mem::take(&mut self.office.conns).into_keys() {
            self.hang_up(conn, false);
        }
    }

    pub(crate) fn relay_leaves(&mut self) {
        self.say(|| "relay says goodbye".to_owned());
        for conn in self.office.conns.keys().copied().collect::<Vec<_>>() {
            self.relay(
                conn,
                RelayInput::Stopping {
                    retry_after: Duration::from_millis(500),
                },
            );
        }
        self.office.up = false;
        self.office.life += 1;
    }

    pub(crate) fn relay_accepts(&mut self, conn: u32) {
        let link = RelayLink::new(self.tick());
        self.office.conns.insert(
            conn,
            Conn {
                link,
                wake: 0,
                open: BTreeSet::new(),
            },
        );
        self.relay(conn, RelayInput::Timeout);
    }

    pub(crate) fn relay_hung_up(&mut self, conn: u32) {
        self.office.conns.remove(&conn);
        self.wire(conn).relay_open = false;
    }

    pub(crate) fn relay_hears(&mut self, conn: u32, text: &str) {
        match AgentFrame::decode(text) {
            Ok(frame) => self.relay(conn, RelayInput::Frame(frame)),
            Err(error) => self.complain(format!("the relay cannot read {text}: {error}")),
        }
    }

    pub(crate) fn relay_wakes(&mut self, life: u32, conn: u32) {
        if life != self.office.life {
            return;
        }
        let now = self.now;
        if let Some(entry) = self.office.conns.get_mut(&conn).filter(|entry| entry.wake == now) {
            entry.wake = 0;
            self.relay(conn, RelayInput::Timeout);
        }
    }

    /// An order comes in: one job for a station, and a nudge that may get lost.
    pub(crate) fn order(&mut self) {
        if !self.office.up {
            return;
        }
        let stations = self.stations();
        let station = stations[self.rng.random_range(0..stations.len())].clone();
        let seq = 1 + self
            .office
            .jobs
            .values()
            .filter(|job| job.station == station)
            .count() as u64;
        let id = JobId::new(format!("{station}-{seq}"));
        self.say(|| format!("order {id}"));
        let job = StoredJob {
            station: station.clone(),
            seq,
            state: JobState::Accepted,
            wish: None,
        };
        self.office.waiting.insert((station.clone(), seq), id.clone());
        self.office.jobs.insert(id, job);
        if self.rng.random_bool(0.3) || self.plant == Some(Plant::NeverLook) {
            self.say(|| "nudge lost".to_owned());
            return;
        }
        self.tell_links(|| RelayInput::Nudge {
            station: station.clone(),
        });
    }

    /// A person withdraws some job.
    pub(crate) fn withdraw(&mut self) {
        let open = |job: &StoredJob| !job.state.is_final() && job.wish.is_none();
        let ids: Vec<_> = self
            .office
            .jobs
            .iter()
            .filter(|(_, job)| open(job))
            .map(|(id, _)| id.clone())
            .collect();
        if ids.is_empty() || !self.office.up {
            return;
        }
        let id = ids[self.rng.random_range(0..ids.len())].clone();
        self.say(|| format!("a person withdraws {id}"));
        let job = self.office.jobs.get_mut(&id).unwrap();
        if job.state == JobState::Accepted {
            job.state = JobState::Cancelled;
            self.check_shown(&id);
            return;
        }
        self.wished(&id, Wish::Cancel);
    }

    /// A person wants something of a job: kept, and told to whoever is connected.
    pub(crate) fn wished(&mut self, id: &JobId, wish: Wish) {
        if !self.office.up {
            self.after(1000, Event::Wished { id: id.clone(), wish });
            return;
        }
        let job = self.office.jobs.get_mut(id).unwrap();
        if job.wish.replace(wish) == Some(wish) {
            return;
        }
        self.say(|| format!("a person wishes {wish:?} of {id}"));
        self.tell_links(|| wish.input(id));
    }

    fn tell_links(&mut self, input: impl Fn() -> RelayInput) {
        for conn in self.office.conns.keys().copied().collect::<Vec<_>>() {
            self.relay(conn, input());
        }
    }

    /// Feeds a link and does what it says.
    pub(crate) fn relay(&mut self, conn: u32, input: RelayInput) {
        let timer = matches!(input, RelayInput::Timeout);
        let refill = timer || matches!(input, RelayInput::AckStored(_) | RelayInput::UpdateStored { .. });
        let (tick, wall) = (self.tick(), self.wall());
        let Some(entry) = self.office.conns.get_mut(&conn) else {
            return;
        };
        entry.link.handle(input, tick, wall);
        while let Some(output) = self
            .office
            .conns
            .get_mut(&conn)
            .and_then(|entry| entry.link.poll_output())
        {
            let fetch = matches!(output, RelayOutput::Fetch { .. });
            let planted = match self.plant {
                Some(Plant::NoRefill) => fetch && refill,
                Some(Plant::NeverLook) => fetch && timer,
                _ => false,
            };
            if !planted {
                self.relay_does(conn, output);
            }
        }
        let Some(entry) = self.office.conns.get_mut(&conn) else {
            return;
        };
        let Some(due) = entry.link.poll_timeout() else {
            return;
        };
        if entry.wake == 0 || due.0 < entry.wake {
            entry.wake = due.0.max(self.now + 1);
            let (at, life) = (entry.wake, self.office.life);
            self.at(at, Event::RelayWakes { life, conn });
        }
    }

    fn relay_does(&mut self, conn: u32, output: RelayOutput) {
        match output {
            RelayOutput::Send(frame) => self.relay_sends(conn, &frame),
            RelayOutput::Register(registration) => self.call(conn, StoreCall::Register(registration)),
            RelayOutput::Fetch {
                station,
                after_seq,
                limit,
            } => {
                self.call(
                    conn,
                    StoreCall::Fetch {
                        station,
                        after_seq,
                        limit,
                    },
                );
            }
            RelayOutput::StoreAck(id) => self.call(conn, StoreCall::Ack(id)),
            RelayOutput::StoreUpdate(update) => {
                if self.plant == Some(Plant::SettleBeforeStored) && update.state.is_final() {
                    let (job_id, state) = (update.job_id.clone(), update.state);
                    self.call(conn, StoreCall::Update(update));
                    self.relay(
                        conn,
                        RelayInput::UpdateStored {
                            job_id,
                            state,
                            settled: true,
                        },
                    );
                } else {
                    self.call(conn, StoreCall::Update(update));
                }
            }
            RelayOutput::StorePrinter(_) => {}
            RelayOutput::Close { reason, .. } => {
                self.say(|| format!("relay closes {conn}: {reason:?}"));
                if self.phase == Phase::Idle {
                    self.complain(format!("idle, and the relay closes: {reason:?}"));
                }
                self.office.conns.remove(&conn);
                self.hang_up(conn, false);
            }
        }
    }

    fn relay_sends(&mut self, conn: u32, frame: &RelayFrame) {
        if let (RelayFrame::Offer(offer), Some(entry)) = (frame, self.office.conns.get_mut(&conn)) {
            entry
                .open
                .insert((offer.job.station.clone(), offer.job.id.clone()));
            let open = entry.open.clone();
            self.check_window(&open);
        }
        let text = frame.encode();
        self.say(|| format!("relay -> {text}"));
        self.carry(conn, true, text);
    }

    /// Queues a transaction with the clerk.
    fn call(&mut self, conn: u32, call: StoreCall) {
        let busy = if self.phase == Phase::Idle {
            0
        } else {
            self.rng.random_range(0..10)
        };
        self.office.clerk_free_at = self.office.clerk_free_at.max(self.now) + busy;
        let (at, life) = (self.office.clerk_free_at, self.office.life);
        self.at(at, Event::StoreCommits { life, conn, call });
    }
}

impl Wish {
    pub(crate) fn input(self, id: &JobId) -> RelayInput {
        match self {
            Self::Cancel => RelayInput::Cancel(id.clone()),
            Self::Release => RelayInput::Release(id.clone()),
            Self::Resolve => RelayInput::Resolve {
                job_id: id.clone(),
                printed: true,
            },
        }
    }
}
