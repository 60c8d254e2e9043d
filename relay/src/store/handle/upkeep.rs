//! Health, figures, what is overdue, and what is old enough to go.

use jiff::{SignedDuration, Timestamp};
use protocol::JobState;

use super::Store;
use crate::store::desk::Desk;
use crate::store::sql::{counters, sockets, unsigned, upkeep};
use crate::store::{OutletId, StoreError, work};

/// Rows that one call deletes or changes: a few milliseconds, so that no order waits behind it.
const CHUNK: usize = 500;

impl Store {
    /// Whether the store takes orders: the clerk answers and its last commit succeeded.
    ///
    /// # Errors
    /// Why not: [`StoreError::Full`], [`StoreError::Busy`], [`StoreError::Closed`], or what the database says.
    pub async fn readiness(&self) -> Result<(), StoreError> {
        let failing = self.inner.clerk.is_failing();
        let look = move |desk: &mut Desk<'_>| {
            if failing {
                // The only way to know whether it can write again is to write.
                counters::probe(desk.conn)?;
            }
            Ok(())
        };
        self.inner.clerk.call(look).await
    }

    /// Jobs that are not final, by state, over all outlets.
    ///
    /// # Errors
    /// What the database says.
    pub async fn job_counts(&self) -> Result<Vec<(JobState, u64)>, StoreError> {
        self.inner.readers.read(|conn| Ok(upkeep::open_jobs(conn)?)).await
    }

    /// How large the store's file is, in bytes, without its log.
    ///
    /// # Errors
    /// What the database says.
    pub async fn size_bytes(&self) -> Result<u64, StoreError> {
        self.inner.readers.read(|conn| Ok(upkeep::size(conn)?)).await
    }

    /// Jobs that nobody took until `expires` are `expired`; returns how many there were.
    ///
    /// # Errors
    /// What the clerk says.
    pub async fn expire_overdue(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut expired = 0;
        loop {
            let due = self
                .inner
                .readers
                .read(move |conn| Ok(upkeep::overdue(conn, now, CHUNK)?))
                .await?;
            let chunk = due.len();
            expired += self
                .inner
                .clerk
                .call(move |desk| {
                    let mut expired = 0;
                    for (outlet, id) in due {
                        let outlet = OutletId::from(outlet);
                        desk.now = now;
                        expired += usize::from(work::expire(desk, &outlet, &id)?);
                    }
                    Ok(expired)
                })
                .await?;
            if chunk < CHUNK {
                return Ok(expired);
            }
        }
    }

    /// Deletes what is older than the outlets' settings say, a little at a time; returns how many rows went.
    ///
    /// # Errors
    /// What the clerk says; what went until then is gone.
    pub async fn trim(&self) -> Result<usize, StoreError> {
        let mut gone = 0;
        for outlet in self.outlets().await? {
            loop {
                let deleted = self.trim_some(outlet.id.clone()).await?;
                gone += deleted;
                if deleted < CHUNK {
                    break;
                }
            }
        }
        Ok(gone)
    }

    /// History was lost (a backup was restored): clients get a snapshot instead of what they missed.
    ///
    /// # Errors
    /// What the clerk says.
    pub async fn new_epoch(&self) -> Result<u64, StoreError> {
        let bump = |desk: &mut Desk<'_>| {
            // Beyond whatever the lost history had counted to.
            let epoch = counters::epoch(desk.conn)?
                .saturating_add(1)
                .max(desk.now.as_second());
            counters::set_epoch(desk.conn, epoch)?;
            Ok(unsigned(epoch))
        };
        self.inner.clerk.call(bump).await
    }

    async fn trim_some(&self, outlet: String) -> Result<usize, StoreError> {
        let audit_days = u32::from(self.inner.audit_days);
        let trim = move |desk: &mut Desk<'_>| {
            let settings = desk.books.settings(desk.conn, &outlet.as_str().into())?;
            let now = desk.now;
            let since = |days: u32| {
                let kept = SignedDuration::from_hours(24 * i64::from(days));
                now.checked_sub(kept).unwrap_or(Timestamp::MIN)
            };
            let jobs = upkeep::trim_jobs(desk.conn, &outlet, since(settings.keep_jobs_days), CHUNK)?;
            let events = upkeep::trim_events(desk.conn, &outlet, since(settings.keep_events_days), CHUNK)?;
            let audit = upkeep::trim_audit(desk.conn, &outlet, since(audit_days), CHUNK)?;
            let sessions = sockets::trim(desk.conn, &outlet, since(settings.keep_events_days), CHUNK)?;
            upkeep::trim_enrolments(desk.conn, &outlet, since(1))?;
            // Another round where any of them may have left something.
            Ok(jobs.max(events).max(audit).max(sessions))
        };
        self.inner.clerk.call(trim).await
    }
}
