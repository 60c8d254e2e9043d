//! The relay's store, called on this thread; what it committed survives the relay.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use protocol::JobId;
use protocol::link::RelayInput;
use rand::RngExt as _;
use relay::order::{Actor, Role};
use relay::store::{Committed, JobWish, Outlet, StillStore, Store, StoreOptions};
use tokio::sync::mpsc;

use crate::event::Event;
use crate::setup::OUTLETS;
use crate::world::World;

/// A relay's process on the store.
pub(crate) struct Running {
    pub(crate) store: Store,
    committed: mpsc::Receiver<Committed>,
}

/// The disk under the relay, its clock and its ids.
pub(crate) struct Disk {
    still: StillStore,
    clock: Arc<AtomicI64>,
    begin: i64,
}

impl Disk {
    pub(crate) fn new(begin: i64) -> Self {
        let (clock, ids) = (Arc::new(AtomicI64::new(begin)), AtomicU64::new(0));
        let read = Arc::clone(&clock);
        let options = StoreOptions {
            clock: Arc::new(move || Timestamp::from_millisecond(read.load(Ordering::Relaxed)).unwrap()),
            ids: Arc::new(move || format!("{:06}", ids.fetch_add(1, Ordering::Relaxed) + 1)),
            ..StoreOptions::default()
        };
        Self {
            still: StillStore::new(&options).unwrap(),
            clock,
            begin,
        }
    }

    pub(crate) fn set_clock(&self, now: u64) {
        self.clock
            .store(self.begin + i64::try_from(now).unwrap(), Ordering::Relaxed);
    }

    pub(crate) fn start(&self) -> Running {
        let (store, committed) = self.still.start().unwrap();
        Running { store, committed }
    }
}

/// A still store's futures wait for nobody.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a still store answers at once")
}

/// Whoever stands in front of a screen.
pub(crate) fn manager() -> Actor {
    Actor {
        role: Role::Manager,
        subject: "manager".to_owned(),
    }
}

impl World {
    /// Outlets and their settings are there before the evening begins.
    pub(crate) fn open_outlets(&mut self) {
        let running = self.office.disk.start();
        for id in OUTLETS {
            let outlet = Outlet {
                id: id.to_owned(),
                name: id.to_owned(),
                timezone: "UTC".to_owned(),
            };
            ready(running.store.add_outlet(outlet)).unwrap();
        }
        if self.setup.relay_backup {
            let mut settings = ready(running.store.settings(OUTLETS[0])).unwrap();
            let kitchen = settings.stations.entry("kitchen".to_owned()).or_default();
            kitchen.backup = Some("bar_depan".to_owned());
            ready(running.store.put_settings(OUTLETS[0], settings, &manager())).unwrap();
        }
        for id in OUTLETS {
            let settings = ready(running.store.settings(id)).unwrap();
            self.office.settings.insert(id, Arc::new(settings));
        }
    }

    /// Something that writes. None where the relay died of it: before the commit, or right after.
    pub(crate) fn write<T>(&mut self, work: impl FnOnce(&Store) -> T) -> Option<T> {
        let dies = match &mut self.office.dies_at {
            Some((0, after)) => Some(*after),
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        };
        if dies.is_some() {
            self.office.dies_at = None;
        }
        if dies == Some(false) {
            self.relay_dies("before a commit");
            return None;
        }
        let running = self.office.running.as_mut()?;
        let done = work(&running.store);
        self.office.version += 1;
        let mut news = Vec::new();
        while let Ok(committed) = self.office.running.as_mut()?.committed.try_recv() {
            news.push(committed);
        }
        for committed in &news {
            self.committed(committed);
        }
        if dies == Some(true) {
            self.relay_dies("right after a commit");
            return None;
        }
        for committed in news {
            self.publish(committed);
        }
        Some(done)
    }

    /// Something that only reads; none where no relay runs.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Store) -> T) -> Option<T> {
        self.office.running.as_ref().map(|running| look(&running.store))
    }

    fn committed(&mut self, committed: &Committed) {
        for (outlet, id, _, state) in &committed.jobs {
            let (outlet, id, state) = (outlet.to_string(), id.clone(), *state);
            self.say(|| format!("relay: {id} of {outlet} is {state}"));
            self.check_shown(&outlet, &id, state);
        }
    }

    /// Links are told; nudges are hints and may be lost.
    fn publish(&mut self, committed: Committed) {
        for (outlet, station) in committed.nudges {
            for conn in self.office.serving(&outlet, &station) {
                if self.rng.random_bool(0.9) {
                    let input = RelayInput::Nudge {
                        station: station.clone(),
                    };
                    self.notice(conn, input);
                }
            }
        }
        for (outlet, job, device, wish) in committed.wishes {
            let conn = self.office.line(&outlet, &device);
            if let (Some(conn), Some(input)) = (conn, wish_input(job, wish)) {
                self.notice(conn, input);
            }
        }
    }

    fn notice(&mut self, conn: u32, input: RelayInput) {
        let life = self.office.life;
        let delay = self.rng.random_range(0..20);
        self.after(
            delay,
            Event::Nudged {
                life,
                conn,
                input: Box::new(input),
            },
        );
    }
}

/// What a person's wish is to the link; a reprint is a new job and none of this link's.
pub(crate) fn wish_input(job_id: JobId, wish: JobWish) -> Option<RelayInput> {
    match wish {
        JobWish::Cancel => Some(RelayInput::Cancel(job_id)),
        JobWish::Printed => Some(RelayInput::Resolve {
            job_id,
            printed: true,
        }),
        JobWish::Again => Some(RelayInput::Resolve {
            job_id,
            printed: false,
        }),
        JobWish::Release => Some(RelayInput::Release(job_id)),
        JobWish::Reprint => None,
    }
}
