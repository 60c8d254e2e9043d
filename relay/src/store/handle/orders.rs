//! Orders, the event log, and jobs as they are listed.

use std::sync::Arc;

use super::Store;
use crate::order::{Event, Order};
use crate::store::sql::{counters, events, jobs, orders, unsigned};
use crate::store::{
    Job, JobFilter, OrderFilter, OrderReply, OrderRequest, OutletId, Page, StoreError, fate, transact,
};

/// Most rows of one page.
const MAX_PAGE: usize = 200;

impl Store {
    /// Does what is asked of an order; whatever the answer says is durable.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown outlet, [`StoreError::Full`], [`StoreError::Busy`], …; after
    /// an error from a commit the caller asks again with the same key.
    pub async fn order(&self, request: OrderRequest) -> Result<OrderReply, StoreError> {
        self.inner
            .clerk
            .call_again(move |desk| transact::order(desk, &request))
            .await
    }

    /// An order by its id's text.
    ///
    /// # Errors
    /// What the database says.
    pub async fn get_order(&self, outlet: &str, id: &str) -> Result<Option<Order>, StoreError> {
        let (outlet, id) = (outlet.to_owned(), id.to_owned());
        self.inner
            .readers
            .read(move |conn| Ok(orders::get(conn, &outlet, &id)?))
            .await
    }

    /// Orders, newest first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a cursor that no page gave.
    pub async fn list_orders(&self, outlet: &str, filter: OrderFilter) -> Result<Page<Order>, StoreError> {
        let outlet = outlet.to_owned();
        let before = filter.cursor.as_deref().map(position).transpose()?;
        let most = filter.limit.clamp(1, MAX_PAGE);
        let read =
            move |conn: &rusqlite::Connection| Ok(orders::list(conn, &outlet, &filter, before, most + 1)?);
        let rows = self.inner.readers.read(read).await?;
        let page = page(rows, most, |(created, _)| created.to_string());
        Ok(Page {
            items: page.items.into_iter().map(|(_, order)| order).collect(),
            next: page.next,
        })
    }

    /// The orders of a table session, oldest first, at most 200.
    ///
    /// # Errors
    /// What the database says.
    pub async fn session_orders(&self, outlet: &str, session: &str) -> Result<Vec<Order>, StoreError> {
        let (outlet, session) = (outlet.to_owned(), session.to_owned());
        self.inner
            .readers
            .read(move |conn| Ok(orders::of_session(conn, &outlet, &session, MAX_PAGE)?))
            .await
    }

    /// A job.
    ///
    /// # Errors
    /// What the database says.
    pub async fn get_job(&self, outlet: &str, id: &str) -> Result<Option<Job>, StoreError> {
        let (outlet, id, now) = (OutletId::from(outlet), id.to_owned(), self.now());
        let row = self
            .inner
            .readers
            .read(move |conn| Ok(jobs::get(conn, &outlet, &id)?))
            .await?;
        Ok(row.map(|row| fate::present(row, None, now)))
    }

    /// Jobs, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list_jobs(&self, outlet: &str, filter: JobFilter) -> Result<Page<Job>, StoreError> {
        let (outlet, now) = (OutletId::from(outlet), self.now());
        let most = filter.limit.clamp(1, MAX_PAGE);
        let read = move |conn: &rusqlite::Connection| Ok(jobs::list(conn, &outlet, &filter, most + 1)?);
        let rows = self.inner.readers.read(read).await?;
        let page = page(rows, most, |row| row.job.header.id.to_string());
        let items = page
            .items
            .into_iter()
            .map(|row| fate::present(row, None, now))
            .collect();
        Ok(Page {
            items,
            next: page.next,
        })
    }

    /// The store's epoch: 0 until history is lost.
    ///
    /// # Errors
    /// What the database says.
    pub async fn epoch(&self) -> Result<u64, StoreError> {
        self.inner
            .readers
            .read(|conn| Ok(unsigned(counters::epoch(conn)?)))
            .await
    }

    /// The outlet's newest event number (0 before the first) and the store's epoch.
    ///
    /// # Errors
    /// What the database says.
    pub async fn head(&self, outlet: &str) -> Result<(u64, u64), StoreError> {
        let outlet = outlet.to_owned();
        let read = move |conn: &rusqlite::Connection| {
            let seq = counters::event(conn, &outlet)?;
            Ok((unsigned(seq), unsigned(counters::epoch(conn)?)))
        };
        self.inner.readers.read(read).await
    }

    /// The outlet's events after a number, in order, at most `limit`. Where the first one is not `after` + 1,
    /// those between have been trimmed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn events_after(
        &self,
        outlet: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let outlet = Arc::<str>::from(outlet);
        self.inner
            .readers
            .read(move |conn| Ok(events::after(conn, &outlet, after, limit)?))
            .await
    }
}

fn position(cursor: &str) -> Result<i64, StoreError> {
    cursor
        .parse()
        .map_err(|_| StoreError::Invalid("`cursor` must be the `next` of an earlier page".into()))
}

/// Cuts off the row that only says that there is more.
fn page<T>(mut rows: Vec<T>, most: usize, at: impl Fn(&T) -> String) -> Page<T> {
    let more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| more).map(at);
    Page { items: rows, next }
}
