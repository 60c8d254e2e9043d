//! A store in memory that is driven on its caller's thread, so that whole evenings can be played from a seed.
//!
//! Everything is the store's own: calls, transactions, savepoints, counters. Only the clerk's and the readers'
//! threads are missing, so every future of its [`Store`] is ready when it is first polled.

use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::clerk::{Clerk, Clock, Owner, Still, lock};
use super::handle::{COMMITS, Inner, STATEMENTS};
use super::readers::Readers;
use super::sql::jobs;
use super::{Committed, Store, StoreError, StoreOptions, schema};

/// What survives the death of a relay that has its store in memory.
pub struct StillStore {
    still: Still,
    clock: Clock,
    audit_days: u16,
}

impl std::fmt::Debug for StillStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StillStore").finish_non_exhaustive()
    }
}

impl StillStore {
    /// An empty store.
    ///
    /// # Errors
    /// What the database says.
    pub fn new(options: &StoreOptions) -> Result<Self, StoreError> {
        let mut conn = Connection::open_in_memory()?;
        conn.set_prepared_statement_cache_capacity(STATEMENTS);
        conn.execute_batch(
            "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;",
        )?;
        schema::migrate(&mut conn)?;
        let (publisher, _) = mpsc::channel(1);
        let sources = (Arc::clone(&options.clock), Arc::clone(&options.ids));
        let owner = Owner::still(conn, sources, publisher);
        Ok(Self {
            still: Arc::new(Mutex::new(owner)),
            clock: Arc::clone(&options.clock),
            audit_days: options.audit_days,
        })
    }

    /// A relay starts on it, after the death of the one before; that one's [`Store`] must not be used again.
    /// Whoever calls the store empties the receiver, since nobody waits for room in it.
    ///
    /// # Errors
    /// What the database says.
    pub fn start(&self) -> Result<(Store, mpsc::Receiver<Committed>), StoreError> {
        let (publisher, committed) = mpsc::channel(COMMITS);
        let mut owner = lock(&self.still);
        owner.die(publisher);
        let earlier_row = jobs::newest_row(owner.conn())?;
        drop(owner);
        let inner = Inner {
            clerk: Clerk::still(Arc::clone(&self.still)),
            readers: Readers::still(Arc::clone(&self.still)),
            clock: Arc::clone(&self.clock),
            audit_days: self.audit_days,
            offered: Mutex::default(),
            earlier_row,
        };
        let inner = Arc::new(inner);
        Ok((Store { inner }, committed))
    }
}
