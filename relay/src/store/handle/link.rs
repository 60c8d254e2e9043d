//! What the link of an agent asks: jobs to offer, acknowledgements, updates.
//!
//! **Holder.** Of several agents at one station exactly one is offered its jobs: the holder, kept in the
//! store. A device becomes it when nobody is ([`Store::offers`]) or when it claims the station after the
//! holder was away for longer than the station's limit ([`Store::claim_station`], called by the link).
//! What the old holder may have got and not acknowledged (offered by this process, or there before this process
//! began) is then offered with `POSSIBLE DUPLICATE`; what it had acknowledged stays its own. The first
//! acknowledgement wins, the other device is told to withdraw the job. A device that comes with another
//! spool has lost the old one: the same marks apply, and what it had acknowledged is offered again,
//! marked where an attempt had begun.

use std::sync::Arc;

use protocol::JobId;
use tokio::sync::OwnedMutexGuard;

use super::Store;
use crate::order::Actor;
use crate::store::desk::{Desk, Outcome};
use crate::store::sql::jobs::JobRow;
use crate::store::sql::{jobs, stations};
use crate::store::{AgentUpdate, Holder, Job, JobWish, OutletId, StoreError, UpdateStored, fate, work};

/// What became of an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acked {
    /// The job is the device's, durably.
    Stored,
    /// It was withdrawn, ran out or went to another device meanwhile: tell the agent `job_cancel`.
    CancelInstead,
    /// It is on paper already: tell the agent `job_settled`.
    Settled,
    /// A newer connection of this device took over, or the station is not its own: not taken.
    Fenced,
}

/// A station's holder and the jobs for it, read at one instant.
type Found = (Option<Holder>, Vec<JobRow>);

