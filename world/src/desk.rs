//! What the relay's links write into its store: acknowledgements, reports, printers, and what is overdue.

use protocol::link::RelayInput;
use protocol::{JobId, JobState, JobUpdate};
use relay::store::{Acked, StoreError};

use crate::event::{Event, Said};
use crate::office::Attached;
use crate::store::ready;
use crate::world::World;

impl World {
    pub(crate) fn store_ack(&mut self, conn: u32, by: &Attached, job: JobId) -> Option<Said> {
        let outlet = self.office.links[&conn].outlet;
        let acked =
            self.write(|store| ready(store.ack(outlet, &job, &by.device, by.spool.as_deref(), by.fence)))?;
        let fenced = self.office.line(outlet, &by.device) != Some(conn);
        let taken = matches!(acked, Ok(Acked::Stored | Acked::Settled | Acked::CancelInstead));
        self.demand(!(fenced && taken), || {
            format!("R3: an older connection of {} acknowledged {job}", by.device)
        });
        Some(Said::Input(match acked {
            Ok(Acked::Stored) => RelayInput::AckStored(job),
            Ok(Acked::CancelInstead) => stored(job, JobState::Cancelled, false),
            Ok(Acked::Settled) => stored(job, JobState::Printed, true),
            Ok(Acked::Fenced) => RelayInput::Fenced,
            Err(StoreError::NotFound { .. }) => stored(job, JobState::Cancelled, true),
            Err(_) => RelayInput::StoreFailed,
        }))
    }

    pub(crate) fn store_update(&mut self, conn: u32, by: &Attached, said: JobUpdate) -> Option<Said> {
        let (outlet, id) = (self.office.links[&conn].outlet, said.job_id.clone());
        let done = self.write(|store| ready(store.update(outlet, &by.device, said, by.fence)))?;
        let fenced = self.office.line(outlet, &by.device) != Some(conn);
        self.demand(!(fenced && done.is_ok()), || {
            format!("R3: an older connection of {} reported {id}", by.device)
        });
        Some(Said::Input(match done {
            Ok(done) => stored(id, done.state, done.settled),
            Err(StoreError::Fenced) => RelayInput::Fenced,
            Err(StoreError::NotFound { .. }) => stored(id, JobState::Cancelled, true),
            Err(_) => RelayInput::StoreFailed,
        }))
    }

    pub(crate) fn store_printer(
        &mut self,
        conn: u32,
        by: &Attached,
        status: protocol::frames::PrinterStatus,
    ) -> Option<Said> {
        let outlet = self.office.links[&conn].outlet;
        self.write(|store| ready(store.printer_status(outlet, &by.device, status)))?
            .ok();
        Some(Said::Nothing)
    }

    /// Nobody took it in its time.
    pub(crate) fn upkeep(&mut self) {
        let wall = self.wall();
        if self.office.is_up() && self.write(|store| ready(store.expire_overdue(wall))).is_none() {
            self.say(|| "upkeep was cut off".to_owned());
        }
        self.after(60_000, Event::Upkeep);
    }
}

fn stored(job_id: JobId, state: JobState, settled: bool) -> RelayInput {
    RelayInput::UpdateStored {
        job_id,
        state,
        settled,
    }
}
