//! The relay's store: one clerk, one transaction after the other, durable once committed.

use protocol::frames::{Registered, Registration};
use protocol::link::RelayInput;
use protocol::{JobHeader, JobId, JobKind, JobState, JobUpdate, Offer};
use rand::RngExt as _;
use serde_json::value::RawValue;

use crate::office::{StoreCall, StoredJob, Wish};
use crate::plant::Plant;
use crate::press::needs_release;
use crate::world::{Event, Phase, World};

impl World {
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
        via: None,
        hops: 0,
    };
    let data = RawValue::from_string("{}".to_owned()).unwrap();
    Offer::new("kitchen_immediate_print", &data, header).unwrap()
}