impl Store {
    /// Jobs to offer to this device at a station, after the station's sequence number `after_seq`: accepted
    /// ones, and its own ones of another spool (marked where an attempt had begun). Empty for a device
    /// that does not hold the station.
    ///
    /// # Errors
    /// What the database says.
    pub async fn offers(
        &self,
        outlet: &str,
        station: &str,
        device: &str,
        spool: Option<&str>,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<Job>, StoreError> {
        let offered = self.offered(outlet, station).lock_owned().await;
        let new = self.holder_to_be(station, device, spool);
        let place = OutletId::from(outlet);
        let (offered, (holder, rows)) = self
            .find(offered, Arc::clone(&place), new.clone(), after_seq, limit)
            .await?;
        match holder {
            Some(holder) if holder.device != device => Ok(Vec::new()),
            Some(holder) if spool.is_none() || holder.spool == new.spool => Ok(self.present(rows, &new)),
            _ => {
                let offered = self.claim(offered, Arc::clone(&place), new.clone()).await?;
                let (_, (_, rows)) = self.find(offered, place, new.clone(), after_seq, limit).await?;
                Ok(self.present(rows, &new))
            }
        }
    }

    /// The device takes the station over from a holder that has been away for too long.
    ///
    /// # Errors
    /// What the clerk says.
    pub async fn claim_station(&self, outlet: &str, station: &str, device: &str) -> Result<(), StoreError> {
        let offered = self.offered(outlet, station).lock_owned().await;
        let new = self.holder_to_be(station, device, None);
        self.claim(offered, outlet.into(), new).await.map(|_| ())
    }

    /// Who prints at a station.
    ///
    /// # Errors
    /// What the database says.
    pub async fn holder(&self, outlet: &str, station: &str) -> Result<Option<Holder>, StoreError> {
        let (outlet, station) = (outlet.to_owned(), station.to_owned());
        self.inner
            .readers
            .read(move |conn| Ok(stations::holder(conn, &outlet, &station)?))
            .await
    }

    /// Every station that somebody prints at.
    ///
    /// # Errors
    /// What the database says.
    pub async fn holders(&self, outlet: &str) -> Result<Vec<Holder>, StoreError> {
        let outlet = outlet.to_owned();
        self.inner
            .readers
            .read(move |conn| Ok(stations::holders(conn, &outlet)?))
            .await
    }

    /// Jobs of a station that this device holds and of which it must hear a wish or a cancellation: asked
    /// when it connects, since [`Committed::wishes`](super::super::Committed) is a hint alone.
    ///
    /// # Errors
    /// What the database says.
    pub async fn wished(
        &self,
        outlet: &str,
        station: &str,
        device: &str,
    ) -> Result<Vec<(JobId, JobWish)>, StoreError> {
        let (outlet, station, device) = (OutletId::from(outlet), station.to_owned(), device.to_owned());
        let rows = self
            .inner
            .readers
            .read(move |conn| Ok(jobs::wished(conn, &outlet, &station, &device)?));
        let wish = |row: JobRow| (row.job.header.id, row.wish.unwrap_or(JobWish::Cancel));
        Ok(rows.await?.into_iter().map(wish).collect())
    }

    /// A connection of a device begins; returns its fence. Of several the newest wins: calls with an older
    /// fence are refused.
    ///
    /// # Errors
    /// What the clerk says.
    pub async fn attach(&self, outlet: &str, device: &str) -> Result<u64, StoreError> {
        let (outlet, device) = (OutletId::from(outlet), device.to_owned());
        self.inner
            .clerk
            .call(move |desk| work::attach(desk, &outlet, &device))
            .await
    }

    /// `job_ack`: the job is fsynced in the device's spool.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a job that this store never had or has forgotten.
    pub async fn ack(
        &self,
        outlet: &str,
        job: &JobId,
        device: &str,
        spool: Option<&str>,
        fence: u64,
    ) -> Result<Acked, StoreError> {
        let (outlet, job, device) = (OutletId::from(outlet), job.clone(), device.to_owned());
        let spool = spool.map(str::to_owned);
        let ack = move |desk: &mut Desk<'_>| work::ack(desk, &outlet, &job, &device, spool.as_deref(), fence);
        self.inner.clerk.call(ack).await
    }

    /// `job_update`: one step of a job at the device.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], [`StoreError::NotFound`].
    pub async fn update(
        &self,
        outlet: &str,
        device: &str,
        said: AgentUpdate,
        fence: u64,
    ) -> Result<UpdateStored, StoreError> {
        let (outlet, device) = (OutletId::from(outlet), device.to_owned());
        self.inner
            .clerk
            .call(move |desk| work::update(desk, &outlet, &device, &said, fence))
            .await
    }

    /// What a person asks of a job; returns the job as it stands then, the new one for a reprint.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or [`StoreError::Conflict`] saying why it cannot be.
    pub async fn wish(
        &self,
        outlet: &str,
        job: &JobId,
        wish: JobWish,
        by: &Actor,
    ) -> Result<Job, StoreError> {
        let (outlet, job, by) = (OutletId::from(outlet), job.clone(), by.clone());
        self.inner
            .clerk
            .call(move |desk| work::wish(desk, &outlet, &job, wish, &by))
            .await
    }

    pub(super) fn holder_to_be(&self, station: &str, device: &str, spool: Option<&str>) -> Holder {
        Holder {
            station: station.to_owned(),
            device: device.to_owned(),
            spool: spool.map(str::to_owned),
            before: None,
            since: self.now(),
        }
    }

    pub(super) fn present(&self, rows: Vec<JobRow>, to: &Holder) -> Vec<Job> {
        let now = self.now();
        let to = Some((to.device.as_str(), to.spool.as_deref()));
        rows.into_iter().map(|row| fate::present(row, to, now)).collect()
    }

    /// Reads the holder and, where it is `new`'s device with `new`'s spool, the jobs for it, and counts them
    /// as offered before anybody else may change the holder.
    async fn find(
        &self,
        mut offered: OwnedMutexGuard<u64>,
        outlet: OutletId,
        new: Holder,
        after: u64,
        limit: usize,
    ) -> Outcome<(OwnedMutexGuard<u64>, Found)> {
        let read = move |conn: &rusqlite::Connection| {
            let holder = stations::holder(conn, &outlet, &new.station)?;
            let ready = holder.as_ref().is_some_and(|holder| {
                holder.device == new.device && (new.spool.is_none() || holder.spool == new.spool)
            });
            if !ready {
                return Ok((offered, (holder, Vec::new())));
            }
            let (station, device, spool) = (&new.station, &new.device, new.spool.as_deref());
            let rows = jobs::to_offer(conn, &outlet, (station, None), device, spool, after, limit)?;
            let last = rows.last().map_or(0, |row| row.job.header.seq);
            *offered = last.max(*offered);
            Ok((offered, (holder, rows)))
        };
        self.inner.readers.read(read).await
    }

    /// The lock goes with the call, so that nobody is offered anything before its commit.
    async fn claim(
        &self,
        offered: OwnedMutexGuard<u64>,
        outlet: OutletId,
        new: Holder,
    ) -> Outcome<OwnedMutexGuard<u64>> {
        let earlier_row = self.inner.earlier_row;
        let claim = move |desk: &mut Desk<'_>| {
            work::claim(desk, &outlet, &new, *offered, earlier_row)?;
            Ok(offered)
        };
        self.inner.clerk.call(claim).await
    }
}
