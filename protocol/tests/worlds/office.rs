//! The relay's side: its shell around one link per connection, and a durable store with one clerk.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocol::frames::{Registered, Registration};
use protocol::link::{RelayInput, RelayLink, RelayOutput};
use protocol::{AgentFrame, JobHeader, JobId, JobKind, JobState, JobUpdate, Offer, RelayFrame};
use rand::RngExt as _;
use serde_json::value::RawValue;

use crate::kitchen::needs_release;
use crate::plant::Plant;
use crate::world::{Event, Phase, World};

#[derive(Debug, Clone)]
pub(crate) struct StoredJob {
    pub(crate) station: String,
    pub(crate) seq: u64,
    pub(crate) state: JobState,
    wish: Option<Wish>,
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
    open: BTreeSet<(String, JobId)>,
}

#[derive(Default)]
pub(crate) struct Office {
    // Durable.
    pub(crate) jobs: BTreeMap<JobId, StoredJob>,
    /// Jobs that no agent has, by station and `seq`.
    pub(crate) waiting: BTreeMap<(String, u64), JobId>,
    sent: BTreeMap<String, u64>,
    // Gone with the process.
    pub(crate) up: bool,
    pub(crate) conns: BTreeMap<u32, Conn>,
    life: u32,
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
    fn relay(&mut self, conn: u32, input: RelayInput) {
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

    pub(crate) fn store_commits(&mut self, life: u32, conn: u32, call: StoreCall) {
        if life != self.office.life {
            return;
        }
        let input = match call {
            _ if self.office.failing => RelayInput::StoreFailed,
            StoreCall::Register(registration) => {
                let others = self.office.conns.keys().copied().filter(|other| *other != conn);
                for other in others.collect::<Vec<_>>() {
                    self.relay(other, RelayInput::Fenced);
                }
                RelayInput::Registered(answer(registration))
            }
            StoreCall::Fetch {
                station,
                after_seq,
                limit,
            } => self.fetch(station, after_seq, limit),
            StoreCall::Ack(id) => self.ack(id),
            StoreCall::Update(update) => self.update(&update),
        };
        let delay = if self.phase == Phase::Idle {
            0
        } else {
            self.rng.random_range(0..5)
        };
        self.after(
            delay,
            Event::StoreAnswers {
                life,
                conn,
                input: Box::new(input),
            },
        );
    }

    pub(crate) fn store_answers(&mut self, life: u32, conn: u32, input: RelayInput) {
        if life != self.office.life {
            return;
        }
        if let (RelayInput::AckStored(id) | RelayInput::UpdateStored { job_id: id, .. }, Some(entry)) =
            (&input, self.office.conns.get_mut(&conn))
        {
            entry.open.retain(|(_, open)| open != id);
        }
        let registered = matches!(input, RelayInput::Registered(_));
        self.relay(conn, input);
        if registered && self.plant != Some(Plant::WishOnce) {
            let jobs = self.office.jobs.iter().filter(|(_, job)| !job.state.is_final());
            let wishes = jobs.filter_map(|(id, job)| Some(job.wish?.input(id)));
            for wish in wishes.collect::<Vec<_>>() {
                self.relay(conn, wish);
            }
        }
    }

    fn fetch(&mut self, station: String, after_seq: u64, limit: usize) -> RelayInput {
        let after_seq = match self.plant {
            Some(Plant::KeepCursor) => self.office.sent.get(&station).copied().unwrap_or(0),
            _ => after_seq,
        };
        let range = (station.clone(), after_seq + 1)..=(station.clone(), u64::MAX);
        let jobs = self.office.waiting.range(range);
        let mut offers: Vec<_> = jobs
            .take(limit + 1)
            .map(|(_, id)| offer(id, &self.office.jobs[id], self.wall()))
            .collect();
        let more = offers.len() > limit;
        offers.truncate(limit);
        if let Some(last) = offers.last() {
            self.office.sent.insert(station.clone(), last.job.seq);
        }
        RelayInput::Jobs {
            station,
            offers,
            more,
        }
    }

    fn ack(&mut self, id: JobId) -> RelayInput {
        let job = self.office.jobs.get_mut(&id).unwrap();
        if job.state == JobState::Cancelled {
            return RelayInput::UpdateStored {
                job_id: id,
                state: JobState::Cancelled,
                settled: false,
            };
        }
        if job.state == JobState::Accepted {
            job.state = JobState::Spooled;
            self.check_shown(&id);
        }
        RelayInput::AckStored(id)
    }

    fn update(&mut self, update: &JobUpdate) -> RelayInput {
        let id = &update.job_id;
        let job = self.office.jobs.get_mut(id).unwrap();
        if job.state.may_become(update.state) || job.state.is_late_truth(update.state) {
            job.state = update.state;
        }
        let (state, wish) = (job.state, job.wish);
        self.check_shown(id);
        let wait = self.rng.random_range(100..10_000);
        // A person speaks once.
        match state {
            JobState::Held if needs_release(id) && wish.is_none() => {
                self.after(
                    wait,
                    Event::Wished {
                        id: id.clone(),
                        wish: Wish::Release,
                    },
                );
            }
            JobState::Unconfirmed if wish != Some(Wish::Resolve) => self.after(
                wait,
                Event::Wished {
                    id: id.clone(),
                    wish: Wish::Resolve,
                },
            ),
            _ => {}
        }
        let settled = state.is_final() && update.state.is_final();
        RelayInput::UpdateStored {
            job_id: id.clone(),
            state,
            settled,
        }
    }
}

impl Wish {
    fn input(self, id: &JobId) -> RelayInput {
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

fn answer(registration: Registration) -> Registered {
    Registered {
        device_id: registration.device_id,
        station: Some(registration.role.clone()),
        role: registration.role,
        location: registration.location,
        outlet_id: registration.outlet_id,
    }
}

fn offer(id: &JobId, job: &StoredJob, now: jiff::Timestamp) -> Offer {
    let header = JobHeader {
        id: id.clone(),
        seq: job.seq,
        station: job.station.clone(),
        number: job.seq,
        kind: JobKind::Order,
        copies: 1,
        due: now,
        expires: now,
        attempt: 0,
        age_ms: 0,
        banners: Vec::new(),
    };
    let data = RawValue::from_string("{}".to_owned()).unwrap();
    Offer::new("kitchen_immediate_print", &data, header).unwrap()
}
