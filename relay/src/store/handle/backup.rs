//! A station that is down lends its jobs to its backup, by the outlet's settings.

use std::collections::HashMap;

use protocol::{JobId, JobState};

use super::Store;
use crate::store::desk::{Desk, Outcome};
use crate::store::divert::{self, Plan, Scene, Standing};
use crate::store::sql::jobs::JobRow;
use crate::store::sql::{jobs, stations};
use crate::store::{Job, JobWish, OutletId, StoreError, fate, work};

/// Open jobs of one station that are looked at: more than ever wait, few enough to read each second.
const LOOKED_AT: usize = 500;

impl Store {
    /// The jobs of `station` that `via` prints for it, for `via`'s holder; as [`Store::offers`].
    ///
    /// # Errors
    /// What the database says.
    pub async fn lent_offers(
        &self,
        outlet: &str,
        (station, via): (&str, &str),
        device: &str,
        spool: Option<&str>,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<Job>, StoreError> {
        let mut offered = self.offered(outlet, &lane(station, via)).lock_owned().await;
        let to = self.holder_to_be(via, device, spool);
        let (place, station, holder) = (OutletId::from(outlet), station.to_owned(), to.clone());
        let rows = self.inner.readers.read(move |conn| {
            let own = stations::holder(conn, &place, &holder.station)?;
            if own.is_none_or(|own| own.device != holder.device) {
                return Ok(Vec::new());
            }
            let (device, spool, via) = (&holder.device, holder.spool.as_deref(), holder.station.as_str());
            let rows = jobs::to_offer(
                conn,
                &place,
                (&station, Some(via)),
                device,
                spool,
                after_seq,
                limit,
            )?;
            *offered = rows.last().map_or(0, |row| row.job.header.seq).max(*offered);
            Ok(rows)
        });
        Ok(self.present(rows.await?, &to))
    }

    /// Lends, asks back and returns jobs of a station, as it and its backup stand now.
    ///
    /// # Errors
    /// What the store says.
    pub async fn settle_backup(
        &self,
        outlet: &str,
        station: &str,
        standing: Standing,
    ) -> Result<(), StoreError> {
        let home = self.offered(outlet, station).lock_owned().await;
        let lent = self
            .offered(outlet, &lane(station, &standing.via))
            .lock_owned()
            .await;
        let (place, of, now) = (OutletId::from(outlet), station.to_owned(), self.now());
        let (looked_place, looked_of, looked) = (OutletId::clone(&place), of.clone(), standing.clone());
        let upto = *lent;
        let plans = self.inner.readers.read(move |conn| {
            let mut rows = jobs::open_at(conn, &looked_place, &looked_of, LOOKED_AT)?;
            rows.retain(|row| row.diverted.as_ref().is_none_or(|via| *via == looked.via));
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            let scene = Scene {
                standing: &looked,
                printers: &stations::printers(conn, &looked_place)?,
                originals: &originals(conn, &looked_place, &rows)?,
                rows: &rows,
                offered: upto,
                now,
            };
            Ok(divert::plan(&scene))
        });
        let plans = plans.await?;
        if plans.is_empty() {
            return Ok(());
        }
        let earlier_row = self.inner.earlier_row;
        self.inner
            .clerk
            .call(move |desk| {
                let had_agent = standing.home.device.is_some();
                if had_agent && plans.iter().any(|(_, plan)| *plan == Plan::Lend) {
                    // The agent that went away may have got them.
                    jobs::doubt(desk.conn, &place, &of, *home, earlier_row)?;
                }
                for (id, plan) in plans {
                    perform(desk, &place, &id, plan, &standing.via)?;
                }
                desk.out.nudge(&place, &of);
                drop(lent);
                Ok(())
            })
            .await
    }
}

/// The name under which it is counted how far one station's queue was offered to another.
fn lane(station: &str, via: &str) -> String {
    format!("{station}>{via}")
}

fn originals(
    conn: &rusqlite::Connection,
    outlet: &OutletId,
    rows: &[JobRow],
) -> Result<HashMap<JobId, Option<String>>, StoreError> {
    let lent = rows
        .iter()
        .filter(|row| row.job.state == JobState::Accepted && row.diverted.is_some());
    let of = |row: &JobRow| {
        let header = &row.job.header;
        let via = jobs::lent_before(
            conn,
            outlet,
            row.job.order_id.as_deref(),
            &header.station,
            header.seq,
        )?;
        Ok((header.id.clone(), via))
    };
    lent.map(of).collect()
}

/// Where the job still stands as it did when it was looked at.
fn perform(desk: &mut Desk<'_>, outlet: &OutletId, id: &JobId, plan: Plan, via: &str) -> Outcome<()> {
    let Some(mut row) = jobs::get(desk.conn, outlet, id.as_str())? else {
        return Ok(());
    };
    let before = row.job.state;
    let done = match plan {
        Plan::Lend => fate::lend(&mut row, via, desk.now),
        Plan::Return { doubt } => fate::bring_back(&mut row, doubt, desk.now),
        Plan::AskBack(to) => fate::ask_back(&mut row, to),
        Plan::Tell => fate::tell_unreachable(&mut row, divert::UNREACHABLE, desk.now),
    };
    if !done {
        return Ok(());
    }
    work::save(desk, &row, before)?;
    if row.hand_back.is_some() {
        work::tell(desk, &row.job, JobWish::Cancel);
    }
    Ok(())
}
